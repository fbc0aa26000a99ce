/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/time.h"

/*
 * The stage of every test: BASE/root is a container's root, BASE/outside must never be
 * touched, whatever stands in the root.
 */
struct stage {
	const char *base;
	int base_fd, root_fd;
	char inside[PATH_MAX]; /* BASE/root, as /proc/self/fd shows it */
};

static struct stage stage_make(void)
{
	struct stage s = {.base = unit_dir()};

	s.base_fd = open(s.base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(s.base_fd, "root", 0755), 0);
	ck_assert_int_eq(mkdirat(s.base_fd, "outside", 0755), 0);
	int fd =
		openat(s.base_fd, "outside/secret", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	close(fd);
	s.root_fd = openat(s.base_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(s.root_fd, 0);
	cleanup_free char *inside = fd_path(s.root_fd);
	snprintf(s.inside, sizeof(s.inside), "%s", inside);
	return s;
}

/* Nothing but the secret may be outside, and the base holds the two directories only. */
static void stage_check(const struct stage *s)
{
	static const struct {
		const char *dir, *allowed[3];
	} places[] = {{"outside", {"secret"}}, {".", {"root", "outside"}}};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int fd = openat(s->base_fd, places[i].dir,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cleanup_dir DIR *dir = fdopendir(fd);
		for (struct dirent *e; (e = readdir(dir));) {
			if (e->d_name[0] == '.')
				continue;
			ck_assert_msg(str_eq(e->d_name, places[i].allowed[0]) ||
					      str_eq(e->d_name, places[i].allowed[1]),
				      "made outside of the root: %s", e->d_name);
		}
	}
}

static void check_inside(const struct stage *s, int fd, const char *how)
{
	cleanup_free char *path = fd_path(fd);
	size_t len = strlen(s->inside);
	ck_assert_msg(strncmp(path, s->inside, len) == 0 &&
			      (path[len] == '/' || path[len] == '\0'),
		      "%s led to %s", how, path);
}

static void check_at(const struct stage *s, int fd, const char *want)
{
	cleanup_free char *path = fd_path(fd);
	ck_assert_msg(str_eq(path + strlen(s->inside), want), "%s, wanted %s", path,
		      want);
	check_inside(s, fd, want);
	close(fd);
}

static void link_to(const struct stage *s, const char *name, const char *target)
{
	ck_assert_int_eq(symlinkat(target, s->root_fd, name), 0);
}

START_TEST(test_open)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;

	ck_assert_int_eq(mkdirat(s.root_fd, "etc", 0755), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "etc/sub", 0755), 0);
	link_to(&s, "rel", "etc/sub");
	link_to(&s, "abs", "/etc/sub");
	link_to(&s, "up", "../../../../../etc/sub");
	link_to(&s, "loop", "loop");

	static const struct {
		const char *path, *want;
	} found[] = {
		{"/", ""},
		{"", ""},
		{".", ""},
		{"..", ""},
		{"/../../..", ""},
		{"etc", "/etc"},
		{"/etc/", "/etc"},
		{"//etc//sub/.", "/etc/sub"},
		{"etc/sub/..", "/etc"},
		{"rel", "/etc/sub"},
		{"/abs", "/etc/sub"},
		{"up", "/etc/sub"},
		{"up/../..", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		int fd = path_open(s.root_fd, found[i].path, O_PATH, &err);
		ck_assert_ok(fd, &err);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		check_at(&s, fd, found[i].want);
	}
	ck_assert_int_eq(path_open(s.root_fd, "/etc/none", O_PATH, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_message(&err, "open /etc/none: no such file or directory");
	ck_assert_int_eq(path_open(s.root_fd, "loop", O_PATH, &err), -ELOOP);
	ck_assert_int_eq(path_open(s.root_fd, "loop", O_RDONLY | O_NOFOLLOW, &err),
			 -ELOOP);
	error_release(&err);
	int fd = path_open(s.root_fd, "loop", O_PATH | O_NOFOLLOW, &err);
	ck_assert_ok(fd, &err);
	close(fd);
}
END_TEST

START_TEST(test_open_nolink)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;

	ck_assert_int_eq(mkdirat(s.root_fd, "etc", 0755), 0);
	link_to(&s, "link", "etc");
	int fd = path_open_nolink(s.root_fd, "/etc", O_PATH, true, &err);
	ck_assert_ok(fd, &err);
	check_at(&s, fd, "/etc");
	ck_assert_int_eq(path_open_nolink(s.root_fd, "link", O_PATH, true, &err), -ELOOP);
	ck_assert_int_eq(path_open_nolink(s.root_fd, "link/x", O_PATH, true, &err),
			 -ELOOP);
	/* O_PATH|O_NOFOLLOW would otherwise give an fd of the link itself. */
	ck_assert_int_eq(
		path_open_nolink(s.root_fd, "link", O_PATH | O_NOFOLLOW, true, &err),
		-ELOOP);
	error_release(&err);

	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(path_open_nolink(top, "/proc/self", O_PATH, false, &err),
			 -ELOOP);
	ck_assert_int_eq(path_open_nolink(top, "/proc/sys", O_PATH, true, &err), -EXDEV);
	error_release(&err);
	fd = path_open_nolink(top, "/proc/sys", O_PATH, false, &err);
	ck_assert_ok(fd, &err);
	close(fd);
}
END_TEST

START_TEST(test_magic_links_are_not_followed)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	cleanup_free char *path = xasprintf("/proc/self/fd/%d", s.base_fd);
	cleanup_free char *below = xasprintf("%s/outside/made", path);
	ck_assert_int_eq(path_open(top, path, O_PATH, &err), -ELOOP);
	ck_assert_int_eq(path_open(top, "/proc/self/root/etc", O_PATH, &err), -ELOOP);
	ck_assert_int_eq(path_make_dir(top, below, 0755, &err), -ELOOP);
	ck_assert_int_eq(path_make_file(top, below, 0644, &err), -ELOOP);
	error_release(&err);
	stage_check(&s);
}
END_TEST

START_TEST(test_open_file)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	char data[8];

