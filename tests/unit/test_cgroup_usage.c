/* SPDX-License-Identifier: Apache-2.0 */
/* The files are as Linux 6.12 (and where it says so 6.1) wrote them. */
#include "runtime/cgroup_usage.h"

#include <fcntl.h>
#include <string.h>

#include "unit.h"
#include "util/fs.h"

static const struct {
	const char *name, *text;
} files[] = {
	{"cpu.stat",
	 "usage_usec 2013445\nuser_usec 1508123\nsystem_usec 505322\nnice_usec 0\n"
	 "core_sched.force_idle_usec 0\nnr_periods 41\nnr_throttled 20\n"
	 "throttled_usec 1003004\nnr_bursts 0\nburst_usec 0\n"},
	{"memory.current", "66990080\n"},
	{"memory.max", "67108864\n"},
	{"memory.peak", "67108864\n"},
	{"memory.swap.current", "0\n"},
	{"memory.swap.max", "max\n"},
	{"memory.events",
	 "low 0\nhigh 0\nmax 127\noom 3\noom_kill 2\noom_group_kill 0\n"},
	{"memory.events.local",
	 "low 0\nhigh 0\nmax 120\noom 2\noom_kill 1\noom_group_kill 0\n"},
	{"memory.stat",
	 "anon 65011712\nfile 1130496\nkernel 774144\ninactive_anon 65007616\n"
	 "active_anon 4096\ninactive_file 589824\nactive_file 540672\n"},
	{"pids.current", "3\n"},
	{"pids.max", "2048\n"},
	{"io.stat", "254:0 rbytes=1130496 wbytes=8192 rios=40 wios=2 dbytes=0 dios=0\n"
		    "7:0 \n"
		    "253:1 rbytes=512 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"},
	{"cpu.pressure", "some avg10=50.20 avg60=11.00 avg300=2.45 total=1003999\n"
			 "full avg10=49.80 avg60=10.91 avg300=2.40 total=1000123\n"},
	{"memory.pressure", "some avg10=0.00 avg60=0.12 avg300=0.03 total=4711\n"
			    "full avg10=0.00 avg60=0.10 avg300=0.02 total=4000\n"},
	{"io.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=77\n"
			"full avg10=0.50 avg60=0.00 avg300=0.00 total=33\n"},
};

static void write_file(int dirfd, const char *name, const char *text, size_t len)
{
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_ok(fs_write_atomic(dirfd, name, text, len, 0600, 0, &err), &err);
}

