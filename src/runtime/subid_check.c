/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First line by line, then lines against each other, then user by user. A line gets one remedy, with the finding
 * that comes first; every range that a remedy names is taken, so that two remedies never name the same.
 */
#include "runtime/subid_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define NAMED_MAX    3 /* accounts that a sentence names */
#define SENTENCE_MAX 400
#define SHOWN_MAX    60 /* of a malformed line */
/* podman reserves the ranges of --userns=auto under this name, which need not be a user's */
#define POOL_OWNER   "containers"

static const struct {
	const char *file, *ids, *id, *add, *delete;
} kinds[SUBID_KINDS] = {
	{"/etc/subuid", "uids", "uid", "--add-subuids", "--del-subuids"},
	{"/etc/subgid", "gids", "gid", "--add-subgids", "--del-subgids"},
};

struct check {
	const struct subid_check_input *in;
	struct subid_lines lines;
	struct subid_report *report;
};

const char *subid_file(enum subid_kind kind)
{
	return kinds[kind].file;
}

static bool concerns(const struct check *c, const char *user)
{
	return !c->in->user || str_eq(c->in->user, user);
}

static struct subid_finding *add(struct check *c, bool is_error,
				 const struct subid_line *l, char *problem)
{
	struct subid_report *r = c->report;
	struct subid_finding *f;

	r->findings = xreallocarray(r->findings, r->n_findings + 1, sizeof(*r->findings));
	f = &r->findings[r->n_findings++];
	*f = (struct subid_finding){.is_error = is_error,
				    .kind = l->kind,
				    .line = l->number,
				    .user = l->known ? xstrdup(l->user) : NULL,
				    .problem = problem};
	return f;
}

static char *range_text(uint64_t start, uint64_t after)
{
	return after == start + 1 ? xasprintf("%" PRIu64, start)
				  : xasprintf("%" PRIu64 "-%" PRIu64, start, after - 1);
}

/* usermod(8) knows the lines by name of the users of /etc/passwd. */
static bool usermod_can(const struct check *c, const struct subid_line *l)
{
	return c->in->has_usermod && l->known && !l->by_uid;
}

/* The same range of the same user in the other file, which moves along. */
static struct subid_line *twin_of(struct check *c, const struct subid_line *l)
{
	for (size_t i = 0; i < c->lines.n; i++) {
		struct subid_line *other = &c->lines.items[i];

		if (other->kind != l->kind && other->start == l->start &&
		    other->after == l->after && str_eq(other->owner, l->owner) &&
		    !other->dealt_with)
			return other;
	}
	return NULL;
}

static char *no_room(void)
{
	return xstrdup(
		"no range of that size is free: take ids from somebody who has more than enough");
}

/* Nothing in it that a shell or sed(1) would take for something else. */
static bool is_plain(const char *name)
{
	return *name &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._-")];
}

/* Where usermod(8) can't help. */
static char *rewrite_line(const struct subid_line *l, const struct subid_line *twin,
			  uint64_t start, uint64_t count)
{
	cleanup_free char *text = NULL, *more = NULL;

	if (!is_plain(l->owner))
		return xasprintf(
			"write into line %zu of %s a range that is free: %" PRIu64
			":%" PRIu64,
			l->number, kinds[l->kind].file, start, count);
	text = xasprintf("%s:%" PRIu64 ":%" PRIu64, l->owner, start, count);
	if (twin)
		more = xasprintf("; sed -i '%zus/.*/%s/' %s", twin->number, text,
				 kinds[twin->kind].file);
	return xasprintf("sed -i '%zus/.*/%s/' %s%s", l->number, text,
			 kinds[l->kind].file, more ? more : "");
}

