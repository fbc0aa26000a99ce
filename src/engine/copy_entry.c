/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/copy_entry.h"

#include <limits.h>
#include <string.h>

#include "util/fd.h"

#define TEXT_MAX (2 * PATH_MAX) /* both with their NUL */

struct message {
	uint32_t kind, is_dir, contents, mode, uid, gid;
	uint64_t dev, ino, size;
	int64_t mtime_sec, mtime_nsec;
	uint32_t path_size, link_size; /* bytes, with the NUL */
	char text[TEXT_MAX];
};

static int gone(struct error *err)
{
	return error_set(err, ERR_UNAVAILABLE, EPIPE, "the other end has gone");
}

int copy_entry_send(int socket_fd, const struct copy_entry *e, struct error *err)
{
	struct message m = {
		.kind = e->kind,
		.is_dir = e->is_dir,
		.contents = e->contents,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.dev = e->dev,
		.ino = e->ino,
		.size = e->size,
		.mtime_sec = e->mtime.tv_sec,
		.mtime_nsec = e->mtime.tv_nsec,
		.path_size = (uint32_t)strlen(e->path) + 1,
		.link_size = (uint32_t)strlen(e->link) + 1,
	};
	int r;

	if (m.path_size > PATH_MAX || m.link_size > PATH_MAX)
		return error_set(err, ERR_UNSUPPORTED, ENAMETOOLONG, "copy %.60s...",
				 e->path);
	memcpy(m.text, e->path, m.path_size);
	memcpy(m.text + m.path_size, e->link, m.link_size);
	r = fd_send(socket_fd, &m,
		    offsetof(struct message, text) + m.path_size + m.link_size, &e->fd,
		    e->fd >= 0);
	if (r == -EPIPE || r == -ECONNRESET)
		return gone(err);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hand over %s", e->path) : 0;
}

/* It comes from a process of ours that has read what is not ours. */
static bool is_sound(const struct message *m, size_t len, size_t n_fds)
{
	return len > offsetof(struct message, text) && m->kind < COPY_KINDS &&
	       m->path_size > 0 && m->path_size <= PATH_MAX && m->link_size > 0 &&
	       m->link_size <= PATH_MAX &&
	       len == offsetof(struct message, text) + m->path_size + m->link_size &&
	       m->text[m->path_size - 1] == '\0' &&
	       m->text[m->path_size + m->link_size - 1] == '\0' &&
	       n_fds == (m->kind == COPY_FILE) && m->mtime_nsec >= 0 &&
	       m->mtime_nsec < 1000000000;
}

static int pass_on(const struct message *m, int fd, const struct copy_sink *sink,
		   struct error *err)
{
	const struct copy_entry e = {
		.kind = (enum copy_kind)m->kind,
		.is_dir = m->is_dir,
		.contents = m->contents,
		.mode = m->mode & 07777,
		.uid = m->uid,
		.gid = m->gid,
		.dev = m->dev,
		.ino = m->ino,
		.size = m->size,
		.mtime = {.tv_sec = m->mtime_sec, .tv_nsec = m->mtime_nsec},
		.path = m->text,
		.link = m->text + m->path_size,
		.fd = fd,
	};

	return sink->take(sink->data, &e, err);
}

int copy_entries_receive(int socket_fd, const struct copy_sink *sink, struct error *err)
{
	for (;;) {
		struct message m;
		int fds[FD_PASS_MAX];
		size_t n_fds = 0;
		ssize_t n = fd_recv(socket_fd, &m, sizeof(m), fds, &n_fds);
		cleanup_fd int fd = n >= 0 && n_fds > 0 ? fds[0] : -EBADF;
		int r;

		for (size_t i = 1; n >= 0 && i < n_fds; i++)
			close(fds[i]);
		if (n == 0 || n == -ECONNRESET)
			return gone(err);
		if (n < 0 || !is_sound(&m, (size_t)n, n_fds))
			return error_set(err, ERR_SYSTEM, n < 0 ? (int)-n : EBADMSG,
					 "take over what is copied");
		r = pass_on(&m, fd, sink, err);
		if (r < 0 || m.kind == COPY_END)
			return r < 0 ? r : 0;
	}
}
