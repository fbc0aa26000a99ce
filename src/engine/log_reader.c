/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_reader.h"

#include <string.h>

#include "engine/log_source.h"
#include "engine/log_target.h"
#include "util/mem.h"
#include "util/str.h"

#define RECORD_MAX (1 << 20) /* a longer line is not ours */
#define CHUNK      65536

struct log_reader {
	struct log_range range;
	enum log_driver driver;
	struct log_source *source; /* owned */
	struct log_line line;
	char *cursor;      /* owned; of the last record, in the journal */
	char *buf;         /* owned; lines */
	size_t start, len; /* not taken yet: buf[start..len) */
};

void log_reader_free(struct log_reader *r)
{
	if (r->source)
		r->source->class->free(r->source);
	log_line_release(&r->line);
	free(r->cursor);
	free(r->buf);
	free(r);
}

static bool in_range(const struct log_range *range, int64_t usec)
{
	return (!range->since_usec || usec >= range->since_usec) &&
	       (!range->until_usec || usec <= range->until_usec);
}

/* A line that is no record (cut short by a power failure) is passed over. */
static bool take_line(struct log_reader *r, const char *line, size_t len,
		      struct log_record *ret)
{
	const char *cursor;

	if (r->source->skip > 0) {
		r->source->skip -= log_line_ends(r->driver, line, len);
		return false;
	}
	if (log_line_parse(r->driver, line, len, &r->line, ret) < 0)
		return false;
	cursor = log_line_cursor(&r->line);
	if (cursor) {
		free(r->cursor);
		r->cursor = xstrdup(cursor);
	}
	return in_range(&r->range, ret->usec);
}

/* From the lines at hand. */
static bool take_record(struct log_reader *r, struct log_record *ret)
{
	char *newline;

	while ((newline = memchr(r->buf + r->start, '\n', r->len - r->start))) {
		char *line = r->buf + r->start;

		r->start = (size_t)(newline - r->buf) + 1;
		if (take_line(r, line, (size_t)(newline - line), ret))
			return true;
	}
	r->len -= r->start;
	memmove(r->buf, r->buf + r->start, r->len);
	r->start = 0;
	if (r->len >= RECORD_MAX)
		r->len = 0;
	return false;
}

int log_reader_next(struct log_reader *r, struct log_record *ret, struct error *err)
{
	for (;;) {
		bool restart = false;
		ssize_t n;

		if (take_record(r, ret))
			return 1;
		n = r->source->class->read(r->source, r->buf + r->len, CHUNK, &restart,
					   err);
		if (n <= 0)
			return (int)n;
		if (restart)
			memmove(r->buf, r->buf + r->len, (size_t)n);
		r->len = (restart ? 0 : r->len) + (size_t)n;
	}
}

int log_reader_fd(const struct log_reader *r)
{
	return r->source->class->fd(r->source);
}

void log_reader_woken(struct log_reader *r)
{
	if (r->source->class->woken)
		r->source->class->woken(r->source);
}

int log_reader_ended(struct log_reader *r, struct error *err)
{
	return r->source->class->ended
		       ? r->source->class->ended(r->source, r->cursor, err)
		       : 0;
}

static int open_source(const struct engine *e, const struct container *c,
		       struct log_reader *r, struct error *err)
{
	cleanup_log_settings struct log_settings log = LOG_SETTINGS_INIT;
	cleanup_free char *path = NULL;

	log_settings_recall(&c->config, &log);
	r->driver = log.driver;
	if (log.driver == LOG_DRIVER_JOURNALD)
		return log_journal_open(c->record.id, &r->range, &r->source, err);
	path = log_path(e, c->record.id, &log);
	if (path)
		return log_files_open(path, log.driver, &r->range, &r->source, err);
	return error_set(err, ERR_UNSUPPORTED, 0,
			 "this container is using the '%s' log driver, cannot read logs: "
			 "this container is not logging output",
			 log_driver_words[log.driver]);
}

int log_reader_open(const struct engine *e, const struct container *c,
		    const struct log_range *range, struct log_reader **ret,
		    struct error *err)
{
	cleanup_log_reader struct log_reader *r = xcalloc(1, sizeof(*r));
	int k;

	r->range = *range;
	r->buf = xmalloc(RECORD_MAX + CHUNK);
	k = open_source(e, c, r, err);
	if (k < 0)
		return k;
	*ret = TAKE_PTR(r);
	return 0;
}
