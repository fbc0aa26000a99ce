/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/exec_session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/container_secrets.h"
#include "engine/environment.h"
#include "engine/event.h"
#include "engine/exec_cgroup.h"
#include "engine/pump.h"
#include "engine/security_option.h"
#include "engine/spec_gen.h"
#include "engine/user_lookup.h"
#include "runtime/exec.h"
#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/tty.h"

void exec_session_release(struct exec_session *s)
{
	fd_cleanup_(&s->pid_fd);
	fd_cleanup_(&s->master_fd);
	relay_release(&s->relay);
	*s = EXEC_SESSION_INIT;
}

/* Names are looked up in the root that the container sees now, with its mounts. */
static int open_root(const struct container *c, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/%d/root", c->init.pid);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the root of container %s",
				 c->record.name);
	return fd;
}

static int take_user(const struct exec_request *request, struct spec_process *p,
		     struct error *err)
{
	cleanup_user_identity struct user_identity user = {0};
	cleanup_free char *home = NULL;
	cleanup_fd int root_fd = -EBADF;
	int r;

	if (!request->user)
		return 0;
	root_fd = open_root(request->container, err);
	if (root_fd < 0)
		return root_fd;
	r = user_lookup(root_fd, request->user, NULL, &user, err);
	if (r < 0)
		return r;
	free(p->user.additional_gids);
	p->user.uid = user.uid;
	p->user.gid = user.gid;
	p->user.additional_gids = TAKE_PTR(user.groups);
	p->user.n_additional_gids = user.n_groups;
	home = xasprintf("HOME=%s", user.home);
	environment_set(&p->env, home);
	return 0;
}

static int take_env(const struct exec_request *request, struct spec_process *p,
		    struct error *err)
{
	int r;

