/* SPDX-License-Identifier: Apache-2.0 */
/* A tree is packed, and unpacked again: nothing is lost, and the same tree gives the same bytes. */
#include <sys/socket.h>
#include <sys/un.h>

#include "image/layer.h"
#include "layer_box.h"
#include "util/fd.h"

static void pack(const struct layer_box *box, unsigned int flags, struct tar_box *tar)
{
	cleanup_fd int fd =
		openat(box->top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_pack(box->root_fd, fd, flags, &err), &err);
	tar_box_init(tar);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(fd_read_all(fd, &tar->b), 0);
}

/* The tree again, in a new directory. */
static struct layer_box unpack(const struct layer_box *box, struct tar_box *tar)
{
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	struct layer_box again = *box;

	ck_assert_int_eq(mkdirat(box->top_fd, "again", 0755), 0);
	again.root_fd = openat(box->top_fd, "again", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_ok(
		layer_box_unpack_bytes(&again, tar->b.data, tar->b.len, 0, &result, &err),
		&err);
	ck_assert(result.root_entry);
	ck_assert_uint_eq(strv_len(result.implied), 0);
	return again;
}

static void make_file(int dirfd, const char *path, const void *data, size_t len,
		      mode_t mode)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void set_time(int dirfd, const char *path, int64_t sec, long nsec)
{
	struct timespec times[2] = {{.tv_sec = sec, .tv_nsec = nsec},
				    {.tv_sec = sec, .tv_nsec = nsec}};

	ck_assert_int_eq(utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_tree(const struct layer_box *box)
{
	char *large = xmalloc(1000001);
	char name[256] = "";
	int fd = box->root_fd;

	memset(large, 'L', 1000001);
	memset(name, 'n', 255);
	ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "d/empty", 0700), 0);
	make_file(fd, "d/large", large, 1000001, 0644);
	make_file(fd, "d/suid", "x", 1, 04711);
	make_file(fd, name, "long", 4, 0644);
	make_file(fd, "b", "", 0, 0);
	ck_assert_int_eq(symlinkat(name, fd, "to-long"), 0);
	ck_assert_int_eq(symlinkat("/nowhere", fd, "d/l"), 0);
	ck_assert_int_eq(linkat(fd, "d/suid", fd, "a-link", 0), 0);
	ck_assert_int_eq(linkat(fd, "d/l", fd, "z-link", 0), 0);
	ck_assert_int_eq(mkfifoat(fd, "p", 0622), 0);
	ck_assert_int_eq(mkdirat(fd, "\xff not utf-8", 0755), 0);
	ck_assert_int_eq(fchmodat(fd, "d", 03777, 0), 0);
	int file = openat(fd, "d/large", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fsetxattr(file, "user.b", "two", 3, 0), 0);
	ck_assert_int_eq(fsetxattr(file, "user.a", "o\0ne", 4, 0), 0);
	ck_assert_int_eq(fsetxattr(file, "user.overlay.origin", "x", 1, 0), 0);
	close(file);
	file = openat(fd, "sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_eq(ftruncate(file, 300000), 0);
	ck_assert_int_eq(pwrite(file, "x", 1, 200000), 1);
	close(file);
	set_time(fd, "d/suid", -5, 250000000);
	set_time(fd, "to-long", 1234567890, 987654321);
	set_time(fd, "d", 99, 0);
	free(large);
}

static void check_same(const struct layer_box *a, const struct layer_box *b,
		       const char *path)
{
	struct stat st1, st2;

	ck_assert_int_eq(fstatat(a->root_fd, path, &st1, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(fstatat(b->root_fd, path, &st2, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(st1.st_mtim.tv_sec == st2.st_mtim.tv_sec &&
		  st1.st_mtim.tv_nsec == st2.st_mtim.tv_nsec);
	ck_assert(st1.st_mode == st2.st_mode && st1.st_uid == st2.st_uid &&
		  st1.st_gid == st2.st_gid && st1.st_nlink == st2.st_nlink);
	ck_assert(S_ISDIR(st1.st_mode) || st1.st_size == st2.st_size);
}

START_TEST(test_round_trip)
{
	struct layer_box box = layer_box_open();
	bool is_root = layer_box_is_root();
	struct tar_box tar, second;
	static const char *const paths[] = {
		".",       "d", "d/large", "d/suid", "d/l",
		"to-long", "p", "b",       "sparse", "\xff not utf-8"};

	make_tree(&box);
	if (is_root) {
		ck_assert_int_eq(fchownat(box.root_fd, "p", 1000, 3000000, 0), 0);
		ck_assert_int_eq(
			fchownat(box.root_fd, "to-long", 7, 8, AT_SYMLINK_NOFOLLOW), 0);
	}
	pack(&box, 0, &tar);
	pack(&box, 0, &second);
	ck_assert(tar.b.len == second.b.len &&
		  memcmp(tar.b.data, second.b.data, tar.b.len) == 0);
	struct layer_box again = unpack(&box, &tar);
	cleanup_free char *before = layer_box_list(&box), *after = layer_box_list(&again);
	ck_assert_str_eq(before, after);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		check_same(&box, &again, paths[i]);
	char value[16];
	int fd = openat(again.root_fd, "d/large", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fgetxattr(fd, "user.a", value, sizeof(value)), 4);
	ck_assert(memcmp(value, "o\0ne", 4) == 0);
	ck_assert_int_eq(fgetxattr(fd, "user.b", value, sizeof(value)), 3);
	ck_assert_int_lt(fgetxattr(fd, "user.overlay.origin", value, sizeof(value)), 0);
	close(fd);
	buf_release(&tar.b);
	buf_release(&second.b);
}
END_TEST

START_TEST(test_overlay)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	ck_assert_int_eq(mkdirat(box.root_fd, "d", 0755), 0);
	ck_assert_int_eq(mkdirat(box.root_fd, "d/e", 0755), 0);
	ck_assert_int_eq(mknodat(box.root_fd, "d/gone", S_IFCHR, makedev(0, 0)), 0);
	ck_assert_int_eq(mknodat(box.root_fd, "top", S_IFCHR, makedev(0, 0)), 0);
	int fd = openat(box.root_fd, "d/e", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fsetxattr(fd, "user.overlay.opaque", "y", 1, 0), 0);
	close(fd);
	pack(&box, LAYER_PACK_OVERLAY, &tar);
	struct layer_box again = unpack(&box, &tar);
	cleanup_free char *before = layer_box_list(&box), *after = layer_box_list(&again);
	ck_assert_str_eq(before, "d d 755\nd d/e 755 opaque\nw d/gone\nw top\n");
	ck_assert_str_eq(before, after);
	buf_release(&tar.b);

	make_file(box.root_fd, "d/.wh.trick", "", 0, 0644);
	fd = openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_lt(layer_pack(box.root_fd, fd, LAYER_PACK_OVERLAY, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert(strstr(err.text, "pack d/.wh.trick: in a layer that name") != NULL);
	error_release(&err);
	close(fd);
}
END_TEST

/* What can't be packed is left out; links are not followed. */
START_TEST(test_left_out)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	int fd = fd_listen_unix(box.root_fd, "socket", SOCK_STREAM, &err);
	ck_assert_ok(fd, &err);
	close(fd);
	ck_assert_int_eq(symlinkat("../outside", box.root_fd, "l"), 0);
	pack(&box, 0, &tar);
	struct layer_box again = unpack(&box, &tar);
	cleanup_free char *after = layer_box_list(&again);
	ck_assert_str_eq(after, "l l -> ../outside\n");
	buf_release(&tar.b);
}
END_TEST

/* As deep as a path may be; one more level is refused. */
START_TEST(test_deep)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	struct tar_box tar;
	struct stat st;
	cleanup_free char *path = xcalloc(1, 4096);

	layer_box_is_root();
	for (size_t i = 0; i < 600; i++) {
		snprintf(path + 2 * i, 3, "d/");
		ck_assert_int_eq(mkdirat(box.root_fd, path, 0755), 0);
	}
	pack(&box, 0, &tar);
	struct layer_box again = unpack(&box, &tar);
	ck_assert_int_eq(fstatat(again.root_fd, path, &st, 0), 0);
	buf_release(&tar.b);

	/* 2 * 600 + 12 * 250 bytes; by steps, since no call takes a longer path */
	cleanup_fd int fd = openat(box.root_fd, path, O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < 250; i++) {
		ck_assert_int_eq(mkdirat(fd, "eleven-long", 0755), 0);
		int next = openat(fd, "eleven-long", O_PATH | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	int out = openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_eq(layer_pack(box.root_fd, out, 0, &err), -ENAMETOOLONG);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	error_release(&err);
	close(out);
}
END_TEST

START_TEST(test_full)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	cleanup_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(layer_pack(box.root_fd, fd, 0, &err), -ENOSPC);
	ck_assert_message(&err, "write the tar archive: no space left on device");
}
END_TEST

/* Owners by a map; what only stands there to be mounted on is left out. */
START_TEST(test_options)
{
	static const struct layer_owner_range ranges[] = {{0, 4000000, 1}};
	static char hosts[] = "etc/hosts", run[] = "run", x[] = "run/x", data[] = "data";
	static char *const places[] = {hosts, run, x, data, NULL};
	const struct layer_pack_options o = {
		.uids = ranges, .n_uids = 1, .plain_fd = -EBADF, .places = places};
	struct layer_box box = layer_box_open();
	cleanup_fd int fd = openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct error err = ERROR_INIT;
	struct tar_box tar;

	ck_assert_int_eq(mkdirat(box.root_fd, "etc", 0755), 0);
	ck_assert_int_eq(mkdirat(box.root_fd, "run", 0755), 0);
	ck_assert_int_eq(mkdirat(box.root_fd, "data", 0755), 0);
	make_file(box.root_fd, "etc/hosts", "", 0, 0644);
	make_file(box.root_fd, "run/x", "", 0, 0644);
	make_file(box.root_fd, "data/mine", "", 0, 0644);
	ck_assert_ok(layer_pack_with(box.root_fd, fd, &o, &err), &err);
	tar_box_init(&tar);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(fd_read_all(fd, &tar.b), 0);
	ck_assert_ptr_nonnull(memmem(tar.b.data, tar.b.len, "data/mine", 9));
	ck_assert_ptr_null(memmem(tar.b.data, tar.b.len, "etc/hosts", 9));
	ck_assert_ptr_null(memmem(tar.b.data, tar.b.len, "run", 3));
	/* nobody, in octal: the owner of these files is in no range */
	ck_assert_ptr_nonnull(memmem(tar.b.data, tar.b.len, "0177776", 7));
	buf_release(&tar.b);
}
END_TEST

UNIT_MAIN_TIMEOUT("layer_pack", 60, test_options, test_round_trip, test_overlay,
		  test_left_out, test_deep, test_full)
