/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends, joined by a socket:
 *
 *   giver ── what an entry is, and for a file its open fd ──▶ taker ── copies from fd to fd
 *
 * The end on the host is this process, with the caller's rights and nothing else. A container's is a process
 * that has the container's ids, and its root directory as its own before it looks at a single name there
 * (engine/copy_container.h): whatever links a container's root makes, and flips meanwhile, lead to files of the container. What comes
 * out is only an open file and a path below the copy; the taker on the host follows no link below it.
 */
#include "engine/copy.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/copy_container.h"
#include "engine/copy_give.h"
#include "engine/copy_take.h"
#include "engine/copy_tar.h"
#include "engine/copy_uncompress.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define TRIES 3

#define HOST ((struct copy_place){.root_fd = -EBADF})

void copy_argument_release(struct copy_argument *a)
{
	free(a->container);
	free(a->path);
	*a = (struct copy_argument){0};
}

void copy_argument_parse(const char *text, struct copy_argument *ret)
{
	const char *colon = strchr(text, ':');

	*ret = (struct copy_argument){.is_stream = str_eq(text, "-")};
	if (*text == '/' || *text == '.' || !colon || colon == text) {
		ret->path = xstrdup(text);
		return;
	}
	ret->container = xstrndup(text, (size_t)(colon - text));
	ret->path = xstrdup(colon + 1);
}

/* What the process of one container does. */
struct end {
	const struct copy_request *request;
	struct copy_container container;
	struct sandbox sandbox;
	int socket_fd, other_fd; /* its end, and the other end of it; -EBADF: a stream */
	int stream_fd;           /* an archive */
	struct copy_uncompress filter; /* what it comes through */
	bool is_used;
};
#define END_INIT                                        \
	((struct end){.container = COPY_CONTAINER_INIT, \
		      .sandbox = SANDBOX_INIT,          \
		      .socket_fd = -EBADF,              \
		      .other_fd = -EBADF,               \
		      .stream_fd = -EBADF,              \
		      .filter = COPY_UNCOMPRESS_INIT})

static void end_release(struct end *d)
{
	sandbox_release(&d->sandbox);
	copy_uncompress_release(&d->filter);
	copy_container_release(&d->container);
}

static int send_entry(void *data, const struct copy_entry *e, struct error *err)
{
	return copy_entry_send(*(int *)data, e, err);
}

static int give(struct end *d, const struct copy_give *g, struct error *err)
{
	cleanup_copy_tar struct copy_tar tar = COPY_TAR_INIT;
	struct copy_sink sink = {.take = send_entry, .data = &d->socket_fd};

	if (d->stream_fd >= 0) {
		tar.out_fd = d->stream_fd;
		sink = copy_tar_sink(&tar);
	}
	return copy_give(g, &sink, err);
}

static int give_container(void *data, const struct copy_place *place, struct error *err)
{
	struct end *d = data;
	const struct copy_give g = {
		.place = *place,
		.path = d->request->source.path,
		.follow = d->request->follow,
	};

	fd_cleanup_(&d->other_fd);
	return give(d, &g, err);
}

static int take(const struct end *d, struct copy_take *t, struct error *err)
{
	struct copy_sink sink = copy_take_sink(t);

	return d->stream_fd >= 0 ? copy_tar_take(d->stream_fd, t, err)
				 : copy_entries_receive(d->socket_fd, &sink, err);
}

static int take_container(void *data, const struct copy_place *place, struct error *err)
{
	struct end *d = data;
	const struct spec_user *user = &d->container.spec->process->user;
	cleanup_copy_take struct copy_take t = COPY_TAKE_INIT;

	fd_cleanup_(&d->other_fd);
	t.place = *place;
	t.path = d->request->target.path;
	t.rules = (struct copy_rules){
		.overwrite = d->request->overwrite,
		.keep_owners = d->request->keep_owners,
		.uid = user->uid,
		.gid = user->gid,
	};
	return take(d, &t, err);
}

static int open_end(const struct engine *e, const char *name, bool write, struct end *d,
		    struct error *err)
{
	cleanup_container struct container c = {0};
	int r = container_find(e, name, &c, err);

	if (r < 0)
		return r;
	d->container.run = write ? take_container : give_container;
	d->container.data = d;
	d->is_used = true;
	return copy_container_open(e, &c, write, &d->container, err);
}

static int start_end(struct end *d, struct error *err)
{
	return d->is_used ? copy_container_start(&d->container, &d->sandbox, err) : 0;
}

static int wait_end(struct end *d, struct error *err)
{
	return d->is_used ? sandbox_wait(&d->sandbox, err) : 0;
}

/* Owners of the host's files as the user's whole map has them. */
static int give_host(const struct engine *e, struct end *d, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	const struct copy_give g = {
		.place = HOST,
		.path = d->request->source.path,
		.follow = true, /* podman's rule */
		.uids = &ids.uids,
		.gids = &ids.gids,
	};

	user_ids_any(e, &ids);
	return give(d, &g, err);
}

