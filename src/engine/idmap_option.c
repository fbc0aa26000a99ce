/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/idmap_option.h"

#include <string.h>

#include "engine/id_spans.h"
#include "util/mem.h"
#include "util/str.h"

#define FIELDS    3
#define LINES_MAX 4096 /* before neighbours are joined; the kernel takes fewer */

/* One line, as it was typed. */
struct typed {
	bool extends, users, groups, is_host_id;
	uint32_t inside, from, count;
};

bool idmap_option_needs_whole(char *const *lines)
{
	strv_foreach (line, lines)
		if (strpbrk(*line, "@+"))
			return true;
	return false;
}

static int malformed(const struct idmap_option *o, const char *line, struct error *err)
{
	cleanup_free char *quoted = str_quote(line);

	error_set(err, ERR_INVALID, 0,
		  "%s %s: expected [FLAGS]CONTAINER:FROM[:COUNT], numbers such as "
		  "0:1:1000",
		  o->name, quoted);
	return error_hint(err, "Flags before CONTAINER: + moves ids from earlier lines "
			       "here, u or g counts for users or groups only; @ before "
			       "FROM: an id of the host");
}

/* "+ug100" */
static int parse_inside(const char *text, struct typed *t)
{
	for (; *text && strchr("+ug", *text); text++) {
		t->extends |= *text == '+';
		t->users |= *text == 'u';
		t->groups |= *text == 'g';
	}
	if (!t->users && !t->groups)
		t->users = t->groups = true;
	return str_to_u32(text, &t->inside);
}

static int parse_fields(char *const *fields, struct typed *t)
{
	const char *from = fields[1];

	*t = (struct typed){0};
	t->is_host_id = *from == '@';
	if (parse_inside(fields[0], t) < 0 ||
	    str_to_u32(from + t->is_host_id, &t->from) < 0 ||
	    str_to_u32(fields[2], &t->count) < 0)
		return -EINVAL;
	return 0;
}

/* What of one line is outside of start..start+count-1, on one side. */
static void keep_rest(struct idmap *kept, const struct idmap_line *l, bool inside,
		      uint64_t start, uint64_t count)
{
	uint64_t first = inside ? l->inside : l->outside, after = first + l->count;
	uint64_t end = start + count;

	if (after <= start || first >= end) {
		idmap_add(kept, l->inside, l->outside, l->count);
		return;
	}
	if (first < start)
		idmap_add(kept, l->inside, l->outside, (uint32_t)(start - first));
	if (after > end) {
		uint32_t skip = (uint32_t)(end - first);

		idmap_add(kept, l->inside + skip, l->outside + skip, l->count - skip);
	}
}

static void cut(struct idmap *map, bool inside, uint64_t start, uint64_t count)
{
	struct idmap kept = {0};

	for (size_t i = 0; i < map->n_lines; i++)
		keep_rest(&kept, &map->lines[i], inside, start, count);
	idmap_release(map);
	*map = kept;
}

static void add(struct idmap *map, const struct typed *t)
{
	if (t->extends) {
		cut(map, true, t->inside, t->count);
		cut(map, false, t->from, t->count);
	}
	idmap_add(map, t->inside, t->from, t->count);
}

static int not_mine(const struct idmap_option *o, uint64_t id, struct error *err)
{
	error_set(err, ERR_DENIED, 0, "%s: %s id %llu of the host is not yours to map",
		  o->name, o->for_groups ? "group" : "user", (unsigned long long)id);
	return error_hint(err,
			  "Yours are your own and those of your lines in %s; what is "
			  "wrong with them: cubby idmap check",
			  o->for_groups ? "/etc/subgid" : "/etc/subuid");
}

/* Host ids one after the other need not be so in the whole map: each of its lines gives a piece. */
static int add_host_ids(const struct idmap_option *o, struct idmap *map, struct typed t,
			struct error *err)
{
	uint32_t left = t.count;

