/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *   cubby                   launcher = monitor                     init
 *   lock, files for /etc
 *   fork ────────────────── setsid, the cgroup (start_cgroup.h)
 *   record, directories     launch_begin ───────────────────────── made, complete, waits
 *   "go" ──────────────────►
 *                           files "monitor" and "init"
 *                           launch_finish ──────────────────────── exec of the program
 *   ◄───── "started", pid ─
 *                           exec libexec/cubby/monitor
 *   ◄──────── end of file ─ (close-on-exec)
 *   lock released
 *
 * Without the word "go" nothing of the user's runs: a maker that failed or was killed leaves
 * a launcher that ends, and its init with it. The report socket ends the story either way:
 * end of file after "started" is success, an error packet or end of file before it is
 * failure. The lock is held by both, so that it is free only when both are through or dead.
 * Until the exec the init dies with the launcher; after it, with the monitor. Whoever is
 * killed, and whenever, leaves a state that settle.c can tell.
 */
#include "engine/start.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/container_secrets.h"
#include "engine/create_root.h"
#include "engine/fork_orphan.h"
#include "engine/joined.h"
#include "engine/listen_fds.h"
#include "engine/monitor_command.h"
#include "engine/network_start.h"
#include "engine/network_tool.h"
#include "engine/outer.h"
#include "engine/sdnotify.h"
#include "engine/security_option.h"
#include "engine/start_cgroup.h"
#include "monitor/protocol.h"
#include "runtime/cgroup_delegate.h"
#include "runtime/cgroup_usage.h"
#include "runtime/launch.h"
#include "runtime/overlay.h"
#include "runtime/root_edit.h"
#include "runtime/seccomp.h"
#include "runtime/self.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

/* What the launcher says: this, or an error_pack() of more bytes. */
struct start_report {
	pid_t init_pid;
};

/* Everything that exists before the fork. */
struct launcher {
	const struct start_request *request;
	struct seccomp_filter filter;
	bool has_filter;
	char *monitor_path;
	char **cleanup_argv, **health_argv;
	struct joined joined;
	int cache_fd;
	int listen_fd; /* for those who attach */
	int start_fd;  /* for who starts an init that waits */
	int owner_fd;  /* the monitor's end */
	int report_fd; /* the launcher's end */
	pid_t maker;
};
#define LAUNCHER_INIT                  \
	((struct launcher){            \
		.joined = JOINED_INIT, \
		.cache_fd = -EBADF,    \
		.listen_fd = -EBADF,   \
		.start_fd = -EBADF,    \
		.owner_fd = -EBADF,    \
		.report_fd = -EBADF,   \
	})

static void launcher_release(struct launcher *x)
{
	seccomp_filter_release(&x->filter);
	joined_release(&x->joined);
	free(x->monitor_path);
	strv_free(x->cleanup_argv);
	strv_free(x->health_argv);
	fd_cleanup_(&x->cache_fd);
	fd_cleanup_(&x->listen_fd);
	fd_cleanup_(&x->start_fd);
	fd_cleanup_(&x->owner_fd);
	fd_cleanup_(&x->report_fd);
}

static int prepare_filter(struct launcher *x, struct error *err)
{
	const struct start_plan *p = x->request->plan;

	if (p->seccomp == SECCOMP_CHOICE_NONE)
		return 0;
	x->cache_fd = engine_seccomp_cache(x->request->engine);
	if (p->seccomp == SECCOMP_CHOICE_FILE)
		return 0;
	x->has_filter = true;
	return seccomp_compile_default(p->filter_capabilities, x->cache_fd, &x->filter,
				       err);
}

/* The maker made the directory before it gave its word. */
static int open_log(const struct launcher *x, struct log_target *ret, struct error *err)
{
	const struct start_plan *p = x->request->plan;
	const struct log_identity who = {
		.id = p->id,
		.name = p->name,
		.image_name = p->image_name,
		.image_id = p->image_id,
	};

	return log_target_open(x->request->engine, &p->log, &who, ret, err);
}

