/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mountinfo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX (32 << 20)

/* The fields up to the optional ones, and those after " - ". */
enum field {
	FIELD_ID,
	FIELD_PARENT,
	FIELD_DEVICE,
	FIELD_ROOT,
	FIELD_POINT,
	FIELD_OPTIONS,
	FIELDS
};
enum tail { TAIL_TYPE, TAIL_SOURCE, TAIL_OPTIONS, TAILS };

static void release(struct mountinfo *m)
{
	free(m->root);
	free(m->point);
	free(m->type);
}

void mountinfos_release(struct mountinfos *list)
{
	for (size_t i = 0; i < list->n; i++)
		release(&list->items[i]);
	free(list->items);
	*list = (struct mountinfos){0};
}

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* A blank is \040, and so on. */
static char *unescape(const char *s)
{
	char *text = xstrdup(s), *to = text;

	while (*s) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
	return text;
}

/* Cuts the line at blanks. Return: how many words there are, at most n are kept. */
static size_t cut(char *line, char **words, size_t n)
{
	size_t found = 0;

	for (char *word; found < n && (word = strsep(&line, " "));)
		if (*word)
			words[found++] = word;
	return found;
}

static int take_device(const char *text, struct mountinfo *m)
{
	cleanup_strv char **numbers = str_split(text, ':');

	if (strv_len(numbers) != 2 || str_to_u32(numbers[0], &m->major) < 0)
		return -EINVAL;
	return str_to_u32(numbers[1], &m->minor);
}

static void take_options(const char *mount, const char *superblock, struct mountinfo *m)
{
	cleanup_strv char **words = str_split(mount, ',');
	cleanup_strv char **more = str_split(superblock, ',');

	m->read_only = strv_has(words, "ro") || strv_has(more, "ro");
	m->nosuid = strv_has(words, "nosuid");
	m->nodev = strv_has(words, "nodev");
	m->idmapped = strv_has(words, "idmapped");
}

static int parse_line(char *line, struct mountinfo *ret)
{
	char *separator = strstr(line, " - "), *head[FIELDS], *tail[TAILS];
	struct mountinfo m = {0};

	if (!separator)
		return -EINVAL;
	*separator = '\0';
	if (cut(line, head, FIELDS) < FIELDS || cut(separator + 3, tail, TAILS) < TAILS ||
	    str_to_u64(head[FIELD_ID], &m.id) < 0 ||
	    take_device(head[FIELD_DEVICE], &m) < 0)
		return -EINVAL;
	take_options(head[FIELD_OPTIONS], tail[TAIL_OPTIONS], &m);
	m.root = unescape(head[FIELD_ROOT]);
	m.point = unescape(head[FIELD_POINT]);
	m.type = unescape(tail[TAIL_TYPE]);
	*ret = m;
	return 0;
}

void mountinfo_parse(const char *text, struct mountinfos *ret)
{
	cleanup_strv char **lines = str_split(text, '\n');

	*ret = (struct mountinfos){0};
	ret->items = xcalloc(strv_len(lines) + 1, sizeof(*ret->items));
	strv_foreach (line, lines)
		if (parse_line(*line, &ret->items[ret->n]) >= 0)
			ret->n++;
}

int mountinfo_read(const char *proc_file, struct mountinfos *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	int r = fs_read(AT_FDCWD, proc_file, TEXT_MAX, &text, NULL, err);

	if (r < 0)
		return r;
	mountinfo_parse(text, ret);
	return 0;
}

bool mountinfo_is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (str_eq(top, "/"))
		return path[0] == '/';
	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* What follows top in path: "" or "/...". */
static const char *rest_of(const char *path, const char *top)
{
	const char *rest = str_eq(top, "/") ? path : path + strlen(top);

	return str_eq(rest, "/") ? "" : rest;
}

char *mountinfo_host_path(const struct mountinfo *m, const struct mountinfos *host,
			  const struct mountinfo **ret_host)
{
	const struct mountinfo *best = NULL;
	const char *rest;

	for (size_t i = 0; i < host->n; i++) {
		const struct mountinfo *h = &host->items[i];

		if (h->major != m->major || h->minor != m->minor ||
		    !mountinfo_is_below(m->root, h->root))
			continue;
		if (!best || strlen(h->root) > strlen(best->root) ||
		    (strlen(h->root) == strlen(best->root) &&
		     strlen(h->point) < strlen(best->point)))
			best = h;
	}
	if (!best)
		return NULL;
	if (ret_host)
		*ret_host = best;
	rest = rest_of(m->root, best->root);
	if (!*rest)
		return xstrdup(best->point);
	return str_eq(best->point, "/") ? xstrdup(rest)
					: xasprintf("%s%s", best->point, rest);
}

const struct mountinfo *mountinfo_of_path(const struct mountinfos *list, const char *path)
{
	const struct mountinfo *best = NULL;

	/* the last of those with the longest path lies on top */
	for (size_t i = 0; i < list->n; i++) {
		const struct mountinfo *m = &list->items[i];

		if (mountinfo_is_below(path, m->point) &&
		    (!best || strlen(m->point) >= strlen(best->point)))
			best = m;
	}
	return best;
}
