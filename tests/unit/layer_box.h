/* SPDX-License-Identifier: Apache-2.0 */
/* A directory to unpack layers into, with something beside it that must not be touched; a listing of
 * what is there. */
#pragma once

#include <sched.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "image/layer.h"
#include "tar_box.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

struct layer_box {
	int top_fd, root_fd;
};

static inline void layer_box_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ck_abort_msg("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Root of a user namespace that has one id, if this is not root. */
static inline bool layer_box_is_root(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0)
		return true;
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	layer_box_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	layer_box_write("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	layer_box_write("/proc/self/gid_map", map);
	return false;
}

static inline struct layer_box layer_box_open(void)
{
	struct layer_box box;

	umask(0);
	box.top_fd = unit_dirfd();
	ck_assert_int_eq(mkdirat(box.top_fd, "outside", 0700), 0);
	ck_assert_int_eq(mkdirat(box.top_fd, "layer", 0755), 0);
	int fd = openat(box.top_fd, "outside/secret", O_WRONLY | O_CREAT | O_CLOEXEC,
			0600);
	ck_assert_int_eq(write(fd, "secret", 6), 6);
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	ck_assert_int_eq(futimens(fd, old), 0);
	close(fd);
	ck_assert_int_eq(utimensat(box.top_fd, "outside", old, 0), 0);
	box.root_fd = openat(box.top_fd, "layer", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return box;
}

/* The file beside it is as it was. */
static inline void layer_box_check_outside(const struct layer_box *box)
{
	struct stat st;
	char text[16] = "";
	int fd = openat(box->top_fd, "outside/secret", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(read(fd, text, sizeof(text)), 6);
	ck_assert_str_eq(text, "secret");
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	ck_assert(st.st_mtime == 1000 && st.st_nlink == 1 &&
		  (st.st_mode & 07777) == 0600);
	ck_assert_int_eq(fstatat(box->top_fd, "outside", &st, 0), 0);
	ck_assert(st.st_mtime == 1000 && (st.st_mode & 07777) == 0700);
	int top = openat(box->top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(top);
	size_t n = 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	ck_assert_uint_eq(n, 4); /* ".", "..", "outside", "layer" */
}

static inline int layer_box_unpack_bytes(const struct layer_box *box, const void *bytes,
					 size_t len, unsigned int flags,
					 struct layer_result *result, struct error *err)
{
	int fd = openat(box->top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct layer_input in = {.fd = fd, .size = len, .growth_fd = -EBADF};
	int r;

	ck_assert_int_ge(fd, 0);
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)bytes + at, len - at);
		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	}
	r = layer_unpack(box->root_fd, &in, NULL, flags, result, err);
	close(fd);
	return r;
}

static inline int layer_box_unpack(const struct layer_box *box, struct tar_box *tar,
				   unsigned int flags, struct layer_result *result,
				   struct error *err)
{
	tar_box_end(tar);
	int r = layer_box_unpack_bytes(box, tar->b.data, tar->b.len, flags, result, err);
	buf_release(&tar->b);
	return r;
}

static inline void layer_box_describe(int dirfd, const char *name, const char *path,
				      struct buf *out);

static inline int layer_box_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void layer_box_list_dir(int dirfd, const char *prefix, struct buf *out)
{
	DIR *dir = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	char **names = NULL;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));)
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			strv_add(&names, e->d_name);
	closedir(dir);
	if (names)
		qsort(names, strv_len(names), sizeof(*names), layer_box_compare);
	strv_foreach (name, names) {
		char *path = xasprintf("%s%s", prefix, *name);
		layer_box_describe(dirfd, *name, path, out);
		free(path);
	}
	strv_free(names);
}

static inline void layer_box_describe_file(int fd, struct buf *out)
{
	char text[64] = "";
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n > 0)
		buf_printf(out, " %s", text);
}

static inline void layer_box_describe(int dirfd, const char *name, const char *path,
				      struct buf *out)
{
	char link[4096] = "";
	struct stat st;

	ck_assert_int_eq(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	if (S_ISLNK(st.st_mode)) {
		ck_assert_int_gt(readlinkat(dirfd, name, link, sizeof(link) - 1), 0);
		buf_printf(out, "l %s -> %s\n", path, link);
	} else if (S_ISCHR(st.st_mode) && st.st_rdev == 0) {
		buf_printf(out, "w %s\n", path);
	} else if (S_ISFIFO(st.st_mode)) {
		buf_printf(out, "p %s %o\n", path, st.st_mode & 07777);
	} else {
		int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
		char *below = xasprintf("%s/", path);

		buf_printf(out, "%c %s %o", S_ISDIR(st.st_mode) ? 'd' : 'f', path,
			   st.st_mode & 07777);
		if (S_ISREG(st.st_mode))
			layer_box_describe_file(fd, out);
		if (S_ISREG(st.st_mode) && st.st_nlink > 1)
			buf_printf(out, " (%d)", (int)st.st_nlink);
		if (fgetxattr(fd, "user.overlay.opaque", link, sizeof(link)) == 1)
			buf_add_str(out, " opaque");
		buf_add_str(out, "\n");
		if (S_ISDIR(st.st_mode))
			layer_box_list_dir(fd, below, out);
		close(fd);
		free(below);
	}
}

/* A line each: "f path 644 content (links)", "d path 755 opaque", "l path -> target", "w whiteout",
 * "p fifo 644". Caller frees. */
static inline char *layer_box_list(const struct layer_box *box)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	layer_box_list_dir(box->root_fd, "", &out);
	buf_add_str(&out, "");
	return buf_take(&out);
}
