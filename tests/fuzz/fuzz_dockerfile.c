/* SPDX-License-Identifier: Apache-2.0 */
/* A Dockerfile: what is accepted keeps the header's promises, and an ONBUILD of it can be read again. */
#include <stdint.h>
#include <string.h>

#include "build/dockerfile.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void check_onbuild(const struct instruction *i)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_dockerfile struct dockerfile *d = NULL;

	check(dockerfile_parse_one(i->args[0], "ONBUILD", &d, &err) == 0);
	check(d->n == 1 && d->items[0].kind != INSTRUCTION_ONBUILD);
}

static void check_instruction(const struct dockerfile *d, const struct instruction *i)
{
	static const size_t least[INSTRUCTION_KINDS] = {
		[INSTRUCTION_ADD] = 2,         [INSTRUCTION_ARG] = 1,
		[INSTRUCTION_COPY] = 2,        [INSTRUCTION_ENV] = 1,
		[INSTRUCTION_EXPOSE] = 1,      [INSTRUCTION_FROM] = 1,
		[INSTRUCTION_HEALTHCHECK] = 1, [INSTRUCTION_LABEL] = 1,
		[INSTRUCTION_MAINTAINER] = 1,  [INSTRUCTION_ONBUILD] = 1,
		[INSTRUCTION_RUN] = 1,         [INSTRUCTION_SHELL] = 1,
		[INSTRUCTION_STOPSIGNAL] = 1,  [INSTRUCTION_USER] = 1,
		[INSTRUCTION_VOLUME] = 1,      [INSTRUCTION_WORKDIR] = 1,
	};

	check(i->kind < INSTRUCTION_KINDS && i->text);
	check(i->line >= 1 && i->line <= i->last_line && i->last_line <= d->n_lines);
	check(i->n_args == strv_len(i->args) && i->n_args >= least[i->kind]);
	for (size_t k = 0; k < i->n_args; k++)
		check(i->places[k].line >= i->line && i->places[k].line <= d->n_lines);
	for (size_t k = 0; k < i->n_flags; k++)
		check(instruction_flag(i, i->flags[k].name) != NULL);
	for (size_t k = 0; k < i->n_heredocs; k++)
		check(*i->heredocs[k].name && i->heredocs[k].content);
	if (i->kind == INSTRUCTION_FROM)
		check(i->n_args <= 2);
	if (i->kind == INSTRUCTION_ONBUILD)
		check_onbuild(i);
	if (i->kind == INSTRUCTION_RUN) {
		cleanup_free char *command = instruction_command(i);

		check(command != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_dockerfile struct dockerfile *d = NULL;

	if (dockerfile_parse((const char *)data, size, "Dockerfile", &d, &err) < 0) {
		check(error_is_set(&err) && err.kind == ERR_INVALID && !d);
		return 0;
	}
	check(d->n > 0 && strv_len(d->lines) == d->n_lines);
	for (size_t i = 0; i < d->n; i++)
		check_instruction(d, &d->items[i]);
	return 0;
}
