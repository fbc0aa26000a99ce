/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "runtime/metadata.h"
#include "runtime/tree_copy.h"
#include "unit.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define MANY 5000

static char one[] = "one", two[] = "two", three[] = "three";

struct box {
	int data_fd, tree_fd;
};

static bool is_root(void)
{
	return geteuid() == 0;
}

/* Layers "one" (lowest) to "three", and an empty tree. */
static struct box box_open(void)
{
	struct box b;
	int top_fd = unit_dirfd();

	umask(0);
	ck_assert_int_eq(mkdirat(top_fd, "data", 0755), 0);
	ck_assert_int_eq(mkdirat(top_fd, "tree", 0700), 0);
	b.data_fd = openat(top_fd, "data", O_PATH | O_DIRECTORY | O_CLOEXEC);
	b.tree_fd = openat(top_fd, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(top_fd);
	ck_assert_int_eq(mkdirat(b.data_fd, one, 0755), 0);
	ck_assert_int_eq(mkdirat(b.data_fd, two, 0755), 0);
	ck_assert_int_eq(mkdirat(b.data_fd, three, 0755), 0);
	return b;
}

static void dir(const struct box *b, const char *path, mode_t mode)
{
	ck_assert_int_eq(mkdirat(b->data_fd, path, 0700), 0);
	ck_assert_int_eq(fchmodat(b->data_fd, path, mode, 0), 0);
}

static void file(const struct box *b, const char *path, const char *text, mode_t mode)
{
	int fd = openat(b->data_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void node(const struct box *b, const char *path, mode_t mode)
{
	ck_assert_int_eq(mknodat(b->data_fd, path, mode, 0), 0);
}

static void owner(const struct box *b, const char *path, uid_t uid, gid_t gid,
		  mode_t mode)
{
	ck_assert_int_eq(fchownat(b->data_fd, path, uid, gid, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(fchmodat(b->data_fd, path, mode, 0), 0);
}

static void attribute(const struct box *b, const char *path, const char *key,
		      const void *value, size_t len)
{
	char *full = xasprintf("/proc/self/fd/%d/%s", b->data_fd, path);

	ck_assert_int_eq(lsetxattr(full, key, value, len, 0), 0);
	free(full);
}

static int build(const struct box *b, char *const *layers, struct error *err)
{
	return metadata_build(b->data_fd, layers, b->tree_fd, err);
}

static char *const all[] = {three, two, one, NULL};
static char *const lowest[] = {one, NULL};

/* "mode uid:gid size [-> link] [@redirect]", "" if it is not there. */
static char *describe(const struct box *b, const char *path)
{
	struct stat st;
	struct buf out;
	char *full = xasprintf("/proc/self/fd/%d/%s", b->tree_fd, path), value[PATH_MAX];
	ssize_t n;

	buf_init(&out, 8192);
	if (fstatat(b->tree_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		free(full);
		return xstrdup("");
	}
	buf_printf(&out, "%o %u:%u", st.st_mode, st.st_uid, st.st_gid);
	if (S_ISREG(st.st_mode))
		buf_printf(&out, " %lld", (long long)st.st_size);
	n = readlinkat(b->tree_fd, path, value, sizeof(value) - 1);
	if (n > 0)
		buf_printf(&out, " -> %.*s", (int)n, value);
	n = lgetxattr(full, "user.overlay.redirect", value, sizeof(value) - 1);
	if (n > 0)
		buf_printf(&out, " @%.*s", (int)n, value);
	ck_assert_int_eq(n > 0, lgetxattr(full, "user.overlay.metacopy", NULL, 0) == 0);
	free(full);
	buf_add_str(&out, "");
	return buf_take(&out);
}

struct wanted {
	const char *path, *is;
};

static void check(const struct box *b, const struct wanted *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *found = describe(b, wanted[i].path);

		if (!str_eq(found, wanted[i].is))
			ck_abort_msg("%s: \"%s\", not \"%s\"", wanted[i].path, found,
				     wanted[i].is);
		free(found);
	}
}

START_TEST(test_every_kind)
{
	static const struct wanted wanted[] = {
		{".", "40711 3:4"},
		{"f", "100640 5:6 5 @/one/f"},
		{"empty", "100000 0:0 0"},
		{"suid", "104755 1000:0 1 @/one/suid"},
		{"sgid", "102755 0:50 1 @/one/sgid"},
		{"d", "42770 0:50"},
		{"d/in", "100644 0:0 2 @/one/d/in"},
		{"sticky", "41777 0:0"},
		{"none", "40000 7:7"},
		{"none/in", "100644 0:0 2 @/one/none/in"},
		{"fifo", "10600 5:6"},
		{"socket", "140755 0:0"},
		{"link", "120777 8:9 -> ../../etc/passwd"},
		{"huge", "100644 0:0 8796093022208 @/one/huge"},
		{"whiteout", ""},
	};
	struct error err = ERROR_INIT;
	struct box b = box_open();

	if (!is_root())
		return;
	owner(&b, "one", 3, 4, 0711);
	file(&b, "one/f", "12345", 0);
	owner(&b, "one/f", 5, 6, 0640);
	file(&b, "one/empty", "", 0);
	file(&b, "one/suid", "x", 0);
	owner(&b, "one/suid", 1000, 0, 04755);
	file(&b, "one/sgid", "x", 0);
	owner(&b, "one/sgid", 0, 50, 02755);
	dir(&b, "one/d", 0700);
	file(&b, "one/d/in", "in", 0644);
	owner(&b, "one/d", 0, 50, 02770);
	dir(&b, "one/sticky", 01777);
	dir(&b, "one/none", 0700);
	file(&b, "one/none/in", "in", 0644);
	owner(&b, "one/none", 7, 7, 0);
	node(&b, "one/fifo", S_IFIFO | 0600);
	owner(&b, "one/fifo", 5, 6, 0600);
	node(&b, "one/socket", S_IFSOCK | 0755);
	node(&b, "one/whiteout", S_IFCHR | 0600);
	ck_assert_int_eq(symlinkat("../../etc/passwd", b.data_fd, "one/link"), 0);
	ck_assert_int_eq(fchownat(b.data_fd, "one/link", 8, 9, AT_SYMLINK_NOFOLLOW), 0);
	file(&b, "one/huge", "", 0644);
	int fd = openat(b.data_fd, "one/huge", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, 1LL << 43), 0);
	close(fd);
	ck_assert_ok(build(&b, lowest, &err), &err);
	check(&b, wanted, ARRAY_SIZE(wanted));
}
END_TEST

START_TEST(test_layers_over_each_other)
{
	static const struct wanted wanted[] = {
		{".", "40755 0:0"},
		{"kept", "100644 0:0 3 @/one/kept"},
		{"replaced", "100600 0:0 3 @/two/replaced"},
		{"gone", ""},
		{"gone-dir", ""},
		{"back", "100644 0:0 5 @/three/back"},
		{"d", "42750 0:50"},
		{"d/one", "100644 0:0 1 @/one/d/one"},
		{"d/two", "100644 0:0 1 @/two/d/two"},
		{"opaque", "40700 0:0"},
		{"opaque/one", ""},
		{"opaque/two", "100644 0:0 1 @/two/opaque/two"},
		{"to-file", "100644 0:0 1 @/two/to-file"},
		{"to-dir", "40711 0:0"},
		{"to-dir/in", "100644 0:0 1 @/two/to-dir/in"},
		{"to-link", "120777 0:0 -> /etc"},
		{"from-link", "40755 0:0"},
		{"from-link/passwd", "100644 0:0 1 @/two/from-link/passwd"},
		{"hard1", "100644 0:0 1 @/two/hard1"},
	};
	struct error err = ERROR_INIT;
	struct box b = box_open();
	struct stat st;

	if (!is_root())
		return;
	file(&b, "one/kept", "one", 0644);
	file(&b, "one/replaced", "one", 0644);
	file(&b, "one/gone", "one", 0644);
	dir(&b, "one/gone-dir", 0755);
	file(&b, "one/gone-dir/in", "one", 0644);
	file(&b, "one/back", "one", 0644);
	dir(&b, "one/d", 0755);
	file(&b, "one/d/one", "1", 0644);
	owner(&b, "one/d", 9, 9, 02755);
	dir(&b, "one/opaque", 0755);
	file(&b, "one/opaque/one", "1", 0644);
	dir(&b, "one/to-file", 0755);
	file(&b, "one/to-file/in", "1", 0644);
	file(&b, "one/to-dir", "1", 0644);
	dir(&b, "one/to-link", 0700);
	file(&b, "one/to-link/in", "1", 0644);
	ck_assert_int_eq(symlinkat("/etc", b.data_fd, "one/from-link"), 0);
	file(&b, "one/hard1", "1", 0644);
	ck_assert_int_eq(linkat(b.data_fd, "one/hard1", b.data_fd, "one/hard2", 0), 0);
	ck_assert_int_eq(linkat(b.data_fd, "one/hard1", b.data_fd, "one/hard3", 0), 0);

	file(&b, "two/replaced", "two", 0600);
	node(&b, "two/gone", S_IFCHR);
	node(&b, "two/gone-dir", S_IFCHR);
	node(&b, "two/back", S_IFCHR);
	node(&b, "two/never-there", S_IFCHR);
	dir(&b, "two/d", 0755);
	file(&b, "two/d/two", "2", 0644);
	owner(&b, "two/d", 0, 50, 02750);
	dir(&b, "two/opaque", 0700);
	attribute(&b, "two/opaque", "user.overlay.opaque", "y", 1);
	file(&b, "two/opaque/two", "2", 0644);
	file(&b, "two/to-file", "2", 0644);
	dir(&b, "two/to-dir", 0711);
	file(&b, "two/to-dir/in", "2", 0644);
	ck_assert_int_eq(symlinkat("/etc", b.data_fd, "two/to-link"), 0);
	dir(&b, "two/from-link", 0755);
	file(&b, "two/from-link/passwd", "2", 0644);
	file(&b, "two/hard1", "2", 0644);
	file(&b, "three/back", "three", 0644);
	ck_assert_ok(build(&b, all, &err), &err);
	check(&b, wanted, ARRAY_SIZE(wanted));
	/* what is left of three names has its own content */
	ck_assert_int_eq(fstatat(b.tree_fd, "hard2", &st, 0), 0);
	ck_assert_uint_eq(st.st_nlink, 2);
	char *text = describe(&b, "hard3");
	ck_assert_ptr_nonnull(strstr(text, "@/one/hard"));
	free(text);
	char *opaque = xasprintf("/proc/self/fd/%d/opaque", b.tree_fd);
	ck_assert_int_lt(lgetxattr(opaque, "user.overlay.opaque", NULL, 0), 0);
	free(opaque);
}
END_TEST

/* A link of a lower layer is no way out for what comes over it. */
START_TEST(test_no_way_out)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();
	struct stat before, after;
	char *target = xasprintf("%s/victim", unit_dir_path);

	ck_assert_int_eq(mkdir(target, 0711), 0);
	ck_assert_int_eq(stat(target, &before), 0);
	ck_assert_int_eq(symlinkat(target, b.data_fd, "one/a"), 0);
	ck_assert_int_eq(symlinkat(target, b.data_fd, "two/b"), 0);
	dir(&b, "one/b", 0755);
	dir(&b, "two/a", 0700);
	file(&b, "two/a/made", "x", 0644);
	dir(&b, "three/a", 01777);
	dir(&b, "three/b", 02777);
	file(&b, "three/b/made", "x", 0644);
	ck_assert_ok(build(&b, all, &err), &err);
	ck_assert_int_eq(stat(target, &after), 0);
	ck_assert(before.st_mode == after.st_mode &&
		  before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
		  before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
	ck_assert_int_eq(fstatat(b.tree_fd, "b/made", &after, 0), 0);
	free(target);
}
END_TEST

START_TEST(test_times)
{
	static const char *const paths[] = {"one/d/f", "one/d", "one"};
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
					  {.tv_sec = 1234567890, .tv_nsec = 123456789}};
	const struct timespec early[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = -5}};
	struct error err = ERROR_INIT;
	struct box b = box_open();
	struct stat st;

	dir(&b, "one/d", 02755);
	file(&b, "one/d/f", "x", 0644);
	file(&b, "one/d/early", "x", 0644);
	ck_assert_int_eq(utimensat(b.data_fd, "one/d/early", early, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		ck_assert_int_eq(utimensat(b.data_fd, paths[i], times, 0), 0);
	ck_assert_ok(build(&b, lowest, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *path = paths[i][3] ? paths[i] + 4 : ".";
		ck_assert_int_eq(fstatat(b.tree_fd, path, &st, 0), 0);
		ck_assert(st.st_mtim.tv_sec == 1234567890 &&
			  st.st_mtim.tv_nsec == 123456789);
	}
	ck_assert_int_eq(fstatat(b.tree_fd, "d/early", &st, 0), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, -5);
}
END_TEST

START_TEST(test_attributes)
{
	/* capabilities(7), VFS_CAP_REVISION_2 with CAP_CHOWN */
	static const unsigned char caps[20] = {1, 0, 0, 2, 1};
	struct error err = ERROR_INIT;
	struct box b = box_open();
	char value[64], *path, *big = xcalloc(1, 2000);

	memset(big, 'x', 2000);
	file(&b, "one/f", "x", 0644);
	attribute(&b, "one/f", "user.color", "blue", 4);
	attribute(&b, "one/f", "user.empty", "", 0);
	attribute(&b, "one/f", "user.big", big, 2000);
	dir(&b, "one/d", 0755);
	attribute(&b, "one/d", "user.lower", "1", 1);
	dir(&b, "two/d", 0755);
	attribute(&b, "two/d", "user.upper", "2", 1);
	/* what an image must not say */
	file(&b, "one/liar", "", 0644);
	attribute(&b, "one/liar", "user.overlay.redirect", "/two/secret", 11);
	attribute(&b, "one/liar", "user.overlay.metacopy", "", 0);
	if (is_root())
		attribute(&b, "one/f", "security.capability", caps, sizeof(caps));
	ck_assert_ok(build(&b, all, &err), &err);
	path = xasprintf("/proc/self/fd/%d/f", b.tree_fd);
	ck_assert_int_eq(lgetxattr(path, "user.color", value, sizeof(value)), 4);
	ck_assert_int_eq(lgetxattr(path, "user.empty", value, sizeof(value)), 0);
	ck_assert_int_eq(lgetxattr(path, "user.big", NULL, 0), 2000);
	if (is_root())
		ck_assert_int_eq(
			lgetxattr(path, "security.capability", value, sizeof(value)),
			sizeof(caps));
	free(path);
	path = xasprintf("/proc/self/fd/%d/d", b.tree_fd);
	ck_assert_int_lt(lgetxattr(path, "user.lower", value, sizeof(value)), 0);
	ck_assert_int_eq(lgetxattr(path, "user.upper", value, sizeof(value)), 1);
	free(path);
	path = xasprintf("/proc/self/fd/%d/liar", b.tree_fd);
	ck_assert_int_eq(llistxattr(path, value, sizeof(value)), 0);
	free(path);
	free(big);
}
END_TEST

/* Down to `levels` directories of 200 characters. */
static void make_deep(const struct box *b, int levels, bool with_file)
{
	char name[201];
	int fd = openat(b->data_fd, one, O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < levels; i++) {
		ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
		int next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	if (with_file)
		ck_assert_int_eq(mknodat(fd, "f", S_IFREG | 0644, 0), 0);
	close(fd);
}

START_TEST(test_deep)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();

	make_deep(&b, 20, true); /* 4021 bytes */
	ck_assert_ok(build(&b, lowest, &err), &err);
}
END_TEST

START_TEST(test_too_deep)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();

	make_deep(&b, 25, false);
	ck_assert_int_eq(build(&b, lowest, &err), -ENAMETOOLONG);
	char *message = error_message(&err);
	ck_assert_uint_lt(strlen(message), 400);
	ck_assert_ptr_nonnull(strstr(message, "describe layer one"));
	free(message);
	error_release(&err);
}
END_TEST

START_TEST(test_long_link)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();
	char target[4096], found[8192];

	memset(target, 't', 4095);
	target[4095] = '\0';
	ck_assert_int_eq(symlinkat(target, b.data_fd, "one/long"), 0);
	ck_assert_ok(build(&b, lowest, &err), &err);
	ck_assert_int_eq(readlinkat(b.tree_fd, "long", found, sizeof(found)), 4095);
}
END_TEST

START_TEST(test_many)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();
	char path[40], link[40], content[16], want[64];

	for (int i = 0; i < MANY; i++) {
		if (i % 100 == 0) {
			snprintf(path, sizeof(path), "one/d%d", i / 100);
			dir(&b, path, 0755);
		}
		snprintf(path, sizeof(path), "one/d%d/f%d", i / 100, i);
		snprintf(content, sizeof(content), "%d", i);
		file(&b, path, content, 0644);
		snprintf(link, sizeof(link), "one/l%d", i);
		if (i % 50 == 1)
			ck_assert_int_eq(linkat(b.data_fd, path, b.data_fd, link, 0), 0);
	}
	ck_assert_ok(build(&b, lowest, &err), &err);
	for (int i = 2; i < MANY; i += 50) {
		snprintf(path, sizeof(path), "d%d/f%d", i / 100, i);
		char *found = describe(&b, path);
		snprintf(want, sizeof(want), "@/one/%s", path);
		ck_assert_str_eq(strchr(found, '@'), want);
		free(found);
	}
}
END_TEST

static void make_trees(const struct box *b)
{
	char path[64];

	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "one/f%d", i);
		file(b, path, "x", 0644);
	}
}

