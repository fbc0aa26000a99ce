/* SPDX-License-Identifier: Apache-2.0 */
#include "build/dir_list.h"

#include <dirent.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define CHUNK     32768
#define NAMES_MAX ((size_t)1 << 30)

void dir_list_release(struct dir_list *l)
{
	free(l->names);
	buf_release(&l->text);
	*l = (struct dir_list){0};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_chunk(struct dir_list *l, const char *chunk, size_t size)
{
	for (size_t at = 0; at < size;) {
		const struct dirent64 *d = (const void *)(chunk + at);

		at += d->d_reclen;
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		if (buf_add(&l->text, d->d_name, strlen(d->d_name) + 1) < 0)
			return -E2BIG;
		l->n++;
	}
	return 0;
}

int dir_list_read(int fd, struct dir_list *ret)
{
	_Alignas(struct dirent64) char chunk[CHUNK];
	const char *at;
	ssize_t n;
	int r = 0;

	*ret = (struct dir_list){0};
	buf_init(&ret->text, NAMES_MAX);
	while (r == 0 && (n = getdents64(fd, chunk, sizeof(chunk))) != 0)
		r = n < 0 ? -errno : add_chunk(ret, chunk, (size_t)n);
	if (r < 0)
		return r;
	ret->names = xcalloc(ret->n + 1, sizeof(*ret->names));
	at = ret->text.data;
	for (size_t i = 0; i < ret->n; i++, at += strlen(at) + 1)
		ret->names[i] = at;
	if (ret->n > 1)
		qsort(ret->names, ret->n, sizeof(*ret->names), by_name);
	return 0;
}