/* cut: how much of each file is there at most; SIZE_MAX: all. */
static int make_dir(size_t cut)
{
	int fd = open(unit_dir(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t len = strlen(files[i].text);

		write_file(fd, files[i].name, files[i].text, len < cut ? len : cut);
	}
	return fd;
}

static void read_all(int fd, struct cgroup_usage *ret)
{
	const struct cgroup c = {.fd = fd};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_ok(cgroup_usage_read(&c, ret, &err), &err);
}

START_TEST(test_everything)
{
	cleanup_fd int fd = make_dir(SIZE_MAX);
	struct cgroup_usage u;

	read_all(fd, &u);
	ck_assert(u.has_cpu && u.has_memory && u.has_swap && u.has_pids && u.has_io);
	ck_assert_uint_eq(u.cpu_usec, 2013445);
	ck_assert_uint_eq(u.cpu_user_usec, 1508123);
	ck_assert_uint_eq(u.cpu_system_usec, 505322);
	ck_assert_uint_eq(u.periods, 41);
	ck_assert_uint_eq(u.throttled_periods, 20);
	ck_assert_uint_eq(u.throttled_usec, 1003004);
	ck_assert_uint_eq(u.memory, 66990080);
	ck_assert_uint_eq(u.memory_limit, 64 << 20);
	ck_assert_uint_eq(u.memory_peak, 64 << 20);
	ck_assert_uint_eq(u.memory_inactive_file, 589824);
	ck_assert_uint_eq(u.swap_limit, CGROUP_NO_LIMIT);
	ck_assert_uint_eq(u.oom.kills, 2);
	ck_assert_uint_eq(u.oom.inside, 1);
	ck_assert_uint_eq(u.oom.at_limit, 2);
	ck_assert_uint_eq(u.oom.limit, 64 << 20);
	ck_assert_uint_eq(u.pids, 3);
	ck_assert_uint_eq(u.pids_limit, 2048);
	ck_assert_uint_eq(u.read_bytes, 1131008);
	ck_assert_uint_eq(u.write_bytes, 8192);
	ck_assert_uint_eq(u.reads, 41);
	ck_assert_uint_eq(u.writes, 2);
	ck_assert_double_eq_tol(u.pressure[CGROUP_PRESSURE_CPU].some.avg10, 50.2, 0.001);
	ck_assert_double_eq_tol(u.pressure[CGROUP_PRESSURE_CPU].full.avg300, 2.4, 0.001);
	ck_assert_uint_eq(u.pressure[CGROUP_PRESSURE_MEMORY].some.total_usec, 4711);
	ck_assert_uint_eq(u.pressure[CGROUP_PRESSURE_IO].full.total_usec, 33);
}
END_TEST

/* A cgroup to which no controllers are handed down has these, of a kernel without pressure information. */
START_TEST(test_no_controllers)
{
	cleanup_fd int fd = open(unit_dir(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char stat[] = "usage_usec 7\nuser_usec 3\nsystem_usec 4\n";
	const struct cgroup none = CGROUP_INIT;
	cleanup_error struct error err = ERROR_INIT;
	struct cgroup_usage u;
	struct cgroup_oom oom;

	write_file(fd, "cpu.stat", stat, strlen(stat));
	read_all(fd, &u);
	ck_assert(u.has_cpu);
	ck_assert_uint_eq(u.cpu_usec, 7);
	ck_assert_uint_eq(u.periods, 0);
	ck_assert(!u.has_memory && !u.has_swap && !u.has_pids && !u.has_io);
	ck_assert_uint_eq(u.memory_limit, CGROUP_NO_LIMIT);
	ck_assert(!u.pressure[CGROUP_PRESSURE_CPU].is_known);
	ck_assert(!cgroup_oom_read(fd, &oom));
	ck_assert_uint_eq(oom.kills, 0);
	ck_assert_int_lt(cgroup_usage_read(&none, &u, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
}
END_TEST

/* Wherever they end, a number is whole or not there. */
START_TEST(test_cut_off)
{
	for (size_t cut = 0; cut < 300; cut++) {
		cleanup_fd int fd = make_dir(cut);
		struct cgroup_usage u;

		read_all(fd, &u);
		ck_assert(u.cpu_usec == 2013445 || (!u.has_cpu && u.cpu_usec == 0));
		ck_assert(u.throttled_usec == 1003004 || u.throttled_usec == 0);
		ck_assert(u.read_bytes == 0 || u.read_bytes == 1130496 ||
			  u.read_bytes == 1131008);
		ck_assert(u.oom.kills == 0 || u.oom.kills == 2);
		ck_assert_uint_le(u.oom.at_limit, 3);
		for (size_t i = 0; i < CGROUP_PRESSURES; i++)
			ck_assert(u.pressure[i].is_known ||
				  u.pressure[i].some.total_usec == 0);
	}
}
END_TEST

START_TEST(test_pressure_lines)
{
	static const struct {
		const char *text;
		bool known;
		uint64_t some, full;
	} cases[] = {
		/* cpu.pressure of Linux 5.12 and before */
		{"some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n", true, 5, 0},
		{"some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.0", true,
		 5, 0},
		{"", false, 0, 0},
		{"some", false, 0, 0},
		{"some avg10=x\n", false, 0, 0},
		{"something avg10=0.00 avg60=0.00 avg300=0.00 total=5\n", false, 0, 0},
		{"full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n", false, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgroup_pressure p;

		ck_assert_int_eq(cgroup_pressure_parse(cases[i].text, &p),
				 cases[i].known);
		ck_assert_uint_eq(p.some.total_usec, cases[i].some);
		ck_assert_uint_eq(p.full.total_usec, cases[i].full);
	}
}
END_TEST

UNIT_MAIN("cgroup_usage", test_everything, test_no_controllers, test_cut_off,
	  test_pressure_lines)