START_TEST(test_several_ask_at_once)
{
	struct box b = box_open();
	pid_t pids[8];
	int status;

	make_trees(&b);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct error err = ERROR_INIT;
			int fd = metadata_open(b.tree_fd, b.data_fd, lowest, &err);
			_exit(fd < 0 || faccessat(fd, "f299", F_OK, 0) < 0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(test_what_a_killed_builder_left)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();

	file(&b, "one/f", "x", 0644);
	ck_assert_int_eq(mkdirat(b.tree_fd, ".new-one", 0), 0);
	if (is_root())
		ck_assert_int_eq(mknodat(b.tree_fd, ".new-one/junk", S_IFREG, 0), 0);
	int fd = metadata_open(b.tree_fd, b.data_fd, lowest, &err);
	ck_assert_ok(fd, &err);
	ck_assert_int_eq(faccessat(fd, "junk", F_OK, 0), -1);
	ck_assert_int_eq(faccessat(fd, "f", F_OK, 0), 0);
	ck_assert_int_eq(faccessat(b.tree_fd, ".new-one", F_OK, 0), -1);
}
END_TEST

START_TEST(test_a_layer_that_is_not_there)
{
	static char gone[] = "gone";
	static char *const layers[] = {two, gone, NULL};
	struct error err = ERROR_INIT;
	struct box b = box_open();

	ck_assert_int_eq(metadata_open(b.tree_fd, b.data_fd, layers, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	/* nothing half-made has the name, and it works once the layer is there */
	ck_assert_int_eq(faccessat(b.tree_fd, two, F_OK, 0), -1);
	ck_assert_int_eq(mkdirat(b.data_fd, gone, 0755), 0);
	ck_assert_ok(metadata_open(b.tree_fd, b.data_fd, layers, &err), &err);
}
END_TEST

/* A tmpfs of 40 kB has no room for so many files: an error, and room for the next attempt. */
START_TEST(test_no_room)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();
	char *tree = xasprintf("%s/tree", unit_dir_path);

	if (!is_root() || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
	    mount("none", tree, "tmpfs", 0, "nr_inodes=100") < 0)
		return;
	make_trees(&b);
	int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(metadata_open(tree_fd, b.data_fd, lowest, &err), -ENOSPC);
	error_release(&err);
	ck_assert_int_eq(faccessat(tree_fd, one, F_OK, 0), -1);
	ck_assert_int_eq(mount(NULL, tree, NULL, MS_REMOUNT, "nr_inodes=2000"), 0);
	ck_assert_ok(metadata_open(tree_fd, b.data_fd, lowest, &err), &err);
	close(tree_fd);
	free(tree);
}
END_TEST

/* As from a mounted overlay: the kernel then refuses to copy within itself. */
START_TEST(test_a_copy_onto_another_file_system)
{
	struct error err = ERROR_INIT;
	struct box b = box_open();
	char *tree = xasprintf("%s/tree", unit_dir_path), text[16] = "";
	cleanup_fd int from_fd = openat(b.data_fd, one, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!is_root() || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
	    mount("none", tree, "tmpfs", 0, NULL) < 0)
		return;
	cleanup_fd int to_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct tree_copy copy = {.from_fd = from_fd, .to_fd = to_fd};
	file(&b, "one/file", "its content", 0644);
	ck_assert_ok(tree_copy(&copy, &err), &err);
	cleanup_fd int fd = openat(to_fd, "file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, text, sizeof(text) - 1), 11);
	ck_assert_str_eq(text, "its content");
	free(tree);
}
END_TEST

UNIT_MAIN("metadata", test_every_kind, test_layers_over_each_other, test_no_way_out,
	  test_times, test_attributes, test_deep, test_too_deep, test_long_link,
	  test_many, test_several_ask_at_once, test_what_a_killed_builder_left,
	  test_a_layer_that_is_not_there, test_no_room,
	  test_a_copy_onto_another_file_system)