/* Another range for the line, and for its twin. */
static char *replace_line(struct check *c, struct subid_line *l)
{
	uint64_t count = l->after - l->start, start;
	cleanup_free char *old = NULL, *new = NULL;
	struct subid_line *twin = twin_of(c, l);
	int first = twin ? SUBID_UID : (int)l->kind,
	    last = twin ? SUBID_GID : (int)l->kind;
	struct buf text;

	if (l->dealt_with)
		return NULL;
	if (count < SUBID_RANGE_SIZE || !l->usable)
		count = SUBID_RANGE_SIZE;
	start = subid_lines_take(&c->lines, count);
	l->dealt_with = true;
	if (twin)
		twin->dealt_with = true;
	if (!start)
		return no_room();
	if (!usermod_can(c, l) || !l->usable)
		return rewrite_line(l, twin, start, count);
	old = range_text(l->start, l->after);
	new = range_text(start, start + count);
	buf_init(&text, SENTENCE_MAX);
	(void)buf_add_str(&text, "usermod");
	for (int k = first; k <= last; k++)
		(void)buf_printf(&text, " %s %s", kinds[k].delete, old);
	for (int k = first; k <= last; k++)
		(void)buf_printf(&text, " %s %s", kinds[k].add, new);
	(void)buf_printf(&text, " %s", l->user);
	return buf_take(&text);
}

static char *delete_line(struct subid_line *l)
{
	if (l->dealt_with)
		return NULL;
	l->dealt_with = true;
	return xasprintf("sed -i %zud %s", l->number, kinds[l->kind].file);
}

/* A range for the user in these files. `start` 0: one that is free. */
static char *give(struct check *c, const char *user, bool by_name,
		  const bool wanted[SUBID_KINDS], struct subid_block range)
{
	cleanup_free char *ids = NULL;
	struct buf text;

	if (!range.start) {
		range.start = subid_lines_take(&c->lines, SUBID_RANGE_SIZE);
		range.after = range.start + SUBID_RANGE_SIZE;
	}
	if (!range.start)
		return no_room();
	ids = range_text(range.start, range.after);
	buf_init(&text, SENTENCE_MAX);
	if (c->in->has_usermod && by_name) {
		(void)buf_add_str(&text, "usermod");
		for (int k = 0; k < SUBID_KINDS; k++)
			if (wanted[k])
				(void)buf_printf(&text, " %s %s", kinds[k].add, ids);
		(void)buf_printf(&text, " %s", user);
		return buf_take(&text);
	}
	(void)buf_printf(&text, "add the line %s:%" PRIu64 ":%" PRIu64 " to ", user,
			 range.start, range.after - range.start);
	for (int k = 0; k < SUBID_KINDS; k++)
		if (wanted[k])
			(void)buf_printf(&text, "%s%s",
					 k == SUBID_GID && wanted[SUBID_UID] ? " and "
									     : "",
					 kinds[k].file);
	return buf_take(&text);
}

static void check_form(struct check *c, struct subid_line *l)
{
	struct subid_finding *f;

	if (!l->well_formed) {
		cleanup_free char *start = xstrndup(l->text, SHOWN_MAX);
		cleanup_free char *shown = str_quote(start);

		f = add(c, true, l,
			xasprintf(
				"%s is not USER:START:COUNT, so it gives nothing to anybody",
				shown));
		f->remedy = delete_line(l);
	} else if (l->after == l->start) {
		f = add(c, false, l,
			xasprintf("%s gets no ids: the count is 0", l->owner));
		f->remedy = delete_line(l);
	} else if (!l->usable) {
		f = add(c, true, l,
			xasprintf(
				"the range of %s reaches past 4294967294, the highest id there is, "
				"so none of it counts",
				l->owner));
		f->remedy = replace_line(c, l);
	}
}

static void check_owner(struct check *c, struct subid_line *l)
{
	cleanup_free char *ids = NULL;
	struct subid_finding *f;

	if (l->known || !l->usable || str_eq(l->owner, POOL_OWNER))
		return;
	ids = range_text(l->start, l->after);
	f = add(c, false, l,
		xasprintf("%s is no user of this host: nobody can use %s", l->owner,
			  ids));
	f->remedy = delete_line(l);
}