	while (left) {
		const struct idmap_line *l = NULL;
		struct typed piece = t;

		for (size_t i = 0; i < o->whole->n_lines && !l; i++)
			if (t.from >= o->whole->lines[i].outside &&
			    t.from - o->whole->lines[i].outside <
				    o->whole->lines[i].count)
				l = &o->whole->lines[i];
		if (!l)
			return not_mine(o, t.from, err);
		piece.count = l->count - (t.from - l->outside);
		piece.count = piece.count < left ? piece.count : left;
		piece.from = l->inside + (t.from - l->outside);
		add(map, &piece);
		t.inside += piece.count;
		t.from += piece.count;
		left -= piece.count;
	}
	return 0;
}

struct building {
	const struct idmap_option *option;
	struct idmap *map;
	bool fills; /* it began with + */
};

static int add_typed(struct building *b, const struct typed *t, const char *line,
		     struct error *err)
{
	const struct idmap_option *o = b->option;
	bool counts = o->ignore_flags || (o->for_groups ? t->groups : t->users);

	if (!counts || t->count == 0)
		return 0;
	if ((uint64_t)t->inside + t->count > ID_SPANS_END ||
	    (uint64_t)t->from + t->count > ID_SPANS_END)
		return error_set(err, ERR_INVALID, 0,
				 "%s %s: it reaches beyond the highest id, 4294967294",
				 o->name, line);
	if (b->map->n_lines >= LINES_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: more than %d lines", o->name,
				 LINES_MAX);
	if (t->extends && b->map->n_lines == 0 && o->whole)
		b->fills = true;
	if (t->is_host_id && o->whole)
		return add_host_ids(o, b->map, *t, err);
	add(b->map, t);
	return 0;
}

static int add_line(struct building *b, const char *line, struct error *err)
{
	cleanup_strv char **fields = str_split(line, ':');
	size_t n = strv_len(fields);

	if (n == 2) {
		strv_add(&fields, "1");
		n++;
	}
	if (n == 0 || n % FIELDS != 0)
		return malformed(b->option, line, err);
	for (size_t i = 0; i < n; i += FIELDS) {
		struct typed t;
		int r = parse_fields(fields + i, &t);

		r = r < 0 ? malformed(b->option, line, err) : add_typed(b, &t, line, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Ids of the whole map that are not given away go to the lowest ids inside that have none. */
static void fill(const struct idmap *whole, struct idmap *map)
{
	cleanup_id_spans struct id_spans rest = {0}, places = {0};
	size_t k = 0;

	for (size_t i = 0; i < whole->n_lines; i++)
		id_spans_add(&rest, whole->lines[i].inside, whole->lines[i].count);
	id_spans_add(&places, 0, ID_SPANS_END);
	for (size_t i = 0; i < map->n_lines; i++) {
		id_spans_remove(&rest, map->lines[i].outside, map->lines[i].count);
		id_spans_remove(&places, map->lines[i].inside, map->lines[i].count);
	}
	for (size_t i = 0; i < rest.n && k < places.n;) {
		struct id_span *from = &rest.items[i], *to = &places.items[k];
		uint64_t n = from->end - from->start;

		n = to->end - to->start < n ? to->end - to->start : n;
		idmap_add(map, (uint32_t)to->start, (uint32_t)from->start, (uint32_t)n);
		from->start += n;
		to->start += n;
		i += from->start == from->end;
		k += to->start == to->end;
	}
}

int idmap_option_build(const struct idmap_option *o, struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap map = {0};
	struct building b = {.option = o, .map = &map};
	int r = 0;

	strv_foreach (line, o->lines) {
		r = add_line(&b, *line, err);
		if (r < 0)
			return r;
	}
	if (b.fills)
		fill(o->whole, &map);
	if (map.n_lines) {
		idmap_normalize(&map);
		r = idmap_check(&map, o->name, err);
	}
	if (r < 0)
		return r;
	*ret = map;
	map = (struct idmap){0};
	return 0;
}
