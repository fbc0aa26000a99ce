/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init of `--init`: PID 1 of a container, with the user's program as its child. It
 * forwards every signal, reaps whatever ends, and leaves with the program's status; the
 * kernel then kills the rest of the pid namespace.
 *
 * All signals are blocked for good and taken with sigwaitinfo(2), so no handler runs and
 * nothing is missed between fork and wait. Those the kernel raises for an error of our
 * own cannot be forwarded sensibly and stay unblocked.
 */
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "monitor/monitor.h"
#include "monitor/text.h"

#define STATUS_FAILED         125
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NO_PROGRAM     127

static const int own_errors[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
				 SIGABRT, SIGTRAP, SIGSYS};

static int fail(const char *what, const char *object, int code)
{
	text_complain(&(struct text_complaint){
		.who = "init",
		.what = what,
		.object = object,
		.code = code,
	});
	if (code == ENOENT)
		return STATUS_NO_PROGRAM;
	return code == EACCES || code == ENOEXEC ? STATUS_NOT_EXECUTABLE : STATUS_FAILED;
}

/*
 * The program gets a process group of its own, and with it the terminal if that was ours:
 * job control and Ctrl-C then mean it, not the init. Both sides do this, whichever comes
 * first; SIGTTOU is blocked.
 */
static void give_foreground(pid_t pid, pid_t own_group)
{
	if (setpgid(pid, pid) < 0)
		return;
	/* 0: a group outside this pid namespace; then it is not ours to give */
	if (own_group > 0 && tcgetpgrp(STDIN_FILENO) == own_group)
		(void)!tcsetpgrp(STDIN_FILENO, pid);
}

/* Sockets of a service manager are the program's, and it looks whether they are meant for it (sd_listen_fds(3)). */
static void pass_sockets(void)
{
	static char own[sizeof("LISTEN_PID=") + TEXT_I64_MAX];
	extern char **environ;

	for (char **e = environ; *e; e++) {
		if (strcmp(*e, "LISTEN_PID=1") != 0)
			continue;
		*text_put_i64(text_put(own, "LISTEN_PID="), getpid()) = '\0';
		*e = own;
	}
}

static _noreturn_ void become_program(char **argv, const sigset_t *mask)
{
	/* still in the init's group */
	give_foreground(getpid(), getpgrp());
	sigprocmask(SIG_SETMASK, mask, NULL);
	pass_sockets();
	execvp(argv[0], argv);
	_exit(fail("run", argv[0], errno));
}

/* Reaps all that has ended. Return: true, with its status, if the program is among them.
 */
static bool reap(pid_t program, int *ret_status)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (pid != program)
			continue;
		*ret_status = status;
		ended = true;
	}
	return ended;
}

static int look_after(pid_t program, const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(signals, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD) {
			kill(program, info.si_signo);
			continue;
		}
		if (reap(program, &status))
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						   : WEXITSTATUS(status);
	}
}

/* No program of its own: it holds the namespaces of a pod, and reaps where it is PID 1. */
static int pause_until_told(const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(signals, &info) < 0)
			continue;
		if (info.si_signo == SIGCHLD)
			(void)reap(-1, &status);
		else if (info.si_signo == SIGTERM || info.si_signo == SIGINT)
			return 0;
	}
}

int init_main(int argc, char **argv)
{
	sigset_t signals, mask;
	pid_t program;

	if (argc == 2 && strcmp(argv[1], "--pause") == 0) {
		sigfillset(&signals);
		return sigprocmask(SIG_SETMASK, &signals, NULL) < 0
			       ? fail("block signals", NULL, errno)
			       : pause_until_told(&signals);
	}
	if (argc < 3 || strcmp(argv[1], "--") != 0)
		return fail("usage: init -- PROGRAM", "[ARG...]", 0);
	sigfillset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(own_errors); i++)
		sigdelset(&signals, own_errors[i]);
	if (sigprocmask(SIG_SETMASK, &signals, &mask) < 0)
		return fail("block signals", NULL, errno);
	/* not PID 1 (the host's pid namespace is used): orphans come here all the same */
	if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return fail("become the reaper", NULL, errno);

	program = fork();
	if (program < 0)
		return fail("fork", NULL, errno);
	if (program == 0)
		become_program(argv + 2, &mask);
	give_foreground(program, getpgrp());
	return look_after(program, &signals);
}
