/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/root_edit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define FILE_MAX (8 << 20)

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && (at[len] == '\n' || !at[len]))
			return true;
	return false;
}

/* The lines of `more` that `text` lacks, with what must come before them. */
static int missing_lines(const struct buf *text, const char *more, struct buf *ret)
{
	cleanup_strv char **lines = str_split(more, '\n');
	const char *old = text->data ? text->data : "";
	int r = 0;

	strv_foreach (line, lines) {
		if (!**line || has_line(old, *line))
			continue;
		if (r == 0 && !ret->len && text->len && old[text->len - 1] != '\n')
			r = buf_add_str(ret, "\n");
		if (r == 0)
			r = buf_printf(ret, "%s\n", *line);
	}
	return r;
}

/* The file was found to be a regular one by whoever can change it: what the read end says counts. */
static int append(int root_fd, const struct root_edit *e, struct error *err)
{
	cleanup_fd int read_fd = path_open_file(root_fd, e->path, err), fd = -EBADF;
	cleanup_buf struct buf text = {0}, more = {0};
	int r;

	if (read_fd < 0)
		return read_fd;
	buf_init(&text, FILE_MAX);
	buf_init(&more, FILE_MAX);
	r = fd_read_all(read_fd, &text);
	if (r >= 0)
		r = missing_lines(&text, e->text, &more);
	if (r < 0 || !more.len)
		return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read %s", e->path) : 0;
	fd = path_open(root_fd, e->path,
		       O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, err);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, more.data, more.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s", e->path) : 0;
}

static int make_link(int root_fd, const struct root_edit *e, struct error *err)
{
	cleanup_fd int parent_fd = -EBADF;
	cleanup_free char *name = NULL;
	struct stat st;
	int r = path_open_parent(root_fd, e->path, false, &parent_fd, &name, err);

	if (r < 0)
		return r;
	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    symlinkat(e->text, parent_fd, name) == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, errno, "make the link %s", e->path);
}

void root_edit_apply(int root_fd, const struct root_edit *edits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_error struct error err = ERROR_INIT;
		int r = edits[i].kind == ROOT_EDIT_LINK
				? make_link(root_fd, &edits[i], &err)
				: append(root_fd, &edits[i], &err);

		if (r < 0)
			error_drop(&err, "the root stays as it is");
	}
}
