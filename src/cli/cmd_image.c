/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby image ...`: images by podman's and Docker's longer names. */
#include "cli/cubby.h"

#define LATER(variable, word) \
	static const struct command later_##variable = {.name = (word), .not_yet = true}

LATER(scp, "scp");
LATER(sign, "sign");
LATER(trust, "trust");

static const struct command *const commands[] = {
	&cmd_image_list,
	&cmd_build,
	&cmd_image_inspect,
	&cmd_history,
	&cmd_image_tree,
	&cmd_image_diff,
	&cmd_pull,
	&cmd_push,
	&cmd_load,
	&cmd_save,
	&cmd_import,
	&cmd_tag,
	&cmd_untag,
	&cmd_image_rm,
	&cmd_image_exists,
	&cmd_image_prune,
	&cmd_image_mount,
	&cmd_image_unmount,
	&cmd_search,
	&later_scp,
	&later_sign,
	&later_trust,
	NULL,
};

const struct command cmd_image = {
	.name = "image",
	.group = "Images",
	.usage = "COMMAND",
	.summary = "the commands for images: image ls, image inspect, image prune ...",
	.examples = "cubby image ls\n"
		    "cubby image prune --all",
	.commands = commands,
};
