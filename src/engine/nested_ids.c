/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/nested_ids.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/subid.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define USERS_MAX  16
#define UID_MIN    1000 /* login.defs(5) */
#define UID_MAX    59999
#define FIRST_ID   10000 /* below it are the container's own people and services */
#define MANY_IDS   20000
#define SUBIDS_MAX (1 << 20)

void nested_users_release(struct nested_users *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->items[i].name);
	free(u->items);
	*u = (struct nested_users){0};
}

static void add_user(struct nested_users *users, const char *name, uint32_t uid)
{
	users->items = xreallocarray(users->items, users->n + 1, sizeof(*users->items));
	users->items[users->n++] = (struct nested_user){
		.name = name ? xstrdup(name) : NULL,
		.uid = uid,
	};
}

static bool has_user(const struct nested_users *users, uint32_t uid)
{
	for (size_t i = 0; i < users->n; i++)
		if (users->items[i].uid == uid)
			return true;
	return false;
}

void nested_users_find(const char *passwd, uint32_t uid, struct nested_users *ret)
{
	cleanup_strv char **lines = str_split(passwd ? passwd : "", '\n');

	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t found;

		if (strv_len(fields) < 3 || str_empty(fields[0]) ||
		    str_to_u32(fields[2], &found) < 0 || has_user(ret, found) ||
		    ret->n == USERS_MAX)
			continue;
		if (uid ? found == uid : found >= UID_MIN && found <= UID_MAX)
			add_user(ret, fields[0], found);
	}
	if (uid && ret->n == 0)
		add_user(ret, NULL, uid);
}

/* Sets of ids are maps of ids onto themselves. */
static void set_remove(struct idmap *set, uint64_t start, uint64_t count)
{
	struct idmap left = {0};
	uint64_t end = start + count;

	for (size_t i = 0; i < set->n_lines; i++) {
		uint64_t first = set->lines[i].inside;
		uint64_t stop = first + set->lines[i].count;
		uint64_t below = stop < start ? stop : start;
		uint64_t above = first > end ? first : end;

		if (first < below)
			idmap_add(&left, (uint32_t)first, (uint32_t)first,
				  (uint32_t)(below - first));
		if (above < stop)
			idmap_add(&left, (uint32_t)above, (uint32_t)above,
				  (uint32_t)(stop - above));
	}
	idmap_release(set);
	*set = left;
}

/* The lowest ids out of the set, at most `count`, as lines of the file or for nobody (text NULL). */
static void set_take(struct idmap *set, uint64_t count, const struct nested_user *user,
		     struct buf *text)
{
	while (count && set->n_lines) {
		struct idmap_line first = set->lines[0];

		if (first.count > count)
			first.count = (uint32_t)count;
		if (text && user->name)
			(void)buf_printf(text, "%s:%" PRIu32 ":%" PRIu32 "\n", user->name,
					 first.inside, first.count);
		else if (text)
			(void)buf_printf(text, "%" PRIu32 ":%" PRIu32 ":%" PRIu32 "\n",
					 user->uid, first.inside, first.count);
		set_remove(set, first.inside, first.count);
		count -= first.count;
	}
}

static void inside_ids(const struct idmap *map, struct idmap *ret)
{
	for (size_t i = 0; i < map->n_lines; i++)
		idmap_add(ret, map->lines[i].inside, map->lines[i].inside,
			  map->lines[i].count);
	idmap_normalize(ret);
}

static bool holds(const struct idmap *set, const struct subid_range *range)
{
	for (size_t i = 0; i < set->n_lines; i++)
		if (range->start >= set->lines[i].inside &&
		    (uint64_t)range->start + range->count <=
			    (uint64_t)set->lines[i].inside + set->lines[i].count)
			return true;
	return false;
}

/* The ids that the file gives to a user; false: none, or some that the container does not have. */
static bool take_own(const char *text, const struct nested_user *user,
		     const struct idmap *all, struct idmap *available)
{
	cleanup_free struct subid_range *ranges = NULL;
	size_t n = 0;

	subid_parse(text, user->name, user->uid, &ranges, &n);
	for (size_t i = 0; i < n; i++)
		if (!holds(all, &ranges[i]))
			return false;
	for (size_t i = 0; i < n; i++)
		set_remove(available, ranges[i].start, ranges[i].count);
	return n > 0;
}

static bool is_line_of(const char *line, const struct nested_user *user)
{
	cleanup_free char *owner = xstrndup(line, strcspn(line, ":"));
	char number[16];

	snprintf(number, sizeof(number), "%" PRIu32, user->uid);
	return str_eq(owner, number) || (user->name && str_eq(owner, user->name));
}

static void keep_lines(const char *text, const struct nested_user *const *losers,
		       size_t n_losers, struct buf *ret)
{
	cleanup_strv char **lines = str_split(text, '\n');

	strv_foreach (line, lines) {
		bool lost = **line == '\0';

		for (size_t i = 0; i < n_losers; i++)
			lost = lost || is_line_of(*line, losers[i]);
		if (!lost)
			(void)buf_printf(ret, "%s\n", *line);
	}
}

char *nested_subids(const char *text, const struct nested_users *users,
		    const struct idmap *map)
{
	cleanup_idmap struct idmap all = {0}, available = {0};
	const struct nested_user *takers[USERS_MAX];
	size_t n = 0;
	struct buf result;

	text = text ? text : "";
	inside_ids(map, &all);
	inside_ids(map, &available);
	if (idmap_size(&all) >= MANY_IDS)
		set_remove(&available, 0, FIRST_ID);
	else
		set_take(&available, (idmap_size(&all) + 1) / 2, NULL, NULL);
	set_remove(&available, IDMAP_NOBODY, 2);
	for (size_t i = 0; i < users->n && n < USERS_MAX; i++)
		if (!take_own(text, &users->items[i], &all, &available))
			takers[n++] = &users->items[i];
	if (n == 0 || idmap_size(&available) < n)
		return NULL;
	buf_init(&result, SUBIDS_MAX);
	keep_lines(text, takers, n, &result);
	uint64_t share = idmap_size(&available) / n;
	for (size_t i = 0; i < n; i++)
		set_take(&available, share, takers[i], &result);
	return buf_take(&result);
}
