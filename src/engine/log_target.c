/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_target.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define JOURNAL_PATIENCE_SEC \
	2 /* then output is dropped rather than the container held up */

void log_target_release(struct log_target *t)
{
	fd_cleanup_(&t->fd);
	free(t->fields);
	*t = LOG_TARGET_INIT;
}

char *log_path(const struct engine *e, const char *id, const struct log_settings *s)
{
	if (!log_driver_is_file(s->driver))
		return NULL;
	return s->path ? xstrdup(s->path) : container_data_path(e, id, LOG_FILE);
}

static int open_journal(struct log_target *t, struct error *err)
{
	const struct timeval patience = {.tv_sec = JOURNAL_PATIENCE_SEC};

	t->fd = fd_move_high(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (t->fd < 0 ||
	    setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket for the journal");
	t->journal = LOG_JOURNAL_SOCKET;
	return 0;
}

static int open_file(const struct engine *e, const char *id, const struct log_settings *s,
		     struct log_target *t, struct error *err)
{
	cleanup_free char *path = log_path(e, id, s);
	char *slash = strrchr(path, '/');

	if (s->path)
		t->name = strrchr(s->path, '/') + 1;
	slash[slash == path ? 1 : 0] = '\0';
	t->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "open %s for the container's log", path);
	return 0;
}

int log_target_open(const struct engine *e, const struct log_settings *s,
		    const struct log_identity *who, struct log_target *ret,
		    struct error *err)
{
	cleanup_log_target struct log_target t = LOG_TARGET_INIT;
	int r = 0;

	if (s->driver == LOG_DRIVER_JOURNALD) {
		t.fields = log_journal_fields(s, who);
		r = open_journal(&t, err);
	} else if (log_driver_is_file(s->driver)) {
		r = open_file(e, who->id, s, &t, err);
	}
	if (r < 0)
		return r;
	*ret = t;
	t = LOG_TARGET_INIT;
	return 0;
}
