/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/human.h"
#include "cli/wrap.h"
#include "engine/audit_json.h"
#include "engine/security_option.h"
#include "runtime/process.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"

#define KEY_COLUMNS   16
#define INDENT        2
#define WIDTH_DEFAULT 80
#define WIDTH_MIN     50
#define WIDTH_MAX     110
#define PATHS_SHOWN   24
#define TEXT_MAX      (1 << 20)
#define NAMES_SHOWN   6

struct view {
	FILE *out;
	const struct audit_facts *f;
	const struct audit_verdict *v;
	size_t width;
	bool colour;
};

/* Broken at the edge; the lines after the first begin below where the text does. */
static void print_text(const struct view *w, const char *first, const char *text)
{
	cleanup_free char *visible = str_visible(text, "");
	cleanup_free char *next = xasprintf("%*s", (int)text_width(first), "");
	const struct wrap wrap = {.columns = w->width, .first = first, .next = next};
	cleanup_buf struct buf lines;

	buf_init(&lines, TEXT_MAX);
	wrap_add(&lines, &wrap, visible);
	fputs(lines.data, w->out);
}

static void print_group(const struct view *w, const char *name)
{
	fprintf(w->out, "\n%s%s%s\n", w->colour ? "\x1b[1m" : "", name,
		w->colour ? "\x1b[0m" : "");
}

static void print_row(const struct view *w, const char *key, const char *text)
{
	cleanup_free char *first = xasprintf("%*s%-*s", INDENT, "", KEY_COLUMNS, key);

	print_text(w, first, text);
}

static void print_verdict(const struct view *w)
{
	static const char *const colours[] = {
		[AUDIT_ISOLATED] = "\x1b[1;32m",
		[AUDIT_USER] = "\x1b[1;33m",
		[AUDIT_ROOT] = "\x1b[1;31m",
	};

	if (w->colour)
		fputs(colours[w->v->level], w->out);
	print_text(w, "", w->v->text);
	if (w->colour)
		fputs("\x1b[0m", w->out);
}

/* "cubby-test (uid 1001, gid 1001)" */
static char *who_text(const struct audit_facts *f, const struct audit_who *who)
{
	cleanup_free char *group = NULL, *groups = NULL;
	char *text;

	if (!who->is_mapped)
		return xstrdup("there is none: id 0 is not mapped");
	if (audit_is_from_pool(f, who->host_uid))
		return xstrdup("nobody, an id from the pool");
	group = who->host_gid == IDMAP_NONE
			? xstrdup("no group")
			: xasprintf("gid %" PRIu32 "%s%s", who->host_gid,
				    who->group ? " " : "", who->group ? who->group : "");
	text = xasprintf("%s%s (uid %" PRIu32 ", %s)", who->user ? who->user : "nobody",
			 f->caller_uid && who->host_uid == f->caller_uid ? ", you" : "",
			 who->host_uid, group);
	if (who->groups) {
		char *more;

		groups = strv_join(who->groups, ", ");
		more = xasprintf("%s, groups %s", text, groups);
		free(text);
		return more;
	}
	return text;
}

/* "a, b and 3 more" */
static char *some(char *const *names)
{
	cleanup_strv char **shown = NULL;
	cleanup_free char *list = NULL;
	size_t n = 0;

	strv_foreach (name, names)
		if (n++ < NAMES_SHOWN)
			strv_add(&shown, *name);
	list = strv_join(shown, ", ");
	return n > NAMES_SHOWN ? xasprintf("%s and %zu more", list, n - NAMES_SHOWN)
			       : TAKE_PTR(list);
}

static void print_sharing(const struct view *w)
{
	const struct audit_facts *f = w->f;
	cleanup_free char *containers = some(f->containers), *all = NULL;
	cleanup_strv char **words = NULL;

	if (f->shares_root)
		strv_add(&words, "root");
	if (f->shares_caller && f->caller_uid != 0)
		strv_add(&words, "you");
	if (f->accounts && f->own_user_ns)
		strv_add_take(&words, some(f->accounts));
	else if (f->accounts)
		strv_add(&words, "every account");
	if (f->containers)
		strv_addf(&words, "the containers %s", containers);
	all = strv_join(words, ", ");
	print_row(w, "in common with", words ? all : "nobody");
}

static void print_ids(const struct view *w)
{
	const struct audit_facts *f = w->f;
	cleanup_free char *root = who_text(f, &f->root), *user = who_text(f, &f->user);

	print_group(w, "On the host it is");
	print_row(w, "its root", root);
	if (f->user.uid != 0)
		print_row(w, "its program", user);
	if (!f->own_user_ns)
		print_row(w, "ids", "the host's own: no user namespace");
	for (size_t i = 0; f->map_words && f->map_words[i]; i++)
		print_row(w, i == 0 ? "ids" : "", f->map_words[i]);
	print_sharing(w);
}

