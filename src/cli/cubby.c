/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby.h"
#include "cli/configure.h"
#include "cli/global_table.h"
#include "engine/listen_fds.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "runtime/process.h"
#include "runtime/self.h"
#include "util/log.h"
#include "util/signals.h"
#include "util/str.h"

#define LATER(variable, word) \
	static const struct command later_##variable = {.name = (word), .not_yet = true}

LATER(compose, "compose");
LATER(kube, "kube");

static const char *const groups[] = {"Containers", "Images", "Pods, volumes, secrets",
				     "Cubby itself", NULL};

static const struct foreign_word foreign[] = {
	{"artifact", "Cubby handles images only: other artifacts are not supported"},
	{"config", "Cubby has no cluster, so nothing to configure: see cubby secret"},
	{"context", "There is no daemon to choose: Cubby runs containers on this host"},
	{"daemon", "There is no daemon: cubby run starts containers itself"},
	{"farm", "Cubby runs on this host only: there are no others to build on"},
	{"machine",
	 "No virtual machine is needed: Cubby runs containers on this host. See 'cubby doctor'"},
	{"node", "Cubby has no cluster: it runs containers on this host"},
	{"plugin", "Cubby has no plugins"},
	{"quadlet", "Units of systemd: see 'cubby start --help' and the page cubby(1)"},
	{"service",
	 "Cubby has no cluster. A container that is restarted: cubby run --restart=always"},
	{"stack", "Cubby has no cluster: it runs containers on this host"},
	{"swarm", "Cubby has no cluster: it runs containers on this host"},
	{"trust",
	 "Signatures are what policy.json asks for: see containers-policy.json(5)"},
	{NULL, NULL},
};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_run,
	&cmd_create,
	&cmd_start,
	&cmd_restart,
	&cmd_init,
	&cmd_exec,
	&cmd_ps,
	&cmd_logs,
	&cmd_top,
	&cmd_stats,
	&cmd_port,
	&cmd_update,
	&cmd_auto_update,
	&cmd_attach,
	&cmd_stop,
	&cmd_kill,
	&cmd_wait,
	&cmd_healthcheck,
	&cmd_rm,
	&cmd_rename,
	&cmd_pause,
	&cmd_unpause,
	&cmd_inspect,
	&cmd_audit,
	&cmd_cp,
	&cmd_commit,
	&cmd_diff,
	&cmd_mount,
	&cmd_unmount,
	&cmd_export,
	&cmd_container,
	&cmd_build,
	&cmd_builder,
	&cmd_buildx,
	&cmd_images,
	&cmd_pull,
	&cmd_push,
	&cmd_load,
	&cmd_save,
	&cmd_import,
	&cmd_history,
	&cmd_tag,
	&cmd_untag,
	&cmd_rmi,
	&cmd_login,
	&cmd_logout,
	&cmd_search,
	&cmd_manifest,
	&cmd_image,
	&cmd_pod,
	&cmd_network,
	&cmd_volume,
	&cmd_secret,
	&cmd_events,
	&cmd_generate,
	&cmd_system,
	&cmd_info,
	&cmd_idmap,
	&cmd_userns,
	&cmd_doctor,
	&cmd_unshare,
	&cmd_version,
	&cmd_completion,
	&cmd_complete,
	&later_compose,
	&later_kube,
	NULL,
};
/* clang-format on */

/* Those that put a process of ours into a container, where it could be reached. */
static bool enters_container(const struct command *c)
{
	return c == &cmd_run || c == &cmd_start || c == &cmd_restart || c == &cmd_init ||
	       c == &cmd_container_rerun || c == &cmd_exec || c == &cmd_audit ||
	       c == &cmd_cp || c == &cmd_container_clone || c == &cmd_build ||
	       c == &cmd_auto_update;
}

static int prepare(const struct command_call *call, struct error *err)
{
	int r = global_table_apply(call->globals, err);

	if (r < 0)
		return r;
	return enters_container(call->command) ? self_protect((char **)call->argv, err)
					       : 0;
}

int cubby_open(const struct command_call *call, struct engine *ret, struct error *err)
{
	struct cubby_globals *g = call->globals;
	int r;

	*ret = ENGINE_INIT;
	r = cubby_configure_engine(call, ret, err);
	return r < 0 ? r : engine_open(ret, g->root, g->runroot, err);
}

int cubby_open_dirs(const struct command_call *call, struct engine *ret,
		    struct error *err)
{
	struct cubby_globals *g = call->globals;
	int r;

	*ret = ENGINE_INIT;
	r = cubby_configure_engine(call, ret, err);
	return r < 0 ? r : engine_open_dirs(ret, g->root, g->runroot, err);
}

int cubby_signal(const char *text, int *ret, struct error *err)
{
	if (signal_parse(text, ret) >= 0)
		return 0;
	if (strspn(text, "0123456789") == strlen(text) && *text)
		return error_set(err, ERR_INVALID, 0, "valid signals are 1 through 64");
	error_set(err, ERR_INVALID, 0, "invalid signal: %s", text);
	return error_hint(
		err,
		"Signals are names such as TERM or SIGHUP, or numbers; see signal(7)");
}

/* Ours are close-on-exec, all of them. */
static bool is_callers(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int cubby_fds(char *const *words, int *fds, size_t *ret_n, struct error *err)
{
	*ret_n = 0;
	strv_foreach (word, words) {
		uint32_t fd;

		if (str_to_u32(*word, &fd) < 0 || fd > INT_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "--preserve-fd %s: not a file descriptor",
					 *word);
		if (*ret_n == PROCESS_KEEP_MORE_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "--preserve-fd: at most %d file descriptors",
					 PROCESS_KEEP_MORE_MAX);
		if (!is_callers((int)fd))
			return error_set(
				err, ERR_INVALID, 0,
				"file descriptor %s is not available - the preserve-fd option "
				"requires that file descriptors must be passed",
				*word);
		fds[(*ret_n)++] = (int)fd;
	}
	return 0;
}

int cubby_listen_fds(const struct command_call *call, int before, int *ret_n,
		     struct error *err)
{
	const struct cubby_globals *g = call->globals;

	*ret_n = listen_fds_count();
	/* or it would be some file of ours that goes into the container */
	if (*ret_n == 0 || before + *ret_n <= g->n_inherited_fds)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "LISTEN_FDS=%d: file descriptor %d is not open", *ret_n,
			 3 + g->n_inherited_fds);
}

void cubby_warn(const char *text)
{
	fprintf(stderr, "Warning: %s\n", text);
}

const struct program cubby_program = {
	.name = "cubby",
	.summary = "containers without a daemon and without root",
	.version = "cubby version " CUBBY_VERSION,
	.examples = "cubby run -it --rm debian bash\n"
		    "cubby build -t app . && cubby run -d --name web app",
	.groups = groups,
	.foreign = foreign,
	.options = global_table,
	.version_given = OPT_GIVEN(struct cubby_globals, version),
	.commands = commands,
	.configure = cubby_configure,
	.prepare = prepare,
};
