/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log.h"

int log_open(struct log *l, const struct monitor_options *o)
{
	struct logfile_options file = {
		.dir_fd = (int)o->log_fd,
		.format = o->log_cri ? LOGFILE_CRI : LOGFILE_JSON,
		.name = o->log_name,
		.max_size = o->log_max_size,
		.max_files = o->log_max_files,
	};

	l->journal.fd = -EBADF;
	if (o->log_journal) {
		l->journal.fd = (int)o->log_fd;
		l->journal.path = o->log_journal;
		l->journal.fields = o->log_fields ? o->log_fields : "";
		file.dir_fd = -EBADF;
	}
	return logfile_open(&l->file, &file);
}

void log_begin(struct log *l, const char *stream)
{
	if (l->journal.fd >= 0)
		journal_begin(&l->journal, stream);
	else
		logfile_begin(&l->file, stream);
}

void log_add(struct log *l, const unsigned char *data, size_t len)
{
	if (l->journal.fd >= 0)
		journal_add(&l->journal, data, len);
	else
		logfile_add(&l->file, data, len);
}

void log_flush(struct log *l)
{
	logfile_flush(&l->file);
}

void log_finish(struct log *l)
{
	if (l->journal.fd >= 0)
		journal_finish(&l->journal);
	else
		logfile_finish(&l->file);
}
