/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is followed by a watch of its directory. Every time something changes there, both
 * the file and its predecessor are read on to their ends (a writer may have opened the file
 * before it was rotated); after that the name is looked at: if it means another file by now,
 * that is the next one. The watch is there before the first look, so nothing is missed between.
 */
#include "engine/event_query.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/event_file.h"
#include "engine/event_journal.h"
#include "engine/event_lines.h"
#include "engine/event_text.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define UP "../"

static int hear(const struct event_query *q, const char *text, size_t len,
		struct error *err)
{
	cleanup_past_event struct past_event past = {0};
	cleanup_error struct error bad = ERROR_INIT;

	if (event_text_parse(text, len, &past, &bad) < 0) {
		error_drop(&bad, "a writer was killed, or another version's");
		return 0;
	}
	if (past.event.time_usec < q->since_usec || past.event.time_usec > q->until_usec)
		return 0;
	return q->each(q->data, &past.event, err);
}

static int on_line(void *data, const char *line, size_t len, struct error *err)
{
	return hear(data, line, len, err);
}

/* Milliseconds to the end of the stream; -1: there is none, 0: it is over. */
static int msec_left(const struct event_query *q)
{
	int64_t left;

	if (q->until_usec == INT64_MAX)
		return -1;
	left = (q->until_usec - time_now_usec() + 999) / 1000;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Return: 1 if something came from fd, 0 if the stream is at its end. */
static int wait_for(const struct event_query *q, int fd, struct error *err)
{
	struct pollfd waiting[] = {{.fd = fd, .events = POLLIN}, {.fd = q->reader_fd}};
	int left, n;

	do {
		left = msec_left(q);
		n = left == 0 ? 0 : poll(waiting, ARRAY_SIZE(waiting), left);
	} while ((n < 0 && errno == EINTR) || (n == 0 && left == INT_MAX));
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for events");
	return n > 0 && !(waiting[1].revents & (POLLERR | POLLHUP | POLLNVAL));
}

static int open_named(const struct engine *e, const char *name, struct error *err)
{
	int fd = openat(e->run_dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "open the file of events");
	return fd < 0 ? -EBADF : fd;
}

static bool is_named_so(const struct engine *e, int fd, const char *name)
{
	struct stat ours, named;

	return fd >= 0 && fstat(fd, &ours) == 0 &&
	       fstatat(e->run_dirfd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

struct tail {
	struct event_lines old, now;
};

static void tail_release(struct tail *t)
{
	event_lines_release(&t->old);
	event_lines_release(&t->now);
}

static int read_both(const struct event_query *q, struct tail *t, struct error *err)
{
	int r = 0;

	if (t->old.fd >= 0)
		r = event_lines_read(&t->old, on_line, (void *)q, err);
	if (r >= 0 && t->now.fd >= 0)
		r = event_lines_read(&t->now, on_line, (void *)q, err);
	return r;
}

/* All there is, through as many rotations as there were. */
static int catch_up(const struct engine *e, const struct event_query *q, struct tail *t,
		    struct error *err)
{
	int r = read_both(q, t, err);

	while (r >= 0 && !is_named_so(e, t->now.fd, UP EVENT_FILE)) {
		int fd = open_named(e, UP EVENT_FILE, err);

		if (fd < 0)
			return fd == -EBADF ? 0 : fd;
		if (t->now.fd >= 0) {
			event_lines_release(&t->old);
			t->old = t->now;
		}
		t->now = EVENT_LINES_INIT;
		t->now.fd = fd;
		r = read_both(q, t, err);
	}
	return r < 0 ? r : 0;
}

static int watch_dir(const struct engine *e, struct error *err)
{
	cleanup_fd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[FD_PROC_PATH_MAX];
	cleanup_free char *dir = fs_join(fd_proc_path(e->run_dirfd, path), "..");

	if (fd < 0 ||
	    inotify_add_watch(fd, dir, IN_CREATE | IN_MODIFY | IN_MOVED_FROM) < 0) {
		error_set(err, ERR_SYSTEM, errno, "watch the directory of events");
		return error_hint(err, "Limits: sysctl fs.inotify");
	}
	return TAKE_FD(fd);
}

static void drain(int fd)
{
	char events[4096] __attribute__((aligned(8)));

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static int open_tail(const struct engine *e, const struct event_query *q, struct tail *t,
		     struct error *err)
{
	int fd;

	if (q->past) {
		fd = open_named(e, UP EVENT_FILE_OLD, err);
		if (fd < 0 && fd != -EBADF)
			return fd;
		t->old.fd = fd;
	}
	fd = open_named(e, UP EVENT_FILE, err);
	if (fd < 0 && fd != -EBADF)
		return fd;
	t->now.fd = fd;
	if (!q->past && fd >= 0 && lseek(fd, 0, SEEK_END) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the file of events");
	return 0;
}

static int query_file(const struct engine *e, const struct event_query *q,
		      struct error *err)
{
	cleanup_fd int watch_fd = -EBADF;
	cleanup(tail_release) struct tail t = {EVENT_LINES_INIT, EVENT_LINES_INIT};
	int r;

	if (q->stream) {
		watch_fd = watch_dir(e, err);
		if (watch_fd < 0)
			return watch_fd;
	}
	r = open_tail(e, q, &t, err);
	if (r >= 0)
		r = catch_up(e, q, &t, err);
	while (r >= 0 && q->stream) {
		r = wait_for(q, watch_fd, err);
		if (r <= 0)
			break;
		drain(watch_fd);
		r = catch_up(e, q, &t, err);
	}
	return r < 0 ? r : 0;
}

/* A line of `journalctl -o json`: the event is in one of its fields. */
static int on_journal_line(void *data, const char *line, size_t len, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_error struct error bad = ERROR_INIT;
	const char *text = NULL;

	if (json_parse_own(line, len, "journal", &o, &bad) < 0)
		error_drop(&bad, "a line of journalctl is no JSON");
	else
		text = json_get_str(o, EVENT_JOURNAL_FIELD);
	return text ? hear(data, text, strlen(text), err) : 0;
}

static char **journal_command(const struct event_query *q)
{
	static const char *const words[] = {"journalctl",
					    "--quiet",
					    "--no-pager",
					    "--all",
					    "--output=json",
					    "--output-fields=" EVENT_JOURNAL_FIELD,
					    "SYSLOG_IDENTIFIER=" EVENT_JOURNAL_IDENTIFIER,
					    NULL};
	char **argv = NULL;

	for (const char *const *word = words; *word; word++)
		strv_add(&argv, *word);
	strv_addf(&argv, "_UID=%u", (unsigned int)geteuid());
	if (q->stream)
		strv_addf(&argv, "--follow");
	strv_addf(&argv, "--lines=%s", q->past ? "all" : "0");
	if (q->past && q->since_usec > 0)
		strv_addf(&argv, "--since=@%lld",
			  (long long)(q->since_usec / USEC_PER_SEC));
	return argv;
}

/* Return: 0 at the end of the stream or of the journal. */
static int read_journal(const struct event_query *q, struct event_lines *lines,
			struct error *err)
{
	int r = fd_set_nonblock(lines->fd, true);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read from journalctl");
	do {
		r = q->stream ? wait_for(q, lines->fd, err) : fd_wait_readable(lines->fd);
		if (r < 0 && !error_is_set(err))
			return error_set(err, ERR_SYSTEM, -r, "read from journalctl");
		if (r < 0 || (q->stream && r == 0))
			return r;
		r = event_lines_read(lines, on_journal_line, (void *)q, err);
	} while (r == 0);
	return r < 0 ? r : 0;
}

static int query_journal(const struct event_query *q, struct error *err)
{
	cleanup_event_lines struct event_lines lines = EVENT_LINES_INIT;
	cleanup_strv char **argv = journal_command(q);
	cleanup_fd int write_fd = -EBADF;
	pid_t pid;
	struct proc_spawn s = {
		.file = "journalctl",
		.argv = argv,
		.stdin_fd = -EBADF,
		.stderr_fd = STDERR_FILENO,
		.ret_pid = &pid,
	};
	int pair[2], status, r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	lines.fd = pair[0];
	write_fd = s.stdout_fd = pair[1];
	r = proc_spawn(&s, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND)
		return error_hint(err, "Install systemd's journalctl, or use "
				       "--events-backend=file from now on");
	if (r < 0)
		return r;
	fd_cleanup_(&write_fd);
	r = read_journal(q, &lines, err);
	(void)kill(pid, SIGTERM);
	(void)!proc_wait(pid, -EBADF, -1, &status);
	return r;
}

int event_query_run(const struct engine *e, const struct event_query *q,
		    struct error *err)
{
	switch (e->events) {
	case EVENT_BACKEND_FILE:
		return query_file(e, q, err);
	case EVENT_BACKEND_JOURNALD:
		return query_journal(q, err);
	case EVENT_BACKEND_NONE:
		break;
	}
	error_set(err, ERR_UNSUPPORTED, 0,
		  "cannot read events with the \"none\" backend");
	return error_hint(err,
			  "Use --events-backend=file or journald, when they happen too");
}
