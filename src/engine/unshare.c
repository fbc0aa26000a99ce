/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/unshare.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/pump.h"
#include "engine/user_ids.h"
#include "runtime/sandbox.h"
#include "util/proc.h"
#include "util/sys.h"

struct start {
	const struct engine *engine;
	char *const *argv;
	sigset_t mask; /* the caller's */
	mode_t umask;
};

static int tell_cubby(const struct engine *e)
{
	if (setenv(PATHS_DATA_VARIABLE, e->paths.data, 1) < 0 ||
	    setenv(PATHS_RUN_VARIABLE, e->paths.run, 1) < 0)
		return -errno;
	if (e->paths.cache && setenv(PATHS_CACHE_VARIABLE, e->paths.cache, 1) < 0)
		return -errno;
	return 0;
}

/* execvp(3) says EACCES if a directory of PATH is somebody else's, whatever is in the others. */
static int why_not_run(const char *name)
{
	int code = errno;
	cleanup_free char *path = NULL;

	if (code != EACCES || strchr(name, '/'))
		return code;
	path = proc_find(name);
	return path ? code : ENOENT;
}

static int become(void *data, struct error *err)
{
	const struct start *s = data;
	int r = tell_cubby(s->engine);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set the environment");
	umask(s->umask);
	if (sigprocmask(SIG_SETMASK, &s->mask, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "let signals through");
	execvp(s->argv[0], s->argv);
	r = why_not_run(s->argv[0]);
	return error_set(err, r == ENOENT ? ERR_NO_PROGRAM : ERR_NOT_EXECUTABLE, r,
			 "run %s", s->argv[0]);
}

/* What came from the terminal came to the program too, as it is in the same process group. */
static void forward(int signal_fd, int pid_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_code <= 0)
			(void)sys_pidfd_send_signal(pid_fd, (int)info.ssi_signo);
}

static int wait_for_end(struct sandbox *s, int signal_fd, int *ret_status,
			struct error *err)
{
	struct pollfd waiting[] = {{.fd = s->pid_fd, .events = POLLIN},
				   {.fd = signal_fd, .events = POLLIN}};
	int status, r;

	while (!(waiting[0].revents & POLLIN)) {
		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "wait for the program");
		if (waiting[1].revents & POLLIN)
			forward(signal_fd, s->pid_fd);
	}
	r = proc_wait(s->pid, s->pid_fd, -1, &status);
	s->pid = 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for the program");
	*ret_status = proc_exit_code(status);
	return 0;
}

static int refuse(const struct engine *e, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0, "unshare: you are root already%s",
		  e->unshared ? ", of your own ids" : "");
	return error_hint(err, "Run the program itself");
}

int unshare_run(const struct engine *e, char *const *argv, int *ret_status,
		struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int signal_fd = -EBADF;
	struct start start = {.engine = e, .argv = argv, .umask = umask(0)};
	struct sandbox_options o = {
		.new_flags = CLONE_NEWNS, .run = become, .data = &start};
	sigset_t forwarded;
	int r;

	umask(start.umask);
	if (!e->rootless || e->unshared)
		return refuse(e, err);
	r = user_ids_get(e, false, &ids, err);
	if (r < 0)
		return r;
	pump_forwarded_signals(&forwarded);
	if (sigprocmask(SIG_BLOCK, &forwarded, &start.mask) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	signal_fd = signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a signal file");
	o.uids = &ids.uids;
	o.gids = &ids.gids;
	r = sandbox_start(&o, &s, err);
	if (r >= 0)
		r = sandbox_wait_exec(&s, err);
	return r < 0 ? r : wait_for_end(&s, signal_fd, ret_status, err);
}