/* Without the CAP_ that all have. */
static char *capability_text(uint64_t mask)
{
	cleanup_strv char **names = capability_names(mask), **words = NULL;
	size_t n = strv_len(names);

	if (mask == capabilities_all())
		return xasprintf("all %zu", n);
	strv_foreach (name, names)
		strv_add(&words, *name + strlen("CAP_"));
	return words ? strv_join(words, " ") : xstrdup("none");
}

static void print_capabilities(const struct view *w)
{
	const struct audit_facts *f = w->f;
	uint64_t held = audit_judged_capabilities(f);
	cleanup_free char *text = capability_text(held);
	cleanup_free char *dangerous = capability_text(audit_host_capabilities(f));
	cleanup_free char *effective = capability_text(f->effective);

	print_group(w, "Capabilities");
	print_row(w, audit_judged(f) == &f->root ? "of its root" : "of its program",
		  text);
	if (f->effective != held)
		print_row(w, "of its program", effective);
	print_row(w, "they count",
		  f->own_user_ns ? "in its own user namespace only"
				 : "on the host itself");
	if (!f->own_user_ns)
		print_row(w, "dangerous", dangerous);
}

static const char *access_word(const struct audit_path *p)
{
	if (!p->tried)
		return "not tried";
	if (p->writable)
		return p->kind == AUDIT_SOCKET ? "connect" : "write";
	if (p->remountable)
		return "write*";
	return p->readable ? "read" : "none";
}

static char *note_text(const struct view *w, const struct audit_path *p)
{
	cleanup_strv char **words = NULL;
	uint32_t as = audit_path_as(w->f, p);
	bool writes = (p->kind == AUDIT_VOLUME || p->kind == AUDIT_ROOTFS) &&
		      (p->writable || p->remountable);

	if (p->what)
		strv_add(&words, p->what);
	if (writes && as == 0)
		strv_add(&words, "as root");
	else if (writes && as == w->f->caller_uid)
		strv_add(&words, "as you");
	else if (writes && as != IDMAP_NONE)
		strv_addf(&words, "as uid %" PRIu32, as);
	if (audit_path_setuid(w->f, p))
		strv_add(&words, "setuid works");
	if (p->kind == AUDIT_ROOTFS)
		strv_add(&words, "its root");
	return words ? strv_join(words, ", ") : xstrdup("");
}

static bool is_device(const struct audit_path *p)
{
	return p->kind == AUDIT_DEVICE;
}

static void add_path_row(const struct view *w, struct table *table,
			 const struct audit_path *p, const char *destination)
{
	cleanup_free char *note = note_text(w, p);
	cleanup_free char *indented = xasprintf("%*s%s", INDENT, "", access_word(p));

	table_add(table, (const char *const[]){indented, p->source, destination, note});
}

static struct table *path_table(void)
{
	static const char *const headings[] = {"  ACCESS", "ON THE HOST",
					       "IN THE CONTAINER", "NOTE", NULL};

	return table_new(headings, 4);
}

/* Those that count are shown, however many the others are. */
static void print_files(const struct view *w)
{
	struct table *table = path_table();
	size_t shown = 0, left = 0;
	bool remountable = false;

	for (size_t i = 0; i < w->f->paths.n; i++) {
		const struct audit_path *p = &w->f->paths.items[i];

		if (is_device(p))
			continue;
		if (shown >= PATHS_SHOWN && audit_path_level(w->f, p) == AUDIT_ISOLATED) {
			left++;
			continue;
		}
		shown++;
		remountable |= !p->writable && p->remountable;
		add_path_row(w, table, p, p->destination);
	}
	print_group(w, "Files of the host");
	if (shown)
		(void)!table_print(table, w->out, true);
	else
		fprintf(w->out, "%*snone: nothing of the host is mounted into it\n",
			INDENT, "");
	if (left)
		fprintf(w->out, "%*sand %zu more: --format json\n", INDENT, "", left);
	if (remountable)
		fprintf(w->out, "%*s* once it has made the mount writable\n", INDENT, "");
	table_free(table);
}

