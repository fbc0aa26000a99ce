/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "runtime/exec.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define PROCESS_FILE_MAX (8 * 1024 * 1024)

struct exec_values {
	const char *process, *console_socket, *pid_file, *pidfd_socket, *user, *cwd,
		*apparmor, *process_label, *cgroup;
	char **env, **gids, **caps;
	bool detach, tty, tty_given, no_new_privs, ignore_paused;
	int preserve_fds;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct exec_values, tty, "tty", 't', "give the process a terminal",
		 .given = OPT_GIVEN(struct exec_values, tty_given)),
	OPT_BOOL(struct exec_values, detach, "detach", 'd',
		 "return when the process runs"),
	OPT_STRV(struct exec_values, env, "env", 'e', "NAME=VALUE",
		 "add to the environment"),
	OPT_STRING(struct exec_values, cwd, "cwd", 0, "DIR",
		   "working directory in the container"),
	OPT_STRING(struct exec_values, user, "user", 'u', "UID[:GID]",
		   "numeric ids of the process"),
	OPT_LIST(struct exec_values, gids, "additional-gids", 'g', "GID",
		 "more group ids"),
	OPT_STRING(struct exec_values, process, "process", 'p', "FILE",
		   "OCI process object as JSON, instead of a command"),
	OPT_STRING(struct exec_values, pid_file, "pid-file", 0, "FILE",
		   "write the process id here"),
	OPT_STRING(struct exec_values, pidfd_socket, "pidfd-socket", 0, "SOCKET",
		   "unix socket that gets a pidfd of the process"),
	OPT_STRING(struct exec_values, console_socket, "console-socket", 0, "SOCKET",
		   "unix socket that gets the terminal's master"),
	OPT_INT(struct exec_values, preserve_fds, "preserve-fds", 0, "N",
		"pass file descriptors 3 to 3+N-1 on", .max = 65536),
	OPT_LIST(struct exec_values, caps, "cap", 'c', "CAP", "add a capability"),
	OPT_BOOL(struct exec_values, no_new_privs, "no-new-privs", 0,
		 "set no_new_privs for the process"),
	OPT_STRING(struct exec_values, apparmor, "apparmor", 0, "PROFILE",
		   "AppArmor profile"),
	OPT_STRING(struct exec_values, process_label, "process-label", 0, "LABEL",
		   "SELinux label"),
	OPT_STRING(struct exec_values, cgroup, "cgroup", 0, "PATH",
		   "an existing cgroup below the container's"),
	OPT_BOOL(struct exec_values, ignore_paused, "ignore-paused", 0,
		 "enter a paused container too (it waits for resume)"),
	OPT_END,
};

static int process_from_file(const char *file, struct spec_process **ret,
			     struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fs_read(AT_FDCWD, file, PROCESS_FILE_MAX, &text, &len, err);

	if (r == 0)
		r = spec_process_parse(text, len, ret, err);
	return r == 0 ? 0 : error_wrap(err, "--process");
}

/* A document that is silent about them means the container's, with runc and crun. */
static void inherit_capabilities(const struct spec_process *from, struct spec_process *p)
{
	const struct spec_capabilities *c = from->capabilities;

	if (p->capabilities || !c)
		return;
	p->capabilities = xcalloc(1, sizeof(*p->capabilities));
	*p->capabilities = (struct spec_capabilities){
		.bounding = strv_copy(c->bounding),
		.effective = strv_copy(c->effective),
		.inheritable = strv_copy(c->inheritable),
		.permitted = strv_copy(c->permitted),
		.ambient = strv_copy(c->ambient),
	};
}

/* A copy of the container's own process object, which the options then change. */
static int process_copy(const struct spec_process *process, struct spec_process **ret,
			struct error *err)
{
	cleanup_json struct json_object *o = spec_process_to_json(process);
	cleanup_free char *text = json_text(o, false);

	return spec_process_parse(text, strlen(text), ret, err);
}

/* Strictly numeric: names are the engine's to look up, and "0 " or "+0" must not become
 * root by accident. */
static int set_user(const char *user, struct spec_process *p, struct error *err)
{
	const char *colon = strchr(user, ':');
	cleanup_free char *uid =
		xstrndup(user, colon ? (size_t)(colon - user) : strlen(user));
	cleanup_free char *quoted = str_quote(user);

	if (str_to_u32(uid, &p->user.uid) == 0 &&
	    (!colon || str_to_u32(colon + 1, &p->user.gid) == 0) &&
	    p->user.uid != UINT32_MAX && p->user.gid != UINT32_MAX)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "--user: expected UID or UID:GID in numbers, got %s", quoted);
}

