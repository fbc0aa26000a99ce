/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby generate ...`: files for others, made from what is here. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/unit_make.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define SECONDS_MAX 1000000000

struct systemd_values {
	struct unit_options unit;
	bool files, new_given;
	const char *format;
};

static const char *const timeout_alias[] = {"time", NULL};

#define V struct systemd_values
static const struct option_spec systemd_options[] = {
	OPT_BOOL(V, unit.is_new, "new", 0,
		 "the unit makes it anew at each start, and removes it at the end",
		 .given = OPT_GIVEN(V, new_given), .common = true),
	OPT_BOOL(V, files, "files", 'f', "write files into this directory",
		 .common = true),
	OPT_BOOL(V, unit.names, "name", 'n', "names instead of IDs", .common = true),
	OPT_STRING(V, format, "format", 0, "FORMAT", "json"),
	OPT_BOOL(V, unit.no_header, "no-header", 0, "leave out version and time"),
	OPT_BOOL(V, unit.is_template, "template", 0,
		 "NAME@.service, for several instances; implies --new"),
	OPT_STRV(V, unit.env, "env", 'e', "NAME[=VALUE]", "variable of the unit"),
	OPT_STRV(V, unit.wants, "wants", 0, "UNIT", "it is started along"),
	OPT_STRV(V, unit.after, "after", 0, "UNIT", "it is waited for"),
	OPT_STRV(V, unit.requires, "requires", 0, "UNIT", "it goes nowhere without it"),
	OPT_STRING(V, unit.restart, "restart-policy", 0, "POLICY",
		   "systemd's (default: the container's, or on-failure)", .common = true),
	OPT_I64(V, unit.restart_sec, "restart-sec", 0, "SECONDS",
		"pause before a restart", .max = SECONDS_MAX),
	OPT_I64(V, unit.start_sec, "start-timeout", 0, "SECONDS",
		"how long systemd waits until it is ready", .max = SECONDS_MAX),
	OPT_I64(V, unit.stop_sec, "stop-timeout", 't', "SECONDS",
		"between SIGTERM and SIGKILL (default: the container's)",
		.max = SECONDS_MAX, .aliases = timeout_alias),
	OPT_STRING(V, unit.container_prefix, "container-prefix", 0, "WORD",
		   "names of containers' units begin so (default container)"),
	OPT_STRING(V, unit.pod_prefix, "pod-prefix", 0, "WORD",
		   "names of pods' units begin so (default pod)"),
	OPT_STRING(V, unit.separator, "separator", 0, "TEXT",
		   "between that and the name (default -)"),
	OPT_END,
};
#undef V

static void defaults(void *values)
{
	struct systemd_values *v = values;

	v->unit.container_prefix = "container";
	v->unit.pod_prefix = "pod";
	v->unit.separator = "-";
	v->unit.restart_sec = v->unit.start_sec = v->unit.stop_sec = -1;
}

/* Source: systemd.service(5), Restart=. */
static int check(struct systemd_values *v, struct error *err)
{
	static const char *const policies[] = {"no",          "on-success",  "on-failure",
					       "on-abnormal", "on-watchdog", "on-abort",
					       "always",      NULL};

	if (v->format && !format_is_json(v->format))
		return error_set(err, ERR_INVALID, 0, "unknown --format argument: %s",
				 v->format);
	if (v->unit.restart && !strv_has((char *const *)policies, v->unit.restart))
		return error_set(err, ERR_INVALID, 0, "%s is not a valid restart policy",
				 v->unit.restart);
	if (v->unit.is_template && v->new_given && !v->unit.is_new)
		return error_set(err, ERR_INVALID, 0,
				 "--template cannot be set with --new=false");
	v->unit.is_new = v->unit.is_new || v->unit.is_template;
	return 0;
}

static int find_and_make(const struct unit_request *request, const char *typed,
			 struct made_units *ret, struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_pod struct pod p = {0};
	int r = container_find(request->engine, typed, &c, err);

	if (r >= 0)
		return unit_make_container(request, &c, ret, err);
	if (err->kind != ERR_NOT_FOUND)
		return r;
	error_release(err);
	r = pod_find(request->engine, typed, &p, err);
	if (r >= 0)
		return unit_make_pod(request, &p, ret, err);
	if (err->kind != ERR_NOT_FOUND)
		return r;
	error_release(err);
	return error_set(
		err, ERR_NOT_FOUND, 0,
		"%s does not refer to a container or pod: no pod with name or ID "
		"%s found: no such pod: no container with name or ID \"%s\" "
		"found: no such container",
		typed, typed, typed);
}

/* In the directory where we are. *ret: where it lies. */
static int write_unit(const struct made_unit *u, char **ret, struct error *err)
{
	cleanup_free char *name = xasprintf("%s.service", u->name);

	*ret = fs_absolute(name);
	return fs_write_atomic(AT_FDCWD, name, u->text, strlen(u->text), 0644, 0, err);
}

static int show(const struct systemd_values *v, const struct made_units *units,
		struct error *err)
{
	cleanup_json struct json_object *all = json_object_new_object();

	for (size_t i = 0; i < units->n; i++) {
		cleanup_free char *path = NULL;
		int r = v->files ? write_unit(&units->items[i], &path, err) : 0;
		const char *text = v->files ? path : units->items[i].text;

		if (r < 0)
			return r;
		if (v->format)
			json_add_str(all, units->items[i].name, text);
		else
			printf("%s%s%s", i && !v->files ? "\n" : "", text,
			       v->files ? "\n" : "");
	}
	return v->format ? format_print_json(all, err) : 0;
}

static int run_systemd(const struct command_call *call, struct error *err)
{
	struct systemd_values *v = call->values;
	cleanup_made_units struct made_units units = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct unit_request request = {
		.call = call, .engine = &e, .options = &v->unit, .warn = cubby_warn};
	int r = check(v, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = find_and_make(&request, call->args[0], &units, err);
	return r < 0 ? r : show(v, &units, err);
}

static const struct command generate_systemd = {
	.name = "systemd",
	.group = "Cubby itself",
	.usage = "[options] CONTAINER|POD",
	.summary = "write units of systemd for a container or a pod",
	.description =
		"Without --new the unit starts and stops the container that exists. With it the container is made by the "
		"command line that made it once, and auto-update can replace it. Such units fit every host.\n"
		"Files go to ~/.config/systemd/user, or as root to /etc/systemd/system; then: systemctl [--user] "
		"daemon-reload. Units that you write yourself are simpler as Quadlet files.",
	.examples = "cubby generate systemd --new --files --name web\n"
		    "cubby generate systemd --restart-policy=always -t 1 web\n"
		    "cubby generate systemd --new --template --name worker",
	.options = systemd_options,
	.values_size = sizeof(struct systemd_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run_systemd,
};

static const struct command later_kube = {.name = "kube", .not_yet = true},
			    later_spec = {.name = "spec", .not_yet = true};

static const struct command *const commands[] = {
	&generate_systemd,
	&later_kube,
	&later_spec,
	NULL,
};

const struct command cmd_generate = {
	.name = "generate",
	.group = "Cubby itself",
	.usage = "COMMAND",
	.summary = "write files for others: units of systemd",
	.examples = "cubby generate systemd --new --files --name web\n"
		    "cubby generate systemd web > ~/.config/systemd/user/web.service",
	.commands = commands,
};
