/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create and run. What is on record at each moment is enough to clean up after a kill -9:
 *
 *   1 state directory, locked; config.json; state.json without a process   half-made:
 * whoever meets it removes it 2 cgroup (its path was recorded in 1) the same, with the
 * cgroup 3 init made, it waits and dies with us                                  the same
 *   4 state.json names the init                                             "stopped"
 * once we are gone 5 create: the init is left waiting for `start`; run: it goes on a
 * container
 */
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "cli/runtime/rt_cgroup.h"
#include "runtime/cgroup_manager.h"
#include "runtime/launch.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define CONFIG_FILE     "config.json"
#define PASSWD_TEXT_MAX 4096

const struct option_spec rt_launch_options[] = {
	OPT_STRING(struct rt_launch_values, bundle, "bundle", 'b', "DIR",
		   "directory with config.json and the root file system (default \".\")"),
	OPT_STRING(struct rt_launch_values, config, "config", 'f', "FILE",
		   "configuration, instead of config.json of the bundle"),
	OPT_STRING(struct rt_launch_values, console_socket, "console-socket", 0, "SOCKET",
		   "unix socket that gets the terminal's master"),
	OPT_STRING(struct rt_launch_values, pid_file, "pid-file", 0, "FILE",
		   "write the process id of the container's init here"),
	OPT_STRING(struct rt_launch_values, pidfd_socket, "pidfd-socket", 0, "SOCKET",
		   "unix socket that gets a pidfd of the init"),
	OPT_INT(struct rt_launch_values, preserve_fds, "preserve-fds", 0, "N",
		"pass file descriptors 3 to 3+N-1 on", .max = 65536),
	OPT_BOOL(struct rt_launch_values, no_pivot, "no-pivot", 0,
		 "do not use pivot_root (for a root file system on an initramfs)"),
	OPT_BOOL(struct rt_launch_values, no_new_keyring, "no-new-keyring", 0,
		 "keep the caller's session keyring"),
	OPT_BOOL(struct rt_launch_values, no_subreaper, "no-subreaper", 0,
		 "do not adopt processes that the container leaves behind"),
	OPT_END,
};

struct launching {
	const struct command_call *call;
	const struct rt_launch_values *values;
	bool only_create, foreground;
	struct rt_container container;
	struct rt_cgroup cgroup;
	bool made_state; /* the state directory is ours to remove */
	bool hooks_may_have_run;
	struct launch launch;
	struct launch_options options;
	int console_fd, start_fd, master_fd, cache_fd;
};

static void launching_release(struct launching *x)
{
	launch_release(&x->launch);
	fd_cleanup_(&x->console_fd);
	fd_cleanup_(&x->start_fd);
	fd_cleanup_(&x->master_fd);
	fd_cleanup_(&x->cache_fd);
	rt_container_release(&x->container);
	rt_cgroup_release(&x->cgroup);
}

/* A failed container leaves nothing behind: what went wrong meanwhile is less interesting
 * than the failure. */
static void undo(struct launching *x)
{
	cleanup_error struct error err = ERROR_INIT;

	launch_release(&x->launch);
	if (!x->made_state)
		return;
	if (x->container.cgroup.fd >= 0 &&
	    cgroup_unmake(x->container.cgroup.path, &err) < 0)
		error_drop(&err, "after a failed launch");
	if (x->hooks_may_have_run)
		rt_run_poststop(&x->container);
	if (state_dir_remove(rt_globals(x->call)->root_path, x->container.state.id,
			     &err) < 0)
		error_drop(&err, "after a failed launch");
}

static int read_config(struct launching *x, const char *bundle, struct error *err)
{
	cleanup_fd int bundle_fd = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *config = x->values->config;
	int r;

	if (bundle_fd < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
				 "open bundle %s", bundle);
	r = config ? spec_read(AT_FDCWD, config, &x->container.spec, err)
		   : spec_read(bundle_fd, CONFIG_FILE, &x->container.spec, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND && !err->hint)
		error_hint(
			err,
			"a bundle is a directory with %s, which `%s spec` writes, and the root "
			"file system that it names",
			CONFIG_FILE, x->call->program->name);
	if (r < 0)
		return error_wrap(err, "bundle %s", bundle);
	if (!x->container.spec->process)
		return error_set(err, ERR_INVALID, 0, "%s: process: missing",
				 CONFIG_FILE);
	if (!x->container.spec->root)
		return error_set(err, ERR_INVALID, 0, "%s: root: missing", CONFIG_FILE);
	return 0;
}

