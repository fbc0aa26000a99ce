/* SPDX-License-Identifier: Apache-2.0 */
#include "build/config.h"
#include "build/history.h"
#include "build/scope.h"
#include "image/platform.h"
#include "spec/image.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

static char *vars[] = {(char *)"X=one", (char *)"P=80 90", NULL};

static const struct {
	const char *lines; /* below a FROM */
	const char *want;  /* the member "config" */
	const char *error;
} cases[] = {
	{"ENV a=1 b=$a c=\"$X y\"\nENV a=2", "{\"Env\":[\"a=2\",\"b=\",\"c=one y\"]}",
	 NULL},
	{"ENV old form  value", "{\"Env\":[\"old=form  value\"]}", NULL},
	{"LABEL z=1 a=\"b c\" \"q k\"=v",
	 "{\"Labels\":{\"a\":\"b c\",\"q k\":\"v\",\"z\":\"1\"}}", NULL},
	{"LABEL a=1\nLABEL a=2", "{\"Labels\":{\"a\":\"2\"}}", NULL},
	{"EXPOSE 80 53/UDP 100-102 80",
	 "{\"ExposedPorts\":{\"100/tcp\":{},\"101/tcp\":{},\"102/tcp\":{},"
	 "\"53/udp\":{},\"80/tcp\":{}}}",
	 NULL},
	{"EXPOSE $P", "{\"ExposedPorts\":{\"80/tcp\":{},\"90/tcp\":{}}}", NULL},
	{"EXPOSE 0", NULL, "EXPOSE: \"0\": expected PORT"},
	{"EXPOSE 9-8", NULL, "expected PORT"},
	{"EXPOSE 80/icmp", NULL, "expected PORT"},
	{"EXPOSE 65536", NULL, "expected PORT"},
	{"VOLUME /b /a\nVOLUME [\"/x y\"]",
	 "{\"Volumes\":{\"/a\":{},\"/b\":{},\"/x y\":{}}}", NULL},
	{"USER $X:1", "{\"User\":\"one:1\"}", NULL},
	{"CMD echo $X", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo $X\"]}", NULL},
	{"CMD [\"a\", \"b\"]", "{\"Cmd\":[\"a\",\"b\"]}", NULL},
	{"SHELL [\"/bin/bash\", \"-ec\"]\nCMD x",
	 "{\"Cmd\":[\"/bin/bash\",\"-ec\",\"x\"],\"Shell\":[\"/bin/bash\",\"-ec\"]}",
	 NULL},
	{"CMD a\nENTRYPOINT [\"e\"]",
	 "{\"Entrypoint\":[\"e\"],\"Cmd\":[\"/bin/sh\",\"-c\",\"a\"]}", NULL},
	{"ENTRYPOINT e", "{\"Entrypoint\":[\"/bin/sh\",\"-c\",\"e\"]}", NULL},
	{"USER a\nUSER $none", "{}", NULL},
	{"STOPSIGNAL $none", NULL, "STOPSIGNAL: there is nothing behind it"},
	{"STOPSIGNAL SIGUSR1", "{\"StopSignal\":\"SIGUSR1\"}", NULL},
	{"STOPSIGNAL SIGNONE", NULL, "no signal SIGNONE"},
	{"HEALTHCHECK --interval=5s --retries=2 CMD curl x",
	 "{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"curl x\"],\"Interval\":5000000000,\"Retries\":2}}",
	 NULL},
	{"HEALTHCHECK CMD [\"curl\"]", "{\"Healthcheck\":{\"Test\":[\"CMD\",\"curl\"]}}",
	 NULL},
	{"HEALTHCHECK CMD x\nHEALTHCHECK NONE", "{\"Healthcheck\":{\"Test\":[\"NONE\"]}}",
	 NULL},
	{"ONBUILD RUN make\nONBUILD COPY a b",
	 "{\"OnBuild\":[\"RUN make\",\"COPY a b\"]}", NULL},
};

static int apply_all(const struct dockerfile *d, struct image_config *config,
		     struct error *err)
{
	bool cmd_set = false;
	int r = 0;

	for (size_t i = 1; i < d->n && r >= 0; i++) {
		cleanup_strv char **all = scope_vars(vars, config->config.env);
		const struct expand_scope scope = {.vars = all, .escape = d->escape};
		const struct config_change c = {
			.dockerfile = d,
			.instruction = &d->items[i],
			.scope = &scope,
			.config = config,
			.cmd_set = &cmd_set,
		};

		ck_assert(config_applies(d->items[i].kind));
		r = config_apply(&c, err);
	}
	return r;
}

START_TEST(test_instructions)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *file = xasprintf("FROM x\n%s\n", cases[i].lines),
				  *text = NULL;
		cleanup_dockerfile struct dockerfile *d = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_json struct json_object *o = NULL;
		struct image_config *config = xcalloc(1, sizeof(*config));

		ck_assert_ok(dockerfile_parse(file, strlen(file), "Dockerfile", &d, &err),
			     &err);
		int r = apply_all(d, config, &err);
		if (cases[i].error) {
			ck_assert_msg(r < 0, "%s", file);
			ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s",
				      err.text);
			ck_assert_msg(str_starts(err.text, "Dockerfile:2:"), "%s",
				      err.text);
		} else {
			ck_assert_ok(r, &err);
			o = image_config_to_json(config);
			text = json_text(json_get(o, "config"), false);
			ck_assert_str_eq(text, cases[i].want);
		}
		image_config_free(config);
	}
}
END_TEST

