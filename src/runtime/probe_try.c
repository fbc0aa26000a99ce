/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. probe_each() forks for each try; the child has an alarm, and writes `state`
 * last: a child that dies has left PROBE_UNTRIED, and its wait status says why. Tries that need
 * namespaces are forked from a process that lives in them.
 */
#include "runtime/probe_try.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runtime/sandbox.h"

#define TRY_SECONDS 2

static void put(char to[static PROBE_TEXT_MAX], const char *text)
{
	snprintf(to, PROBE_TEXT_MAX, "%s", text ? text : "");
}

void probe_say(struct probe *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)!vsnprintf(p->text, sizeof(p->text), fmt, args);
	va_end(args);
}

void probe_fail(struct probe *p, const struct error *err)
{
	cleanup_free char *text = error_message(err);

	put(p->text, text);
	put(p->hint, err->hint);
	p->code = err->code;
	p->state = PROBE_FAILS;
}

static _noreturn_ void run_try(const struct probe_run *run, const struct probe_try *t)
{
	cleanup_error struct error err = ERROR_INIT;
	struct probe *p = &run->shared[t->name];
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	/* whoever started us may ignore it */
	(void)sigaction(SIGALRM, &usual, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(TRY_SECONDS);
	if (t->run(run, p, &err) < 0)
		probe_fail(p, &err);
	else
		p->state = PROBE_WORKS;
	_exit(0);
}

/* It ended without an answer. */
static void explain_end(struct probe *p, int status)
{
	cleanup_error struct error err = ERROR_INIT;
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGALRM)
		error_set(&err, ERR_UNAVAILABLE, ETIMEDOUT, "no answer within %d seconds",
			  TRY_SECONDS);
	else if (sig == SIGSYS)
		error_set(&err, ERR_DENIED, EPERM, "a seccomp filter kills who tries it");
	else
		error_set(&err, ERR_SYSTEM, 0, "the try was ended by signal %d", sig);
	probe_fail(p, &err);
}

static void try_one(const struct probe_run *run, const struct probe_try *t)
{
	cleanup_error struct error err = ERROR_INIT;
	struct probe *p = &run->shared[t->name];
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		run_try(run, t);
	if (pid < 0) {
		error_set(&err, ERR_SYSTEM, errno, "make a process");
		probe_fail(p, &err);
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (p->state == PROBE_UNTRIED)
		explain_end(p, status);
}

void probe_each(const struct probe_run *run, const struct probe_try *tries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		try_one(run, &tries[i]);
}

int probe_in(const struct probe_run *run, const struct probe_place *place,
	     int (*fn)(void *data, struct error *err), void *data, struct error *err)
{
	static const struct idmap none;
	const struct sandbox_options o = {
		.uids = place->with_user ? run->single : &none,
		.gids = place->with_user ? run->single_group : &none,
		.new_flags = place->new_flags,
		.run = fn,
		.data = data,
	};

	return sandbox_call(&o, err);
}

struct tries {
	const struct probe_run *run;
	const struct probe_try *list;
	size_t n;
};

static int run_tries(void *data, struct error *err)
{
	const struct tries *tries = data;

	probe_each(tries->run, tries->list, tries->n);
	return 0;
}

void probe_each_in(const struct probe_run *run, const struct probe_place *place,
		   const struct probe_try *tries, size_t n)
{
	cleanup_error struct error err = ERROR_INIT;
	struct tries data = {.run = run, .list = tries, .n = n};

	if (probe_in(run, place, run_tries, &data, &err) >= 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (run->shared[tries[i].name].state == PROBE_UNTRIED)
			probe_fail(&run->shared[tries[i].name], &err);
}
