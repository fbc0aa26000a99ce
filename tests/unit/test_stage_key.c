/* SPDX-License-Identifier: Apache-2.0 */
#include "build/config.h"
#include "build/stage_key.h"
#include "spec/image.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

/* A step on top of a layer, as the loop has it. */
struct scene {
	struct image_config config;
	struct build_state state;
	struct build_options options;
	char *vars[3];
	const char *parent, *line;
};

static struct scene usual(void)
{
	return (struct scene){
		.config = {.os = (char *)"linux", .architecture = (char *)"amd64"},
		.parent = "sha256:1",
		.line = "RUN make",
		.vars = {(char *)"A=1", NULL},
	};
}

static char *key_of(struct scene *c)
{
	cleanup_free char *file = xasprintf("FROM x\n%s\n", c->line);
	cleanup_dockerfile struct dockerfile *d = NULL;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_stage_key struct stage_key key = {.parent = c->parent};
	struct step s = {.options = &c->options, .state = &c->state};

	ck_assert_ok(dockerfile_parse(file, strlen(file), "Dockerfile", &d, &err), &err);
	c->state.config = &c->config;
	s.dockerfile = d;
	s.instruction = &d->items[1];
	s.scope = (struct expand_scope){.vars = c->vars, .escape = '\\'};
	if (s.instruction->kind == INSTRUCTION_WORKDIR)
		key.workdir = s.instruction->args[0];
	ck_assert_ok(stage_key_make(&key, &s, &err), &err);
	ck_assert_uint_eq(strlen(key.text), KEY_TEXT_MAX - 1);
	return xstrdup(key.text);
}

static bool counts(struct scene changed, struct scene before)
{
	cleanup_free char *a = key_of(&before), *b = key_of(&changed);

	return !str_eq(a, b);
}

START_TEST(test_run)
{
	struct scene c = usual();

	ck_assert(!counts(c, usual()));
	c.parent = "sha256:2";
	ck_assert(counts(c, usual()));
	c = usual();
	c.parent = NULL;
	ck_assert(counts(c, usual()));
	c = usual();
	c.line = "RUN make all";
	ck_assert(counts(c, usual()));
	c = usual();
	c.vars[0] = (char *)"A=2";
	ck_assert(counts(c, usual()));
	c = usual();
	c.config.config.user = (char *)"1000";
	ck_assert(counts(c, usual()));
	c = usual();
	c.config.config.working_dir = (char *)"/src";
	ck_assert(counts(c, usual()));
	c = usual();
	c.config.architecture = (char *)"arm64";
	ck_assert(counts(c, usual()));
	c = usual();
	c.config.config.shell = (char *[]){(char *)"/bin/bash", (char *)"-c", NULL};
	ck_assert(counts(c, usual()));
}
END_TEST

/* Same words, another meaning. */
START_TEST(test_forms)
{
	static const char *const lines[] = {
		"RUN [\"make\", \"all\"]",
		"RUN [\"make all\"]",
		"RUN make all",
		"RUN <<E\nmake all\nE",
		"RUN <<E\nmake\nE",
		"RUN --network=none make all",
		"WORKDIR /make",
		"WORKDIR /all",
	};
	char *keys[ARRAY_SIZE(lines)];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct scene c = usual();

		c.line = lines[i];
		keys[i] = key_of(&c);
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(!str_eq(keys[i], keys[k]), "%s, %s", lines[i],
				      lines[k]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		free(keys[i]);
}
END_TEST

START_TEST(test_what_does_not_count)
{
	struct scene c = usual();

	c.config.author = (char *)"me";
	c.config.created = (char *)"2000-01-01T00:00:00Z";
	c.config.config.cmd = (char *[]){(char *)"x", NULL};
	c.config.config.stop_signal = (char *)"SIGINT";
	c.options.no_cache = true;
	c.options.jobs = 7;
	c.options.has_epoch = true; /* only "created" of the image, unless: */
	c.options.epoch_sec = 5;
	ck_assert(!counts(c, usual()));
	c.options.rewrite_timestamp = true;
	ck_assert(counts(c, usual()));
}
END_TEST

START_TEST(test_end)
{
	struct build_options oci = {0}, docker = {.docker_format = true};
	struct image_config config = {.os = (char *)"linux"};
	struct build_state s = {.config = &config};
	char a[KEY_TEXT_MAX], b[KEY_TEXT_MAX];

	stage_key_end(&s, &oci, a);
	stage_key_end(&s, &docker, b);
	ck_assert_str_ne(a, b);
	config_set_label(&config, "a", "b");
	stage_key_end(&s, &oci, b);
	ck_assert_str_ne(a, b);
	config_drop_label(&config, "a");
	stage_key_end(&s, &oci, b);
	ck_assert_str_eq(a, b);
}
END_TEST

UNIT_MAIN("stage_key", test_run, test_forms, test_what_does_not_count, test_end)
