/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slirp4netns stays in the foreground and writes a byte to a pipe when it is ready. pasta goes into the background when it
 * is, and leaves its pid in a file: here a memfd; as this process is a subreaper, it stays its child.
 */
#include "network/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define FD_READY   7 /* in the tool: of slirp4netns */
#define FD_PID     7 /* of pasta */
#define SAID_MAX   2048
#define READY_MSEC 20000

struct tool {
	bool is_pasta;
	pid_t pid;
	int pid_fd;
	int said_fd;  /* what it writes to its standard error */
	int ready_fd; /* slirp4netns: a byte; pasta: the memfd */
	char said[SAID_MAX];
	size_t said_len;
};

static void answer(const char *text, size_t len)
{
	(void)!write(TOOL_FD_ANSWER, text, len);
	close(TOOL_FD_ANSWER);
}

/* In the child. Only what a tool needs is open in it. */
static _noreturn_ void become(char **argv, int said_fd, int seventh_fd)
{
	static const int keep[] = {TOOL_FD_NET, TOOL_FD_USER};
	cleanup_free char *path = proc_find(argv[0]);
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* pasta takes it for a failure if this one is ignored already */
	(void)sigaction(SIGPIPE, &usual, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(TOOL_FD_ANSWER);
	close(TOOL_FD_END);
	if (!path || dup2(said_fd, STDERR_FILENO) < 0 || dup2(seventh_fd, FD_READY) < 0 ||
	    fd_close_from(FD_READY + 1) < 0)
		_exit(127);
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		(void)!fd_set_cloexec(keep[i], false);
	execv(path, argv);
	_exit(127);
}

static int start(struct tool *t, char **argv)
{
	int said[2], ready[2] = {-1, -1};

	if (pipe2(said, O_CLOEXEC) < 0)
		return -errno;
	if (t->is_pasta)
		ready[0] = ready[1] = sys_memfd_create("pid", MFD_CLOEXEC);
	else if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	/* what is copied to low numbers must not be at one of them */
	for (int i = 0; i < 2; i++)
		if (ready[i] >= 0 && ready[i] <= FD_READY) {
			int moved = fcntl(ready[i], F_DUPFD_CLOEXEC, FD_READY + 1);

			if (ready[0] == ready[1])
				ready[0] = ready[1] = moved;
			else
				ready[i] = moved;
		}
	if (ready[1] < 0)
		return -EMFILE;
	t->pid = fork();
	if (t->pid == 0)
		become(argv, said[1], ready[1]);
	if (t->pid < 0)
		return -errno;
	close(said[1]);
	if (!t->is_pasta)
		close(ready[1]);
	t->said_fd = said[0];
	t->ready_fd = ready[0];
	(void)!fd_set_nonblock(t->said_fd, true);
	return 0;
}

static void listen_to(struct tool *t)
{
	ssize_t n;

	do {
		char rest[256];
		bool full = t->said_len == SAID_MAX;

		n = read(t->said_fd, full ? rest : t->said + t->said_len,
			 full ? sizeof(rest) : SAID_MAX - t->said_len);
		if (n > 0 && !full)
			t->said_len += (size_t)n;
	} while (n > 0);
	if (n == 0 || errno != EAGAIN) {
		close(t->said_fd);
		t->said_fd = -1;
	}
}

/* pasta has gone into the background: the process that matters is another one. */
static int find_pasta(struct tool *t)
{
	char text[32] = "";
	uint32_t pid;

	if (pread(t->ready_fd, text, sizeof(text) - 1, 0) <= 0)
		return -ESRCH;
	text[strcspn(text, "\n")] = '\0';
	if (str_to_u32(text, &pid) < 0 || pid < 2 || pid > INT32_MAX)
		return -ESRCH;
	t->pid = (pid_t)pid;
	return 0;
}

/* 1: its interface is there; 0: not yet; -1: it has failed, or nobody wants it any more. */
static int look(struct tool *t, const struct pollfd *fds)
{
	int status;
	char byte;

	if (fds[0].revents)
		listen_to(t);
	if (fds[1].revents)
		return -1;
	if (fds[2].revents && read(t->ready_fd, &byte, 1) == 1)
		return 1;
	if (waitpid(t->pid, &status, WNOHANG) != t->pid)
		return 0;
	if (t->is_pasta && status == 0 && find_pasta(t) == 0)
		return 1;
	if (t->said_fd >= 0)
		listen_to(t);
	t->pid = 0;
	return -1;
}

static int wait_ready(struct tool *t)
{
	for (int left = READY_MSEC, r; left > 0;) {
		struct pollfd fds[] = {
			{.fd = t->said_fd, .events = POLLIN},
			{.fd = TOOL_FD_END, .events = POLLIN},
			{.fd = t->is_pasta ? -1 : t->ready_fd, .events = POLLIN},
			{.fd = t->pid_fd, .events = POLLIN},
		};
		int n = poll(fds, ARRAY_SIZE(fds), 1000);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			left -= 1000;
		r = n > 0 ? look(t, fds) : 0;
		if (r != 0)
			return r;
	}
	return -1;
}

static int watch(struct tool *t)
{
	t->pid_fd = (int)sys_pidfd_open(t->pid, 0);
	return t->pid_fd < 0 ? -errno : 0;
}

/*
 * pasta is not told when we die (it changes its credentials, which makes the kernel forget PR_SET_PDEATHSIG): another process
 * waits for our end, and ends it.
 */
static int guard(const struct tool *t)
{
	int pipe_fds[2];
	pid_t pid;
	char byte;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid != 0) {
		close(pipe_fds[0]);
		return pid < 0 ? -errno
			       : 0; /* the other end stays open as long as we live */
	}
	close(pipe_fds[1]);
	close(TOOL_FD_ANSWER);
	close(TOOL_FD_END);
	close(TOOL_FD_NET);
	close(TOOL_FD_USER);
	while (read(pipe_fds[0], &byte, 1) < 0 && errno == EINTR)
		;
	(void)sys_pidfd_send_signal(t->pid_fd, SIGKILL);
	_exit(0);
}

