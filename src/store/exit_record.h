/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exit statuses of containers whose records are gone (--rm), for those who were waiting
 * for them: kept for some minutes.
 */
#pragma once

#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

#define EXIT_RECORD_KEEP_USEC (10 * 60 * 1000000LL)

/* exit_record_insert() - keep one; older ones than EXIT_RECORD_KEEP_USEC are dropped. */
int exit_record_insert(struct store *s, const char *id, int exit_code, int64_t now_usec,
		       struct error *err) _must_check_;

/* exit_record_get() - ERR_NOT_FOUND if there is none. */
int exit_record_get(struct store *s, const char *id, int *ret,
		    struct error *err) _must_check_;
