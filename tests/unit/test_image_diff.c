/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "engine/file_change.h"
#include "engine/image.h"
#include "store_box.h"

static char *joined(char **lines)
{
	char *text = lines ? strv_join(lines, "|") : xstrdup("");

	strv_free(lines);
	return text;
}

START_TEST(test_lists_of_changes)
{
	static const struct {
		const char *records[6], *want;
	} cases[] = {
		{{NULL}, ""},
		{{"Aa"}, "A /a"},
		/* the directory that something is added to has changed */
		{{"Aetc/x"}, "C /etc|A /etc/x"},
		{{"Detc/x", "Aetc/y"},
		 "C /etc|"
		 "D /etc/x|A /etc/y"},
		{{"Cetc/x"}, "C /etc/x"},
		{{"Aetc", "Aetc/x"}, "A /etc|A /etc/x"},
		/* what is in a directory comes right after it */
		{{"Aa-b", "Aa/c", "Aa", "Aab"}, "A /a|A /a/c|A /a-b|A /ab"},
		{{"C\xff", "C\x01"}, "C /\x01|C /\xff"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf b = {0};
		cleanup_free char *text = NULL;

		buf_init(&b, 1000);
		for (size_t k = 0; cases[i].records[k]; k++)
			ck_assert_int_eq(file_change_add(&b, cases[i].records[k][0],
							 cases[i].records[k] + 1),
					 0);
		text = joined(file_changes(&b));
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

START_TEST(test_full)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, 5);
	ck_assert_int_eq(file_change_add(&b, 'A', "abcdef"), -E2BIG);
}
END_TEST

START_TEST(test_what_counts_as_different)
{
	struct stat file = {.st_mode = S_IFREG | 0644, .st_size = 5}, other = file;
	struct stat dir = {.st_mode = S_IFDIR | 0755, .st_size = 5}, larger = dir;

	ck_assert(!file_differs(&file, &other));
	other.st_size = 6;
	ck_assert(file_differs(&file, &other));
	other = file;
	other.st_mtim.tv_nsec = 1;
	ck_assert(file_differs(&file, &other));
	other = file;
	other.st_gid = 1;
	ck_assert(file_differs(&file, &other));
	larger.st_size = 4096;
	ck_assert(!file_differs(&dir, &larger));
	ck_assert(file_differs(&dir, &file));
}
END_TEST

static char *layers_1[] = {(char *)BOX_DIGEST("1"), NULL};
static char *layers_12[] = {(char *)BOX_DIGEST("1"), (char *)BOX_DIGEST("2"), NULL};

static void make_lower(int fd)
{
	static const char *const dirs[] = {"etc", "gone", "kept", "opaque"};
	static const char *const files[] = {"etc/a",  "etc/b",      "gone/x",
					    "kept/x", "opaque/old", "opaque/both"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		ck_assert_int_eq(mkdirat(fd, dirs[i], 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		box_file(fd, files[i], "1");
}

static void same_times(int from_fd, int to_fd, const char *path)
{
	struct timespec times[2];
	struct stat st;

	ck_assert_int_eq(fstatat(from_fd, path, &st, 0), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	ck_assert_int_eq(utimensat(to_fd, path, times, 0), 0);
}

static void make_upper(int lower_fd, int fd)
{
	int opaque_fd;

	ck_assert_int_eq(mkdirat(fd, "etc", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "kept", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "opaque", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "new", 0755), 0);
	box_file(fd, "etc/a", "22");
	box_file(fd, "new/f", "2");
	box_file(fd, "opaque/both", "22");
	ck_assert_int_eq(mknodat(fd, "etc/b", S_IFCHR, makedev(0, 0)), 0);
	ck_assert_int_eq(mknodat(fd, "gone", S_IFCHR, makedev(0, 0)), 0);
	ck_assert_int_eq(mknodat(fd, "never", S_IFCHR, makedev(0, 0)), 0);
	opaque_fd = openat(fd, "opaque", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(fsetxattr(opaque_fd, "user.overlay.opaque", "y", 1, 0), 0);
	close(opaque_fd);
	same_times(lower_fd, fd, "etc");
	same_times(lower_fd, fd, "kept");
}

static void add_layer(struct store_box *box, const char *name, bool upper)
{
	int fd;

	ck_assert_int_eq(mkdirat(box->layers_fd, name, 0755), 0);
	fd = openat(box->layers_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (upper) {
		int lower_fd = openat(box->layers_fd, BOX_HEX("1"),
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		make_upper(lower_fd, fd);
		close(lower_fd);
	} else {
		make_lower(fd);
	}
	close(fd);
}

START_TEST(test_images)
{
	static const char topmost[] = "C /etc|C /etc/a|"
				      "D /etc/b|D /gone|A /new|A "
				      "/new/f|C /opaque|C /opaque/both|D /opaque/old";
	static const char back[] = "C /etc|C /etc/a|A /etc/b|A /gone|A /gone/x|D "
				   "/new|C /opaque|C /opaque/both|A /opaque/old";
	struct store_box box = store_box_open();
	const struct image_record base = {.id = (char *)BOX_HEX("a"), .layers = layers_1};
	const struct image_record image = {.id = (char *)BOX_HEX("b"),
					   .layers = layers_12};
	const struct image_record empty = {.id = (char *)BOX_HEX("c")};
	const struct {
		const struct image_record *image, *base;
		const char *want;
	} cases[] = {
		{&image, NULL, topmost},
		{&image, &base, topmost},
		{&base, &image, back},
		{&image, &image, ""},
		{&empty, NULL, ""},
		{&empty, &empty, ""},
		{&empty, &base, "D /etc|D /gone|D /kept|D /opaque"},
	};
	struct error err = ERROR_INIT;

	add_layer(&box, BOX_HEX("1"), false);
	add_layer(&box, BOX_HEX("2"), true);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = NULL;
		char **lines = NULL;

		ck_assert_ok(image_diff(&box.engine, cases[i].image, cases[i].base,
					&lines, &err),
			     &err);
		text = joined(lines);
		ck_assert_str_eq(text, cases[i].want);
	}
	store_box_close(&box);
}
END_TEST

UNIT_MAIN("image_diff", test_lists_of_changes, test_full, test_what_counts_as_different,
	  test_images)