/* Real accounts of which the range holds the ids; NULL: none. The user's own is no harm. */
static char *accounts_in(const struct check *c, const struct subid_line *l)
{
	const struct subid_account *a =
		subid_lines_account_from(&c->lines, l->kind, l->start);
	const struct subid_account *end =
		c->lines.accounts[l->kind] + c->lines.n_accounts[l->kind];
	size_t n = 0;
	struct buf text;

	buf_init(&text, SENTENCE_MAX);
	for (; a && a < end && a->id < l->after; a++) {
		if (str_eq(a->name, l->user))
			continue;
		if (n++ < NAMED_MAX)
			(void)buf_printf(&text, "%s%u (%s)", n > 1 ? ", " : "", a->id,
					 a->name);
	}
	if (n > NAMED_MAX)
		(void)buf_printf(&text, " and %zu more", n - NAMED_MAX);
	if (n)
		return buf_take(&text);
	buf_release(&text);
	return NULL;
}

/* "alice:65536:100000": what useradd(8) gives starts at 100000, 165536, ... */
static bool looks_swapped(const struct subid_line *l)
{
	uint64_t count = l->after - l->start;

	return l->start == SUBID_RANGE_SIZE && count >= 100000 &&
	       (count - 100000) % SUBID_RANGE_SIZE == 0;
}

static void check_ids(struct check *c, struct subid_line *l)
{
	cleanup_free char *ids = NULL, *accounts = NULL;
	struct subid_finding *f;

	if (!l->usable)
		return;
	ids = range_text(l->start, l->after);
	accounts = accounts_in(c, l);
	if (accounts)
		f = add(c, true, l,
			xasprintf(
				"%s of %s holds %s of accounts of the host: %s. Containers of %s "
				"can act as these",
				ids, l->user, kinds[l->kind].ids, accounts, l->user));
	else if (l->start < SUBID_RANGE_SIZE)
		f = add(c, false, l,
			xasprintf(
				"%s of %s begins below 65536, where accounts and services get "
				"their ids",
				ids, l->user));
	else if (looks_swapped(l))
		f = add(c, false, l,
			xasprintf(
				"%s: start and count look as if they had changed places",
				l->text));
	else
		return;
	f->remedy = replace_line(c, l);
}

