/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_alloc_words.h"

#include <inttypes.h>
#include <unistd.h>

#include "engine/id_pool.h"
#include "engine/id_spans.h"
#include "engine/id_stores.h"
#include "engine/names.h"
#include "runtime/subid.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define HOLDERS_NAMED 5
#define WORDS_MAX     4096

char *id_words_holder(const struct id_holding *holding, const struct id_range *row)
{
	cleanup_free char *name =
		row->name ? xstrdup(row->name) : xstrndup(row->container, SHORT_ID_LEN);

	return holding->own ? TAKE_PTR(name) : xasprintf("%s of %s", name, holding->data);
}

/* How much of the pool's user ids (or else group ids) a container's rows are. 0: they were counted with an
 * earlier row. */
static uint64_t share_of(const struct id_ranges *rows, size_t at,
			 const struct id_spans *pool)
{
	const struct id_range *row = &rows->items[at];
	cleanup_id_spans struct id_spans all = {0}, share = {0};

	for (size_t i = 0; i < at; i++)
		if (str_eq(rows->items[i].container, row->container))
			return 0;
	for (size_t i = at; i < rows->n; i++)
		if (str_eq(rows->items[i].container, row->container) &&
		    rows->items[i].start >= 0 && rows->items[i].count > 0)
			id_spans_add(&all, (uint64_t)rows->items[i].start,
				     (uint64_t)rows->items[i].count);
	id_spans_intersect(&all, pool, &share);
	return id_spans_total(&share);
}

struct holder_words {
	struct buf text;
	size_t named, more;
	char *first; /* of the engine's own store: what `rm` would take */
};

static void add_holders(const struct id_holding *h, const struct id_spans *pool,
			struct holder_words *w)
{
	for (size_t i = 0; i < h->ranges.n; i++) {
		uint64_t share = share_of(&h->ranges, i, pool);
		cleanup_free char *name = id_words_holder(h, &h->ranges.items[i]);

		if (share == 0)
			continue;
		if (w->named == HOLDERS_NAMED) {
			w->more++;
			continue;
		}
		(void)!buf_printf(&w->text, "%s%s (%" PRIu64 ")", w->named ? ", " : "",
				  name, share);
		w->named++;
		if (h->own && !w->first)
			w->first = xstrdup(name);
	}
}

/* How to get a larger pool. Caller frees; NULL: no way. */
static char *more_ids(void)
{
	cleanup_free char *line = NULL;

	if (geteuid() == 0)
		return xstrdup("or set auto_pool in /etc/cubby/cubby.conf");
	line = subid_more_line(geteuid());
	return line ? xasprintf("or get more, as root: %s", line) : NULL;
}

static int hint_shortage(const struct holder_words *w, uint64_t largest,
			 struct error *err)
{
	cleanup_free char *more = more_ids(), *removal = NULL, *fewer = NULL;

	if (w->first)
		removal = xasprintf("; remove one: cubby rm %s", w->first);
	if (largest)
		fewer = xasprintf("; take fewer: --userns=auto:size=%" PRIu64, largest);
	return error_hint(err, "Who has what: cubby idmap ls%s%s%s%s",
			  removal ? removal : "", fewer ? fewer : "", more ? "; " : "",
			  more ? more : "");
}

int id_words_exhausted(const struct id_shortage *s, struct error *err)
{
	bool gids = id_spans_largest(&s->free_ids->gids) <
		    id_spans_largest(&s->free_ids->uids);
	const struct id_spans *pool = gids ? &s->pool->gids : &s->pool->uids;
	const struct id_spans *rest = gids ? &s->free_ids->gids : &s->free_ids->uids;
	uint64_t largest = id_spans_largest(rest);
	struct holder_words w = {0};
	cleanup_free char *holders = NULL, *first = NULL;
	int r;

	buf_init(&w.text, WORDS_MAX);
	for (size_t i = 0; i < s->held->n; i++)
		add_holders(&s->held->items[i], pool, &w);
	if (w.more)
		(void)!buf_printf(&w.text, " and %zu more", w.more);
	holders = buf_take(&w.text);
	first = w.first;
	error_set(err, ERR_UNAVAILABLE, 0,
		  "find %" PRIu64 " %s ids for the container: of %s, %" PRIu64
		  " in all, %" PRIu64 " are free, at most %" PRIu64 " in a row%s%s",
		  s->needed, gids ? "group" : "user", s->pool->source,
		  id_spans_total(pool), id_spans_total(rest), largest,
		  w.named ? "; held by " : "", holders);
	r = hint_shortage(&w, largest, err);
	return r;
}

int id_words_conflict(const struct id_span *span, const struct id_holding *holding,
		      const struct id_range *row, struct error *err)
{
	cleanup_free char *name = id_words_holder(holding, row);
	uint64_t start = (uint64_t)row->start, end = (uint64_t)(row->start + row->count);

	start = span->start > start ? span->start : start;
	end = span->end < end ? span->end : end;
	error_set(err, ERR_CONFLICT, 0,
		  "map the host's %s ids %" PRIu64 "-%" PRIu64
		  ": they were given to container %s alone",
		  row->kind == ID_RANGE_UID ? "user" : "group", start, end - 1, name);
	return error_hint(
		err,
		"Choose others, or let cubby choose: --userns=auto; who has what: cubby idmap ls");
}
