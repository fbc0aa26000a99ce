/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One container's log, record by record: from its files, rotated ones included, or from
 * the journal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/log_line.h"
#include "util/cleanup.h"
#include "util/error.h"

struct log_reader;

/* log_reader_open() - a container that keeps no log is ERR_UNSUPPORTED. Caller frees. */
int log_reader_open(const struct engine *e, const struct container *c,
		    const struct log_range *range, struct log_reader **ret,
		    struct error *err) _must_check_;
void log_reader_free(struct log_reader *r);
DEFINE_CLEANUP(struct log_reader *, log_reader_free)
#define cleanup_log_reader cleanup(log_reader_freep)

/*
 * log_reader_next() - 1 with a record, which is good until the next call; 0: nothing now;
 * -errno. Records out of the range are left out.
 */
int log_reader_next(struct log_reader *r, struct log_record *ret,
		    struct error *err) _must_check_;

/* log_reader_fd() - readable when there may be more, after a call of log_reader_next() gave
 * 0. log_reader_woken(): it was. */
int log_reader_fd(const struct log_reader *r);
void log_reader_woken(struct log_reader *r);

/* log_reader_ended() - the container has: what there is now is all. */
int log_reader_ended(struct log_reader *r, struct error *err) _must_check_;
