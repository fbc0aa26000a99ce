/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet is a struct packet and, behind it, the texts that it counts. What is longer than a packet, the resulting state, comes in
 * several. No other process writes here, so nothing in it is doubted but its size.
 */
#include "build/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/user_ids.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define TEXT_MAX  (32 * 1024)
#define ID_MAX    512
#define STATE_MAX (64 << 20)

enum packet_kind {
	PACKET_EVENT,
	PACKET_STATE,
	PACKET_RESULT,
	PACKET_ERROR,
	PACKET_REPLACED
};

struct packet {
	enum packet_kind kind;
	int event, stream, cached;
	size_t step, n_steps;
	int64_t done, total, at_usec;
	bool has_text, has_id;
	size_t text_len, id_len;
	int run_status;
};

/* --- in the process --- */

struct teller {
	int fd;
};

static void say(int fd, struct packet *p, const char *text, const char *id)
{
	struct iovec parts[3] = {
		{p, sizeof(*p)},
		{(void *)text, p->text_len},
		{(void *)id, p->id_len},
	};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};

	p->has_text = text;
	p->has_id = id;
	/* nobody hears it any more: this process is about to be killed */
	while (sendmsg(fd, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static size_t bounded(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void tell(void *data, const struct build_event *e)
{
	const struct teller *t = data;
	size_t size = e->text ? (e->size ? e->size : strlen(e->text)) : 0, at = 0;

	do {
		struct packet p = {
			.kind = PACKET_EVENT,
			.event = (int)e->kind,
			.stream = e->stream,
			.cached = e->cached,
			.step = e->step,
			.n_steps = e->n_steps,
			.done = e->done,
			.total = e->total,
			.at_usec = time_monotonic_usec(),
			.text_len = bounded(size - at, TEXT_MAX),
			.id_len = e->id ? bounded(strlen(e->id), ID_MAX) : 0,
		};
		say(t->fd, &p, e->text ? e->text + at : NULL, e->id);
		at += p.text_len;
	} while (at < size && e->kind == BUILD_EVENT_OUTPUT);
}

static void say_state(int fd, const struct build_state *s, const char *image_id)
{
	cleanup_free char *text = build_state_text(s);
	size_t len = strlen(text);
	struct packet end = {.kind = PACKET_RESULT,
			     .id_len = image_id ? strlen(image_id) : 0};

	for (size_t at = 0; at < len; at += TEXT_MAX) {
		struct packet p = {.kind = PACKET_STATE,
				   .text_len = bounded(len - at, TEXT_MAX)};

		say(fd, &p, text + at, NULL);
	}
	say(fd, &end, NULL, image_id);
}

static void say_error(int fd, const struct error *err, int run_status)
{
	char text[ERROR_PACK_MAX];
	struct packet p = {.kind = PACKET_ERROR, .run_status = run_status};

	p.text_len = error_pack(err, text);
	say(fd, &p, text, NULL);
}

static void say_replaced(int fd, char *const *layers)
{
	strv_foreach (layer, layers) {
		struct packet p = {.kind = PACKET_REPLACED, .id_len = strlen(*layer)};

		say(fd, &p, NULL, *layer);
	}
}

static int work(const struct worker_task *task, int fd, struct stage_job *job,
		struct error *err)
{
	cleanup_build_state struct build_state state = {0};
	cleanup_free char *image_id = NULL;
	int r = engine_open_store(job->engine, err);

	if (r >= 0)
		r = stage_build(job, &state, err);
	if (r >= 0 && task->finish)
		r = task->finish(task->data, job, &state, &image_id, err);
	say_replaced(fd, job->replaced);
	strv_free(job->replaced);
	job->replaced = NULL;
	if (r >= 0)
		say_state(fd, &state, image_id);
	return r;
}

static bool has_one_id(const struct engine *e)
{
	cleanup_user_ids struct user_ids ids = {0};

	user_ids_any(e, &ids);
	return ids.single;
}

static _noreturn_ void be_worker(const struct worker_task *task, int fd)
{
	struct engine engine = *task->engine;
	struct teller teller = {fd};
	const struct build_listener listener = {tell, &teller};
	struct stage_job job = *task->job;
	cleanup_error struct error err = ERROR_INIT;
	int r;

	job.engine = &engine;
	job.listener = &listener;
	job.single_id = has_one_id(&engine);
	job.run_status = 0;
	r = work(task, fd, &job, &err);
	if (r < 0)
		say_error(fd, &err, job.run_status);
	store_close(engine.store);
	_exit(r < 0 ? 1 : 0);
}

/* A handler of the caller's has no meaning here, and what it blocks is for the signals of its own loop. */
static void take_signals(void)
{
	static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
	const struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		(void)sigaction(usual[i], &action, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int worker_start(const struct worker_task *task, struct worker *ret, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pair of sockets");
	*ret = WORKER_INIT;
	buf_init(&ret->state, STATE_MAX);
	ret->fd = fds[0];
	ret->stage = task->job->index;
	ret->pid = fork();
	if (ret->pid == 0) {
		close(fds[0]);
		take_signals();
		if (proc_die_with(parent) < 0)
			_exit(1);
		be_worker(task, fds[1]);
	}
	close(fds[1]);
	if (ret->pid < 0) {
		ret->pid = 0;
		return error_set(err, ERR_SYSTEM, errno, "start a process for a stage");
	}
	return 0;
}

/* --- in the coordinator --- */

static void pass_event(const struct worker *w, const struct packet *p, char *text,
		       char *id, const struct plan *plan,
		       const struct build_listener *listener)
{
	const struct build_event e = {
		.kind = (enum build_event_kind)p->event,
		.stage = w->stage,
		.n_stages = plan->n,
		.stage_name = plan->stages[w->stage].name,
		.step = p->step,
		.n_steps = p->n_steps,
		.text = p->has_text ? text : NULL,
		.size = p->text_len,
		.stream = p->stream,
		.cached = p->cached,
		.done = p->done,
		.total = p->total,
		.at_usec = p->at_usec,
		.id = p->has_id ? id : NULL,
	};

	listener->event(listener->data, &e);
}

static void take(struct worker *w, const struct packet *p, char *text, char *id,
		 const struct plan *plan, const struct build_listener *listener)
{
	switch (p->kind) {
	case PACKET_EVENT:
		pass_event(w, p, text, id, plan, listener);
		return;
	case PACKET_STATE:
		(void)!buf_add(&w->state, text, p->text_len);
		return;
	case PACKET_RESULT:
		w->has_result = !w->state.overflow;
		w->image_id = p->has_id ? xstrdup(id) : NULL;
		return;
	case PACKET_REPLACED:
		strv_add(&w->replaced, id);
		return;
	case PACKET_ERROR:
		error_release(&w->err);
		(void)!error_unpack(&w->err, text, p->text_len);
		w->run_status = p->run_status;
		return;
	}
}

int worker_hear(struct worker *w, const struct plan *plan,
		const struct build_listener *listener)
{
	struct packet p;
	char text[TEXT_MAX + 1], id[ID_MAX + 1], rest[TEXT_MAX + ID_MAX];
	struct iovec parts[2] = {{&p, sizeof(p)}, {rest, sizeof(rest)}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n = recvmsg(w->fd, &message, MSG_CMSG_CLOEXEC);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < (ssize_t)sizeof(p) || p.text_len > TEXT_MAX || p.id_len > ID_MAX ||
	    (size_t)n != sizeof(p) + p.text_len + p.id_len)
		return 0;
	memcpy(text, rest, p.text_len);
	text[p.text_len] = '\0';
	memcpy(id, rest + p.text_len, p.id_len);
	id[p.id_len] = '\0';
	take(w, &p, text, id, plan, listener);
	return 1;
}

static int how_it_ended(const struct worker *w, int status, struct error *err)
{
	if (WIFSIGNALED(status))
		return error_set(err, ERR_SYSTEM, 0,
				 "the process of stage %zu was ended by signal %d",
				 w->stage, WTERMSIG(status));
	return error_set(err, ERR_SYSTEM, 0,
			 "the process of stage %zu ended without a result (exit status "
			 "%d)",
			 w->stage, WEXITSTATUS(status));
}

static int reap(struct worker *w)
{
	int status = 0;

	while (w->pid > 0 && waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	return status;
}

int worker_end(struct worker *w, struct build_state *ret, struct error *err)
{
	int status;

	/* it is at its end, unless what it said could not be understood */
	if (w->pid > 0 && !w->has_result && !error_is_set(&w->err))
		(void)kill(w->pid, SIGKILL);
	status = reap(w);
	if (error_is_set(&w->err))
		return error_move(err, &w->err);
	if (!w->has_result)
		return how_it_ended(w, status, err);
	return build_state_parse(w->state.data, w->state.len, ret, err);
}

void worker_kill(struct worker *w)
{
	if (w->pid > 0)
		(void)kill(w->pid, SIGKILL);
	(void)reap(w);
}

void worker_release(struct worker *w)
{
	worker_kill(w);
	fd_cleanup_(&w->fd);
	buf_release(&w->state);
	error_release(&w->err);
	free(w->image_id);
	strv_free(w->replaced);
	*w = WORKER_INIT;
}
