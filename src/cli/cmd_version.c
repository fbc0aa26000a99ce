/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "util/json.h"
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
	struct json_object *o = json_object_new_object(),
			   *client = json_object_new_object();
	struct utsname host = {0};

	(void)!uname(&host);
	json_add_str(client, "Version", CUBBY_VERSION);
	json_add_str(client, "Os", "linux");
	json_add_str(client, "Arch", host.machine);
	json_add_str(client, "OsArch", host.machine);
	json_add_str(client, "Kernel", host.release);
	json_add(o, "Client", client);
	return o;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct version_values *v = call->values;
	cleanup_json struct json_object *o = version();

	if (format_is_json(v->format))
		return format_print_json(o, err);
	return format_print_object(
		v->format ? v->format
			  : "Client:       Cubby\n"
			    "Version:      {{.Client.Version}}\n"
			    "OS/Arch:      {{.Client.Os}}/{{.Client.Arch}}\n"
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
