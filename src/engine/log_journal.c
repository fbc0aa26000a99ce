/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal is read by journalctl, as its files' format is journald's own affair.
 * `journalctl --follow` does not know when the container has ended: then it is stopped, and
 * another reads what came after the last record that was seen.
 */
#include "engine/log_source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

struct log_journal {
	struct log_source source; /* first */
	char *match;              /* owned */
	struct log_range range;
	pid_t pid;  /* of journalctl; 0: none */
	int pid_fd; /* owned */
	int fd;     /* owned; what it writes */
};

static struct log_journal *journal_of(const struct log_source *s)
{
	return (struct log_journal *)s;
}

static void stop(struct log_journal *j)
{
	int status;

	if (j->pid > 0) {
		(void)sys_pidfd_send_signal(j->pid_fd, SIGKILL);
		(void)!proc_wait(j->pid, j->pid_fd, -1, &status);
	}
	j->pid = 0;
	fd_cleanup_(&j->pid_fd);
	fd_cleanup_(&j->fd);
}

static void journal_free(struct log_source *s)
{
	struct log_journal *j = journal_of(s);

	stop(j);
	free(j->match);
	free(j);
}

/* cursor: NULL, from the beginning of the range. */
static char **command(const struct log_journal *j, const char *cursor, bool follow)
{
	char **argv = NULL;

	strv_add(&argv, "journalctl");
	strv_add(&argv, "--quiet");
	strv_add(&argv, "--no-pager");
	strv_add(&argv, "--all");
	strv_add(&argv, "--output=json");
	strv_add(&argv, "--output-fields=MESSAGE,PRIORITY,CONTAINER_PARTIAL_MESSAGE");
	if (cursor) {
		strv_addf(&argv, "--after-cursor=%s", cursor);
	} else {
		if (j->range.since_usec)
			strv_addf(&argv, "--since=@%" PRId64,
				  (int64_t)(j->range.since_usec / USEC_PER_SEC));
		/* --follow alone would begin with the last ten */
		if (j->range.tail >= 0)
			strv_addf(&argv, "--lines=%" PRId64, j->range.tail);
		else if (follow)
			strv_add(&argv, "--no-tail");
	}
	if (follow)
		strv_add(&argv, "--follow");
	strv_add(&argv, j->match);
	return argv;
}

static int start(struct log_journal *j, const char *cursor, bool follow,
		 struct error *err)
{
	cleanup_strv char **argv = command(j, cursor, follow);
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	ours = fd_move_high(pair[0]);
	theirs = fd_move_high(pair[1]);
	r = proc_spawn(
		&(struct proc_spawn){
			.file = argv[0],
			.argv = argv,
			.stdin_fd = -EBADF,
			.stdout_fd = theirs,
			.stderr_fd = STDERR_FILENO,
			.ret_pid = &j->pid,
			.ret_pid_fd = &j->pid_fd,
		},
		err);
	if (r < 0) {
		error_wrap(err, "read the journal");
		return error_hint(err, "The container's log is in the system's journal, "
				       "which only journalctl can read: install it");
	}
	if (follow && fd_set_nonblock(ours, true) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the journal");
	j->fd = TAKE_FD(ours);
	return 0;
}

static ssize_t journal_read(struct log_source *s, char *data, size_t room,
			    bool *ret_restart, struct error *err)
{
	struct log_journal *j = journal_of(s);
	ssize_t n;

	(void)ret_restart;
	if (j->fd < 0)
		return 0;
	do
		n = read(j->fd, data, room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the journal");
	if (n == 0)
		stop(j);
	return n;
}

static int journal_fd(const struct log_source *s)
{
	return journal_of(s)->fd;
}

static int journal_ended(struct log_source *s, const char *cursor, struct error *err)
{
	struct log_journal *j = journal_of(s);

	stop(j);
	/* nothing was seen: the lines wanted are still the last ones */
	return start(j, cursor, false, err);
}

static const struct log_source_class class = {
	.read = journal_read,
	.fd = journal_fd,
	.ended = journal_ended,
	.free = journal_free,
};

static void journal_freep(struct log_journal **j)
{
	if (*j)
		journal_free(&(*j)->source);
}

int log_journal_open(const char *id, const struct log_range *range,
		     struct log_source **ret, struct error *err)
{
	cleanup(journal_freep) struct log_journal *j = xcalloc(1, sizeof(*j));
	int r;

	*j = (struct log_journal){
		.source.class = &class,
		.match = xasprintf("CONTAINER_ID_FULL=%s", id),
		.range = *range,
		.pid_fd = -EBADF,
		.fd = -EBADF,
	};
	r = start(j, NULL, range->follow, err);
	if (r < 0)
		return r;
	*ret = &TAKE_PTR(j)->source;
	return 0;
}
