/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/passwd and /etc/group of a root that consists of directories over each other. Nearly always they are plain files in plain
 * directories, and then the topmost one is read as it is; for all else (a whiteout, a link, a directory that hides what is below, one
 * that the user may not search) the overlay is mounted and asked, which takes a process with the user's ids.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "build/run_parts.h"
#include "engine/image_view.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/str.h"

#define USERS_MAX    (1 << 20)
#define OPAQUE_XATTR "user.overlay.opaque"

void run_users_release(struct run_users *u)
{
	free(u->passwd);
	free(u->group);
	*u = (struct run_users){0};
}

enum found { FOUND_NOTHING, FOUND_FILE, FOUND_ODD };

static enum found look(int etc_fd, const char *name, char **ret)
{
	cleanup_fd int fd = openat(etc_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int file_fd = -EBADF;
	cleanup_buf struct buf text = {0};
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? FOUND_NOTHING : FOUND_ODD;
	/* an empty one may be a whiteout */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return FOUND_ODD;
	file_fd = openat(etc_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	buf_init(&text, USERS_MAX);
	if (file_fd < 0 || fd_read_all(file_fd, &text) < 0)
		return FOUND_ODD;
	*ret = buf_take(&text);
	return FOUND_FILE;
}

/* Whoever finds something has the last word; what is not there may be in the next one. */
static bool take(enum found found, bool *done, bool is_opaque)
{
	*done = *done || found == FOUND_FILE;
	return found != FOUND_ODD && !(found == FOUND_NOTHING && is_opaque);
}

/* false: it is not that simple. */
static bool read_plain(char *const *dirs, struct run_users *ret)
{
	bool has_passwd = false, has_group = false;

	strv_foreach (dir, dirs) {
		cleanup_fd int top_fd = open(*dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		cleanup_fd int etc_fd = -EBADF;
		bool is_opaque;

		if (has_passwd && has_group)
			break;
		if (top_fd < 0)
			return false;
		etc_fd = openat(top_fd, "etc",
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (etc_fd < 0 && errno == ENOENT)
			continue;
		if (etc_fd < 0)
			return false;
		is_opaque = fgetxattr(etc_fd, OPAQUE_XATTR, NULL, 0) > 0;
		if (!has_passwd &&
		    !take(look(etc_fd, "passwd", &ret->passwd), &has_passwd, is_opaque))
			return false;
		if (!has_group &&
		    !take(look(etc_fd, "group", &ret->group), &has_group, is_opaque))
			return false;
	}
	return true;
}

int run_users_read(const struct step *s, char *const *dirs, struct run_users *ret,
		   struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_run_users struct run_users plain = {0};
	struct image_users viewed = {0};
	int r;

	if (read_plain(dirs, &plain)) {
		*ret = plain;
		plain = (struct run_users){0};
		return 0;
	}
	user_ids_any(s->engine, &ids);
	r = image_view_users(&ids, dirs, &viewed, err);
	*ret = (struct run_users){viewed.passwd, viewed.group};
	return r;
}
