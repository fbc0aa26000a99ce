/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "runtime/userns_scan.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static void write_self(const char *file, const char *text)
{
	cleanup_fd int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(3);
}

/* A namespace whose 0 is `outside`. */
static void enter_new(uint32_t outside)
{
	cleanup_free char *map = xasprintf("0 %u 1", outside);

	if (unshare(CLONE_NEWUSER) < 0)
		_exit(2);
	write_self("/proc/self/setgroups", "deny");
	write_self("/proc/self/uid_map", map);
	write_self("/proc/self/gid_map", map);
}

/* A process in a namespace within one that nobody is in. */
static pid_t start_nested(int ready_fd)
{
	uint32_t own = geteuid();
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (own != getegid())
		_exit(4);
	enter_new(own);
	enter_new(0);
	if (write(ready_fd, "", 1) != 1)
		_exit(5);
	pause();
	_exit(0);
}

START_TEST(test_nested)
{
	struct error err = ERROR_INIT;
	cleanup_userns_list struct userns_list list = {0};
	int ready[2], status;
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = start_nested(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		return; /* this host, or this sandbox, lets nobody */
	}
	ck_assert_ok(userns_scan(&list, &err), &err);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);

	ck_assert(list.items[0].is_own);
	ck_assert_uint_eq(userns_of_process(&list, getpid()), 0);
	size_t inner = userns_of_process(&list, pid);
	ck_assert_uint_ne(inner, SIZE_MAX);
	ck_assert_uint_eq(list.items[inner].n_processes, 1);
	ck_assert_str_eq(list.items[inner].processes[0].command, "test_userns_sca");
	size_t outer = list.items[inner].parent;
	ck_assert_uint_ne(outer, USERNS_NO_PARENT);
	ck_assert_uint_eq(list.items[outer].n_processes, 0);
	ck_assert_uint_eq(list.items[outer].parent, 0);
	/* both seen from here, the empty one too */
	size_t both[] = {inner, outer};
	for (size_t i = 0; i < 2; i++) {
		const struct userns *ns = &list.items[both[i]];
		cleanup_free char *text = idmap_text(&ns->uids);
		cleanup_free char *want = xasprintf("0 %u 1\n", geteuid());

		ck_assert(ns->has_maps);
		ck_assert_str_eq(text, want);
		ck_assert_uint_eq(ns->owner, geteuid());
	}
	ck_assert_uint_eq(userns_of_process(&list, 1 << 30), SIZE_MAX);
}
END_TEST

UNIT_MAIN("userns_scan", test_nested)
