/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/idmap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "spec/spec.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_END        4294967295ULL /* one past the highest id that a map may hold */
#define LINE_TEXT_MAX 34            /* three numbers of ten digits, blanks, line feed */

void idmap_release(struct idmap *map)
{
	free(map->lines);
	*map = (struct idmap){0};
}

void idmap_add(struct idmap *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	map->lines = xreallocarray(map->lines, map->n_lines + 1, sizeof(*map->lines));
	map->lines[map->n_lines++] = (struct idmap_line){inside, outside, count};
}

void idmap_copy(struct idmap *to, const struct idmap *from)
{
	idmap_release(to);
	for (size_t i = 0; i < from->n_lines; i++)
		idmap_add(to, from->lines[i].inside, from->lines[i].outside,
			  from->lines[i].count);
}

void idmap_from_spec(struct idmap *map, const struct spec_id_mapping *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		idmap_add(map, lines[i].container_id, lines[i].host_id, lines[i].size);
}

int idmap_parse_line(struct idmap *map, const char *text, struct error *err)
{
	cleanup_strv char **parts = str_split(text, ':');
	size_t n = strv_len(parts);
	uint32_t value[3] = {0, 0, 1};
	int r = n < 2 || n > 3 ? -EINVAL : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = str_to_u32(parts[i], &value[i]);
	if (r < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"id map \"%s\": expected container:host:count, three numbers such as 0:100000:65536",
			text);
	idmap_add(map, value[0], value[1], value[2]);
	return 0;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return (uint64_t)a < (uint64_t)b + b_count && (uint64_t)b < (uint64_t)a + a_count;
}

static int check_line(const struct idmap_line *l, const char *what, struct error *err)
{
	if (l->count == 0)
		return error_set(err, ERR_INVALID, 0, "%s: %u:%u:0 maps nothing", what,
				 l->inside, l->outside);
	if ((uint64_t)l->inside + l->count > ID_END ||
	    (uint64_t)l->outside + l->count > ID_END)
		return error_set(err, ERR_INVALID, 0,
				 "%s: %u:%u:%u reaches beyond the highest id, 4294967294",
				 what, l->inside, l->outside, l->count);
	return 0;
}

int idmap_check(const struct idmap *map, const char *what, struct error *err)
{
	if (map->n_lines == 0)
		return error_set(err, ERR_INVALID, 0,
				 "%s: a user namespace needs at least one line", what);
	if (map->n_lines > IDMAP_LINES_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "%s: %zu lines, the kernel takes %d", what, map->n_lines,
				 IDMAP_LINES_MAX);
	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *a = &map->lines[i];
		int r = check_line(a, what, err);
		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++) {
			const struct idmap_line *b = &map->lines[k];
			bool inside = overlap(a->inside, a->count, b->inside, b->count);
			if (!inside &&
			    !overlap(a->outside, a->count, b->outside, b->count))
				continue;
			return error_set(
				err, ERR_INVALID, 0,
				"%s: %u:%u:%u and %u:%u:%u overlap %s the container",
				what, b->inside, b->outside, b->count, a->inside,
				a->outside, a->count, inside ? "inside" : "outside");
		}
	}
	return 0;
}

static int by_inside(const void *a, const void *b)
{
	const struct idmap_line *x = a, *y = b;

	return x->inside < y->inside ? -1 : x->inside > y->inside;
}

void idmap_normalize(struct idmap *map)
{
	size_t n = 0;

	if (map->n_lines == 0)
		return;
	qsort(map->lines, map->n_lines, sizeof(*map->lines), by_inside);
	for (size_t i = 1; i < map->n_lines; i++) {
		struct idmap_line *last = &map->lines[n], *l = &map->lines[i];
		if ((uint64_t)last->inside + last->count == l->inside &&
		    (uint64_t)last->outside + last->count == l->outside &&
		    (uint64_t)last->count + l->count <= UINT32_MAX)
			last->count += l->count;
		else
			map->lines[++n] = *l;
	}
	map->n_lines = n + 1;
}

/* The line that holds an id, on either side; NULL if none does. */
static const struct idmap_line *line_of(const struct idmap *map, uint32_t id, bool inside)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *l = &map->lines[i];
		uint32_t first = inside ? l->inside : l->outside;
		if (id >= first && id - first < l->count)
			return l;
	}
	return NULL;
}

uint32_t idmap_to_outside(const struct idmap *map, uint32_t inside)
{
	const struct idmap_line *l = line_of(map, inside, true);
	return l ? l->outside + (inside - l->inside) : IDMAP_NONE;
}

uint32_t idmap_to_inside(const struct idmap *map, uint32_t outside)
{
	const struct idmap_line *l = line_of(map, outside, false);
	return l ? l->inside + (outside - l->outside) : IDMAP_NONE;
}

