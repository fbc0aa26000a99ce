/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of a process. */
#include "engine/process_list.h"
#include "unit.h"

#define STAT                                                                                 \
	"4242 (a) b (c) S 4200 4242 4242 34817 4242 4194304 100 0 0 0 150 50 7 8 20 -5 3 0 " \
	"987654 8192000 250 18446744073709551615 1 1"
#define STATUS                                                                         \
	"Name:\ta) b (c\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4242\n"            \
	"Uid:\t100000\t100033\t100033\t100033\nGid:\t100000\t100034\t100034\t100034\n" \
	"Groups:\t100007 100008 \nNSpid:\t4242\t17\t5\nNSpgid:\t4242\t17\t5\n"         \
	"CapInh:\t0000000000000000\nCapPrm:\t00000000800405fb\n"                       \
	"CapEff:\t00000000800405fb\nCapBnd:\t000001ffffffffff\nCapAmb:\t0\n"           \
	"NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n"

static void release(struct process_info *p)
{
	struct process_info *items = malloc(sizeof(*p));
	struct process_list list = {items, 1};

	*items = *p;
	process_list_release(&list);
}

START_TEST(test_read)
{
	struct process_info p;

	ck_assert(process_read(STAT, STATUS, 1, &p));
	ck_assert_int_eq(p.pid, 4242);
	ck_assert_int_eq(p.ppid, 4200);
	ck_assert_str_eq(p.name, "a) b (c");
	ck_assert_int_eq(p.state, 'S');
	ck_assert_int_eq(p.tty, 34817);
	ck_assert_uint_eq(p.user_ticks, 150);
	ck_assert_uint_eq(p.system_ticks, 50);
	ck_assert_uint_eq(p.child_user_ticks, 7);
	ck_assert_uint_eq(p.child_system_ticks, 8);
	ck_assert_int_eq(p.nice, -5);
	ck_assert_uint_eq(p.n_threads, 3);
	ck_assert_uint_eq(p.start_ticks, 987654);
	ck_assert_uint_eq(p.virtual_bytes, 8192000);
	ck_assert_uint_eq(p.resident_bytes, 250 * (uint64_t)sysconf(_SC_PAGESIZE));
	ck_assert_int_eq(p.inner_pid, 17);
	ck_assert_int_eq(p.inner_pgid, 17);
	ck_assert_uint_eq(p.ruid, 100000);
	ck_assert_uint_eq(p.euid, 100033);
	ck_assert_uint_eq(p.egid, 100034);
	ck_assert_uint_eq(p.n_groups, 2);
	ck_assert_uint_eq(p.groups[1], 100008);
	ck_assert_uint_eq(p.caps[PROCESS_CAP_EFF], 0x800405fb);
	ck_assert_uint_eq(p.caps[PROCESS_CAP_BND], 0x1ffffffffff);
	ck_assert_int_eq(p.seccomp, 2);
	release(&p);
	/* not so deep: there it has no pid */
	ck_assert(process_read(STAT, STATUS, 7, &p));
	ck_assert_int_eq(p.inner_pid, 0);
	release(&p);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const bad[] = {
		"", "1", "1 (a", "1 a)", "1 )a( S 1", "1 (a) S", "1 (a) S 1 2 3 x"};
	struct process_info p;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert(!process_read(bad[i], STATUS, 0, &p));
	ck_assert(process_read(STAT, "", 0, &p));
	release(&p);
}
END_TEST

START_TEST(test_own)
{
	cleanup_process_list struct process_list list = {0}, none = {0};
	cleanup_error struct error err = ERROR_INIT;
	bool found = false;

	const pid_t pids[] = {getpid()}, gone[] = {INT32_MAX};

	ck_assert_int_eq(process_lists_read(pids, 1, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++)
		found = found || list.items[i].pid == getpid();
	ck_assert(found);
	ck_assert_int_eq(process_lists_read(gone, 1, &none, &err), 0);
	ck_assert_uint_eq(none.n, 0);
}
END_TEST

UNIT_MAIN("process_list", test_read, test_refused, test_own)
