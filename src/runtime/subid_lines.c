/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/subid_lines.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define FIRST_START 100000 /* SUB_UID_MIN of login.defs(5) */

/* The next line; NULL at the end. Caller frees. */
static char *next_line(const char **text)
{
	char *line;
	size_t len;

	if (!*text || !**text)
		return NULL;
	len = strcspn(*text, "\n");
	line = xstrndup(*text, len);
	*text += len + ((*text)[len] == '\n');
	return line;
}

static int by_id(const void *a, const void *b)
{
	const struct subid_account *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void read_accounts(struct subid_lines *t, enum subid_kind kind, const char *text)
{
	struct subid_account **list = &t->accounts[kind];
	size_t *n = &t->n_accounts[kind];

	for (;;) {
		cleanup_free char *line = next_line(&text);
		cleanup_strv char **fields = line ? str_split(line, ':') : NULL;
		uint32_t id;

		if (!line)
			break;
		if (strv_len(fields) < 3 || str_empty(fields[0]) ||
		    str_to_u32(fields[2], &id) < 0)
			continue;
		*list = xreallocarray(*list, *n + 1, sizeof(**list));
		(*list)[(*n)++] = (struct subid_account){xstrdup(fields[0]), id};
	}
	if (*n)
		qsort(*list, *n, sizeof(**list), by_id);
}

const struct subid_account *subid_lines_account(const struct subid_lines *t,
						enum subid_kind kind, const char *name)
{
	for (size_t i = 0; i < t->n_accounts[kind]; i++)
		if (str_eq(t->accounts[kind][i].name, name))
			return &t->accounts[kind][i];
	return NULL;
}

const struct subid_account *subid_lines_account_from(const struct subid_lines *t,
						     enum subid_kind kind, uint64_t id)
{
	size_t low = 0, high = t->n_accounts[kind];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->accounts[kind][middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->n_accounts[kind] ? &t->accounts[kind][low] : NULL;
}

/* An owner may be written as a name or as a uid; a name goes first. */
static void find_owner(const struct subid_lines *t, struct subid_line *l)
{
	const struct subid_account *account = subid_lines_account(t, SUBID_UID, l->owner);
	uint32_t uid;

	if (!account && str_to_u32(l->owner, &uid) == 0) {
		account = subid_lines_account_from(t, SUBID_UID, uid);
		l->by_uid = true;
		if (account && account->id != uid)
			account = NULL;
	}
	l->known = account;
	l->user = xstrdup(account ? account->name : l->owner);
}

static void read_range(struct subid_line *l, char *const *fields)
{
	uint64_t start, count;

	if (strv_len(fields) != 3 || str_empty(fields[0]) ||
	    str_to_u64(fields[1], &start) < 0 || str_to_u64(fields[2], &count) < 0 ||
	    start > INT64_MAX || count > INT64_MAX)
		return;
	l->well_formed = true;
	l->start = start;
	l->after = start + count;
	l->usable = count > 0 && l->after <= IDMAP_NONE;
}

static void read_lines(struct subid_lines *t, enum subid_kind kind, const char *text)
{
	for (size_t number = 1;; number++) {
		cleanup_free char *line = next_line(&text);
		cleanup_strv char **fields = line ? str_split(line, ':') : NULL;
		struct subid_line l = {.kind = kind, .number = number};

		if (!line)
			return;
		if (!line[strspn(line, " \t")] || line[0] == '#')
			continue;
		l.owner = xstrdup(fields[0]);
		find_owner(t, &l);
		read_range(&l, fields);
		l.text = TAKE_PTR(line);
		t->items = xreallocarray(t->items, t->n + 1, sizeof(*t->items));
		t->items[t->n++] = l;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct subid_block *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void add_block(struct subid_lines *t, uint64_t start, uint64_t after)
{
	t->blocks[t->n_blocks++] = (struct subid_block){start, after};
}

static void find_blocks(struct subid_lines *t)
{
	size_t most = t->n + t->n_accounts[SUBID_UID] + t->n_accounts[SUBID_GID];

	t->after_ranges = FIRST_START;
	t->blocks = xcalloc(most ? most : 1, sizeof(*t->blocks));
	for (int kind = 0; kind < SUBID_KINDS; kind++)
		for (size_t i = 0; i < t->n_accounts[kind]; i++)
			add_block(t, t->accounts[kind][i].id,
				  (uint64_t)t->accounts[kind][i].id + 1);
	for (size_t i = 0; i < t->n; i++) {
		const struct subid_line *l = &t->items[i];

		if (!l->usable)
			continue;
		add_block(t, l->start, l->after);
		if (l->after > t->after_ranges)
			t->after_ranges = l->after;
	}
	qsort(t->blocks, t->n_blocks, sizeof(*t->blocks), by_start);
}

void subid_lines_init(struct subid_lines *t, const char *const subids[SUBID_KINDS],
		      const char *const accounts[SUBID_KINDS])
{
	*t = (struct subid_lines){0};
	for (int kind = 0; kind < SUBID_KINDS; kind++)
		read_accounts(t, (enum subid_kind)kind, accounts[kind]);
	for (int kind = 0; kind < SUBID_KINDS; kind++)
		read_lines(t, (enum subid_kind)kind, subids[kind]);
	find_blocks(t);
}

void subid_lines_release(struct subid_lines *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->items[i].text);
		free(t->items[i].owner);
		free(t->items[i].user);
	}
	for (int kind = 0; kind < SUBID_KINDS; kind++) {
		for (size_t i = 0; i < t->n_accounts[kind]; i++)
			free(t->accounts[kind][i].name);
		free(t->accounts[kind]);
	}
	free(t->items);
	free(t->blocks);
	*t = (struct subid_lines){0};
}

/* Blocks are sorted by start, so one pass finds the first place. */
static uint64_t first_gap(const struct subid_lines *t, uint64_t from, uint64_t count)
{
	uint64_t start = from;

	for (size_t i = 0; i < t->n_blocks; i++) {
		if (t->blocks[i].after <= start)
			continue;
		if (t->blocks[i].start >= start + count)
			break;
		start = t->blocks[i].after;
	}
	return start + count <= IDMAP_NONE ? start : 0;
}

uint64_t subid_lines_take(struct subid_lines *t, uint64_t count)
{
	uint64_t start = 0;

	if (count < IDMAP_NONE)
		start = first_gap(t, t->after_ranges, count);
	if (!start && count < IDMAP_NONE)
		start = first_gap(t, FIRST_START, count);
	if (!start)
		return 0;
	t->blocks = xreallocarray(t->blocks, t->n_blocks + 1, sizeof(*t->blocks));
	add_block(t, start, start + count);
	qsort(t->blocks, t->n_blocks, sizeof(*t->blocks), by_start);
	return start;
}

bool subid_lines_is_free(const struct subid_lines *t, enum subid_kind kind,
			 uint64_t start, uint64_t after)
{
	const struct subid_account *account = subid_lines_account_from(t, kind, start);

	if (account && account->id < after)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		const struct subid_line *l = &t->items[i];

		if (l->usable && l->kind == kind && l->start < after && start < l->after)
			return false;
	}
	return true;
}