/* The ids inside a map as people write them: "0-65536, 70000". */
static char *inside_text(const struct idmap *map)
{
	cleanup_idmap struct idmap sorted = {0};
	struct buf text;

	/* Neighbours inside are joined wherever they lead to. */
	for (size_t i = 0; i < map->n_lines; i++)
		idmap_add(&sorted, map->lines[i].inside, map->lines[i].inside,
			  map->lines[i].count);
	idmap_normalize(&sorted);
	buf_init(&text, 200); /* a sentence, not a listing */
	for (size_t i = 0; i < sorted.n_lines; i++) {
		const struct idmap_line *l = &sorted.lines[i];
		(void)buf_printf(&text, "%s%u", i ? ", " : "", l->inside);
		if (l->count > 1)
			(void)buf_printf(&text, "-%u", l->inside + (l->count - 1));
	}
	return buf_take(&text);
}

/* `done` ids of the line found their place, the next one has none. */
static int cannot_hold(const struct idmap_line *line, uint32_t done,
		       const struct idmap *outer, struct error *err)
{
	cleanup_free char *held = inside_text(outer);

	(void)error_set(err, ERR_INVALID, 0,
			"map %u:%u:%u: there is no id %llu to map to", line->inside,
			line->outside, line->count,
			(unsigned long long)line->outside + done);
	if (done > 0)
		return error_hint(err, "the largest count that fits is %u: %u:%u:%u",
				  done, line->inside, line->outside, done);
	return error_hint(err, "the ids that can be mapped to are %s", held);
}

int idmap_compose(const struct idmap *inner, const struct idmap *outer, struct idmap *ret,
		  struct error *err)
{
	cleanup_idmap struct idmap map = {0};

	for (size_t i = 0; i < inner->n_lines; i++) {
		const struct idmap_line *in = &inner->lines[i];
		for (uint32_t done = 0; done < in->count;) {
			uint64_t id = (uint64_t)in->outside + done;
			const struct idmap_line *out =
				id < IDMAP_NONE ? line_of(outer, (uint32_t)id, true)
						: NULL;
			if (!out)
				return cannot_hold(in, done, outer, err);
			uint32_t skip = (uint32_t)id - out->inside;
			uint32_t n = out->count - skip;
			if (n > in->count - done)
				n = in->count - done;
			idmap_add(&map, in->inside + done, out->outside + skip, n);
			done += n;
		}
	}
	idmap_normalize(&map);
	*ret = map;
	map = (struct idmap){0};
	return 0;
}

int idmap_relative(const struct idmap *map, const struct idmap *outer, struct idmap *ret,
		   struct error *err)
{
	cleanup_idmap struct idmap back = {0};

	for (size_t i = 0; i < outer->n_lines; i++)
		idmap_add(&back, outer->lines[i].outside, outer->lines[i].inside,
			  outer->lines[i].count);
	return idmap_compose(map, &back, ret, err);
}

bool idmap_is_single(const struct idmap *map, uint32_t own)
{
	return map->n_lines == 1 && map->lines[0].count == 1 &&
	       map->lines[0].outside == own;
}

bool idmap_equal(const struct idmap *a, const struct idmap *b)
{
	return a->n_lines == b->n_lines &&
	       (a->n_lines == 0 ||
		memcmp(a->lines, b->lines, a->n_lines * sizeof(*a->lines)) == 0);
}

uint64_t idmap_size(const struct idmap *map)
{
	uint64_t size = 0;

	for (size_t i = 0; i < map->n_lines; i++)
		size += map->lines[i].count;
	return size;
}

char *idmap_text(const struct idmap *map)
{
	struct buf text;

	buf_init(&text, map->n_lines * LINE_TEXT_MAX);
	for (size_t i = 0; i < map->n_lines; i++)
		(void)buf_printf(&text, "%u %u %u\n", map->lines[i].inside,
				 map->lines[i].outside, map->lines[i].count);
	return buf_take(&text);
}

void idmap_identity(struct idmap *map)
{
	idmap_release(map);
	idmap_add(map, 0, 0, UINT32_MAX);
}

int idmap_read(const char *proc_file, struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap map = {0};
	cleanup_free char *text = NULL;
	size_t len;
	int r = fs_read(AT_FDCWD, proc_file, IDMAP_LINES_MAX * LINE_TEXT_MAX, &text, &len,
			err);

	if (r < 0)
		return r;
	for (char *line = text, *end; *line; line = end + 1) {
		unsigned int inside, outside, count;
		end = strchr(line, '\n');
		if (!end || sscanf(line, "%u %u %u", &inside, &outside, &count) != 3)
			return error_set(err, ERR_SYSTEM, EBADMSG, "read %s", proc_file);
		idmap_add(&map, inside, outside, count);
	}
	*ret = map;
	map = (struct idmap){0};
	return 0;
}
