/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec/spec.h"
#include "spec/state.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define OUTPUT_KEPT 2048 /* bytes of a failing hook's words that go into the error */

/*
 * The state goes in through a memfd and the words come out through another: a hook that
 * neither reads nor stops writing can't block us, and no pump is needed.
 */
static int memfd_with(const char *text, struct error *err)
{
	cleanup_fd int fd = fd_move_high(sys_memfd_create("hook", MFD_CLOEXEC));

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a memory file");
	int r = fd_write_all(fd, text, strlen(text));
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno,
				 "write a memory file");
	return TAKE_FD(fd);
}

/* The end of what the hook wrote, without its last newline; empty if nothing. */
static char *last_words(int fd)
{
	char *text = xcalloc(1, OUTPUT_KEPT + 1);
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > OUTPUT_KEPT ? size - OUTPUT_KEPT : 0;
	ssize_t n = size > 0 ? pread(fd, text, OUTPUT_KEPT, from) : 0;

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int hook_failed(const char *kind, const struct spec_hook *hook, int output_fd,
		       const char *how, struct error *err)
{
	cleanup_free char *words = last_words(output_fd);

	return error_set(err, ERR_SYSTEM, 0, "%s hook %s %s%s%s", kind, hook->path, how,
			 *words ? ": " : "", words);
}

static int hook_wait(const char *kind, const struct spec_hook *hook, pid_t pid,
		     int pid_fd, int output_fd, struct error *err)
{
	char how[64], name[SIGNAL_NAME_MAX];
	int status = 0;
	int r = proc_wait(pid, pid_fd, hook->has_timeout ? hook->timeout * 1000 : -1,
			  &status);

	if (r == -ETIMEDOUT) {
		(void)sys_pidfd_send_signal(pid_fd, SIGKILL);
		(void)!proc_wait(pid, pid_fd, -1, &status);
		snprintf(how, sizeof(how), "did not end within %d s", hook->timeout);
		return hook_failed(kind, hook, output_fd, how, err);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for %s hook %s", kind,
				 hook->path);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was ended by %s",
			 signal_name(WTERMSIG(status), name));
	else if (WEXITSTATUS(status))
		snprintf(how, sizeof(how), "failed with status %d", WEXITSTATUS(status));
	else
		return 0;
	return hook_failed(kind, hook, output_fd, how, err);
}

static int hook_run(const char *kind, const struct spec_hook *hook, const char *state,
		    struct error *err)
{
	cleanup_fd int input_fd = memfd_with(state, err);
	if (input_fd < 0)
		return input_fd;
	cleanup_fd int output_fd = memfd_with("", err);
	if (output_fd < 0)
		return output_fd;

	char *default_argv[] = {hook->path, NULL};
	char *no_env[] = {NULL};
	pid_t pid = 0;
	cleanup_fd int pid_fd = -EBADF;
	struct proc_spawn spawn = {
		.file = hook->path,
		.argv = hook->args && *hook->args ? hook->args : default_argv,
		.envp = hook->env ? hook->env : no_env,
		.stdin_fd = input_fd,
		.stdout_fd = output_fd,
		.stderr_fd = output_fd,
		.ret_pid = &pid,
		.ret_pid_fd = &pid_fd,
	};
	int r = proc_spawn(&spawn, err);
	if (r < 0)
		return error_wrap(err, "%s hook", kind);
	return hook_wait(kind, hook, pid, pid_fd, output_fd, err);
}

int hooks_run(const char *kind, const struct spec_hook *hooks, size_t n,
	      const struct spec_state *state, struct error *err)
{
	if (n == 0)
		return 0;
	cleanup_json struct json_object *document = spec_state_to_json(state);
	cleanup_free char *text = json_text(document, false);

	for (size_t i = 0; i < n; i++) {
		int64_t since = time_monotonic_usec();
		int r = hook_run(kind, &hooks[i], text, err);

		log_debug("%s hook %s: %s after %lld us", kind, hooks[i].path,
			  r < 0 ? "failed" : "done",
			  (long long)(time_monotonic_usec() - since));
		if (r < 0)
			return r;
	}
	return 0;
}
