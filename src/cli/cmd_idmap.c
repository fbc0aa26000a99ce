/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby idmap ...`: the group. */
#include "cli/cubby.h"

static const struct command *const commands[] = {
	&cmd_idmap_ls,
	&cmd_idmap_explain,
	&cmd_idmap_check,
	NULL,
};

const struct command cmd_idmap = {
	.name = "idmap",
	.group = "Cubby itself",
	.usage = "COMMAND",
	.summary = "who is who inside and outside: idmap ls, explain, check",
	.examples = "cubby idmap ls\n"
		    "cubby idmap explain web /etc/passwd",
	.commands = commands,
};