	cleanup_fd int made_fd = openat(s.root_fd, "file", O_WRONLY | O_CREAT, 0644);
	ck_assert_int_eq(write(made_fd, "hello", 5), 5);
	link_to(&s, "link", "/file");
	cleanup_fd int fd = path_open_file(s.root_fd, "link", &err);
	ck_assert_ok(fd, &err);
	ck_assert_int_eq(read(fd, data, sizeof(data)), 5);
	ck_assert_int_eq(mkfifoat(s.root_fd, "fifo", 0644), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "dir", 0755), 0);
	ck_assert_int_eq(path_open_file(s.root_fd, "fifo", &err), -EINVAL);
	ck_assert_message(&err, "open fifo: it is not a regular file");
	ck_assert_int_eq(path_open_file(s.root_fd, "dir", &err), -EINVAL);
	ck_assert_int_eq(path_open_file(s.root_fd, "none", &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_make_dir)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	struct stat st;

	umask(077);
	ck_assert_int_eq(mkdirat(s.root_fd, "real", 0700), 0);
	link_to(&s, "abs", "/real");
	link_to(&s, "rel", "./real/../real");
	link_to(&s, "dangling", "new/from-link");
	link_to(&s, "dangling-abs", "/abs/from-link/");
	link_to(&s, "dangling-up", "../../outside/made");
	link_to(&s, "chain", "dangling-2/deeper");
	link_to(&s, "dangling-2", "/chained");

	static const struct {
		const char *path, *want;
	} cases[] = {
		{"a/b/c", "/a/b/c"},
		{"/a/b/c/", "/a/b/c"},
		{"", ""},
		{"/", ""},
		{"../../..", ""},
		{"../x/../y", "/y"},
		{"abs/one", "/real/one"},
		{"rel/two", "/real/two"},
		{"dangling/x", "/new/from-link/x"},
		{"dangling-abs", "/real/from-link"},
		{"dangling-up/x", "/outside/made/x"},
		{"chain", "/chained/deeper"},
		{"m/n/../../../../../o", "/o"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = path_make_dir(s.root_fd, cases[i].path, 0755, &err);
		ck_assert_ok(fd, &err);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
		check_at(&s, fd, cases[i].want);
	}
	/* ".." needs what it leaves, as in the kernel: x and m/n were made. */
	ck_assert_int_eq(fstatat(s.root_fd, "m/n", &st, 0), 0);
	ck_assert_int_eq(fstatat(s.root_fd, "a/b", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755); /* not what the umask makes of it */
	ck_assert_int_eq(fstatat(s.root_fd, "real", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(umask(0), 077);
	stage_check(&s);
}
END_TEST

START_TEST(test_make_dir_refuses)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	char name[NAME_MAX + 2];

	int fd = openat(s.root_fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	close(fd);
	link_to(&s, "to-file", "file");
	link_to(&s, "through-file", "file/../new");
	link_to(&s, "loop-1", "loop-2");
	link_to(&s, "loop-2", "loop-1");
	link_to(&s, "growing", "growing/x");
	link_to(&s, "new-loop", "missing/../new-loop");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';

	const struct {
		const char *path;
		int want;
	} cases[] = {
		{"file", -ENOTDIR},      {"file/x", -ENOTDIR},
		{"to-file/x", -ENOTDIR}, {"through-file/x", -ENOTDIR},
		{"loop-1", -ELOOP},      {"loop-1/x", -ELOOP},
		{"growing", -ELOOP},     {"new-loop", -ELOOP},
		{name, -ENAMETOOLONG},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = path_make_dir(s.root_fd, cases[i].path, 0755, &err);
		ck_assert_msg(r == cases[i].want, "%s: %d", cases[i].path, r);
		ck_assert(error_is_set(&err));
		error_release(&err);
	}
	stage_check(&s);

	/* The longest chain that the kernel would follow, and one more. */
	for (int i = 0; i < 41; i++) {
		cleanup_free char *from = xasprintf("c%d", i);
		cleanup_free char *to =
			i == 0 ? xstrdup("end/of/chain") : xasprintf("c%d", i - 1);
		link_to(&s, from, to);
	}
	ck_assert_int_eq(path_make_dir(s.root_fd, "c40", 0755, &err), -ELOOP);
	error_release(&err);
	fd = path_make_dir(s.root_fd, "c39", 0755, &err);
	ck_assert_ok(fd, &err);
	check_at(&s, fd, "/end/of/chain");
}
END_TEST

START_TEST(test_make_dir_at_great_depth)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	char path[PATH_MAX] = "";

	for (int i = 0; i < 200; i++)
		strcat(path, "d/");
	int fd = path_make_dir(s.root_fd, path, 0755, &err);
	ck_assert_ok(fd, &err);
	close(fd);
	for (int i = 0; i < 200; i++)
		strcat(path, "e/");
	ck_assert_int_eq(path_make_dir(s.root_fd, path, 0755, &err), -ENAMETOOLONG);
	error_release(&err);
}
END_TEST

START_TEST(test_make_file)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	struct stat st;

	umask(077);
	ck_assert_int_eq(mkdirat(s.root_fd, "dir", 0755), 0);
	link_to(&s, "dangling", "/etc/resolv.conf");
	link_to(&s, "dangling-up", "../../../outside/made");
	link_to(&s, "link", "first");

	static const struct {
		const char *path, *want;
	} cases[] = {
		{"first", "/first"},
		{"/first", "/first"},
		{"link", "/first"},
		{"a/b/file", "/a/b/file"},
		{"dangling", "/etc/resolv.conf"},
		{"dangling-up", "/outside/made"},
		{"dir/../second", "/second"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = path_make_file(s.root_fd, cases[i].path, 0640, &err);
		ck_assert_ok(fd, &err);
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert(S_ISREG(st.st_mode));
		ck_assert_int_eq(st.st_mode & 07777, 0640);
		ck_assert_int_eq(st.st_size, 0);
		check_at(&s, fd, cases[i].want);
	}
	ck_assert_int_eq(fstatat(s.root_fd, "a/b", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);

	/* Neither opened for reading (a FIFO would block) nor emptied. */
	ck_assert_int_eq(mkfifoat(s.root_fd, "fifo", 0600), 0);
	int fd = path_make_file(s.root_fd, "fifo", 0600, &err);
	ck_assert_ok(fd, &err);
	close(fd);

	static const struct {
		const char *path;
		int want;
	} refused[] = {
		{"dir", -EISDIR},      {"new/", -EISDIR}, {"", -EISDIR},
		{"/", -EISDIR},        {"..", -EISDIR},   {"dir/.", -EISDIR},
		{"first/x", -ENOTDIR},
	};
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		int r = path_make_file(s.root_fd, refused[i].path, 0600, &err);
		ck_assert_msg(r == refused[i].want, "%s: %d", refused[i].path, r);
	}
	error_release(&err);
	stage_check(&s);
}
END_TEST

START_TEST(test_open_parent)
{
	struct stage s = stage_make();
	struct error err = ERROR_INIT;
	char *name = NULL;
	int fd = -EBADF;

	ck_assert_int_eq(mkdirat(s.root_fd, "dir", 0755), 0);
	link_to(&s, "dir/link", "/");
	link_to(&s, "abs", "/dir");
	static const struct {
		const char *path, *want, *name;
		bool create;
	} cases[] = {
		{"dir/x", "/dir", "x", false},
		{"x", "", "x", false},
		{"/x//", "", "x", false},
		{"abs/link", "/dir", "link", false},
		{"../../../dir/y", "/dir", "y", false},
		{"new/dir/z/", "/new/dir", "z", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_ok(path_open_parent(s.root_fd, cases[i].path, cases[i].create,
					      &fd, &name, &err),
			     &err);
		ck_assert_str_eq(name, cases[i].name);
		check_at(&s, fd, cases[i].want);
		free(name);
	}
	static const char *const nameless[] = {"",    "/",   "..",     "a/..",
					       "a/.", "///", "dir/../"};
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++)
		ck_assert_int_eq(
			path_open_parent(s.root_fd, nameless[i], true, &fd, &name, &err),
			-EINVAL);
	ck_assert_int_eq(path_open_parent(s.root_fd, "none/x", false, &fd, &name, &err),
			 -ENOENT);
	error_release(&err);
	stage_check(&s);
}
END_TEST

START_TEST(test_clean)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"/a//b/./c/", "/a/b/c"},
		{"/", "/"},
		{"///", "/"},
		{"", "."},
		{".", "."},
		{"a", "a"},
		{"a/", "a"},
		{"./a", "a"},
		{"a/..", "."},
		{"a/b/../..", "."},
		{"../a", "a"},
		{"/..", "/"},
		{"/../../a", "/a"},
		{"/a/../b", "/b"},
		{"a/b/../c", "a/c"},
		{"/a/..b/...", "/a/..b/..."},
		{"/a/b/..", "/a"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = path_clean(cases[i].in);
		ck_assert_msg(str_eq(got, cases[i].want), "%s: %s", cases[i].in, got);
	}
	ck_assert(path_is_absolute("/") && !path_is_absolute("") &&
		  !path_is_absolute("a"));
}
END_TEST

/* ------------------------------------------------------------------ races */

#define RACE_USEC 1000000

/* A process in the root that exchanges two names there for as long as it lives. */
static pid_t start_swapping(const struct stage *s, const char *one, const char *other)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		while (getppid() == parent)
			(void)!renameat2(s->root_fd, one, s->root_fd, other,
					 RENAME_EXCHANGE);
		_exit(0);
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* One round of everything; returns how much of it was made or found. */
static int try_all(const struct stage *s, const char *under, int round)
{
	struct error err = ERROR_INIT;
	cleanup_free char *dir = xasprintf("%s/dir%d/sub", under, round % 500);
	cleanup_free char *file = xasprintf("%s/file%d", under, round % 500);
	cleanup_free char *secret = xasprintf("%s/secret", under);
	cleanup_free char *up = xasprintf("%s/../../../../outside/secret", under);
	cleanup_free char *name = NULL;
	int fds[5] = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF}, n = 0;

	fds[0] = path_make_dir(s->root_fd, dir, 0755, &err);
	fds[1] = path_make_file(s->root_fd, file, 0644, &err);
	fds[2] = path_open(s->root_fd, secret, O_PATH, &err);
	fds[3] = path_open(s->root_fd, up, O_PATH, &err);
	if (path_open_parent(s->root_fd, file, true, &fds[4], &name, &err) < 0)
		fds[4] = -EBADF;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] < 0)
			continue;
		check_inside(s, fds[i], "a race");
		close(fds[i]);
		n++;
	}
	error_release(&err);
	return n;
}

