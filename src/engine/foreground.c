/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The monitor has the exit record on disk before it says EXIT. Then we clean up and
 * only after that acknowledge: a kill -9 of ours at any moment closes the socket without the
 * acknowledgement, and the monitor runs the clean-up command instead. Both at once is harmless
 * (settle.c). With a restart policy the clean-up is left to the monitor: it outlives us.
 */
#include "engine/foreground.h"

#include "engine/attach.h"
#include "engine/container_dir.h"
#include "engine/oom.h"
#include "engine/pod_end.h"
#include "engine/settle.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/sys.h"

#define LOST_STATUS (128 + SIGKILL)

int foreground_hold_signals(sigset_t *ret_old, struct error *err)
{
	sigset_t forwarded;

	pump_forwarded_signals(&forwarded);
	if (sigprocmask(SIG_BLOCK, &forwarded, ret_old) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	return 0;
}

static int forward_signal(void *arg, int sig, struct error *err)
{
	const struct foreground *f = arg;
	cleanup_fd int dirfd = container_dir_open(f->engine, f->id), pid_fd = -EBADF;
	struct proc_id init;

	if (dirfd >= 0 && container_dir_read_process(dirfd, INIT_FILE, &init, NULL) == 0)
		pid_fd = proc_id_open(&init);
	if (pid_fd < 0)
		return 0;
	if (sys_pidfd_send_signal(pid_fd, sig) < 0 && errno != ESRCH)
		return error_set(err, ERR_SYSTEM, errno, "pass signal %d on", sig);
	return 0;
}

/* Before the clean-up: the cgroup goes with it. */
static void tell_of_memory(const struct foreground *f, int exit_code)
{
	cleanup_free char *words =
		f->warn ? container_oom_words(f->engine, f->id, exit_code) : NULL;

	if (words)
		f->warn(words);
}

static int end(const struct foreground *f, const struct started *started,
	       struct error *err)
{
	int status, r;

	if (f->restarts)
		return 0;
	r = container_settle(f->engine, f->id, true, err);
	if (r < 0)
		return r;
	pod_member_ended(f->engine, f->pod_id);
	/* It ends now, or has gone on to the clean-up itself if it took us for dead. */
	(void)!attach_acknowledge(started->owner_fd);
	(void)!proc_wait(started->monitor_pid, -EBADF, -1, &status);
	return 0;
}

int foreground_stay(const struct foreground *f, const struct started *started,
		    int *ret_exit_code, struct error *err)
{
	struct foreground target = *f;
	struct pump_options options = PUMP_OPTIONS_INIT;
	struct attach_result result = {0};
	int r;

	*ret_exit_code = 0;
	if (!f->interactive)
		options.stdin_fd = -EBADF;
	if (f->no_stdout)
		options.stdout_fd = -EBADF;
	if (f->no_stderr)
		options.stderr_fd = -EBADF;
	options.detach_keys = f->detach_keys;
	if (f->forward_signals) {
		options.forward_signal = forward_signal;
		options.signal_arg = &target;
	}
	r = attach_run(started->owner_fd, &options, &result, err);
	if (r < 0)
		return error_hint(
			err,
			"The container runs on: cubby attach %.12s, or cubby stop %.12s",
			f->id, f->id);
	if (result.detached)
		return 0;
	*ret_exit_code = result.lost ? LOST_STATUS : proc_exit_code(result.wait_status);
	tell_of_memory(f, *ret_exit_code);
	return end(f, started, err);
}