static int by_place(const void *a, const void *b)
{
	const struct subid_line *x = *(struct subid_line *const *)a;
	const struct subid_line *y = *(struct subid_line *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Two lines of one file that share ids; the later one is the one to change. */
static void report_overlap(struct check *c, struct subid_line *a, struct subid_line *b)
{
	struct subid_line *first = a->number < b->number ? a : b,
			  *later = first == a ? b : a;
	uint64_t start = a->start > b->start ? a->start : b->start;
	uint64_t after = a->after < b->after ? a->after : b->after;
	cleanup_free char *ids = range_text(start, after);
	struct subid_finding *f;

	if (!concerns(c, a->user) && !concerns(c, b->user))
		return;
	if (!str_eq(a->user, b->user)) {
		f = add(c, true, later,
			xasprintf(
				"%s is given to %s as well as to %s (line %zu): containers of "
				"either can read, write and kill what is the other's",
				ids, later->user, first->user, first->number));
		f->remedy = replace_line(c, later);
		return;
	}
	f = add(c, false, later,
		xasprintf("%s is given to %s a second time (line %zu)", ids, later->user,
			  first->number));
	f->remedy = later->start >= first->start && later->after <= first->after
			    ? delete_line(later)
			    : replace_line(c, later);
}

/* In order of their start, each against the one that reaches furthest before it. */
static void check_overlaps(struct check *c)
{
	cleanup_free struct subid_line **sorted =
		xcalloc(c->lines.n ? c->lines.n : 1, sizeof(struct subid_line *));
	struct subid_line *furthest = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->lines.n; i++)
		if (c->lines.items[i].usable)
			sorted[n++] = &c->lines.items[i];
	qsort(sorted, n, sizeof(struct subid_line *), by_place);
	for (size_t i = 0; i < n; i++) {
		if (furthest && furthest->kind != sorted[i]->kind)
			furthest = NULL;
		if (furthest && sorted[i]->start < furthest->after)
			report_overlap(c, furthest, sorted[i]);
		if (!furthest || sorted[i]->after > furthest->after)
			furthest = sorted[i];
	}
}

static struct subid_user *user_of(struct subid_report *r, const char *name)
{
	for (size_t i = 0; i < r->n_users; i++)
		if (str_eq(r->users[i].name, name))
			return &r->users[i];
	r->users = xreallocarray(r->users, r->n_users + 1, sizeof(*r->users));
	r->users[r->n_users] = (struct subid_user){.name = xstrdup(name)};
	return &r->users[r->n_users++];
}

static void collect_users(struct check *c)
{
	if (c->in->user)
		(void)user_of(c->report, c->in->user);
	for (size_t i = 0; i < c->lines.n; i++) {
		const struct subid_line *l = &c->lines.items[i];
		struct subid_user *u;

		if (!l->usable || !concerns(c, l->user))
			continue;
		u = user_of(c->report, l->user);
		u->ranges[l->kind] =
			xreallocarray(u->ranges[l->kind], u->n_ranges[l->kind] + 1,
				      sizeof(struct subid_range));
		u->ranges[l->kind][u->n_ranges[l->kind]++] = (struct subid_range){
			(uint32_t)l->start, (uint32_t)(l->after - l->start)};
	}
}

static uint64_t total_of(const struct subid_user *u, int kind)
{
	uint64_t total = 0;

	for (size_t i = 0; i < u->n_ranges[kind]; i++)
		total += u->ranges[kind][i].count;
	return total;
}

static bool same_ranges(const struct subid_user *u)
{
	size_t n = u->n_ranges[SUBID_UID];

	return n == u->n_ranges[SUBID_GID] &&
	       (n == 0 || memcmp(u->ranges[SUBID_UID], u->ranges[SUBID_GID],
				 n * sizeof(struct subid_range)) == 0);
}

static struct subid_finding *add_of_user(struct check *c, bool is_error, int kind,
					 const struct subid_user *u, char *problem)
{
	const struct subid_line about = {
		.kind = (enum subid_kind)kind, .user = u->name, .known = true};

	return add(c, is_error, &about, problem);
}

/* In one file only, or in none. */
static void check_missing(struct check *c, const struct subid_user *u)
{
	const bool missing[] = {u->n_ranges[SUBID_UID] == 0, u->n_ranges[SUBID_GID] == 0};
	int kind = missing[SUBID_UID] ? SUBID_UID : SUBID_GID, other = !kind;
	bool known = subid_lines_account(&c->lines, SUBID_UID, u->name);
	struct subid_block range = {0};
	struct subid_finding *f;

	if (missing[SUBID_UID] && missing[SUBID_GID]) {
		f = add_of_user(
			c, true, kind, u,
			xasprintf(
				"%s has no subordinate ids: containers have one id only "
				"(--uidmap 0:0:1)",
				u->name));
	} else {
		const struct subid_range *there = &u->ranges[other][0];
		uint64_t after = (uint64_t)there->start + there->count;

		if (u->n_ranges[other] == 1 && there->count >= SUBID_RANGE_SIZE &&
		    subid_lines_is_free(&c->lines, (enum subid_kind)kind, there->start,
					after))
			range = (struct subid_block){there->start, after};
		f = add_of_user(
			c, true, kind, u,
			xasprintf(
				"%s has subordinate %s and no subordinate %s: containers "
				"need both",
				u->name, kinds[other].ids, kinds[kind].ids));
	}
	f->remedy = give(c, u->name, known, missing, range);
}

static void check_size(struct check *c, const struct subid_user *u)
{
	uint64_t total[] = {total_of(u, SUBID_UID), total_of(u, SUBID_GID)};
	bool small[] = {total[SUBID_UID] < SUBID_RANGE_SIZE,
			total[SUBID_GID] < SUBID_RANGE_SIZE};
	int kind = small[SUBID_UID] ? SUBID_UID : SUBID_GID;
	struct subid_finding *f;

	if (!small[kind])
		return;
	f = add_of_user(
		c, false, kind, u,
		xasprintf("%s has %" PRIu64
			  " subordinate %s%s: images expect 65536 (nobody is "
			  "65534)",
			  u->name, total[kind], kinds[kind].ids,
			  small[SUBID_UID] && small[SUBID_GID] ? ", and few gids" : ""));
	f->remedy = give(c, u->name, true, small, (struct subid_block){0});
}

static void add_ranges(struct buf *text, const char *option,
		       const struct subid_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *ids = range_text(
			ranges[i].start, (uint64_t)ranges[i].start + ranges[i].count);

		(void)buf_printf(text, " %s %s", option, ids);
	}
}

