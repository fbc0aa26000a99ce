/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record: the kind as a letter, the path, NUL. An implied record (the directory of something that
 * was added) has a small letter; it counts only if there is no other of that path.
 */
#include "engine/file_change.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define IMPLIED 'c'

static int add(struct buf *b, char kind, const char *path, size_t len)
{
	int r = buf_add(b, &kind, 1);

	if (r >= 0)
		r = buf_add(b, path, len);
	return r < 0 ? r : buf_add(b, "", 1);
}

int file_change_add(struct buf *b, char kind, const char *path)
{
	const char *slash = strrchr(path, '/');
	int r = add(b, kind, path, strlen(path));

	if (r < 0 || kind == 'C' || !slash)
		return r;
	return add(b, IMPLIED, path, (size_t)(slash - path));
}

/* By components: what is in a directory comes right after it. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int compare(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int order = compare_paths(x + 1, y + 1);

	if (order != 0)
		return order;
	return (*x == IMPLIED) - (*y == IMPLIED);
}

static const char **sorted_records(const struct buf *b, size_t *ret_n)
{
	const char **records, *end = b->data + b->len;
	size_t n = 0;

	for (const char *p = b->data; p < end; p += strlen(p) + 1)
		n++;
	records = xcalloc(n + 1, sizeof(*records));
	n = 0;
	for (const char *p = b->data; p < end; p += strlen(p) + 1)
		records[n++] = p;
	qsort(records, n, sizeof(*records), compare);
	*ret_n = n;
	return records;
}

char **file_changes(const struct buf *b)
{
	cleanup_free const char **records = NULL;
	char **lines;
	size_t n = 0, n_lines = 0;

	if (b->len == 0)
		return NULL;
	records = sorted_records(b, &n);
	lines = xcalloc(n + 1, sizeof(*lines));
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_eq(records[i] + 1, records[i - 1] + 1))
			continue;
		lines[n_lines++] =
			xasprintf("%c /%s", *records[i] == IMPLIED ? 'C' : *records[i],
				  records[i] + 1);
	}
	return lines;
}

bool file_differs(const struct stat *a, const struct stat *b)
{
	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
	    a->st_gid != b->st_gid || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec)
		return true;
	if (S_ISDIR(a->st_mode))
		return false;
	return a->st_size != b->st_size || a->st_rdev != b->st_rdev;
}