static int set_gids(char *const *gids, struct spec_process *p, struct error *err)
{
	strv_foreach (text, gids) {
		uint32_t gid = 0;

		if (str_to_u32(*text, &gid) < 0)
			return error_set(
				err, ERR_INVALID, 0,
				"--additional-gids: expected a number, got \"%s\"",
				*text);
		*SPEC_APPEND(&p->user.additional_gids, &p->user.n_additional_gids) = gid;
	}
	return 0;
}

/* Not inheritable, and so not ambient either: CVE-2022-29162. */
static void add_caps(char *const *caps, struct spec_process *p)
{
	if (caps && !p->capabilities)
		p->capabilities = xcalloc(1, sizeof(*p->capabilities));
	strv_foreach (cap, caps) {
		char ***sets[] = {&p->capabilities->bounding, &p->capabilities->effective,
				  &p->capabilities->permitted};

		for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
			if (!strv_has(*sets[i], *cap))
				strv_add(sets[i], *cap);
	}
}

static void set_text(char **member, const char *value)
{
	if (!value)
		return;
	free(*member);
	*member = xstrdup(value);
}

static int apply_options(const struct exec_values *v, struct spec_process *p,
			 struct error *err)
{
	int r = v->user ? set_user(v->user, p, err) : 0;

	if (r == 0)
		r = set_gids(v->gids, p, err);
	if (r < 0)
		return r;
	if (v->cwd && v->cwd[0] != '/')
		return error_set(err, ERR_INVALID, 0,
				 "--cwd: \"%s\" is not an absolute path", v->cwd);
	set_text(&p->cwd, v->cwd);
	set_text(&p->apparmor_profile, v->apparmor);
	set_text(&p->selinux_label, v->process_label);
	strv_foreach (pair, v->env) {
		if (!strchr(*pair, '='))
			return error_set(err, ERR_INVALID, 0,
					 "--env: expected NAME=VALUE, got \"%s\"", *pair);
		strv_add(&p->env, *pair);
	}
	add_caps(v->caps, p);
	p->no_new_privileges = p->no_new_privileges || v->no_new_privs;
	return 0;
}

static int make_process(const struct command_call *call, const struct spec *spec,
			struct spec_process **ret, struct error *err)
{
	const struct exec_values *v = call->values;
	cleanup(spec_process_freep) struct spec_process *p = NULL;
	int r;

	if (!v->process && call->n_args < 2)
		return error_set(err, ERR_INVALID, 0,
				 "exec needs a command, or --process FILE");
	if (v->process && call->n_args > 1)
		return error_set(err, ERR_INVALID, 0,
				 "exec takes a command or --process, not both");
	r = v->process ? process_from_file(v->process, &p, err)
		       : process_copy(spec->process, &p, err);
	if (r == 0) {
		inherit_capabilities(spec->process, p);
		r = apply_options(v, p, err);
	}
	if (r != 0)
		return r;
	if (!v->process) {
		strv_free(p->args);
		p->args = strv_copy(call->args + 1);
	}
	if (!v->process || v->tty_given)
		p->terminal = v->tty;
	*ret = TAKE_PTR(p);
	return 0;
}

static int check_container(const struct rt_container *c, const struct exec_values *v,
			   struct error *err)
{
	enum state_status status = state_status(&c->state);

	if (status == STATE_STOPPED || status == STATE_CREATING)
		return error_set(err, ERR_CONFLICT, 0,
				 "exec in container %s: it is %s, not running",
				 c->state.id, state_status_word(status));
	if (status == STATE_PAUSED && !v->ignore_paused) {
		error_set(err, ERR_CONFLICT, 0, "exec in container %s: it is paused",
			  c->state.id);
		return error_hint(err, "resume it, or use --ignore-paused");
	}
	return 0;
}

static int check_terminal(const struct exec_values *v, const struct spec_process *p,
			  struct error *err)
{
	if (p->terminal && v->detach && !v->console_socket)
		return error_set(
			err, ERR_INVALID, 0,
			"a detached process with a terminal needs --console-socket");
	if (!p->terminal && v->console_socket)
		return error_set(err, ERR_INVALID, 0,
				 "--console-socket needs a terminal (--tty)");
	return 0;
}

/* --cgroup: "[controller:]path" below the container's own; version 2 has all controllers
 * in one place. */
static int open_sub_cgroup(const struct rt_container *c, const char *text,
			   struct error *err)
{
	const char *colon = strchr(text, ':'), *path = colon ? colon + 1 : text;
	int fd;

	if (c->cgroup.fd < 0)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "--cgroup: container %s has no cgroup", c->state.id);
	fd = path_open(c->cgroup.fd, path, O_PATH | O_DIRECTORY, err);
	return fd < 0 ? error_wrap(err, "--cgroup") : fd;
}