static int take_host(const struct engine *e, struct end *d, struct error *err)
{
	cleanup_copy_take struct copy_take t = COPY_TAKE_INIT;

	t.place = HOST;
	t.path = d->request->target.path;
	t.rules = (struct copy_rules){
		.overwrite = d->request->overwrite,
		.keep_owners = d->request->keep_owners && !e->rootless,
		.uid = geteuid(),
		.gid = getegid(),
		.is_host = true,
	};
	return take(d, &t, err);
}

/* Which of two failures is the reason of the other: who only noticed that his peer has gone is not. */
static int judge(int r, struct error *err, int other, struct error *other_err)
{
	if (other < 0 && (r >= 0 || err->code == EPIPE))
		return error_move(err, other_err);
	error_release(other_err);
	return r < 0 ? r : 0;
}

/* This process's part, while the containers' processes do theirs. */
static int do_host(const struct engine *e, struct end *host, struct error *err)
{
	if (host->socket_fd < 0)
		return 0;
	return host->request->source.container ? take_host(e, host, err)
					       : give_host(e, host, err);
}

static int run_ends(const struct engine *e, struct end *giver, struct end *taker,
		    struct error *err)
{
	cleanup_error struct error other = ERROR_INIT; /* of the other end */
	struct end *host = giver->is_used ? taker : giver;
	int r = start_end(giver, err), k;

	/* who has the other's end open would not notice that it is gone */
	if (r >= 0 && giver->is_used)
		fd_cleanup_(&giver->socket_fd);
	taker->other_fd = giver->socket_fd;
	if (r >= 0)
		r = start_end(taker, err);
	if (r >= 0 && taker->is_used)
		fd_cleanup_(&taker->socket_fd);
	if (r < 0)
		return r;
	if (!(giver->is_used && taker->is_used))
		r = do_host(e, host, err);
	fd_cleanup_(&host->socket_fd);
	k = wait_end(giver, &other);
	r = judge(r, err, k, &other);
	k = wait_end(taker, &other);
	r = judge(r, err, k, &other);
	if (taker->filter.result_fd < 0)
		return r;
	/* an archive that was damaged ends too early for who takes it */
	fd_cleanup_(&taker->stream_fd);
	k = copy_uncompress_finish(&taker->filter, &other);
	return k < 0 && other.code != EPIPE ? error_move(err, &other) : r;
}

/* Archives need no socket: the container's process reads or writes them. */
static int connect_ends(struct end *giver, struct end *taker, struct error *err)
{
	const struct copy_request *request = giver->request;
	int pair[2];

	if (request->source.is_stream || request->target.is_stream) {
		giver->stream_fd = STDOUT_FILENO;
		taker->stream_fd = STDIN_FILENO;
		return request->source.is_stream
			       ? copy_uncompress_start(STDIN_FILENO, &taker->filter,
						       &taker->stream_fd, err)
			       : 0;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	giver->socket_fd = fd_move_high(pair[0]);
	taker->socket_fd = fd_move_high(pair[1]);
	giver->other_fd = taker->socket_fd;
	return 0;
}

static int check(const struct copy_request *request, struct error *err)
{
	const struct copy_argument *from = &request->source, *to = &request->target;

	if (!from->container && !to->container)
		return error_set(
			err, ERR_INVALID, 0,
			"invalid arguments \"%s\", \"%s\": you must specify one container",
			from->path, to->path);
	if (!*from->path || !*to->path)
		return error_set(
			err, ERR_INVALID, 0,
			"invalid arguments \"%s\", \"%s\": you must specify paths",
			from->path, to->path);
	return 0;
}

static int run_once(const struct engine *e, const struct copy_request *request,
		    struct error *err)
{
	cleanup(end_release) struct end giver = END_INIT, taker = END_INIT;
	int r = 0;

	giver.request = taker.request = request;
	if (request->source.container)
		r = open_end(e, request->source.container, false, &giver, err);
	if (r >= 0 && request->target.container)
		r = open_end(e, request->target.container, true, &taker, err);
	if (r >= 0)
		r = connect_ends(&giver, &taker, err);
	if (r >= 0)
		r = run_ends(e, &giver, &taker, err);
	fd_cleanup_(&giver.socket_fd);
	fd_cleanup_(&taker.socket_fd);
	return r < 0 ? r : 0;
}

int copy_run(const struct engine *e, const struct copy_request *request,
	     struct error *err)
{
	int r = check(request, err);

	if (r >= 0)
		r = run_once(e, request, err);
	/* a container that ended before one could enter it; what was read of stdin is gone */
	for (int i = 0; r == -ESRCH && i < TRIES && !request->source.is_stream; i++) {
		error_drop(err, "once more, as it does not run any more");
		r = run_once(e, request, err);
	}
	return r;
}
