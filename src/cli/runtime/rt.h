/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands of cubby-runtime share. One command is one file rt_<command>.c with
 * one const struct command. Options and output forms are runc's and crun's: engines parse
 * them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/command.h"
#include "runtime/cgroup.h"
#include "runtime/state.h"
#include "spec/spec.h"
#include "spec/state.h"
#include "util/cleanup.h"
#include "util/error.h"

enum rt_cgroup_manager { RT_CGROUPFS, RT_CGROUP_DISABLED, RT_CGROUP_SYSTEMD };
enum rt_rootless { RT_ROOTLESS_AUTO, RT_ROOTLESS_YES, RT_ROOTLESS_NO };

struct rt_globals {
	bool version, debug, systemd_cgroup;
	const char *root;     /* as typed, NULL: default */
	const char *log_file; /* NULL: stderr */
	int log_format;       /* enum log_format */
	int rootless;         /* enum rt_rootless */
	int cgroup_manager;   /* enum rt_cgroup_manager */
	char *root_path;      /* owned: where the states are */
	int log_fd;           /* -EBADF: none */
	int n_inherited_fds; /* 3 .. 3+N-1 were open when the program began, without a gap
			      */
};

extern const struct program rt_program;

/* rt_globals_init() - first of all: counts what the caller passed on. */
void rt_globals_init(struct rt_globals *g);
void rt_globals_release(struct rt_globals *g);

static inline const struct rt_globals *rt_globals(const struct command_call *call)
{
	return call->globals;
}

/* rt_root_default() - /run/cubby-runtime for root of the host, else below XDG_RUNTIME_DIR
 * (or /run/user/UID, or /tmp, in an empty environment). Caller frees. */
char *rt_root_default(void);

/* An existing container. */
struct rt_container {
	int dirfd; /* of its state */
	struct state state;
	struct spec *spec;
	struct cgroup cgroup; /* fd -EBADF: it has none */
};
#define RT_CONTAINER_INIT ((struct rt_container){.dirfd = -EBADF, .cgroup = CGROUP_INIT})
void rt_container_release(struct rt_container *c);
#define cleanup_rt_container cleanup(rt_container_release)

/* rt_container_open() - locked for those who change it, else a view. ERR_NOT_FOUND
 * 'container "x" does not exist'. */
int rt_container_open(const struct command_call *call, const char *id, bool locked,
		      struct rt_container *ret, struct error *err) _must_check_;

/* rt_container_signal() - to its init. ERR_CONFLICT 'container not running' if it has
 * ended. */
int rt_container_signal(const struct rt_container *c, int sig,
			struct error *err) _must_check_;

/* rt_container_pids() - all processes: of its cgroup, or (without one) of its pid
 * namespace. Caller frees. */
int rt_container_pids(const struct rt_container *c, pid_t **ret, size_t *ret_n,
		      struct error *err) _must_check_;

/* rt_container_kill() - SIGKILL to all of it, waits until the init is gone. Nothing left
 * to kill is fine. */
int rt_container_kill(const struct rt_container *c, struct error *err) _must_check_;

/* rt_container_delete() - of a stopped one: cgroup, poststop hooks (their failures are
 * warnings), state. */
int rt_container_delete(const struct command_call *call, struct rt_container *c,
			struct error *err) _must_check_;

/* rt_state_document() - `state` and one entry of `list -f json`, runc's form. Caller
 * owns. */
struct json_object *rt_state_document(const struct rt_container *c);

/* rt_run_hooks() - one kind's hooks with the state of now. */
int rt_run_hooks(const struct rt_container *c, const char *kind,
		 const struct spec_hook *hooks, size_t n, const char *status,
		 struct error *err) _must_check_;
/* rt_run_poststop() - each hook, failures are only warned about. */
void rt_run_poststop(const struct rt_container *c);

/* rt_warn() - to stderr and the log. */
void rt_warn(const char *fmt, ...) _printf_(1, 2);

/* rt_protect() - what starts or enters a container begins with this: self_protect(),
 * which may run the same command line again from a copy in memory. Others need not pay
 * for it. */
int rt_protect(const struct command_call *call, struct error *err) _must_check_;

/* rt_preserve_fds() - N of --preserve-fds plus LISTEN_FDS that are for us; checks that
 * the caller passed them, closes whatever else it left open (a waiting container must not
 * keep the engine's pipes). *ret_listen is LISTEN_FDS. */
int rt_preserve_fds(const struct command_call *call, int asked, int *ret_total,
		    int *ret_listen, struct error *err) _must_check_;
/* rt_pass_listen_fds() - tell the process of its sockets, as systemd does: LISTEN_FDS,
 * LISTEN_PID=1. */
void rt_pass_listen_fds(struct spec_process *process, int listen);

/* rt_write_pid_file() - replaced whole, so that a reader never sees half a number. */
int rt_write_pid_file(const char *path, pid_t pid, struct error *err) _must_check_;
/* rt_send_pidfd() - to the AF_UNIX stream socket at path. */
int rt_send_pidfd(const char *path, int pid_fd, struct error *err) _must_check_;
/* rt_console_connect() - the socket of --console-socket. Return: fd. */
int rt_console_connect(const char *path, struct error *err) _must_check_;
/* rt_seccomp_cache() - directory of compiled filters below the root, -EBADF if it can't
 * be had. */
int rt_seccomp_cache(const struct command_call *call);
/* rt_print_json() - one document and a newline on stdout. */
int rt_print_json(struct json_object *o, bool pretty, struct error *err) _must_check_;

/* A process in the foreground: signals are passed on to it, and its terminal, if it has
 * one, is ours. */
struct rt_foreground {
	pid_t pid;
	int pid_fd;
	int master_fd; /* -EBADF: no terminal */
};
/* rt_foreground_hold_signals() - block all of them, before the process is let go: from
 * then on a signal is for it, and rt_foreground_wait() passes on what came meanwhile. */
int rt_foreground_hold_signals(struct error *err) _must_check_;
/* rt_foreground_wait() - until it ends. Return: exit status as a shell has it. */
int rt_foreground_wait(const struct rt_foreground *f, struct error *err) _must_check_;

/* Options that create and run have in common, and what they do. */
struct rt_launch_values {
	const char *bundle, *config, *console_socket, *pid_file, *pidfd_socket;
	bool no_pivot, no_new_keyring, no_subreaper, detach, keep;
	int preserve_fds;
};
extern const struct option_spec rt_launch_options[];
/* rt_launch() - only_create: `create`. Return: exit status. */
int rt_launch(const struct command_call *call, const struct rt_launch_values *v,
	      bool only_create, struct error *err) _must_check_;

extern const struct command rt_create, rt_delete, rt_events, rt_exec, rt_features,
	rt_kill, rt_list, rt_pause, rt_ps, rt_resume, rt_run, rt_spec, rt_start, rt_state,
	rt_update;