static int check_terminal(const struct launching *x, struct error *err)
{
	bool terminal = x->container.spec->process->terminal;
	bool has_socket = x->values->console_socket;

	if (terminal && !has_socket && !x->foreground) {
		error_set(err, ERR_INVALID, 0,
			  "process.terminal is true, so --console-socket is needed");
		return error_hint(err, "run without --detach uses this terminal itself");
	}
	if (!terminal && has_socket)
		return error_set(
			err, ERR_INVALID, 0,
			"--console-socket needs process.terminal to be true in %s",
			CONFIG_FILE);
	return 0;
}

/* A user's name; the number where there is none. */
static char *owner_name(uid_t uid)
{
	char text[PASSWD_TEXT_MAX];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, text, sizeof(text), &found) == 0 && found)
		return xstrdup(found->pw_name);
	return xasprintf("%u", uid);
}

static void fill_state(struct launching *x, const char *id, const char *bundle)
{
	struct state *s = &x->container.state;
	const char *root = x->container.spec->root->path;

	s->id = xstrdup(id);
	s->bundle = xstrdup(bundle);
	s->rootfs = root[0] == '/' ? xstrdup(root) : fs_join(bundle, root);
	s->owner = owner_name(getuid());
	s->created_usec = time_now_usec();
	s->terminal = x->container.spec->process->terminal;
}

/* Moment 1. */
static int record(struct launching *x, struct error *err)
{
	struct rt_container *c = &x->container;
	cleanup_json struct json_object *config = spec_to_json(c->spec);
	cleanup_free char *text = json_text(config, false);
	int r = rt_cgroup_plan(rt_globals(x->call), c->spec, c->state.id, &x->cgroup,
			       &c->state.cgroup_path, err);

	if (r < 0)
		return r;
	c->dirfd = state_dir_create(rt_globals(x->call)->root_path, c->state.id, err);
	if (c->dirfd < 0)
		return c->dirfd;
	x->made_state = true;
	r = fs_write_atomic(c->dirfd, CONFIG_FILE, text, strlen(text), 0600, 0, err);
	return r < 0 ? r : state_write(c->dirfd, &c->state, err);
}

/* Moment 2. */
static int make_cgroup(struct launching *x, struct error *err)
{
	const struct rt_globals *g = rt_globals(x->call);
	struct rt_container *c = &x->container;
	int r = rt_cgroup_make(&x->cgroup, c->spec, c->state.id, &c->cgroup, err);

	if (r < 0)
		return r;
	if (c->cgroup.fd < 0 && g->rootless == RT_ROOTLESS_NO)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"no cgroup can be made for the container, and --rootless is false");
	if (c->cgroup.fd >= 0)
		return 0;
	free(c->state.cgroup_path);
	c->state.cgroup_path = NULL;
	return 0;
}

static int prepare_options(struct launching *x, struct error *err)
{
	const struct rt_launch_values *v = x->values;
	struct launch_options *o = &x->options;
	struct rt_container *c = &x->container;

	*o = LAUNCH_OPTIONS_INIT;
	o->id = c->state.id;
	o->bundle = c->state.bundle;
	o->spec = c->spec;
	for (int fd = 0; fd < 3; fd++)
		o->stdio_fd[fd] = fd;
	if (v->console_socket) {
		x->console_fd = rt_console_connect(v->console_socket, err);
		if (x->console_fd < 0)
			return x->console_fd;
	} else if (c->spec->process->terminal) {
		o->ret_master_fd = &x->master_fd;
	}
	if (x->only_create) {
		x->start_fd =
			fd_listen_unix(c->dirfd, STATE_START_SOCKET, SOCK_SEQPACKET, err);
		if (x->start_fd < 0)
			return x->start_fd;
	}
	x->cache_fd = rt_seccomp_cache(x->call);
	o->console_socket_fd = x->console_fd;
	o->start_fd = x->start_fd;
	o->cgroup_fd = c->cgroup.fd;
	o->cgroup_apart = c->cgroup.is_apart ? c->cgroup.path : NULL;
	o->seccomp_cache_dirfd = x->cache_fd;
	o->no_pivot = v->no_pivot;
	o->no_new_keyring = v->no_new_keyring;
	return 0;
}