/* The gids become the uids' ranges if these are free, else both become one that is. */
static char *make_same(struct check *c, const struct subid_user *u)
{
	struct subid_range *uids = u->ranges[SUBID_UID], *gids = u->ranges[SUBID_GID];
	size_t n_uids = u->n_ranges[SUBID_UID], n_gids = u->n_ranges[SUBID_GID];
	struct subid_range range = {.count = SUBID_RANGE_SIZE};
	uint64_t start = uids->start;
	struct buf text;

	buf_init(&text, SENTENCE_MAX);
	(void)buf_add_str(&text, "usermod");
	if (n_uids == 1 && subid_lines_is_free(&c->lines, SUBID_GID, uids->start,
					       (uint64_t)uids->start + uids->count)) {
		add_ranges(&text, "--del-subgids", gids, n_gids);
		add_ranges(&text, "--add-subgids", uids, n_uids);
	} else {
		start = subid_lines_take(&c->lines, range.count);
		range.start = (uint32_t)start;
		add_ranges(&text, "--del-subuids", uids, n_uids);
		add_ranges(&text, "--del-subgids", gids, n_gids);
		add_ranges(&text, "--add-subuids", &range, 1);
		add_ranges(&text, "--add-subgids", &range, 1);
	}
	(void)buf_printf(&text, " %s", u->name);
	if (!text.overflow && start && c->in->has_usermod)
		return buf_take(&text);
	buf_release(&text);
	return xasprintf("give both files the same lines of %s, in the same order",
			 u->name);
}

static void check_same(struct check *c, const struct subid_user *u)
{
	if (!same_ranges(u))
		add_of_user(
			c, false, SUBID_GID, u,
			xasprintf(
				"the uids and gids of %s are not the same ranges in the same order: "
				"user N and group N of a container are different numbers on the host",
				u->name))
			->remedy = make_same(c, u);
}

/* Only of those whose lines are all right by themselves: the remedies would contradict each other. */
static bool is_being_mended(const struct check *c, const char *user)
{
	for (size_t i = 0; i < c->lines.n; i++)
		if (c->lines.items[i].dealt_with && c->lines.items[i].usable &&
		    str_eq(c->lines.items[i].user, user))
			return true;
	return false;
}

static void check_users(struct check *c)
{
	for (size_t i = 0; i < c->report->n_users; i++) {
		const struct subid_user *u = &c->report->users[i];
		bool known = subid_lines_account(&c->lines, SUBID_UID, u->name);

		if (!known && !c->in->user)
			continue; /* that was said of its line */
		if (!u->n_ranges[SUBID_UID] || !u->n_ranges[SUBID_GID]) {
			check_missing(c, u);
			continue;
		}
		if (is_being_mended(c, u->name))
			continue;
		check_size(c, u);
		check_same(c, u);
	}
}

void subid_check(const struct subid_check_input *in, struct subid_report *ret)
{
	struct check c = {.in = in, .report = ret};

	*ret = (struct subid_report){0};
	subid_lines_init(&c.lines, in->subids, in->accounts);
	for (size_t i = 0; i < c.lines.n; i++) {
		struct subid_line *l = &c.lines.items[i];

		if (!concerns(&c, l->user))
			continue;
		check_form(&c, l);
		check_owner(&c, l);
		check_ids(&c, l);
	}
	check_overlaps(&c);
	collect_users(&c);
	check_users(&c);
	subid_lines_release(&c.lines);
}

void subid_report_release(struct subid_report *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		free(r->findings[i].user);
		free(r->findings[i].problem);
		free(r->findings[i].remedy);
	}
	for (size_t i = 0; i < r->n_users; i++) {
		free(r->users[i].name);
		for (int kind = 0; kind < SUBID_KINDS; kind++)
			free(r->users[i].ranges[kind]);
	}
	free(r->findings);
	free(r->users);
	*r = (struct subid_report){0};
}