static int socket_pair(int *ret_ours, int *ret_theirs, struct error *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	*ret_ours = fd_move_high(pair[0]);
	*ret_theirs = fd_move_high(pair[1]);
	return 0;
}

static int prepare(struct launcher *x, struct error *err)
{
	static const char *const cleanup_words[] = {"container", "cleanup", NULL};
	static const char *const health_words[] = {"healthcheck", "run", "--from-monitor",
						   NULL};
	int r;

	r = self_helper("monitor", &x->monitor_path, err);
	if (r < 0)
		return r;
	x->cleanup_argv = engine_self_command(x->request->engine, cleanup_words);
	if (x->request->plan->backoff_usec)
		strv_addf(&x->cleanup_argv, "--backoff=%lldus",
			  (long long)x->request->plan->backoff_usec);
	strv_add(&x->cleanup_argv, x->request->plan->id);
	if (x->request->plan->is_checked) {
		x->health_argv = engine_self_command(x->request->engine, health_words);
		strv_add(&x->health_argv, x->request->plan->id);
	}
	r = prepare_filter(x, err);
	if (r >= 0)
		r = joined_open(x->request->engine, x->request->plan->join, &x->joined,
				err);
	if (r < 0)
		return r;
	x->listen_fd = fd_listen_unix(x->request->lock_fd, MONITOR_SOCKET_NAME,
				      SOCK_SEQPACKET, err);
	if (x->listen_fd < 0 || !x->request->waits)
		return x->listen_fd < 0 ? x->listen_fd : 0;
	x->start_fd =
		fd_listen_unix(x->request->lock_fd, START_SOCKET, SOCK_SEQPACKET, err);
	return x->start_fd < 0 ? x->start_fd : 0;
}

/* A pipe between container and monitor, ours at [0], the container's at [1]. */
static int make_pipe(int *ret_ours, int *ret_theirs, bool to_container, struct error *err)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	*ret_ours = fd_move_high(pair[to_container ? 1 : 0]);
	*ret_theirs = fd_move_high(pair[to_container ? 0 : 1]);
	return 0;
}