/* How many devices from i on are good for the same; 0: one before i is, so they are shown. */
static size_t like_this(const struct audit_facts *f, size_t i)
{
	const struct audit_path *p = &f->paths.items[i];
	size_t n = 0;

	for (size_t k = 0; k < f->paths.n; k++) {
		const struct audit_path *q = &f->paths.items[k];

		if (!is_device(q) || !str_eq(q->what, p->what) ||
		    !str_eq(access_word(q), access_word(p)))
			continue;
		if (k < i)
			return 0;
		n++;
	}
	return n;
}

static void print_devices(const struct view *w)
{
	struct table *table = path_table();
	bool any = false;

	for (size_t i = 0; i < w->f->paths.n; i++) {
		const struct audit_path *p = &w->f->paths.items[i];
		size_t n = is_device(p) ? like_this(w->f, i) : 0;
		cleanup_free char *more = NULL;

		if (n == 0)
			continue;
		any = true;
		more = n > 1 ? xasprintf("and %zu more", n - 1) : xstrdup(p->destination);
		add_path_row(w, table, p, more);
	}
	if (any) {
		print_group(w, "Devices of the host");
		(void)!table_print(table, w->out, true);
	}
	table_free(table);
}

static void print_kernel(const struct view *w)
{
	const struct audit_facts *f = w->f;
	cleanup_free char *masked =
		xasprintf("%zu paths of /proc and /sys hidden, %zu read-only",
			  strv_len(f->masked_paths), strv_len(f->readonly_paths));

	print_group(w, "Between it and the kernel");
	print_row(w, "seccomp",
		  str_eq(f->seccomp, "default") && f->nested
			  ? "the default filter, but namespaces and mounts may be made"
		  : str_eq(f->seccomp, "default")    ? "the default filter"
		  : str_eq(f->seccomp, "unconfined") ? "no filter"
						     : f->seccomp);
	print_row(w, "new privileges",
		  f->no_new_privileges ? "none by setuid programs"
				       : "setuid programs work");
	if (f->apparmor)
		print_row(w, "AppArmor", f->apparmor);
	if (f->selinux)
		print_row(w, "SELinux", f->selinux);
	print_row(w, "masked", masked);
	print_row(w, "its root files", f->read_only_root ? "read-only" : "writable");
}

static void print_namespaces(const struct view *w)
{
	cleanup_strv char **own = NULL, **host = NULL;
	cleanup_free char *own_list = NULL, *host_list = NULL;

	for (enum namespace_kind kind = 0; kind < NS_TIME; kind++)
		strv_add(w->f->shares_ns[kind] ? &host : &own, namespace_word(kind));
	own_list = strv_join(own, ", ");
	host_list = strv_join(host, ", ");
	print_row(w, "its own", own ? own_list : "none");
	if (host)
		print_row(w, "the host's", host_list);
}

static char *limit_text(const struct audit_limit *l, const char *number)
{
	if (!l->is_known)
		return xstrdup("unknown: no control groups here");
	if (!l->is_set)
		return xstrdup("no limit");
	return xasprintf("%s%s", number,
			 l->is_shared ? ", shared with your session" : "");
}

static void print_limits(const struct view *w)
{
	const struct audit_facts *f = w->f;
	char size[HUMAN_TEXT_MAX];
	cleanup_free char *number = xasprintf("%" PRIu64, f->pids.value);
	cleanup_free char *pids = limit_text(&f->pids, number);
	cleanup_free char *memory = limit_text(
		&f->memory, human_size((int64_t)(f->memory.value & INT64_MAX), size));

	print_group(w, "Limits");
	print_row(w, "processes", pids);
	print_row(w, "memory", memory);
}

static void print_notes(const struct view *w)
{
	if (!w->v->notes)
		return;
	print_group(w, "Worth knowing");
	strv_foreach (note, w->v->notes)
		print_text(w, "  - ", *note);
}

void audit_view_print(FILE *out, const struct audit_facts *f,
		      const struct audit_verdict *v)
{
	struct view w = {.out = out, .f = f, .v = v, .width = WIDTH_DEFAULT};
	bool terminal = isatty(fileno(out)) == 1;
	size_t columns = wrap_columns(fileno(out), WIDTH_MAX);

	w.colour = terminal && str_empty(getenv("NO_COLOR"));
	if (columns)
		w.width = columns < WIDTH_MIN ? WIDTH_MIN : columns;
	print_verdict(&w);
	print_ids(&w);
	print_capabilities(&w);
	print_files(&w);
	print_devices(&w);
	print_kernel(&w);
	print_group(&w, "Namespaces");
	print_namespaces(&w);
	print_limits(&w);
	print_notes(&w);
	if (v->remedy) {
		print_group(&w, "To give it less");
		print_text(&w, "  ", v->remedy);
	}
}
