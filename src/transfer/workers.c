/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker hears {"job": N, "wait": BOOL} and says any number of packets for the engine, then
 * {"event": "done", ...}, {"event": "busy"} or {"event": "error", ...}. End of file means that there is no
 * more to do.
 */
#include "transfer/workers.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transfer/control.h"
#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NO_JOB SIZE_MAX

enum job_state { JOB_TODO, JOB_PUT_OFF, JOB_RUNNING, JOB_DONE };

struct worker {
	pid_t pid;
	int fd; /* in the worker: to its parent */
	size_t job;
};

struct pool {
	const struct work *work;
	enum job_state *states;
	size_t n_done;
	struct worker workers[WORKERS_MAX];
	size_t n_workers;
};

static void pool_release(struct pool *p)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		if (p->n_done < p->work->n_jobs)
			kill(p->workers[i].pid, SIGKILL);
		close(p->workers[i].fd); /* end of file: no more jobs */
	}
	for (size_t i = 0; i < p->n_workers; i++)
		while (waitpid(p->workers[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(p->states);
}
#define cleanup_pool cleanup(pool_release)

int worker_say(struct worker *w, struct json_object *packet, const int *fds, size_t n_fds,
	       struct error *err)
{
	return transfer_say(w->fd, packet, fds, n_fds, err);
}

void worker_progress(struct worker *w, const struct progress *p)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = progress_to_json(p);

	if (transfer_say(w->fd, o, NULL, 0, &err) < 0)
		error_drop(&err, "without its parent a worker ends anyway");
}

/* Return: 1 there is a job, 0 there are no more. */
static int hear_job(struct worker *w, size_t n_jobs, bool *ret_wait, struct error *err)
{
	cleanup_json struct json_object *order = NULL;
	uint64_t number = 0;

	int r = transfer_hear(w->fd, &order, NULL, NULL, err);
	if (r <= 0)
		return r;
	r = json_to_u64(json_get(order, "job"), "job", &number, err);
	if (r == 0)
		r = json_to_bool(json_get(order, "wait"), "wait", ret_wait, err);
	if (r < 0)
		return r;
	if (number >= n_jobs)
		return error_set(err, ERR_INVALID, 0, "job: there is no %llu",
				 (unsigned long long)number);
	w->job = (size_t)number;
	return 1;
}

static int do_job(const struct work *work, struct worker *w, bool wait, struct error *err)
{
	cleanup_json struct json_object *answer = json_object_new_object();

	int r = work->run(work->data, w, w->job, wait, answer, err);
	if (r < 0)
		return r;
	json_add_str(answer, "event", r ? "done" : "busy");
	return transfer_say(w->fd, answer, NULL, 0, err);
}

static int do_jobs(const struct work *work, struct worker *w, struct error *err)
{
	for (;;) {
		bool wait = false;
		int r = hear_job(w, work->n_jobs, &wait, err);
		if (r > 0)
			r = do_job(work, w, wait, err);
		else
			return r;
		if (r < 0)
			return r;
	}
}

static _noreturn_ void be_worker(struct pool *p, int fd, pid_t parent)
{
	cleanup_error struct error err = ERROR_INIT, ignored = ERROR_INIT;
	struct worker w = {.fd = fd, .job = NO_JOB};

	for (size_t i = 0; i < p->n_workers; i++)
		close(p->workers[i].fd);
	int r = control_worker(parent, &err);
	if (r == 0 && p->work->begin)
		p->work->begin(p->work->data, &w);
	if (r == 0)
		r = do_jobs(p->work, &w, &err);
	if (r == 0)
		_exit(EXIT_SUCCESS);
	cleanup_json struct json_object *event = transfer_error_to_json(&err);
	if (transfer_say(fd, event, NULL, 0, &ignored) < 0)
		error_drop(&ignored, "without its parent a worker ends anyway");
	_exit(EXIT_FAILURE);
}

static int start_worker(struct pool *p, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket for a worker");
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_worker(p, fds[1], parent);
	}
	int code = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return error_set(err, ERR_SYSTEM, code, "start a worker");
	}
	p->workers[p->n_workers++] =
		(struct worker){.pid = pid, .fd = fds[0], .job = NO_JOB};
	return 0;
}

/* Over a network several connections bring more than one; on this machine it is a matter of
 * processors. */
static size_t how_many(const struct work *work)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = WORKERS_MAX;

	if (!work->remote && n_cpus < WORKERS_MAX)
		n = n_cpus < 1 ? 1 : (size_t)n_cpus;
	return n < work->n_jobs ? n : work->n_jobs;
}