/* The caller's own: nothing goes through the monitor. */
static int pass_stdio(int theirs[static 3], struct error *err)
{
	for (int i = 0; i < 3; i++) {
		theirs[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		if (theirs[i] < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "pass standard stream %d on", i);
	}
	return 0;
}

static int make_stdio(const struct start_plan *p, struct monitor_command *m,
		      int theirs[static 3], struct error *err)
{
	int r = 0;

	if (log_driver_is_passthrough(p->log.driver))
		return pass_stdio(theirs, err);
	if (p->terminal)
		return 0;
	if (p->interactive)
		r = make_pipe(&m->in_fd, &theirs[0], true, err);
	if (r >= 0)
		r = make_pipe(&m->out_fd, &theirs[1], false, err);
	if (r >= 0)
		r = make_pipe(&m->err_fd, &theirs[2], false, err);
	return r;
}

/* A program that fills the disk at once must not leave its monitor without room for the exit record. */
static int keep_room(int dirfd, struct error *err)
{
	char blank[MONITOR_EXIT_TEXT_MAX];
	cleanup_fd int fd = openat(dirfd, MONITOR_EXIT_NEW_NAME,
				   O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	memset(blank, ' ', sizeof(blank));
	if (r == 0)
		r = fd_write_all(fd, blank, sizeof(blank));
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "keep room for the exit record")
		     : 0;
}

static int record_processes(const struct launcher *x, const struct launch *l,
			    struct error *err)
{
	int dirfd = x->request->lock_fd;
	int r;

	r = keep_room(dirfd, err);
	if (r == 0)
		r = container_dir_write_process(dirfd, MONITOR_FILE, getpid(), err);
	if (r < 0)
		return r;
	return container_dir_write_process(dirfd, INIT_FILE, l->pid, err);
}

static int report_started(const struct launcher *x, pid_t init_pid, struct error *err)
{
	const struct start_report report = {.init_pid = init_pid};

	/* our maker may have been killed; the container is complete, so it goes on */
	if (send(x->report_fd, &report, sizeof(report), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE)
		return error_set(err, ERR_SYSTEM, errno,
				 "report that the container has started");
	return 0;
}

static void fill_monitor_command(const struct launcher *x, struct monitor_command *m)
{
	const struct start_plan *p = x->request->plan;

	m->listen_fd = x->listen_fd;
	m->owner_fd = x->owner_fd;
	m->log_settings = &p->log;
	m->keep_stdin = p->interactive;
	m->timeout_sec = p->timeout_sec;
	m->stop_signal = p->stop_signal;
	m->stop_timeout_sec = p->stop_timeout_sec;
	m->program = x->monitor_path;
	m->cleanup_argv = x->cleanup_argv;
	m->health_argv = x->health_argv;
}

/* End of file: the maker was killed or has failed. Then this container never was. */
static int wait_for_word(const struct launcher *x, struct error *err)
{
	char word;
	ssize_t n;

	do
		n = recv(x->report_fd, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return error_set(err, ERR_SYSTEM, n < 0 ? errno : 0,
				 "the container's maker ended");
	return 0;
}

/* In the user namespace of the gateway, whose root can reach into the container's network. */
static int begin_in_gateway(const struct launcher *x, struct launch *l,
			    struct launch_options *o, struct error *err)
{
	const struct start_plan *p = x->request->plan;
	const struct launch_outer options = {
		.uids = &p->uids,
		.gids = &p->gids,
		.user_ns_fd = x->request->network->gateway.user_ns_fd,
		.mount_ns_fd = -EBADF,
	};
	int r;

	o->outer = &options;
	r = launch_begin(l, o, err);
	o->outer = NULL;
	return r;
}

/* In an outer user namespace: that of other containers, or one for them and us. */
static int begin_in_outer(const struct launcher *x, struct launch *l,
			  struct launch_options *o, int *ret_keep_fd, struct error *err)
{
	const struct start_request *request = x->request;
	cleanup_outer struct outer outer = OUTER_INIT;
	const struct user_ids *whole = &request->plan->whole;
	int user_ns_fd = outer.user_ns_fd = request->network->gateway.user_ns_fd;
	int r = outer_find(request->engine, &whole->uids, &whole->gids, &outer, err);
	struct launch_outer options = {
		.uids = &whole->uids,
		.gids = &whole->gids,
		.trees = outer.trees,
		.give = request->gifts,
		.user_ns_fd = user_ns_fd,
		.mount_ns_fd = outer.mount_ns_fd,
		.ret_mount_ns_fd = &outer.mount_ns_fd,
	};

	if (r < 0)
		return r;
	o->outer = &options;
	r = launch_begin(l, o, err);
	if (r >= 0)
		r = outer_register(&outer, request->lock_fd, err);
	o->outer = NULL;
	if (r < 0)
		return r;
	*ret_keep_fd = TAKE_FD(outer.mount_ns_fd);
	return 0;
}

static int begin(const struct launcher *x, struct launch *l, struct launch_options *o,
		 int *ret_keep_fd, struct error *err)
{
	if (x->request->plan->has_outer)
		return begin_in_outer(x, l, o, ret_keep_fd, err);
	/* one that shares another container's user namespace is below that one already */
	if (x->request->network->gateway.user_ns_fd >= 0 && x->joined.fds[NS_USER] < 0)
		return begin_in_gateway(x, l, o, err);
	return launch_begin(l, o, err);
}

static void want_network(const struct launcher *x, struct network_tool *tool,
			 struct launch_options *o)
{
	if (x->request->network->request) {
		o->on_network = network_start_attach;
		o->network_data = x->request->network;
	} else if (x->request->plan->net.tool) {
		tool->config = &x->request->plan->net;
		o->on_network = network_tool_attach;
		o->network_data = tool;
	}
}

static int hear_network(const struct launcher *x, struct network_tool *tool,
			pid_t init_pid, int *ret_keep_fd, struct error *err)
{
	if (tool->config) {
		struct ports_hold *ports = &x->request->network->ports;
		int r = network_tool_finish(tool, ret_keep_fd, err);

		if (r >= 0)
			r = network_tool_forward(tool, ports, init_pid,
						 x->request->lock_fd, err);
		ports_hold_release(ports);
		return r;
	}
	return x->request->network->request
		       ? network_start_finish(x->request->network, init_pid,
					      x->request->lock_fd, ret_keep_fd, err)
		       : 0;
}

/* Asked for once more before the exec, which keeps it: what was done in between may have cleared it (prctl(2)). */
static int tie_to_maker(const struct launcher *x, struct error *err)
{
	if (!x->request->root || proc_die_with(x->maker) == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, 0, "the container's maker ended");
}

static void fill_root(const struct create_root *root, struct launch_options *o)
{
	size_t n = o->n_mounts;
	struct launch_mount *mounts = xcalloc(n + root->n_files + 1, sizeof(*mounts));

	for (size_t i = 0; i < n; i++)
		mounts[i] = o->mounts[i];
	for (size_t i = 0; i < root->n_files; i++)
		mounts[n + i] = (struct launch_mount){root->files[i].destination,
						      root->files[i].fd};
	o->mounts = mounts; /* the launcher's to its end */
	o->n_mounts = n + root->n_files;
	o->made_fd = root->made_fd;
}

static int make_cgroup(const struct launcher *x, struct cgroup *ret, char ***ret_files,
		       struct error *err)
{
	const struct start_plan *p = x->request->plan;
	int r = start_cgroup(p, x->request->spec->linux->resources, x->request->lock_fd,
			     ret, err);

	if (r < 0 || !p->owns_cgroup || ret->fd < 0)
		return r;
	return cgroup_delegate(ret, ret_files, err);
}

#define START_MEMORY (8 << 20) /* enough to start small programs */

/* A launch that failed because the container's memory is too little for it. */
static int explain(const struct cgroup *group, struct error *err)
{
	struct cgroup_oom oom;

	if (group->fd < 0 || !cgroup_oom_read(group->fd, &oom) || !oom.kills)
		return err->code ? -err->code : -EINVAL;
	error_set(err, ERR_SYSTEM, ENOMEM, "memory ran out before the program began");
	if (!oom.at_limit || oom.limit >= START_MEMORY)
		return -ENOMEM;
	return error_hint(err, "Give it more: --memory %dm", START_MEMORY >> 20);
}

/* In the launcher. Returns only on failure; the init is dead then. */
static int launch(const struct launcher *x, struct error *err)
{
	const struct start_plan *p = x->request->plan;
	cleanup_monitor_command struct monitor_command m = MONITOR_COMMAND_INIT;
	cleanup_launch struct launch l = LAUNCH_INIT;
	struct launch_options o = LAUNCH_OPTIONS_INIT;
	cleanup_strv char **lower = NULL, **group_files = NULL;
	struct overlay_paths overlay;
	struct root_edit edits[ETC_EDITS_MAX];
	cleanup_network_tool struct network_tool tool = NETWORK_TOOL_INIT;
	cleanup_fd int in_fd = -EBADF, out_fd = -EBADF, err_fd = -EBADF;
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	int theirs[3] = {-EBADF, -EBADF, -EBADF};
	int r;

	r = make_stdio(p, &m, theirs, err);
	in_fd = theirs[0];
	out_fd = theirs[1];
	err_fd = theirs[2];
	if (r < 0)
		return r;
	r = container_secrets_env(p->data_dir, p->secrets,
				  &x->request->spec->process->env, err);
	if (r >= 0)
		r = sdnotify_proxy_open((enum sdnotify_mode)p->sdnotify, p->run_dir,
					x->request->lock_fd, x->request->spec, &m.notify,
					err);
	if (r < 0)
		return r;
	r = make_cgroup(x, &group, &group_files, err);
	if (r < 0)
		return r;
	start_plan_overlay(p, &lower, &overlay);
	o.id = p->id;
	o.bundle = x->request->plan->run_dir;
	o.spec = x->request->spec;
	o.overlay = overlay.lower ? &overlay : NULL;
	memcpy(o.stdio_fd, theirs, sizeof(theirs));
	o.ret_master_fd = p->terminal ? &m.tty_fd : NULL;
	o.cgroup_fd = group.fd;
	o.cgroup_apart = group.is_apart ? group.path : NULL;
	o.cgroup_files = group_files;
	o.seccomp_cache_dirfd = x->cache_fd;
	o.filter = x->has_filter ? &x->filter : NULL;
	o.preserve_fds = p->preserve_fds + p->listen_fds;
	listen_fds_tell(p->listen_fds, x->request->spec);
	o.preserve_fd = p->preserve_fd;
	o.n_preserve_fd = p->n_preserve_fd;
	o.die_with_parent = true;
	o.start_fd = x->start_fd;
	o.forget_fds[0] = x->report_fd; /* or our maker would wait for its end... */
	o.forget_fds[1] = x->request->lock_fd; /* ...and others for the lock */
	joined_fill(&x->joined, &o);
	o.base_creates = p->is_remapped;
	o.root_idmap = p->root_idmap;
	o.edits = edits;
	if (x->request->root)
		fill_root(x->request->root, &o);
	else
		o.n_edits = etc_edits(&p->etc_words, edits);
	want_network(x, &tool, &o);
	r = begin(x, &l, &o, &m.keep_fd, err);
	if (r >= 0)
		r = hear_network(x, &tool, l.pid, &m.keep_network_fd, err);
	if (r < 0)
		return explain(&group, err);
	r = wait_for_word(x, err);
	if (r >= 0)
		r = open_log(x, &m.log, err);
	if (r >= 0)
		r = record_processes(x, &l, err);
	if (r < 0)
		return r;
	fill_monitor_command(x, &m);
	m.pid = l.pid;
	m.dir_fd = container_dir_open(x->request->engine, p->id); /* not the lock's */
	if (m.dir_fd < 0)
		return error_set(err, ERR_SYSTEM, -m.dir_fd, "open %s", p->run_dir);
	r = x->request->waits ? launch_detach(&l, err) : launch_finish(&l, err);
	if (r < 0)
		return explain(&group, err);
	r = report_started(x, l.pid, err);
	if (r >= 0)
		r = tie_to_maker(x, err);
	if (r >= 0)
		r = monitor_command_exec(&m, err);
	(void)kill(l.pid, SIGKILL);
	return r;
}

static void send_failure(int fd, const struct error *failure)
{
	char packet[ERROR_PACK_MAX];
	size_t len = error_pack(failure, packet);

	(void)!send(fd, packet, len, MSG_NOSIGNAL);
}

static _noreturn_ void run_launcher(const struct launcher *x)
{
	cleanup_error struct error err = ERROR_INIT;

	(void)setsid();
	if (tie_to_maker(x, &err) < 0 || launch(x, &err) < 0)
		send_failure(x->report_fd, &err);
	_exit(error_exit_status(&err));
}

static ssize_t receive(const struct starting *s, char packet[static ERROR_PACK_MAX])
{
	ssize_t n;

	/* nobody waits for it any more; the init ends with it, and then we hear that */
	if (fd_wait_readable(s->report_fd) == -EINTR)
		(void)!(s->launcher_fd >= 0
				? sys_pidfd_send_signal(s->launcher_fd, SIGKILL)
				: kill(s->launcher_pid, SIGKILL));
	/* ECONNRESET comes once, ahead of the last words of one that left ours unread */
	do
		n = recv(s->report_fd, packet, ERROR_PACK_MAX, 0);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

/* Return: 1 at a report, 0 at end of file, or the launcher's failure. */
static int next_report(const struct starting *s, struct started *ret, struct error *err)
{
	char packet[ERROR_PACK_MAX];
	struct start_report report;
	ssize_t n = receive(s, packet);
	int r;

	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "hear from the launcher");
	if (n == 0)
		return 0;
	if ((size_t)n == sizeof(report)) {
		memcpy(&report, packet, sizeof(report));
		ret->init_pid = report.init_pid;
		return 1;
	}
	r = error_unpack(err, packet, (size_t)n);
	return r < 0 ? r : -(err->code ? err->code : EINVAL);
}

static int wait_for_launcher(const struct starting *s, struct started *ret,
			     struct error *err)
{
	int r = next_report(s, ret, err);

	if (r > 0)
		r = next_report(s, ret, err);
	else if (r == 0)
		r = error_set(err, ERR_SYSTEM, 0,
			      "start the container: the launcher was killed");
	return r;
}

/* What is to be a unit's main process is the service manager's child from its birth: our word comes before our end. */
static pid_t fork_launcher(struct starting *s, struct error *err)
{
	pid_t pid;

	if (sdnotify_is_due((enum sdnotify_mode)s->sdnotify))
		return fork_orphan(&s->launcher_fd, err);
	pid = fork();
	return pid < 0 ? error_set(err, ERR_SYSTEM, errno, "make a process") : pid;
}

static void wait_for_its_end(struct starting *s)
{
	struct pollfd waiting = {.fd = s->launcher_fd, .events = POLLIN};
	int status;

	if (s->launcher_fd >= 0)
		while (poll(&waiting, 1, -1) < 0 && errno == EINTR)
			;
	else if (s->launcher_pid > 0)
		(void)!proc_wait(s->launcher_pid, -EBADF, -1, &status);
	fd_cleanup_(&s->launcher_fd);
	s->launcher_pid = 0;
}

int container_start_begin(const struct start_request *request, struct starting *ret,
			  struct error *err)
{
	cleanup(launcher_release) struct launcher x = LAUNCHER_INIT;
	cleanup_starting struct starting s = STARTING_INIT;
	int r;

	x.request = request;
	r = prepare(&x, err);
	if (r < 0)
		return r;
	r = socket_pair(&s.report_fd, &x.report_fd, err);
	if (r >= 0 && request->foreground)
		r = socket_pair(&s.owner_fd, &x.owner_fd, err);
	if (r < 0)
		return r;
	s.sdnotify = request->plan->sdnotify;
	x.maker = getpid();
	s.launcher_pid = fork_launcher(&s, err);
	if (s.launcher_pid < 0)
		return s.launcher_pid;
	if (s.launcher_pid == 0) {
		/* or it would never see the end of its own maker */
		fd_cleanup_(&s.report_fd);
		fd_cleanup_(&s.owner_fd);
		run_launcher(&x);
	}
	*ret = s;
	s = STARTING_INIT;
	return 0;
}

int container_start_finish(struct starting *s, struct started *ret, struct error *err)
{
	static const char word = 1;
	int r;

	/* One that has failed already has said so: that is read next. */
	(void)!send(s->report_fd, &word, sizeof(word), MSG_NOSIGNAL);
	r = wait_for_launcher(s, ret, err);
	ret->monitor_pid = s->launcher_pid;
	if (r < 0) {
		wait_for_its_end(s);
		return r;
	}
	s->launcher_pid = 0;
	fd_cleanup_(&s->launcher_fd);
	ret->owner_fd = TAKE_FD(s->owner_fd);
	sdnotify_started((enum sdnotify_mode)s->sdnotify, ret->monitor_pid);
	return 0;
}

void starting_release(struct starting *s)
{
	int saved_errno = errno;

	fd_cleanup_(&s->report_fd);
	fd_cleanup_(&s->owner_fd);
	wait_for_its_end(s);
	*s = STARTING_INIT;
	errno = saved_errno;
}
