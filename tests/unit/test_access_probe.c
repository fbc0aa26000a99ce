/* SPDX-License-Identifier: Apache-2.0 */
/* What root finds out for others; an ordinary user has only itself to try. */
#include "runtime/access_probe.h"

#include <linux/capability.h>

#include "unit.h"

#define BIT(n) (UINT64_C(1) << (n))

static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct probe_result try(int fd, const char *below, uint32_t uid,
			       uint64_t capabilities)
{
	cleanup_error struct error err = ERROR_INIT;
	const struct probe_path path = {.fd = fd, .below = below};
	struct access_probe probe = ACCESS_PROBE_INIT;
	struct probe_result result = {0};

	probe.uid = uid;
	probe.gid = uid ? uid : getegid();
	probe.capabilities = capabilities;
	probe.paths = &path;
	probe.n_paths = 1;
	ck_assert_msg(access_probe_run(&probe, &result, &err) == 0, "%s", err.text);
	return result;
}

START_TEST(test_own)
{
	cleanup_fd int fd = open_dir(unit_dir());
	struct probe_result r = try(fd, NULL, geteuid(), 0);

	ck_assert_int_eq(r.code, 0);
	ck_assert(S_ISDIR(r.mode) && r.readable && r.writable && !r.writable_remounted);
	r = try(fd, "missing", geteuid(), 0);
	ck_assert_int_eq(r.code, ENOENT);
	ck_assert(!r.readable && !r.writable);
}
END_TEST

START_TEST(test_links_are_not_followed)
{
	cleanup_fd int fd = open_dir(unit_dir());

	ck_assert_int_eq(symlinkat("/etc", fd, "link"), 0);
	ck_assert_int_eq(try(fd, "link/passwd", geteuid(), 0).code, ELOOP);
	ck_assert_int_eq(try(fd, "../x", geteuid(), 0).code, EXDEV);
}
END_TEST

START_TEST(test_strangers)
{
	static const struct {
		mode_t mode;
		uint64_t capabilities;
		bool readable, writable;
	} cases[] = {
		{0700, 0, false, false},
		{0755, 0, true, false},
		{0777, 0, true, true},
		{0733, 0, false, true},
		{0700, BIT(CAP_DAC_OVERRIDE), true, true},
		{0700, BIT(CAP_DAC_READ_SEARCH), true, false},
	};
	const char *dir = unit_dir();
	cleanup_fd int fd = open_dir(dir);

	if (geteuid() != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct probe_result r;

		ck_assert_int_eq(chmod(dir, cases[i].mode), 0);
		r = try(fd, NULL, 54321, cases[i].capabilities);
		ck_assert_msg(r.readable == cases[i].readable, "case %zu", i);
		ck_assert_msg(r.writable == cases[i].writable, "case %zu", i);
	}
}
END_TEST

/* Root without its capabilities is an owner like others. */
START_TEST(test_root_without_capabilities)
{
	const char *dir = unit_dir();
	cleanup_fd int fd = open_dir(dir);

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, 54321, 54321), 0);
	ck_assert(!try(fd, NULL, 0, 0).writable);
	ck_assert(try(fd, NULL, 54321, 0).writable);
	ck_assert_int_eq(chown(dir, 0, 0), 0);
}
END_TEST

UNIT_MAIN("access_probe", test_own, test_links_are_not_followed, test_strangers,
	  test_root_without_capabilities)