/* Until the container has ended, or the tool. */
static void stay(struct tool *t)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = t->said_fd, .events = POLLIN},
			{.fd = TOOL_FD_END, .events = POLLIN},
			{.fd = t->pid_fd, .events = POLLIN},
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents || fds[2].revents)
			return;
		if (fds[0].revents)
			listen_to(t);
	}
}

static void say_why(const struct tool *t, const char *name)
{
	cleanup_free char *text = t->said_len
					  ? xstrndup(t->said, t->said_len)
					  : xasprintf("%s ended without a word", name);

	answer(text, strlen(text));
}

int tool_main(int argc, char **argv)
{
	struct tool t = {.pid_fd = -1};
	int r;

	if (argc < 2)
		return 2;
	/* not with who has started it: it has to end the tool first */
	(void)prctl(PR_SET_PDEATHSIG, 0);
	(void)setsid(); /* no key of a terminal is for it */
	t.is_pasta = str_eq(argv[1], "pasta");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || start(&t, argv + 1) < 0 ||
	    watch(&t) < 0) {
		say_why(&t, argv[1]);
		return 1;
	}
	r = wait_ready(&t);
	if (r > 0 && t.is_pasta) {
		close(t.pid_fd);
		r = watch(&t) < 0 || guard(&t) < 0 ? -1 : 1;
	}
	if (r > 0) {
		answer(TOOL_READY, strlen(TOOL_READY));
		stay(&t);
	} else {
		say_why(&t, argv[1]);
	}
	if (t.pid > 0) {
		(void)kill(t.pid, SIGKILL);
		(void)waitpid(t.pid, NULL, 0);
	}
	return r > 0 ? 0 : 1;
}
