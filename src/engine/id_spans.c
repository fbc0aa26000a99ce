/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_spans.h"

#include "runtime/idmap.h"
#include "util/mem.h"

void id_spans_release(struct id_spans *s)
{
	free(s->items);
	*s = (struct id_spans){0};
}

static void append(struct id_spans *s, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	s->items = xreallocarray(s->items, s->n + 1, sizeof(*s->items));
	s->items[s->n++] = (struct id_span){start, end};
}

static uint64_t end_of(uint64_t start, uint64_t count)
{
	return count > ID_SPANS_END || start + count > ID_SPANS_END ? ID_SPANS_END
								    : start + count;
}

/* In order, what touches the new one becomes part of it. */
void id_spans_add(struct id_spans *s, uint64_t start, uint64_t count)
{
	struct id_spans sum = {0};
	uint64_t end = start < ID_SPANS_END ? end_of(start, count) : start;
	size_t i = 0;

	if (start >= end)
		return;
	for (; i < s->n && s->items[i].end < start; i++)
		append(&sum, s->items[i].start, s->items[i].end);
	for (; i < s->n && s->items[i].start <= end; i++) {
		start = s->items[i].start < start ? s->items[i].start : start;
		end = s->items[i].end > end ? s->items[i].end : end;
	}
	append(&sum, start, end);
	for (; i < s->n; i++)
		append(&sum, s->items[i].start, s->items[i].end);
	id_spans_release(s);
	*s = sum;
}

void id_spans_remove(struct id_spans *s, uint64_t start, uint64_t count)
{
	struct id_spans rest = {0};
	uint64_t end = start < ID_SPANS_END ? end_of(start, count) : start;

	for (size_t i = 0; i < s->n; i++) {
		const struct id_span *span = &s->items[i];

		if (span->end <= start || span->start >= end) {
			append(&rest, span->start, span->end);
			continue;
		}
		append(&rest, span->start, start);
		append(&rest, end, span->end);
	}
	id_spans_release(s);
	*s = rest;
}

void id_spans_add_outside(struct id_spans *s, const struct idmap *map)
{
	for (size_t i = 0; i < map->n_lines; i++)
		id_spans_add(s, map->lines[i].outside, map->lines[i].count);
}

void id_spans_copy(struct id_spans *to, const struct id_spans *from)
{
	id_spans_release(to);
	for (size_t i = 0; i < from->n; i++)
		append(to, from->items[i].start, from->items[i].end);
}

void id_spans_intersect(const struct id_spans *a, const struct id_spans *b,
			struct id_spans *ret)
{
	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		const struct id_span *x = &a->items[i], *y = &b->items[k];

		append(ret, x->start > y->start ? x->start : y->start,
		       x->end < y->end ? x->end : y->end);
		if (x->end < y->end)
			i++;
		else
			k++;
	}
}

bool id_spans_hold(const struct id_spans *s, uint64_t start, uint64_t count)
{
	for (size_t i = 0; i < s->n; i++)
		if (start >= s->items[i].start && start < s->items[i].end)
			return count <= s->items[i].end - start;
	return false;
}

uint64_t id_spans_total(const struct id_spans *s)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->n; i++)
		total += s->items[i].end - s->items[i].start;
	return total;
}

uint64_t id_spans_largest(const struct id_spans *s)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].end - s->items[i].start > largest)
			largest = s->items[i].end - s->items[i].start;
	return largest;
}

/* Where the pool's span around an id begins. */
static uint64_t origin_of(const struct id_spans *pool, uint64_t id)
{
	for (size_t i = 0; i < pool->n; i++)
		if (id >= pool->items[i].start && id < pool->items[i].end)
			return pool->items[i].start;
	return 0;
}

static bool find_multiple(const struct id_spans *free_ids, const struct id_spans *pool,
			  uint64_t count, uint64_t *ret_start)
{
	for (size_t i = 0; i < free_ids->n; i++) {
		const struct id_span *gap = &free_ids->items[i];
		uint64_t origin = origin_of(pool, gap->start);
		uint64_t steps = (gap->start - origin + count - 1) / count;

		*ret_start = origin + steps * count;
		if (*ret_start + count <= gap->end)
			return true;
	}
	return false;
}

bool id_spans_find(const struct id_spans *free_ids, const struct id_spans *pool,
		   uint64_t count, uint64_t *ret_start)
{
	bool is_power_of_two = (count & (count - 1)) == 0;

	if (count == 0 || count > ID_SPANS_END)
		return false;
	if (is_power_of_two && find_multiple(free_ids, pool, count, ret_start))
		return true;
	for (size_t i = 0; i < free_ids->n; i++) {
		*ret_start = free_ids->items[i].start;
		if (*ret_start + count <= free_ids->items[i].end)
			return true;
	}
	return false;
}