static void race(const struct stage *s, const char *one, const char *other,
		 const char *under)
{
	pid_t pid = start_swapping(s, one, other);
	int64_t end = time_monotonic_usec() + RACE_USEC;
	int n = 0;

	for (int round = 0; time_monotonic_usec() < end; round++)
		n += try_all(s, under, round);
	stop(pid);
	stage_check(s);
	ck_assert_int_gt(n, 0);
}

START_TEST(test_race_of_directory_and_link)
{
	struct stage s = stage_make();
	cleanup_free char *outside = xasprintf("%s/outside", s.base);

	ck_assert_int_eq(mkdirat(s.root_fd, "spot", 0755), 0);
	link_to(&s, "other", outside);
	race(&s, "spot", "other", "spot");
}
END_TEST

START_TEST(test_race_of_directory_and_relative_link)
{
	struct stage s = stage_make();

	ck_assert_int_eq(mkdirat(s.root_fd, "a", 0755), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "a/spot", 0755), 0);
	link_to(&s, "a/other", "../../outside");
	race(&s, "a/spot", "a/other", "a/spot");
}
END_TEST

/* The directory goes up in the tree just while ".." leaves it. */
START_TEST(test_race_of_depth)
{
	struct stage s = stage_make();

	ck_assert_int_eq(mkdirat(s.root_fd, "a", 0755), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "a/b", 0755), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "a/b/deep", 0755), 0);
	ck_assert_int_eq(mkdirat(s.root_fd, "shallow", 0755), 0);
	race(&s, "a/b/deep", "shallow", "a/b/deep");
}
END_TEST

UNIT_MAIN("path", test_open, test_open_nolink, test_magic_links_are_not_followed,
	  test_open_file, test_make_dir, test_make_dir_refuses,
	  test_make_dir_at_great_depth, test_make_file, test_open_parent, test_clean,
	  test_race_of_directory_and_link, test_race_of_directory_and_relative_link,
	  test_race_of_depth)