START_TEST(test_entrypoint_resets_the_base_command)
{
	static const char file[] = "FROM x\nENTRYPOINT [\"e\"]\n";
	cleanup_dockerfile struct dockerfile *d = NULL;
	cleanup_error struct error err = ERROR_INIT;
	struct image_config *config = xcalloc(1, sizeof(*config));

	strv_add(&config->config.cmd, "base");
	ck_assert_ok(dockerfile_parse(file, strlen(file), "D", &d, &err), &err);
	ck_assert_ok(apply_all(d, config, &err), &err);
	ck_assert_ptr_null(config->config.cmd);
	image_config_free(config);
}
END_TEST

START_TEST(test_workdir)
{
	static const char *const steps[][3] = {
		{"/", "a", "/a"},  {"/a", "b/../c", "/a/c"}, {"/a", "/$X/", "/one"},
		{NULL, "d", "/d"}, {"/a", "$none", "/a"},    {NULL, "$none", "/"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		cleanup_free char *file = xasprintf("FROM x\nWORKDIR %s\n", steps[i][1]),
				  *path = NULL;
		cleanup_dockerfile struct dockerfile *d = NULL;
		cleanup_error struct error err = ERROR_INIT;
		struct image_config config = {.config.working_dir = (char *)steps[i][0]};
		const struct expand_scope scope = {.vars = vars, .escape = '\\'};
		struct config_change c = {.scope = &scope, .config = &config};

		ck_assert_ok(dockerfile_parse(file, strlen(file), "D", &d, &err), &err);
		c.dockerfile = d;
		c.instruction = &d->items[1];
		ck_assert_ok(config_workdir(&c, &path, &err), &err);
		ck_assert_str_eq(path, steps[i][2]);
	}
}
END_TEST

START_TEST(test_args)
{
	static char *given[] = {(char *)"A=cli", (char *)"A=last", (char *)"HTTP_PROXY=p",
				(char *)"Z=1", NULL};
	static char *globals[] = {(char *)"G=global", (char *)"A=global", NULL};
	static char *declared[] = {(char *)"A", NULL};
	const struct scope_sources sources = {given, globals};
	const struct expand_scope scope = {.vars = vars, .escape = '\\'};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **args = NULL, **left = NULL;
	static const char *const words[] = {"A=own", "G", "G2=$X", "NONE", "G2"};
	cleanup_free char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		ck_assert_ok(scope_declare(&sources, words[i], &scope, &args, &err),
			     &err);
	text = strv_join(args, " ");
	ck_assert_str_eq(text, "A=last G=global G2=one");
	ck_assert_int_lt(scope_declare(&sources, "1x=2", &scope, &args, &err), 0);
	left = scope_not_consumed(given, declared);
	ck_assert_uint_eq(strv_len(left), 1);
	ck_assert_str_eq(left[0], "Z");
}
END_TEST

START_TEST(test_platform_args)
{
	cleanup_image_platform struct image_platform target = {0}, host = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **args = NULL;
	cleanup_free char *text = NULL;

	ck_assert_ok(platform_parse("linux/arm/v7", &target, &err), &err);
	ck_assert_ok(platform_parse("linux/amd64", &host, &err), &err);
	scope_platform_args(&target, &host, &args);
	text = strv_join(args, " ");
	ck_assert_str_eq(
		text,
		"BUILDPLATFORM=linux/amd64 BUILDOS=linux BUILDARCH=amd64 BUILDVARIANT= "
		"TARGETPLATFORM=linux/arm/v7 TARGETOS=linux TARGETARCH=arm TARGETVARIANT=v7");
}
END_TEST

START_TEST(test_history)
{
	static const char file[] =
		"FROM x\nenv a=b\nRUN apt-get  update\nRUN [\"a\", \"b\"]\nCOPY a b /c\n";
	static char *args[] = {(char *)"B=2", (char *)"A=1", NULL};
	cleanup_dockerfile struct dockerfile *d = NULL;
	cleanup_error struct error err = ERROR_INIT;
	struct image_config *config = xcalloc(1, sizeof(*config));

	ck_assert_ok(dockerfile_parse(file, strlen(file), "D", &d, &err), &err);
	history_add(config, history_text(&d->items[1]), true);
	history_add(config, history_run(&d->items[2], NULL), false);
	history_set_time(config, 0, 1 * USEC_PER_SEC);
	history_add(config, history_run(&d->items[3], args), false);
	history_add(config, history_copy(&d->items[4], "abc", "/c"), false);
	ck_assert_uint_eq(history_pending(config, 0), 2);
	history_set_time(config, 0, 2 * USEC_PER_SEC);
	ck_assert_str_eq(config->history[0].created_by, "/bin/sh -c #(nop) ENV a=b");
	ck_assert_str_eq(config->history[1].created_by, "/bin/sh -c apt-get  update");
	ck_assert_str_eq(config->history[2].created_by,
			 "|2 A=1 B=2 /bin/sh -c [\"a\", \"b\"]");
	ck_assert_str_eq(config->history[3].created_by,
			 "/bin/sh -c #(nop) COPY multi:abc in /c ");
	ck_assert_str_eq(config->history[0].created, config->history[1].created);
	ck_assert_str_ne(config->history[1].created, config->history[2].created);
	history_as_one(config, 1, true);
	ck_assert(config->history[1].empty_layer && !config->history[3].empty_layer);
	history_drop(config);
	history_as_one(config, 0, true);
	ck_assert_uint_eq(config->n_history, 1);
	image_config_free(config);
}
END_TEST

UNIT_MAIN("build_config", test_instructions, test_entrypoint_resets_the_base_command,
	  test_workdir, test_args, test_platform_args, test_history)
