/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "unit.h"
#include "util/fs.h"
#include "util/mem.h"

static void write_file(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void check_file(int dirfd, const char *path, const char *want)
{
	struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	ck_assert_ok(fs_read(dirfd, path, 1 << 20, &text, NULL, &err), &err);
	ck_assert_str_eq(text, want);
}

START_TEST(test_read)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();
	char *text = NULL;
	size_t len = 0;

	write_file(dirfd, "f", "12345");
	ck_assert_ok(fs_read(dirfd, "f", 5, &text, &len, &err), &err);
	ck_assert_uint_eq(len, 5);
	ck_assert_str_eq(text, "12345");
	free(text);

	ck_assert_int_eq(fs_read(dirfd, "f", 4, &text, &len, &err), -EFBIG);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_message(&err, "read f: more than 4 bytes: file too large");
	ck_assert_int_eq(fs_read(dirfd, "missing", 4, &text, &len, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_message(&err, "open missing: no such file or directory");
	ck_assert_int_eq(fs_read(dirfd, ".", 4, &text, &len, &err), -EISDIR);
	error_release(&err);

	ck_assert_ok(fs_read(AT_FDCWD, "/dev/null", 10, &text, NULL, &err), &err);
	ck_assert_str_eq(text, "");
	free(text);
	/* Files of /proc say that they are empty. */
	ck_assert_ok(fs_read(AT_FDCWD, "/proc/self/status", 1 << 16, &text, &len, &err),
		     &err);
	ck_assert_uint_gt(len, 100);
	free(text);
}
END_TEST

static int n_entries(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *dir = fdopendir(fd);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

START_TEST(test_write_atomic)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();
	struct stat st;

	umask(077);
	ck_assert_ok(fs_write_atomic(dirfd, "f", "one", 3, 0644, 0, &err), &err);
	check_file(dirfd, "f", "one");
	ck_assert_int_eq(fstatat(dirfd, "f", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_ok(fs_write_atomic(dirfd, "f", "two", 3, 0600, FS_WRITE_SYNC, &err),
		     &err);
	check_file(dirfd, "f", "two");
	ck_assert_int_eq(
		fs_write_atomic(dirfd, "f", "x", 1, 0600, FS_WRITE_EXCLUSIVE, &err),
		-EEXIST);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_message(&err, "write f: file exists");
	check_file(dirfd, "f", "two");
	ck_assert_ok(fs_write_atomic(dirfd, "new", "", 0, 0600, FS_WRITE_EXCLUSIVE, &err),
		     &err);
	check_file(dirfd, "new", "");
	ck_assert_int_eq(n_entries(dirfd), 2); /* no temporary file is left */

	ck_assert_ok(fs_mkdirs(dirfd, "sub/dir", 0755, &err), &err);
	ck_assert_ok(fs_write_atomic(dirfd, "sub/dir/f", "x", 1, 0600, 0, &err), &err);
	check_file(dirfd, "sub/dir/f", "x");
	ck_assert_int_eq(fs_write_atomic(dirfd, "none/f", "x", 1, 0600, 0, &err),
			 -ENOENT);
	ck_assert_int_eq(fs_write_atomic(dirfd, "sub/", "x", 1, 0600, 0, &err), -EISDIR);
	ck_assert_int_eq(fs_write_atomic(dirfd, "sub", "x", 1, 0600, 0, &err), -EISDIR);
	error_release(&err);

	/* A link is replaced, not followed. */
	ck_assert_int_eq(symlinkat("f", dirfd, "link"), 0);
	ck_assert_ok(fs_write_atomic(dirfd, "link", "three", 5, 0600, 0, &err), &err);
	check_file(dirfd, "f", "two");
	check_file(dirfd, "link", "three");
}
END_TEST

START_TEST(test_mkdirs)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();
	struct stat st;

	umask(077);
	ck_assert_ok(fs_mkdirs(dirfd, "a//b/./c/", 0755, &err), &err);
	ck_assert_int_eq(fstatat(dirfd, "a/b", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	ck_assert_ok(fs_mkdirs(dirfd, "a/b", 0700, &err), &err);
	ck_assert_int_eq(fstatat(dirfd, "a/b", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);

	write_file(dirfd, "file", "");
	ck_assert_int_eq(fs_mkdirs(dirfd, "file/x", 0755, &err), -ENOTDIR);
	error_release(&err);

	int fd = fs_open_dir(dirfd, "a/b", false, 0, &err);
	ck_assert_ok(fd, &err);
	close(fd);
	ck_assert_int_eq(fs_open_dir(dirfd, "a/x", false, 0, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_own_dir)
{
	struct error err = ERROR_INIT;
	cleanup_free char *path = fs_join(unit_dir(), "own");
	cleanup_free char *hint = xasprintf("chmod go-w %s", path);

	int fd = fs_open_own_dir(path, 0700, &err);
	ck_assert_ok(fd, &err);
	close(fd);
	ck_assert_int_eq(chmod(path, 0770), 0);
	ck_assert_int_lt(fs_open_own_dir(path, 0700, &err), 0);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.hint, hint);
	error_release(&err);
	if (geteuid() == 0) {
		cleanup_free char *link = xasprintf("%s.link", path);
		ck_assert_int_eq(chmod(path, 0700), 0);
		ck_assert_int_eq(symlink(path, link), 0);
		fd = fs_open_own_dir(link, 0700, &err);
		ck_assert_ok(fd, &err);
		close(fd);
		ck_assert_int_eq(lchown(link, 12345, 0), 0);
		ck_assert_int_lt(fs_open_own_dir(link, 0700, &err), 0);
		ck_assert_int_eq(err.kind, ERR_DENIED);
		error_release(&err);
		ck_assert_int_eq(chown(path, 12345, 0), 0);
		ck_assert_int_lt(fs_open_own_dir(path, 0700, &err), 0);
		ck_assert_int_eq(err.kind, ERR_DENIED);
		ck_assert_ptr_nonnull(err.hint);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_remove_tree)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	ck_assert_ok(fs_remove_tree(dirfd, "missing", &err), &err);
	ck_assert_ok(fs_remove_tree(dirfd, "missing/below", &err), &err);
	ck_assert_ok(fs_mkdirs(dirfd, "keep", 0755, &err), &err);
	write_file(dirfd, "keep/file", "precious");
	ck_assert_ok(fs_mkdirs(dirfd, "tree/a/b", 0755, &err), &err);
	write_file(dirfd, "tree/a/f", "");
	ck_assert_int_eq(symlinkat("../keep", dirfd, "tree/link"), 0);
	ck_assert_int_eq(symlinkat("../../keep", dirfd, "tree/a/b/link"), 0);
	ck_assert_int_eq(symlinkat("/", dirfd, "tree/a/root"), 0);
	for (int i = 0; i < 3000; i++) { /* more than one getdents */
		cleanup_free char *name = xasprintf("tree/a/%d", i);
		write_file(dirfd, name, "");
	}
	ck_assert_int_eq(fchmodat(dirfd, "tree/a/b", 0, 0), 0);
	ck_assert_int_eq(fchmodat(dirfd, "tree/a", 0500, 0), 0);
	ck_assert_ok(fs_remove_tree(dirfd, "tree/", &err), &err);
	ck_assert(!fs_exists(dirfd, "tree"));
	check_file(dirfd, "keep/file", "precious");

	/* What the name is matters, not what it leads to. */
	ck_assert_int_eq(symlinkat("keep", dirfd, "link"), 0);
	ck_assert_ok(fs_remove_tree(dirfd, "link", &err), &err);
	check_file(dirfd, "keep/file", "precious");
	ck_assert_ok(fs_remove_tree(dirfd, "keep/file", &err), &err);

	static const char *const senseless[] = {".", "..", "keep/..", "/", ""};
	for (size_t i = 0; i < ARRAY_SIZE(senseless); i++)
		ck_assert_int_eq(fs_remove_tree(dirfd, senseless[i], &err), -EINVAL);
	error_release(&err);
}
END_TEST

/* As an ordinary user permissions count, so that is where unreadable directories matter.
 */
START_TEST(test_remove_tree_as_a_user)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(unit_dir_path, 0777), 0);
		pid_t pid = fork();
		if (pid == 0) {
			if (setgid(12345) < 0 || setuid(12345) < 0)
				_exit(99);
			if (fs_mkdirs(dirfd, "tree/a/b/c", 0755, &err) < 0 ||
			    fchmodat(dirfd, "tree/a/b", 0, 0) < 0 ||
			    fchmodat(dirfd, "tree/a", 0100, 0) < 0 ||
			    fchmodat(dirfd, "tree", 0400, 0) < 0)
				_exit(98);
			_exit(fs_remove_tree(dirfd, "tree", &err) < 0 ? 97 : 0);
		}
		int status = 0;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		ck_assert(!fs_exists(dirfd, "tree"));
	}
}
END_TEST

START_TEST(test_remove_a_very_deep_tree)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	ck_assert_int_eq(mkdirat(dirfd, "deep", 0755), 0);
	int at = openat(dirfd, "deep", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 3000; i++) { /* far more levels than fds or PATH_MAX allow */
		ck_assert_int_eq(mkdirat(at, "some-name", 0755), 0);
		write_file(at, "f", "");
		int next = openat(at, "some-name", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(at);
		at = next;
	}
	close(at);
	ck_assert_ok(fs_remove_tree(dirfd, "deep", &err), &err);
	ck_assert(!fs_exists(dirfd, "deep"));
}
END_TEST

START_TEST(test_remove_tree_stops_at_mounts)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	ck_assert_ok(fs_mkdirs(dirfd, "tree/mnt", 0755, &err), &err);
	ck_assert_ok(fs_mkdirs(dirfd, "home", 0755, &err), &err);
	write_file(dirfd, "home/precious", "1");
	if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) < 0)
		return; /* this host lets nobody mount */
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(chdir(unit_dir_path), 0);
	ck_assert_int_eq(mount("home", "tree/mnt", NULL, MS_BIND, NULL), 0);

	ck_assert_int_eq(fs_remove_tree(AT_FDCWD, "tree", &err), -EBUSY);
	ck_assert_str_eq(err.hint, "umount tree/mnt");
	error_release(&err);
	ck_assert_int_eq(fs_remove_tree(AT_FDCWD, "tree/mnt", &err), -EBUSY);
	error_release(&err);
	check_file(AT_FDCWD, "home/precious", "1");
	ck_assert_int_eq(umount2("tree/mnt", MNT_DETACH), 0);
}
END_TEST

START_TEST(test_lock)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	int shared = fs_lock(dirfd, "lock", false, true, &err);
	ck_assert_ok(shared, &err);
	int second = fs_lock(dirfd, "lock", false, false, &err);
	ck_assert_ok(second, &err);
	ck_assert_int_eq(fs_lock(dirfd, "lock", true, false, &err), -EWOULDBLOCK);
	ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
	error_release(&err);
	close(shared);
	close(second);

	int held = fs_lock(dirfd, "lock", true, true, &err);
	ck_assert_ok(held, &err);
	ck_assert_int_eq(fcntl(held, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	/* A lock on a file that has lost its name keeps nobody out of the new one. */
	ck_assert_int_eq(unlinkat(dirfd, "lock", 0), 0);
	int next = fs_lock(dirfd, "lock", true, false, &err);
	ck_assert_ok(next, &err);
	close(held);
	close(next);
}
END_TEST

START_TEST(test_names)
{
	static const struct {
		const char *a, *b, *want;
	} joins[] = {
		{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "a/b"},
		{"/", "b", "/b"},  {"", "b", "/b"},
	};
	static const struct {
		const char *in, *want;
	} absolutes[] = {
		{"/a//b/./c/", "/a/b/c"}, {"/", "/"},    {"/a/../b", "/a/../b"},
		{"x", "/tmp/x"},          {".", "/tmp"}, {"", "/tmp"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		cleanup_free char *got = fs_join(joins[i].a, joins[i].b);
		ck_assert_str_eq(got, joins[i].want);
	}
	ck_assert_int_eq(chdir("/tmp"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(absolutes); i++) {
		cleanup_free char *got = fs_absolute(absolutes[i].in);
		ck_assert_str_eq(got, absolutes[i].want);
	}
	ck_assert_int_eq(chdir(unit_dir()), 0);
	ck_assert_int_eq(rmdir(unit_dir_path), 0);
	ck_assert_ptr_null(fs_absolute("x"));
}
END_TEST

UNIT_MAIN("fs", test_read, test_write_atomic, test_mkdirs, test_own_dir, test_remove_tree,
	  test_remove_tree_as_a_user, test_remove_a_very_deep_tree,
	  test_remove_tree_stops_at_mounts, test_lock, test_names)