/* Moments 3 and 4. */
static int begin(struct launching *x, struct error *err)
{
	struct rt_container *c = &x->container;
	int r;

	x->hooks_may_have_run = true;
	r = launch_begin(&x->launch, &x->options, err);
	fd_cleanup_(&c->cgroup.holder_fd); /* the init is in there now */
	if (r < 0)
		return r;
	r = proc_id_get(x->launch.pid, &c->state.init, err);
	if (r < 0)
		return error_is_set(err) ? r
					 : error_set(err, ERR_SYSTEM, -r,
						     "find the container's init");
	r = state_write(c->dirfd, &c->state, err);
	if (r == 0)
		r = rt_write_pid_file(x->values->pid_file, x->launch.pid, err);
	if (r == 0)
		r = rt_send_pidfd(x->values->pidfd_socket, x->launch.pid_fd, err);
	return r;
}

static int let_go(struct launching *x, struct error *err)
{
	struct rt_container *c = &x->container;
	const struct spec_hooks *h = c->spec->hooks;
	int r = x->foreground ? rt_foreground_hold_signals(err) : 0;

	if (r == 0)
		r = x->only_create ? launch_detach(&x->launch, err)
				   : launch_finish(&x->launch, err);
	if (r < 0 || x->only_create)
		return r;
	c->state.started = true;
	r = state_write(c->dirfd, &c->state, err);
	if (r == 0 && h)
		r = rt_run_hooks(c, "poststart", h->poststart, h->n_poststart, "running",
				 err);
	if (r < 0) {
		cleanup_error struct error ignored = ERROR_INIT;

		if (rt_container_kill(c, &ignored) < 0)
			error_drop(&ignored, "the container ends with its failed start");
	}
	return r;
}

static int steps(struct launching *x, int preserve_fds, struct error *err)
{
	int r = record(x, err);

	if (r == 0)
		r = make_cgroup(x, err);
	if (r == 0)
		r = prepare_options(x, err);
	if (r < 0)
		return r;
	x->options.preserve_fds = preserve_fds;
	r = begin(x, err);
	return r < 0 ? r : let_go(x, err);
}

/* run without --detach: until it ends, then it is deleted. */
static int stay(struct launching *x, struct error *err)
{
	struct rt_foreground f = {.pid = x->launch.pid,
				  .pid_fd = x->launch.pid_fd,
				  .master_fd = x->master_fd};
	int status;

	/* Others may look at it, kill it, delete it meanwhile. */
	flock(x->container.dirfd, LOCK_UN);
	status = rt_foreground_wait(&f, err);
	if (status < 0)
		return status;
	if (!x->values->keep) {
		cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
		cleanup_error struct error gone = ERROR_INIT;
		int r = rt_container_open(x->call, x->container.state.id, true, &c,
					  &gone);

		if (r == 0)
			r = rt_container_delete(x->call, &c, &gone);
		if (r < 0 && gone.kind != ERR_NOT_FOUND)
			return error_move(err, &gone);
	}
	return status;
}

int rt_launch(const struct command_call *call, const struct rt_launch_values *v,
	      bool only_create, struct error *err)
{
	cleanup(launching_release) struct launching x = {
		.call = call,
		.values = v,
		.only_create = only_create,
		.foreground = !only_create && !v->detach,
		.container = RT_CONTAINER_INIT,
		.launch = LAUNCH_INIT,
		.console_fd = -EBADF,
		.start_fd = -EBADF,
		.master_fd = -EBADF,
		.cache_fd = -EBADF,
	};
	const char *id = call->args[0];
	cleanup_free char *bundle = fs_absolute(v->bundle ? v->bundle : ".");
	int preserve_fds = 0, listen = 0;
	int r = rt_protect(call, err);

	if (r == 0)
		r = state_id_check(id, err);
	if (r == 0)
		r = rt_preserve_fds(call, v->preserve_fds, &preserve_fds, &listen, err);
	if (r == 0 && !bundle)
		r = error_set(err, ERR_SYSTEM, errno, "find the working directory");
	if (r == 0)
		r = read_config(&x, bundle, err);
	if (r == 0)
		r = check_terminal(&x, err);
	if (r != 0)
		return r;
	rt_pass_listen_fds(x.container.spec->process, listen);
	fill_state(&x, id, bundle);
	if (x.foreground && !v->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become the reaper of orphans");
	r = steps(&x, preserve_fds, err);
	if (r < 0) {
		undo(&x);
		return r;
	}
	if (x.foreground)
		return stay(&x, err);
	/* The waiting init has inherited the lock's file description; it must not hold
	 * the lock. */
	flock(x.container.dirfd, LOCK_UN);
	return 0;
}
