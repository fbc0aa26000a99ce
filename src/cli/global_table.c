/* SPDX-License-Identifier: Apache-2.0 */
/* Options before the command. Those of podman and Docker that mean nothing here say why, and what does it instead. */
#include "cli/global_table.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/cubby_globals.h"
#include "util/log.h"
#include "util/str.h"

#define G struct cubby_globals

/* in the order of enum event_backend */
static const char *const event_backends[] = {"file", "journald", "none", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
/* from CGROUP_MANAGER_SYSTEMD on */
static const char *const cgroup_managers[] = {"systemd", "cgroupfs", NULL};

static const char no_daemon[] = "there is no daemon: cubby runs containers on this host";

static const struct refusal {
	const char *name;
	const char *taken; /* a value that is right; NULL: none */
	const char *reason, *hint;
} refusals[] = {
	{"cdi-spec-dir", NULL, "there is no Container Device Interface here",
	 "Devices are given with --device"},
	{"config", NULL, "there is no directory of a client",
	 "Logins: --authfile FILE, or REGISTRY_AUTH_FILE. Settings: CONTAINERS_CONF"},
	{"conmon", NULL, "Cubby has a monitor of its own", NULL},
	{"connection", NULL, no_daemon, NULL},
	{"context", NULL, no_daemon, NULL},
	{"host", NULL, no_daemon, NULL},
	{"identity", NULL, no_daemon, NULL},
	{"imagestore", NULL, "images and containers are kept in one place",
	 "Another place for both: --root DIR"},
	{"network-cmd-path", NULL, "networks are not supported yet", NULL},
	{"network-config-dir", NULL, "networks are not supported yet", NULL},
	{"remote", "false", no_daemon, NULL},
	{"runtime", NULL, "Cubby runs its containers itself",
	 "Leave it out. Another engine can use Cubby's runtime: it is cubby-runtime"},
	{"runtime-flag", NULL, "Cubby runs its containers itself", NULL},
	{"ssh", NULL, no_daemon, NULL},
	{"storage-driver", "overlay", "overlay is how layers are stacked here", NULL},
	{"storage-opt", NULL, "the storage has no options", "See 'cubby doctor'"},
	{"syslog", "false", "Cubby logs to standard error",
	 "Into the journal: cubby --log-level=debug ... 2>&1 | systemd-cat"},
	{"tmpdir", NULL, "there is no other directory than --runroot for what lives",
	 "Use --runroot DIR"},
	{"transient-store", "false", "the store is not kept in memory",
	 "A store that a reboot forgets: --root DIR below /run or /tmp"},
	{"url", NULL, no_daemon, NULL},
	{"volumepath", NULL, "volumes are kept with the containers",
	 "Another place for all: --root DIR"},
};

static int refuse(const struct option_match *match, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if (!str_eq(r->name, match->spec->name))
			continue;
		if (r->taken && str_eq(match->value, r->taken))
			return 0;
		error_set(err, ERR_UNSUPPORTED, 0, "%s is not supported: %s",
			  match->typed, r->reason);
		return r->hint ? error_hint(err, "%s", r->hint) : -EINVAL;
	}
	return 0;
}

/* Docker's word for --log-level=debug. */
static int set_debug(const struct option_match *match, struct error *err _unused_)
{
	struct cubby_globals *g = match->values;

	if (!str_eq(match->value, "false"))
		g->log_level = "debug";
	return 0;
}

#define REFUSED(long_name, ...)                                              \
	{                                                                    \
		.type = OPTION_CUSTOM, .name = (long_name), .parse = refuse, \
		.hidden = true, ##__VA_ARGS__                                \
	}

/* one a line, however many there are */
/* clang-format off */
const struct option_spec global_table[] = {
	OPT_STRING(G, root, "root", 0, "DIR",
		   "where containers are kept (default ~/.local/share/cubby, root: /var/lib/cubby)",
		   .common = true),
	OPT_STRING(G, runroot, "runroot", 0, "DIR",
		   "where live state is kept (default $XDG_RUNTIME_DIR/cubby, root: /run/cubby)"),
	OPT_STRING(G, log_level, "log-level", 0, "LEVEL",
		   "log to stderr: trace, debug, info, warn, error (default: nothing)", .common = true),
	OPT_WORD(G, log_format, "log-format", 0, log_formats, "form of the log"),
	OPT_WORD(G, events, "events-backend", 0, event_backends,
		 "where events are recorded (default file)", .given = OPT_GIVEN(G, events_given)),
	OPT_WORD(G, cgroup_manager, "cgroup-manager", 0, cgroup_managers,
		 "who makes cgroups (default: systemd where it can be asked)", .given = OPT_GIVEN(G, cgroup_manager_given)),
	OPT_STRV(G, modules, "module", 0, "FILE",
		 "read one more containers.conf, from containers.conf.modules or by its whole path"),
	OPT_STRING(G, out, "out", 0, "FILE", "write standard output here"),
	OPT_BOOL(G, no_out, "noout", 0, "write no standard output"),
	OPT_BOOL(G, version, "version", 'v', "print the version", .common = true),
	{.type = OPTION_CUSTOM, .name = "debug", .letter = 'D', .parse = set_debug, .bare_value = "true", .hidden = true},
	OPT_NOT_YET("default-mounts-file", 0),
	OPT_NOT_YET("hooks-dir", 0),
	REFUSED("cdi-spec-dir"),
	REFUSED("config"),
	REFUSED("conmon"),
	REFUSED("connection", .letter = 'c'),
	REFUSED("context"),
	REFUSED("host", .letter = 'H'),
	REFUSED("identity"),
	REFUSED("imagestore"),
	REFUSED("network-cmd-path"),
	REFUSED("network-config-dir"),
	REFUSED("remote", .letter = 'r', .bare_value = "true"),
	REFUSED("runtime"),
	REFUSED("runtime-flag"),
	REFUSED("ssh"),
	REFUSED("storage-driver"),
	REFUSED("storage-opt"),
	REFUSED("syslog", .bare_value = "true"),
	REFUSED("tmpdir"),
	REFUSED("transient-store", .bare_value = "true"),
	REFUSED("url"),
	REFUSED("volumepath"),
	OPT_END,
};
/* clang-format on */

static int set_log(const struct cubby_globals *g, struct error *err)
{
	enum log_level level;

	if (!g->log_level)
		return 0;
	if (log_level_parse(g->log_level, &level) < 0) {
		error_set(err, ERR_INVALID, 0, "--log-level %s: unknown level",
			  g->log_level);
		return error_hint(
			err, "Levels: trace, debug, info, warn, error, fatal, panic");
	}
	log_set(level, (enum log_format)g->log_format, STDERR_FILENO);
	return 0;
}

/* --out, --noout: also of what is started from here. */
static int set_out(const struct cubby_globals *g, struct error *err)
{
	const char *path = g->no_out ? "/dev/null" : g->out;
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "--out: create %s",
				 path);
	if (dup2(fd, STDOUT_FILENO) < 0) {
		close(fd);
		return error_set(err, ERR_SYSTEM, errno, "--out %s", path);
	}
	close(fd);
	return 0;
}

int global_table_apply(const struct cubby_globals *g, struct error *err)
{
	int r = set_log(g, err);

	return r < 0 ? r : set_out(g, err);
}