static size_t next_job(const struct pool *p, enum job_state state)
{
	for (size_t i = 0; i < p->work->n_jobs; i++)
		if (p->states[i] == state)
			return i;
	return NO_JOB;
}

static int hand_out(struct pool *p, struct worker *w, struct error *err)
{
	size_t job = next_job(p, JOB_TODO);
	bool wait = job == NO_JOB;

	if (wait)
		job = next_job(p, JOB_PUT_OFF);
	if (job == NO_JOB)
		return 0;
	cleanup_json struct json_object *order = json_object_new_object();
	json_add_u64(order, "job", job);
	json_add_bool(order, "wait", wait);
	p->states[job] = JOB_RUNNING;
	w->job = job;
	return transfer_say(w->fd, order, NULL, 0, err);
}

static int hand_out_all(struct pool *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < p->n_workers && r == 0; i++)
		if (p->workers[i].job == NO_JOB)
			r = hand_out(p, &p->workers[i], err);
	return r;
}

/* A worker that ended without a word. It is not reaped here: pool_release() does that. */
static int lost_worker(struct worker *w, struct error *err)
{
	siginfo_t info = {0};

	kill(w->pid, SIGKILL);
	if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOWAIT) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "wait for a worker of the transfer");
	return error_set(
		err, ERR_SYSTEM, 0, "a worker of the transfer ended unexpectedly (%s %d)",
		info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
}

static int job_done(struct pool *p, struct worker *w, struct json_object *answer,
		    struct error *err)
{
	size_t job = w->job;

	p->states[job] = JOB_DONE;
	p->n_done++;
	w->job = NO_JOB;
	return p->work->done ? p->work->done(p->work->data, job, answer, err) : 0;
}

static int handle(struct pool *p, struct worker *w, struct json_object *packet,
		  const int *fds, size_t n_fds, struct error *err)
{
	const char *event = NULL;

	int r = json_to_str(json_get(packet, "event"), "event", &event, err);
	if (r < 0)
		return r;
	if (str_eq(event, "error")) {
		struct error came = ERROR_INIT;
		r = transfer_error_parse(packet, &came);
		return error_move(err, &came);
	}
	if (w->job == NO_JOB)
		return error_set(err, ERR_INVALID, 0, "a worker says %s without a job",
				 event);
	if (str_eq(event, "done"))
		return job_done(p, w, packet, err);
	if (!str_eq(event, "busy"))
		return control_relay(packet, fds, n_fds, err);
	p->states[w->job] = JOB_PUT_OFF;
	w->job = NO_JOB;
	return 0;
}

static int listen_to(struct pool *p, struct worker *w, struct error *err)
{
	cleanup_json struct json_object *packet = NULL;
	int fds[FD_PASS_MAX];
	size_t n_fds = 0;

	int r = transfer_hear(w->fd, &packet, fds, &n_fds, err);
	if (r == 0)
		return lost_worker(w, err);
	if (r > 0)
		r = handle(p, w, packet, fds, n_fds, err);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return r;
}

static int listen_to_all(struct pool *p, struct error *err)
{
	struct pollfd fds[WORKERS_MAX + 1];
	int r;

	for (size_t i = 0; i < p->n_workers; i++)
		fds[i] = (struct pollfd){.fd = p->workers[i].fd, .events = POLLIN};
	fds[p->n_workers] = control_poll();
	if (poll(fds, p->n_workers + 1, -1) < 0)
		return errno == EINTR
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "wait for workers");
	r = control_check(&fds[p->n_workers], err);
	for (size_t i = 0; i < p->n_workers && r == 0; i++)
		if (fds[i].revents)
			r = listen_to(p, &p->workers[i], err);
	return r;
}

int workers_run(const struct work *work, struct error *err)
{
	/* until pool_release() has waited for them */
	cleanup(control_resume) sigset_t before;
	cleanup_pool struct pool p = {.work = work};
	size_t n = how_many(work);
	int r = 0;

	control_defer(&before);
	p.states = xcalloc(work->n_jobs + 1, sizeof(*p.states));
	while (r == 0 && p.n_workers < n)
		r = start_worker(&p, err);
	while (r == 0 && p.n_done < work->n_jobs) {
		r = hand_out_all(&p, err);
		if (r == 0)
			r = listen_to_all(&p, err);
	}
	return r;
}
