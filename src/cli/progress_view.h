/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known about each layer on its way, and how that looks on a terminal: a line each, with a
 * bar, amounts, rate and time left, as much as the width allows. Pure: times are given, nothing is
 * written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/cleanup.h"

enum progress_state {
	PROGRESS_WAITING,
	PROGRESS_FETCHING,
	PROGRESS_CHECKING,
	PROGRESS_SENDING,
	PROGRESS_UNPACKING,
	PROGRESS_COPYING,
	PROGRESS_RETRY,
	PROGRESS_FETCHED, /* the bytes are here; something may still have to be done with them */
	PROGRESS_DONE,
	PROGRESS_EXISTS, /* nothing had to be done */
};

struct progress_item {
	char *id;    /* owned; unique: a digest */
	char *label; /* owned; what is shown for it */
	enum progress_state state;
	int64_t done, total;              /* bytes; total -1: not known */
	char *text;                       /* owned; why, for RETRY; may be NULL */
	int64_t sample_usec, sample_done; /* where the rate was taken last */
	double rate;                      /* bytes a second, 0: not known yet */
};

struct progress_view {
	struct progress_item *items; /* in the order in which they came */
	size_t n;
};
void progress_view_release(struct progress_view *v);
#define cleanup_progress_view cleanup(progress_view_release)

/* What happened to one. */
struct progress_event {
	const char *id;
	const char *label; /* NULL: the first 12 digits of the digest */
	enum progress_state state;
	int64_t done, total;
	const char *text; /* may be NULL */
};

/* progress_view_update() - false if nothing has changed but an amount. *ret (may be NULL): the item. */
bool progress_view_update(struct progress_view *v, const struct progress_event *event,
			  int64_t now_usec, const struct progress_item **ret);

/* progress_view_is_over() - nothing is on its way any more. */
bool progress_view_is_over(const struct progress_view *v);

/* progress_view_finish() - everything is well: what was fetched is done. */
void progress_view_finish(struct progress_view *v);

/*
 * progress_view_render() - lines to out, each at most `columns` wide and ended by '\n', at most
 * `rows` of them; if there are more items, those at work come first and the last line counts the rest.
 * Return: the number of lines.
 */
size_t progress_view_render(const struct progress_view *v, size_t columns, size_t rows,
			    struct buf *out);

/* progress_state_of() - of a word of transfer/protocol.h or engine/image_fetch.h. */
enum progress_state progress_state_of(const char *word);
