/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby system ...`: check, and the group. */
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/image.h"
#include "util/str.h"

struct check_values {
	bool quick, repair, force;
};

static const struct option_spec check_options[] = {
	OPT_BOOL(struct check_values, quick, "quick", 'q',
		 "do not read and hash everything again"),
	OPT_BOOL(struct check_values, repair, "repair", 'r',
		 "remove what is damaged and what is left over"),
	OPT_BOOL(struct check_values, force, "force", 'f',
		 "with --repair: also containers made from a damaged image"),
	OPT_NOT_YET("max", 'm'),
	OPT_NOT_YET("repair-lossy", 'R'),
	OPT_END,
};

static int run_check(const struct command_call *call, struct error *err)
{
	const struct check_values *v = call->values;
	const struct image_check_options o = {
		.deep = !v->quick, .repair = v->repair, .force = v->force};
	cleanup_strv char **findings = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->force && !v->repair)
		return error_set(err, ERR_INVALID, 0, "--force is for --repair");
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = image_check(&e, &o, &findings, err);
	strv_foreach (finding, findings) {
		cleanup_free char *text = str_visible(*finding, "");

		printf("%s\n", text);
	}
	if (r < 0 || !findings || v->repair)
		return r;
	error_set(err, ERR_SYSTEM, 0,
		  "the store is not as its records say (%zu findings)",
		  strv_len(findings));
	return error_hint(err, "Mend it: cubby system check --repair");
}

static const struct command cmd_system_check = {
	.name = "check",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "compare what is on record with what is on disk",
	.examples = "cubby system check\n"
		    "cubby system check --repair --force",
	.options = check_options,
	.values_size = sizeof(struct check_values),
	.run = run_check,
};

#define LATER(variable, word) \
	static const struct command later_##variable = {.name = (word), .not_yet = true}

LATER(connection, "connection");
LATER(migrate, "migrate");
LATER(renumber, "renumber");
LATER(service, "service");

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_info,
	&cmd_events,
	&cmd_system_df,
	&cmd_system_check,
	&cmd_system_prune,
	&cmd_system_reset,
	&later_connection,
	&later_migrate,
	&later_renumber,
	&later_service,
	NULL,
};
/* clang-format on */

const struct command cmd_system = {
	.name = "system",
	.common = true,
	.group = "Cubby itself",
	.usage = "COMMAND",
	.summary = "the store as a whole: system df, system check, system prune",
	.examples = "cubby system df\n"
		    "cubby system check --repair",
	.commands = commands,
};