	if (request->terminal)
		environment_set(&p->env, "TERM=xterm");
	strv_foreach (path, request->env_files) {
		r = environment_add_file(&p->env, *path, environ, err);
		if (r < 0)
			return r;
	}
	strv_foreach (text, request->env) {
		r = environment_add(&p->env, *text, environ, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static uint64_t capability_mask(char *const *names)
{
	uint64_t mask = 0;
	int number;

	strv_foreach (name, names)
		if (capability_parse(*name, &number) >= 0)
			mask |= UINT64_C(1) << number;
	return mask;
}

static void take_capabilities(const struct exec_request *request, struct spec_process *p,
			      uint64_t *ret_filtered)
{
	uint64_t bounding = capability_mask(p->capabilities->bounding);
	uint64_t added = capability_mask(request->container->config.cap_add);

	*ret_filtered = security_filter_capabilities(bounding, added,
						     request->container->config.nested);
	if (request->privileged)
		bounding = added = capabilities_all();
	spec_gen_capabilities(p->capabilities, bounding, added & bounding, p->user.uid);
}

static int take_cwd(const struct exec_request *request, struct spec_process *p,
		    struct error *err)
{
	if (!request->workdir)
		return 0;
	if (request->workdir[0] != '/')
		return error_set(err, ERR_INVALID, 0,
				 "--workdir %s: must be an absolute path",
				 request->workdir);
	free(p->cwd);
	p->cwd = xstrdup(request->workdir);
	return 0;
}

static void take_terminal(const struct exec_request *request, struct spec_process *p)
{
	uint16_t columns, rows;

	p->terminal = request->terminal;
	free(p->console_size);
	p->console_size = NULL;
	if (!request->terminal || !tty_size(STDIN_FILENO, &columns, &rows))
		return;
	p->console_size = xcalloc(1, sizeof(*p->console_size));
	p->console_size->width = columns;
	p->console_size->height = rows;
}

/* Its variables that stand in no document. */
static int add_secrets(const struct engine *e, const struct container *c,
		       struct spec_process *p, struct error *err)
{
	cleanup_free char *data_dir = container_data_path(e, c->record.id, "");

	return container_secrets_env(data_dir, c->config.secrets, &p->env, err);
}

/* The container's own process, changed to what is asked. */
static int make_process(const struct exec_request *request, struct spec_process *p,
			uint64_t *ret_filtered, struct error *err)
{
	int r;

	strv_free(p->args);
	p->args = strv_copy(request->args);
	r = take_user(request, p, err);
	if (r < 0)
		return r;
	r = take_env(request, p, err);
	if (r < 0)
		return r;
	r = take_cwd(request, p, err);
	if (r < 0)
		return r;
	take_terminal(request, p);
	take_capabilities(request, p, ret_filtered);
	return 0;
}

static int not_running(const struct container *c, struct error *err)
{
	return error_set(
		err, ERR_CONFLICT, 0,
		"can only create exec sessions on running containers: container %s is in state %s: "
		"container state improper",
		c->record.name, status_word(c->status));
}

static int start(const struct engine *e, const struct exec_request *request,
		 struct spec *spec, struct exec_session *ret, struct error *err)
{
	const struct container *c = request->container;
	cleanup_seccomp_filter struct seccomp_filter filter = {0};
	struct exec_options o = EXEC_OPTIONS_INIT;
	cleanup_fd int cache_fd = engine_seccomp_cache(e), init_fd = -EBADF;
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	uint64_t capabilities;
	int r;

	r = make_process(request, spec->process, &capabilities, err);
	if (r < 0)
		return r;
	init_fd = proc_id_open(&c->init);
	if (init_fd < 0)
		return error_set(err, ERR_CONFLICT, 0, "container %s has just ended",
				 c->record.name);
	if (str_eq(c->config.seccomp, "default")) {
		r = seccomp_compile_default(capabilities, cache_fd, &filter, err);
		if (r < 0)
			return r;
		o.filter = &filter;
	}
	r = exec_cgroup_open(e, c, &group, err);
	if (r < 0)
		return r;
	o.cgroup_fd = group.fd;
	o.cgroup_path = group.path;
	o.init_pid = c->init.pid;
	o.init_pid_fd = init_fd;
	o.spec = spec;
	o.process = spec->process;
	if (request->is_check)
		o.stdio_fd[1] = o.stdio_fd[2] = request->output_fd;
	r = request->terminal || request->is_check || request->detached
		    ? 0
		    : relay_open(&ret->relay, request->interactive, o.stdio_fd, err);
	if (r < 0)
		return r;
	o.ret_master_fd = request->terminal ? &ret->master_fd : NULL;
	o.seccomp_cache_dirfd = cache_fd;
	o.preserve_fds = request->preserve_fds;
	o.preserve_fd = request->preserve_fd;
	o.n_preserve_fd = request->n_preserve_fd;
	o.die_with_parent = true;
	r = exec_start(&o, &ret->pid, &ret->pid_fd, err);
	relay_started(&ret->relay);
	return r;
}

int exec_session_start(const struct engine *e, const struct exec_request *request,
		       struct exec_session *ret, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	sigset_t forwarded;
	int r;

	if (request->container->status != CONTAINER_RUNNING)
		return not_running(request->container, err);
	if (e->unshared)
		return engine_refuse_unshared("enter a container", err);
	r = container_dir_spec(e, request->container->record.id, &spec, err);
	if (r >= 0)
		r = add_secrets(e, request->container, spec->process, err);
	if (r < 0)
		return r;
	/* one that comes while the program starts waits until it can be passed on */
	pump_forwarded_signals(&forwarded);
	if (sigprocmask(SIG_BLOCK, &forwarded, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	r = start(e, request, spec, ret, err);
	if (r >= 0 && !request->is_check)
		event_container(e, &request->container->record,
				&request->container->config, EVENT_EXEC);
	return r;
}

static int open_signals(struct error *err)
{
	sigset_t set;
	int fd;

	pump_forwarded_signals(&set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open a signal file") : fd;
}

static void forward(int signal_fd, int pid_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		(void)sys_pidfd_send_signal(pid_fd, (int)info.ssi_signo);
}

int exec_session_wait(struct exec_session *s, int *ret_status, struct error *err)
{
	cleanup_fd int signal_fd = open_signals(err);
	struct pollfd waiting[5] = {
		{.fd = s->pid_fd, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};
	int status, r;

	if (signal_fd < 0)
		return signal_fd;
	while (!(waiting[0].revents & POLLIN)) {
		relay_poll(&s->relay, waiting + 2);
		if (poll(waiting, ARRAY_SIZE(waiting), -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "wait for the process");
		if (waiting[1].revents & POLLIN)
			forward(signal_fd, s->pid_fd);
		relay_move(&s->relay, waiting + 2);
	}
	relay_drain(&s->relay);
	r = proc_wait(s->pid, s->pid_fd, -1, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for the process");
	*ret_status = proc_exit_code(status);
	return 0;
}
