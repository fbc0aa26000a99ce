/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

/* As runc's: engines tell errors of the runtime from the container's own statuses by the
 * log. */
#define STATUS_ERROR      1
#define STATUS_EXEC_ERROR 255

static const char *const log_formats[] = {"text", "json", NULL};
static const char *const managers[] = {"cgroupfs", "disabled", "systemd", NULL};
static const char *const rootless_words[] = {"auto", "true", "false", NULL};

static const struct option_spec options[] = {
	OPT_STRING(
		struct rt_globals, root, "root", 0, "DIR",
		"where the states of containers are kept (default /run/cubby-runtime, or "
		"$XDG_RUNTIME_DIR/cubby-runtime)"),
	OPT_STRING(struct rt_globals, log_file, "log", 0, "FILE",
		   "write the log here, not to stderr"),
	OPT_WORD(struct rt_globals, log_format, "log-format", 0, log_formats,
		 "form of the log"),
	OPT_BOOL(struct rt_globals, debug, "debug", 0, "log what is done"),
	OPT_WORD(struct rt_globals, cgroup_manager, "cgroup-manager", 0, managers,
		 "who makes the cgroups"),
	OPT_BOOL(
		struct rt_globals, systemd_cgroup, "systemd-cgroup", 0,
		"the same as --cgroup-manager=systemd: scopes, cgroupsPath is SLICE:PREFIX:NAME"),
	OPT_WORD(struct rt_globals, rootless, "rootless", 0, rootless_words,
		 "false: fail if no cgroup can be made"),
	OPT_BOOL(struct rt_globals, version, "version", 'v', "print the version"),
	OPT_END,
};

static const char *const groups[] = {"Life of a container", "Looking at containers",
				     "Help with bundles", NULL};

static const struct command checkpoint = {.name = "checkpoint", .not_yet = true};
static const struct command restore = {.name = "restore", .not_yet = true};

static const struct command *const commands[] = {
	&rt_create, &rt_start,  &rt_run,      &rt_exec,    &rt_kill, &rt_delete,
	&rt_pause,  &rt_resume, &rt_update,   &rt_state,   &rt_list, &rt_ps,
	&rt_events, &rt_spec,   &rt_features, &checkpoint, &restore, NULL};

/* A log that can't be opened is an error: engines look for the reason of failures there.
 */
static int open_log(struct rt_globals *g, struct error *err)
{
	if (!g->log_file)
		return 0;
	g->log_fd = open(g->log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (g->log_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open log %s", g->log_file);
	return 0;
}

static int prepare(const struct command_call *call, struct error *err)
{
	struct rt_globals *g = call->globals;
	int r = open_log(g, err);

	if (r < 0)
		return r;
	if (g->log_fd >= 0 || g->debug)
		log_set(g->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
			(enum log_format)g->log_format,
			g->log_fd >= 0 ? g->log_fd : STDERR_FILENO);
	g->root_path = g->root ? xstrdup(g->root) : rt_root_default();
	return 0;
}

/* stderr has it already; the log only where there is one. */
static void report(const struct command_call *call, const struct error *err)
{
	const struct rt_globals *g = rt_globals(call);
	cleanup_free char *message = error_message(err);

	if (g->log_fd >= 0)
		log_error("%s", message);
}

static int exit_status(const struct command_call *call, const struct error *err)
{
	const char *name = call->command ? call->command->name : "";

	if (err->kind == ERR_NO_PROGRAM || err->kind == ERR_NOT_EXECUTABLE)
		return error_exit_status(err);
	return str_eq(name, "exec") ? STATUS_EXEC_ERROR : STATUS_ERROR;
}

const struct program rt_program = {
	.name = "cubby-runtime",
	.summary =
		"Run containers from OCI bundles, under podman, containerd, Docker or by hand.",
	.version = "cubby-runtime version " CUBBY_VERSION "\nspec: 1.2.0\n"
		   "+CGROUP2 +SELINUX +APPARMOR +CAP +SECCOMP",
	.groups = groups,
	.options = options,
	.version_given = OPT_GIVEN(struct rt_globals, version),
	.commands = commands,
	.prepare = prepare,
	.report = report,
	.exit_status = exit_status,
};
