/* SPDX-License-Identifier: Apache-2.0 */
#include "build/emulation.h"
#include "unit.h"

#define ARM64                                                        \
	"interpreter /usr/bin/qemu-aarch64-static\nflags: %s\n"      \
	"offset 0\nmagic 7f454c460201010000000000000000000200b700\n" \
	"mask ffffffffffffff00fffffffffffffffffeffffff\n"

static void put(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(test_find)
{
	const char *dir = unit_dir();
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char text[1024];

	ck_assert_int_eq(emulation_find("/nonexistent", "arm64"), EMULATION_NONE);
	put(fd, "status", "enabled\n");
	put(fd, "python3",
	    "enabled\ninterpreter /usr/bin/python3\nflags: \noffset 0\nmagic 0a0d0d0a\n");
	snprintf(text, sizeof(text), "enabled\n" ARM64, "OC");
	put(fd, "qemu-aarch64", text);
	ck_assert_int_eq(emulation_find(dir, "arm64"), EMULATION_NOT_FIXED);
	snprintf(text, sizeof(text), "enabled\n" ARM64, "POCF");
	put(fd, "other", text);
	ck_assert_int_eq(emulation_find(dir, "arm64"), EMULATION_WORKS);
	ck_assert_int_eq(emulation_find(dir, "arm"), EMULATION_NONE);
	ck_assert_int_eq(emulation_find(dir, "s390x"), EMULATION_NONE);
	snprintf(text, sizeof(text), "disabled\n" ARM64, "POCF");
	put(fd, "other", text);
	ck_assert_int_eq(emulation_find(dir, "arm64"), EMULATION_NOT_FIXED);
	close(fd);
}
END_TEST

UNIT_MAIN("emulation", test_find)
