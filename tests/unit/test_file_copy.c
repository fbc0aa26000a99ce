/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "util/file_copy.h"

static int new_file(int dirfd)
{
	int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void put(int fd, off_t at, const char *text)
{
	ck_assert_int_eq(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
}

static void check_text(int fd, off_t at, const char *text)
{
	char got[64] = "";

	ck_assert_int_eq(pread(fd, got, strlen(text), at), (ssize_t)strlen(text));
	ck_assert_str_eq(got, text);
}

START_TEST(test_content_and_holes)
{
	const off_t far = 64 << 20;
	int dirfd = unit_dirfd(), from = new_file(dirfd), to = new_file(dirfd);
	struct stat st;

	put(from, 0, "begin");
	put(from, far, "middle");
	ck_assert_int_eq(ftruncate(from, 2 * far), 0);
	ck_assert_int_eq(file_copy(from, to, 2 * (uint64_t)far), 0);
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_size, 2 * far);
	ck_assert_int_lt(st.st_blocks * 512, 8 << 20);
	check_text(to, 0, "begin");
	check_text(to, far, "middle");
}
END_TEST

/* What it was when it was looked at, or less. */
START_TEST(test_size)
{
	static const struct {
		uint64_t asked;
		off_t want;
	} cases[] = {{0, 0}, {3, 3}, {5, 5}, {100, 5}};
	int dirfd = unit_dirfd(), from = new_file(dirfd);

	put(from, 0, "12345");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int to = new_file(dirfd);
		struct stat st;

		ck_assert_int_eq(file_copy(from, to, cases[i].asked), 0);
		ck_assert_int_eq(fstat(to, &st), 0);
		ck_assert_int_eq(st.st_size, cases[i].want);
		close(to);
	}
}
END_TEST

START_TEST(test_stream)
{
	int dirfd = unit_dirfd(), to = new_file(dirfd), from = new_file(dirfd);

	put(from, 0, "12345");
	ck_assert_int_eq(file_copy_stream(from, to, 5), 0);
	check_text(to, 0, "12345");
	ck_assert_int_eq(lseek(from, 0, SEEK_SET), 0);
	ck_assert_int_eq(file_copy_stream(from, to, 4), -EFBIG);
}
END_TEST

START_TEST(test_other_file_systems)
{
	int dirfd = unit_dirfd(), to = new_file(dirfd);
	int from = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(file_copy_stream(from, to, 1 << 20), 0);
	check_text(to, 0, "Name:");
}
END_TEST

UNIT_MAIN("file_copy", test_content_and_holes, test_size, test_stream,
	  test_other_file_systems)
