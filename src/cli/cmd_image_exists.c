/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby.h"
#include "engine/image.h"

#define STATUS_MISSING 1

static int run(const struct command_call *call, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, NULL, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the exit status says it");
	return STATUS_MISSING;
}

const struct command cmd_image_exists = {
	.name = "exists",
	.group = "Images",
	.usage = "IMAGE",
	.summary = "exit status 0 if the image is here, 1 if it is not",
	.examples = "cubby image exists debian:12 || cubby pull debian:12\n"
		    "if cubby image exists app; then cubby run app; fi",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
