/* SPDX-License-Identifier: Apache-2.0 */
/* Each COPY and ADD of a Dockerfile: no plan leads out of its source or of the root of the image, and modes stay modes. */
#include <stdint.h>
#include <string.h>

#include "build/copy_plan.h"
#include "build/copy_url.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* Clean, and nothing that leads up. */
static void check_path(const char *path)
{
	cleanup_strv char **parts = str_split(path, '/');

	for (char **part = parts; *path && *part; part++)
		check(**part && !str_eq(*part, "..") && !str_eq(*part, "."));
}

static void check_plan(const struct copy_plan *p)
{
	static const mode_t before[] = {0, 0644, 07777};

	check(p->dest[0] == '/' && p->n_words > 0);
	check_path(p->dest + 1);
	check(p->n_words == 1 || p->dest_is_dir);
	for (size_t i = 0; i < p->n_words; i++) {
		const struct copy_word *w = &p->words[i];
		cleanup_free char *name = copy_url_name(w->typed);

		check(!name || (*name && !strchr(name, '/') && !str_eq(name, "..")));
		check(p->is_add || w->kind == COPY_WORD_PATH ||
		      w->kind == COPY_WORD_HEREDOC);
		check((w->kind == COPY_WORD_HEREDOC) == (w->content != NULL));
		if (w->kind == COPY_WORD_PATH)
			check_path(w->text);
		if (w->pivot)
			check_path(w->pivot);
	}
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		check((copy_mode_apply(&p->mode, before[i], true) & ~(mode_t)07777) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *vars[] = {(char *)"A=a/../b", (char *)"E=", (char *)"S=/", NULL};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_dockerfile struct dockerfile *d = NULL;
	struct image_config config = {.config.working_dir = (char *)"/w/x"};
	const struct build_state state = {.config = &config};

	if (dockerfile_parse((const char *)data, size, "Dockerfile", &d, &err) < 0)
		return 0;
	for (size_t i = 0; i < d->n; i++) {
		cleanup_copy_plan struct copy_plan p = {0};
		const struct step s = {
			.dockerfile = d,
			.instruction = &d->items[i],
			.state = &state,
			.scope = {vars, d->escape},
		};

		if (d->items[i].kind != INSTRUCTION_COPY &&
		    d->items[i].kind != INSTRUCTION_ADD)
			continue;
		if (copy_plan_make(&s, &p, &err) == 0)
			check_plan(&p);
		else
			check(error_is_set(&err));
		error_release(&err);
	}
	return 0;
}
