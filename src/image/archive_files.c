/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/archive_spool.h"
#include "image/blob_writer.h"
#include "image/tar_index.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define COPY_SIZE (256 * 1024)

#define LINKS_MAX 16 /* from one member to the next */

struct archive_files {
	char *name;
	int fd; /* of the directory, or of the tar */
	bool is_tar;
	struct tar_index index;
};

void archive_part_release(struct archive_part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	*p = ARCHIVE_PART_INIT;
}

struct archive_files *archive_files_of_dir(int dir_fd, const char *name)
{
	struct archive_files *f = xcalloc(1, sizeof(*f));

	f->name = xstrdup(name);
	f->fd = dir_fd;
	return f;
}

int archive_files_of_tar(int fd, const char *name, int blobs_fd,
			 struct archive_files **ret, struct error *err)
{
	cleanup_archive_files struct archive_files *f = archive_files_of_dir(fd, name);

	f->is_tar = true;
	int r = archive_spool(&f->fd, blobs_fd, name, err);
	if (r < 0)
		return r;
	r = tar_index_read(f->fd, &f->index, err);
	if (r < 0)
		return error_wrap(err, "%s", name);
	*ret = TAKE_PTR(f);
	return 0;
}

void archive_files_free(struct archive_files *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	tar_index_release(&f->index);
	free(f->name);
	free(f);
}

const char *archive_files_name(const struct archive_files *f)
{
	return f->name;
}

static int find_in_dir(const struct archive_files *f, const char *path,
		       struct archive_part *ret, struct error *err)
{
	struct stat st;
	cleanup_fd int fd = path_open_file(f->fd, path, err);

	if (fd < 0)
		return error_wrap(err, "%s", f->name);
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "%s: look at %s", f->name, path);
	*ret = (struct archive_part){.fd = TAKE_FD(fd), .size = (uint64_t)st.st_size};
	return 0;
}

/* Where a link leads: a hard link's target is a member's name, a symbolic link's is relative to its
 * directory. No further than the top: these are names in an index, not of a file system. */
static char *link_target(const struct tar_member *m, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (m->type == TAR_HARDLINK || m->link[0] == '/' || !slash)
		return path_clean(m->link);
	cleanup_free char *joined =
		xasprintf("%.*s/%s", (int)(slash - path), path, m->link);
	return path_clean(joined);
}

static int find_in_tar(const struct archive_files *f, const char *path,
		       struct archive_part *ret, struct error *err)
{
	const struct tar_member *m = NULL;
	cleanup_free char *at = path_clean(path);

	for (int i = 0; i < LINKS_MAX; i++) {
		m = tar_index_find(&f->index, *at == '/' ? at + 1 : at);
		if (!m || (m->type != TAR_HARDLINK && m->type != TAR_SYMLINK))
			break;
		char *next = link_target(m, at);
		free(at);
		at = next;
	}
	if (!m)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "%s: find %s", f->name,
				 path);
	if (m->type != TAR_FILE)
		return error_set(err, ERR_INVALID, 0, "%s: %s is no file", f->name, path);
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "duplicate an fd");
	*ret = (struct archive_part){.fd = fd, .offset = m->offset, .size = m->size};
	return 0;
}

int archive_files_find(const struct archive_files *f, const char *path,
		       struct archive_part *ret, struct error *err)
{
	return f->is_tar ? find_in_tar(f, path, ret, err)
			 : find_in_dir(f, path, ret, err);
}

bool archive_files_has(const struct archive_files *f, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;

	return archive_files_find(f, path, &part, &err) == 0;
}

int archive_part_read(const struct archive_part *p, uint64_t at, void *data, size_t len,
		      size_t *ret_n, struct error *err)
{
	ssize_t n;

	*ret_n = 0;
	if (at >= p->size)
		return 0;
	if (len > p->size - at)
		len = (size_t)(p->size - at);
	do
		n = pread(p->fd, data, len, (off_t)(p->offset + at));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read an archive");
	if (n == 0)
		return error_set(err, ERR_INVALID, 0,
				 "read an archive: it ends too soon (was it cut off?)");
	*ret_n = (size_t)n;
	return 0;
}

int archive_files_read(const struct archive_files *f, const char *path, size_t max,
		       char **ret, size_t *ret_len, struct error *err)
{
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;
	size_t done = 0, n = 0;

	int r = archive_files_find(f, path, &part, err);
	if (r < 0)
		return r;
	if (part.size > max)
		return error_set(err, ERR_INVALID, 0,
				 "%s: %s has %llu bytes, more than the %zu "
				 "that it may have",
				 f->name, path, (unsigned long long)part.size, max);
	cleanup_free char *text = xmalloc((size_t)part.size + 1);
	do {
		r = archive_part_read(&part, done, text + done, (size_t)part.size - done,
				      &n, err);
		if (r < 0)
			return error_wrap(err, "%s: %s", f->name, path);
		done += n;
	} while (n > 0);
	text[done] = '\0';
	*ret = TAKE_PTR(text);
	*ret_len = done;
	return 0;
}

int archive_part_copy(const struct archive_part *p, struct blob_writer *w,
		      struct error *err)
{
	cleanup_free char *data = xmalloc(COPY_SIZE);
	size_t n = 0;
	int r;

	do {
		r = archive_part_read(p, blob_writer_offset(w), data, COPY_SIZE, &n, err);
		if (r == 0 && n > 0)
			r = blob_writer_add(w, data, n, err);
	} while (r == 0 && n > 0);
	return r;
}