/* What is open while a process is started, and its two fds afterwards. */
struct session {
	int init_fd, console_fd, cgroup_fd, cache_fd, pid_fd, master_fd;
	pid_t pid;
};

static void session_release(struct session *s)
{
	fd_cleanup_(&s->init_fd);
	fd_cleanup_(&s->console_fd);
	fd_cleanup_(&s->cgroup_fd);
	fd_cleanup_(&s->cache_fd);
	fd_cleanup_(&s->pid_fd);
	fd_cleanup_(&s->master_fd);
}

static int open_session(const struct command_call *call, const struct rt_container *c,
			struct session *s, struct error *err)
{
	const struct exec_values *v = call->values;

	s->init_fd = proc_id_open(&c->state.init);
	if (s->init_fd < 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "exec in container %s: container not running",
				 c->state.id);
	if (v->console_socket)
		s->console_fd = rt_console_connect(v->console_socket, err);
	if (v->console_socket && s->console_fd < 0)
		return s->console_fd;
	if (v->cgroup)
		s->cgroup_fd = open_sub_cgroup(c, v->cgroup, err);
	if (v->cgroup && s->cgroup_fd < 0)
		return s->cgroup_fd;
	s->cache_fd = rt_seccomp_cache(call);
	return 0;
}

static int start(const struct command_call *call, const struct rt_container *c,
		 const struct spec_process *process, int preserve_fds, struct session *s,
		 struct error *err)
{
	const struct exec_values *v = call->values;
	struct exec_options o = EXEC_OPTIONS_INIT;
	int r = open_session(call, c, s, err);

	if (r < 0)
		return r;
	o.init_pid = c->state.init.pid;
	o.init_pid_fd = s->init_fd;
	o.spec = c->spec;
	o.process = process;
	for (int fd = 0; fd < 3; fd++)
		o.stdio_fd[fd] = fd;
	o.console_socket_fd = s->console_fd;
	if (process->terminal && !v->console_socket)
		o.ret_master_fd = &s->master_fd;
	o.cgroup_fd = s->cgroup_fd >= 0 ? s->cgroup_fd : c->cgroup.fd;
	o.cgroup_path = c->cgroup.path;
	o.seccomp_cache_dirfd = s->cache_fd;
	o.preserve_fds = preserve_fds;
	r = exec_start(&o, &s->pid, &s->pid_fd, err);
	return r < 0 ? error_wrap(err, "exec in container %s", c->state.id) : 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct exec_values *v = call->values;
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup(spec_process_freep) struct spec_process *process = NULL;
	cleanup(session_release) struct session s = {-EBADF, -EBADF, -EBADF, -EBADF,
						     -EBADF, -EBADF, 0};
	int preserve_fds = 0, listen = 0;
	int r = rt_protect(call, err);

	if (r == 0)
		r = rt_preserve_fds(call, v->preserve_fds, &preserve_fds, &listen, err);
	if (r == 0)
		r = rt_container_open(call, call->args[0], false, &c, err);
	if (r == 0)
		r = check_container(&c, v, err);
	if (r == 0)
		r = make_process(call, c.spec, &process, err);
	if (r == 0)
		r = check_terminal(v, process, err);
	if (r != 0)
		return r;
	rt_pass_listen_fds(process, listen);
	r = v->detach ? 0 : rt_foreground_hold_signals(err);
	if (r == 0)
		r = start(call, &c, process, preserve_fds, &s, err);
	if (r < 0)
		return r;
	r = rt_write_pid_file(v->pid_file, s.pid, err);
	if (r == 0)
		r = rt_send_pidfd(v->pidfd_socket, s.pid_fd, err);
	/* Nobody would know of a process whose id could not be handed over. */
	if (r < 0)
		(void)sys_pidfd_send_signal(s.pid_fd, SIGKILL);
	if (r < 0 || v->detach)
		return r;
	return rt_foreground_wait(&(struct rt_foreground){s.pid, s.pid_fd, s.master_fd},
				  err);
}

const struct command rt_exec = {
	.name = "exec",
	.group = "Life of a container",
	.usage = "[options] CONTAINER COMMAND [ARG...]",
	.summary = "run one more process in a container",
	.description =
		"The exit status is that of the process; 127 if there is no such program, 126 "
		"if it cannot be executed, 255 for other errors.",
	.examples = "cubby-runtime exec -t web sh\n"
		    "cubby-runtime exec --user 1000:1000 --cwd /tmp web id",
	.options = options,
	.values_size = sizeof(struct exec_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
