/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_index.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/tar_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define READ_SIZE (16 * 1024) /* mostly headers are read; the rest is jumped over */

struct file {
	int fd;
	uint64_t offset, size;
	uint8_t data[READ_SIZE];
};

static ssize_t file_more(void *data, const uint8_t **ret, struct error *err)
{
	struct file *f = data;
	ssize_t n;

	do
		n = pread(f->fd, f->data, sizeof(f->data), (off_t)f->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the archive");
	f->offset += (uint64_t)n;
	*ret = f->data;
	return n;
}

static int file_skip(void *data, uint64_t n, struct error *err)
{
	struct file *f = data;

	if (n > f->size - f->offset)
		return error_set(
			err, ERR_INVALID, 0,
			"the archive is cut off: something ends %llu bytes behind "
			"its end",
			(unsigned long long)(n - (f->size - f->offset)));
	f->offset += n;
	return 0;
}

static int add(struct tar_index *index, const struct tar_entry *e, size_t *names,
	       struct error *err)
{
	if (e->extents)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"%s is stored as a sparse file; not in an archive of images",
			e->path);
	*names += strlen(e->path) + strlen(e->link) + 2;
	if (index->n >= TAR_INDEX_MEMBERS_MAX || *names > TAR_INDEX_NAMES_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "more than %d members, or %d bytes of names",
				 TAR_INDEX_MEMBERS_MAX, TAR_INDEX_NAMES_MAX);
	if ((index->n & (index->n - 1)) == 0)
		index->members =
			xreallocarray(index->members, index->n > 0 ? 2 * index->n : 1,
				      sizeof(*index->members));
	index->members[index->n++] = (struct tar_member){.name = xstrdup(e->path),
							 .link = xstrdup(e->link),
							 .type = e->type,
							 .offset = e->stored_offset,
							 .size = e->stored_size};
	return 0;
}

static int read_all(struct file *file, struct tar_index *index, struct error *err)
{
	struct tar_source source = {.more = file_more, .skip = file_skip, .data = file};
	cleanup_tar_reader struct tar_reader *reader = tar_reader_new(&source);
	const struct tar_entry *e;
	size_t names = 0;
	int r;

	while ((r = tar_reader_next(reader, &e, err)) == 1) {
		r = add(index, e, &names, err);
		if (r < 0)
			return r;
	}
	return r;
}

int tar_index_read(int fd, struct tar_index *ret, struct error *err)
{
	cleanup_free struct file *file = xcalloc(1, sizeof(*file));
	cleanup_tar_index struct tar_index index = {0};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the archive");
	file->fd = fd;
	file->size = (uint64_t)st.st_size;
	int r = read_all(file, &index, err);
	if (r < 0)
		return r;
	*ret = index;
	index = (struct tar_index){0};
	return 0;
}

void tar_index_release(struct tar_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		free(index->members[i].name);
		free(index->members[i].link);
	}
	free(index->members);
	*index = (struct tar_index){0};
}

static const char *without_dot(const char *name)
{
	while (str_starts(name, "./"))
		name += 2 + strspn(name + 2, "/");
	return name;
}

const struct tar_member *tar_index_find(const struct tar_index *index, const char *name)
{
	for (size_t i = index->n; i-- > 0;)
		if (str_eq(without_dot(index->members[i].name), without_dot(name)))
			return &index->members[i];
	return NULL;
}
