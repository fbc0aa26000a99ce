/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of one image, each blob once. This process hands out jobs, lowest layer first, one a
 * worker at a time, and passes on what the workers say; so only it speaks to the engine. What
 * another cubby is fetching is put off until nothing else is left to do; only then a worker waits
 * for it. The first failure ends all workers: what they have is kept in the partial files.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/blobs.h"
#include "transfer/control.h"
#include "transfer/fetch.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define WORKERS_MAX 4

enum job_state { JOB_TODO, JOB_PUT_OFF, JOB_RUNNING, JOB_DONE };

struct worker {
	pid_t pid;
	int fd;
	size_t job; /* SIZE_MAX: none */
};

struct layers {
	struct fetch *fetch;
	const struct image_manifest *manifest;
	const bool *unpack;
	struct fetch_job *jobs;
	enum job_state *states;
	size_t n_jobs, n_done;
	struct worker workers[WORKERS_MAX];
	size_t n_workers;
};

/* The workers end, whatever they are doing. */
static void layers_release(struct layers *l)
{
	for (size_t i = 0; i < l->n_workers; i++) {
		if (l->n_done < l->n_jobs)
			kill(l->workers[i].pid, SIGKILL);
		close(l->workers[i].fd); /* end of file: no more jobs */
	}
	for (size_t i = 0; i < l->n_workers; i++)
		while (waitpid(l->workers[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(l->jobs);
	free(l->states);
}
#define cleanup_layers cleanup(layers_release)

static int say_state(const struct image_descriptor *d, const char *state, int64_t done,
		     struct error *err)
{
	struct progress p = {
		.id = d->digest, .state = state, .done = done, .total = d->size};

	return control_progress(&p, err);
}

/* Another layer with the same blob as an earlier one? */
static bool is_repeated(const struct image_manifest *m, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_eq(m->layers[i].digest, m->layers[index].digest))
			return true;
	return false;
}

/* The complete blob, for each layer from `first` on that has it and is to be unpacked. */
static int announce(struct layers *l, const char *digest, size_t first, struct error *err)
{
	for (size_t i = first; i < l->manifest->n_layers; i++) {
		if (!l->unpack[i] || !str_eq(l->manifest->layers[i].digest, digest))
			continue;
		cleanup_fd int fd = blob_open(l->fetch->blobs_fd, digest, err);
		if (fd < 0)
			return fd;
		cleanup_json struct json_object *event = fetch_blob_event(i);
		int r = control_relay(event, &fd, 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What is there needs no worker; the rest is a job each. */
static int make_jobs(struct layers *l, struct error *err)
{
	size_t n = l->manifest->n_layers;

	l->jobs = xcalloc(n + 1, sizeof(*l->jobs));
	l->states = xcalloc(n + 1, sizeof(*l->states));
	for (size_t i = 0; i < n; i++) {
		const struct image_descriptor *d = &l->manifest->layers[i];
		if (is_repeated(l->manifest, i))
			continue;
		int r = 0;
		if (blob_size(l->fetch->blobs_fd, d->digest) == d->size) {
			r = say_state(d, "exists", d->size, err);
			if (r == 0)
				r = announce(l, d->digest, i, err);
		} else {
			l->jobs[l->n_jobs++] = (struct fetch_job){
				.descriptor = d, .index = i, .unpack = l->unpack[i]};
			r = say_state(d, "waiting", 0, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static _noreturn_ void be_worker(struct layers *l, int fd, pid_t parent)
{
	cleanup_error struct error err = ERROR_INIT;

	for (size_t i = 0; i < l->n_workers; i++)
		close(l->workers[i].fd);
	if (control_worker(parent, &err) < 0)
		_exit(EXIT_FAILURE);
	_exit(fetch_work(l->fetch, fd, l->jobs, l->n_jobs));
}

static int start_worker(struct layers *l, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket for a worker");
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_worker(l, fds[1], parent);
	}
	close(fds[1]);
	if (pid < 0) {
		int code = errno;
		close(fds[0]);
		return error_set(err, ERR_SYSTEM, code, "start a worker");
	}
	l->workers[l->n_workers++] =
		(struct worker){.pid = pid, .fd = fds[0], .job = SIZE_MAX};
	return 0;
}

/* From the network several connections bring more than one; on this machine it is a matter of
 * processors. */
static int start_workers(struct layers *l, struct error *err)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = l->fetch->remote || n_cpus > WORKERS_MAX ? WORKERS_MAX
		   : n_cpus < 1                             ? 1
							    : (size_t)n_cpus;
	int r = 0;

	for (size_t i = 0; i < n && i < l->n_jobs && r == 0; i++)
		r = start_worker(l, err);
	return r;
}

static size_t next_job(const struct layers *l, enum job_state state)
{
	for (size_t i = 0; i < l->n_jobs; i++)
		if (l->states[i] == state)
			return i;
	return SIZE_MAX;
}

static int hand_out(struct layers *l, struct worker *w, struct error *err)
{
	size_t job = next_job(l, JOB_TODO);
	bool wait = job == SIZE_MAX;

	if (wait)
		job = next_job(l, JOB_PUT_OFF);
	if (job == SIZE_MAX)
		return 0;
	cleanup_json struct json_object *order = json_object_new_object();
	json_add_u64(order, "job", job);
	json_add_bool(order, "wait", wait);
	l->states[job] = JOB_RUNNING;
	w->job = job;
	return transfer_say(w->fd, order, NULL, 0, err);
}

static int hand_out_all(struct layers *l, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < l->n_workers && r == 0; i++)
		if (l->workers[i].job == SIZE_MAX)
			r = hand_out(l, &l->workers[i], err);
	return r;
}

/* A worker that ended without a word. */
static int lost_worker(struct worker *w, struct error *err)
{
	int status = 0;

	kill(w->pid, SIGKILL);
	siginfo_t info = {0};
	/* not reaped here: layers_release() does that */
	if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOWAIT) == 0)
		status = info.si_status;
	return error_set(err, ERR_SYSTEM, 0,
			 "a worker of the transfer ended unexpectedly (%s %d)",
			 info.si_code == CLD_EXITED ? "status" : "signal", status);
}

static int job_done(struct layers *l, struct worker *w, struct error *err)
{
	const struct fetch_job *job = &l->jobs[w->job];

	l->states[w->job] = JOB_DONE;
	l->n_done++;
	w->job = SIZE_MAX;
	return announce(l, job->descriptor->digest, job->index + 1, err);
}

static int handle(struct layers *l, struct worker *w, struct json_object *packet,
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
	if (w->job == SIZE_MAX)
		return error_set(err, ERR_INVALID, 0, "a worker says %s without a job",
				 event);
	if (str_eq(event, "blob") || str_eq(event, "progress"))
		return control_relay(packet, fds, n_fds, err);
	if (str_eq(event, "done"))
		return job_done(l, w, err);
	if (!str_eq(event, "busy"))
		return error_set(err, ERR_INVALID, 0, "a worker says %s", event);
	l->states[w->job] = JOB_PUT_OFF;
	w->job = SIZE_MAX;
	return 0;
}

static int listen_to(struct layers *l, struct worker *w, struct error *err)
{
	cleanup_json struct json_object *packet = NULL;
	int fds[FD_PASS_MAX];
	size_t n_fds = 0;

	int r = transfer_hear(w->fd, &packet, fds, &n_fds, err);
	if (r == 0)
		return lost_worker(w, err);
	if (r > 0)
		r = handle(l, w, packet, fds, n_fds, err);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return r;
}

static int listen_to_all(struct layers *l, struct error *err)
{
	struct pollfd fds[WORKERS_MAX];
	int r = 0;

	for (size_t i = 0; i < l->n_workers; i++)
		fds[i] = (struct pollfd){.fd = l->workers[i].fd, .events = POLLIN};
	if (poll(fds, l->n_workers, -1) < 0)
		return errno == EINTR
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "wait for workers");
	for (size_t i = 0; i < l->n_workers && r == 0; i++)
		if (fds[i].revents)
			r = listen_to(l, &l->workers[i], err);
	return r;
}

int fetch_layers(struct fetch *f, const struct fetch_resolved *image, const bool *unpack,
		 struct error *err)
{
	cleanup_layers struct layers l = {
		.fetch = f, .manifest = image->manifest, .unpack = unpack};

	int r = make_jobs(&l, err);
	if (r == 0)
		r = start_workers(&l, err);
	while (r == 0 && l.n_done < l.n_jobs) {
		r = hand_out_all(&l, err);
		if (r == 0)
			r = listen_to_all(&l, err);
	}
	return r;
}
