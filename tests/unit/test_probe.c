/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>

#include "runtime/probe_all.h"
#include "runtime/probe_try.h"
#include "unit.h"
#include "util/str.h"

static int well(const struct probe_run *run, struct probe *p, struct error *err)
{
	p->number = 7;
	probe_say(p, "found %s", "it");
	return 0;
}

static int badly(const struct probe_run *run, struct probe *p, struct error *err)
{
	error_set(err, ERR_DENIED, EPERM, "do it");
	return error_hint(err, "let it be");
}

static int killed(const struct probe_run *run, struct probe *p, struct error *err)
{
	p->number = 1;
	return raise(SIGSYS);
}

static int crashes(const struct probe_run *run, struct probe *p, struct error *err)
{
	return raise(SIGKILL);
}

static int hangs(const struct probe_run *run, struct probe *p, struct error *err)
{
	return pause();
}

/* Whatever one does, the next is tried. */
START_TEST(test_each_on_its_own)
{
	static const struct probe_try tries[] = {
		{PROBE_CLONE3, badly}, {PROBE_OPENAT2, killed}, {PROBE_PIDFD, crashes},
		{PROBE_FUSE, hangs},   {PROBE_USERNS, well},
	};
	struct probe *shared =
		mmap(NULL, N_PROBES * sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct probe_run run = {.shared = shared};

	ck_assert(shared != MAP_FAILED);
	probe_each(&run, tries, ARRAY_SIZE(tries));
	ck_assert_int_eq(shared[PROBE_CLONE3].state, PROBE_FAILS);
	ck_assert_int_eq(shared[PROBE_CLONE3].code, EPERM);
	ck_assert_str_eq(shared[PROBE_CLONE3].text, "do it: operation not permitted");
	ck_assert_str_eq(shared[PROBE_CLONE3].hint, "let it be");
	ck_assert_int_eq(shared[PROBE_OPENAT2].state, PROBE_FAILS);
	ck_assert(strstr(shared[PROBE_OPENAT2].text, "seccomp"));
	ck_assert_int_eq(shared[PROBE_PIDFD].state, PROBE_FAILS);
	ck_assert(strstr(shared[PROBE_PIDFD].text, "signal 9"));
	ck_assert_int_eq(shared[PROBE_FUSE].code, ETIMEDOUT);
	ck_assert_int_eq(shared[PROBE_USERNS].state, PROBE_WORKS);
	ck_assert_int_eq((int)shared[PROBE_USERNS].number, 7);
	ck_assert_str_eq(shared[PROBE_USERNS].text, "found it");
	ck_assert_int_eq(shared[PROBE_TUN].state, PROBE_UNTRIED);
	munmap(shared, N_PROBES * sizeof(*shared));
}
END_TEST

static size_t count_entries(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	return n;
}

/* Signals come through afterwards, and the directory is as it was. */
START_TEST(test_all)
{
	static struct probe probes[N_PROBES];
	static const struct idmap none;
	const struct probe_host host = {
		.is_root = geteuid() == 0,
		.uids = &none,
		.gids = &none,
		.data_dir = unit_dir(),
	};
	struct error err = ERROR_INIT;
	sigset_t now;

	ck_assert_ok(probe_all(&host, probes, &err), &err);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	ck_assert(!sigismember(&now, SIGTERM));
	ck_assert_int_eq((int)count_entries(host.data_dir), 2);
	ck_assert_int_eq(probes[PROBE_ID_MAP].state, PROBE_UNTRIED);
	ck_assert_int_eq(probes[PROBE_OPENAT2].state, PROBE_WORKS);
	for (int i = 0; i < N_PROBES; i++)
		ck_assert(probes[i].state != PROBE_FAILS || probes[i].text[0]);
}
END_TEST

/* Without a place there is no overlay, and all else is tried. */
START_TEST(test_no_place)
{
	static struct probe probes[N_PROBES];
	static const struct idmap none;
	const struct probe_host host = {.uids = &none, .gids = &none};
	struct error err = ERROR_INIT;

	ck_assert_ok(probe_all(&host, probes, &err), &err);
	ck_assert_int_eq(probes[PROBE_OVERLAY].state, PROBE_UNTRIED);
	ck_assert_int_ne(probes[PROBE_SECCOMP].state, PROBE_UNTRIED);
}
END_TEST

UNIT_MAIN("probe", test_each_on_its_own, test_all, test_no_place)
