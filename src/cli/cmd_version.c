/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "image/platform.h"
#include "spec/image.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct version_values {
	const char *format;
};

static const struct option_spec options[] = {
	OPT_STRING(struct version_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.Client.Version}}'"),
	OPT_END,
};

static struct json_object *version(void)
{
	struct json_object *client = json_object_new_object();
	cleanup_image_platform struct image_platform platform = {0};
	cleanup_free char *both = NULL;
	struct utsname host = {0};

	(void)!uname(&host);
	platform_host(&platform);
	both = xasprintf("%s/%s", platform.os, platform.architecture);
	json_add_str(client, "APIVersion", CUBBY_VERSION);
	json_add_str(client, "Version", CUBBY_VERSION);
	json_add_str(client, "Os", platform.os);
	json_add_str(client, "Arch", platform.architecture);
	json_add_str(client, "OsArch", both);
	json_add_str(client, "Kernel", host.release);
	return client;
}

/* There is no server: a template that asks for one gets the same, as with podman. */
static int run(const struct command_call *call, struct error *err)
{
	const struct version_values *v = call->values;
	cleanup_json struct json_object *o = json_object_new_object();

	json_add(o, "Client", version());
	if (format_is_json(v->format))
		return format_print_json(o, err);
	json_add(o, "Server", version());
	return format_print_object(v->format ? v->format
					     : "Client:       Cubby\n"
					       "Version:      {{.Client.Version}}\n"
					       "OS/Arch:      {{.Client.OsArch}}\n"
					       "Kernel:       {{.Client.Kernel}}",
				   o, err);
}

const struct command cmd_version = {
	.name = "version",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "show the version",
	.examples = "cubby version\n"
		    "cubby version --format '{{.Client.Version}}'",
	.options = options,
	.values_size = sizeof(struct version_values),
	.run = run,
};
