/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of RUN --mount=type=cache: who gets which, and who waits. */
#include <signal.h>
#include <sys/wait.h>

#include "build/cache_mount.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static struct engine engine_at(const char *data)
{
	struct engine e = ENGINE_INIT;

	e.paths.data = (char *)data;
	e.rootless = geteuid() != 0;
	return e;
}

static struct cache_mount open_one(const struct engine *e, const char *id,
				   const char *from, enum cache_sharing sharing)
{
	const struct cache_mount_options o = {
		.id = id, .from = from, .sharing = sharing, .mode = 0751};
	struct cache_mount m = CACHE_MOUNT_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(cache_mount_open(e, &o, NULL, NULL, &m, &err), &err);
	return m;
}

START_TEST(test_words)
{
	static const struct {
		const char *word;
		int want; /* -1: none */
	} cases[] = {
		{NULL, CACHE_SHARED},
		{"", CACHE_SHARED},
		{"shared", CACHE_SHARED},
		{"private", CACHE_PRIVATE},
		{"locked", CACHE_LOCKED},
		{"Locked", -1},
		{"all", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum cache_sharing sharing = CACHE_LOCKED;
		struct error err = ERROR_INIT;
		int r = cache_sharing_parse(cases[i].word, &sharing, &err);

		ck_assert_int_eq(r < 0, cases[i].want < 0);
		if (r >= 0)
			ck_assert_int_eq((int)sharing, cases[i].want);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_the_same_id_is_the_same_directory)
{
	struct engine e = engine_at(unit_dir());
	struct cache_mount a = open_one(&e, "/root/.cache", NULL, CACHE_SHARED);
	struct cache_mount b = open_one(&e, "/root/.cache", NULL, CACHE_SHARED);
	struct cache_mount c = open_one(&e, "other", NULL, CACHE_SHARED);
	struct cache_mount d = open_one(&e, "other", "base", CACHE_SHARED);
	struct stat st;

	ck_assert_str_eq(a.path, b.path);
	ck_assert_str_ne(a.path, c.path);
	ck_assert_str_ne(c.path, d.path);
	ck_assert_int_eq(stat(a.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0751);
	ck_assert_int_eq(stat(a.work, &st), 0);
	/* what is in it stays, and so does its mode */
	ck_assert_int_eq(chmod(a.path, 0700), 0);
	cache_mount_release(&a);
	cache_mount_release(&b);
	a = open_one(&e, "/root/.cache", NULL, CACHE_LOCKED);
	ck_assert_int_eq(stat(a.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	cache_mount_release(&a);
	cache_mount_release(&c);
	cache_mount_release(&d);
}
END_TEST

START_TEST(test_private_ones)
{
	struct engine e = engine_at(unit_dir());
	struct cache_mount a = open_one(&e, "x", NULL, CACHE_PRIVATE);
	struct cache_mount b = open_one(&e, "x", NULL, CACHE_PRIVATE);
	struct cache_mount c = open_one(&e, "x", NULL, CACHE_PRIVATE);
	cleanup_free char *second = xstrdup(b.path);

	ck_assert_str_ne(a.path, b.path);
	ck_assert_str_ne(b.path, c.path);
	/* one that is given back is taken again */
	cache_mount_release(&b);
	b = open_one(&e, "x", NULL, CACHE_PRIVATE);
	ck_assert_str_eq(b.path, second);
	cache_mount_release(&a);
	cache_mount_release(&b);
	cache_mount_release(&c);
}
END_TEST

static void tell(void *data, const char *sentence)
{
	ck_assert_str_eq(sentence,
			 "cache x: waiting until another build is done with it");
	ck_assert_int_eq(write(*(int *)data, "w", 1), 1);
}

/* Return: what a process gets that opens it while this one has it; it is let go, or the process gets a signal, when it waits. */
static int in_another(const struct engine *e, struct cache_mount *mine, int sig,
		      bool block)
{
	const struct cache_mount_options o = {
		.id = "x", .sharing = CACHE_LOCKED, .mode = 0755};
	int pipe_fds[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		struct cache_mount m = CACHE_MOUNT_INIT;
		struct error err = ERROR_INIT;
		sigset_t set;

		close(mine->lock_fd);
		signal(SIGTERM, SIG_DFL); /* Check has its own handler */
		sigemptyset(&set);
		sigaddset(&set, SIGINT);
		if (block)
			sigprocmask(SIG_BLOCK, &set, NULL);
		_exit(cache_mount_open(e, &o, tell, &pipe_fds[1], &m, &err) < 0 ? err.code
										: 0);
	}
	ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
	if (sig)
		kill(pid, sig);
	else
		cache_mount_release(mine);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

START_TEST(test_a_locked_one_is_waited_for)
{
	struct engine e = engine_at(unit_dir());
	struct cache_mount mine = open_one(&e, "x", NULL, CACHE_SHARED);

	ck_assert_int_eq(in_another(&e, &mine, SIGINT, true), EINTR);
	ck_assert_int_eq(in_another(&e, &mine, SIGTERM, false), 256 + SIGTERM);
	ck_assert_int_eq(in_another(&e, &mine, 0, false), 0);
}
END_TEST

START_TEST(test_one_that_is_removed_meanwhile)
{
	const char *data = unit_dir();
	struct engine e = engine_at(data);
	struct cache_mount a = open_one(&e, "x", NULL, CACHE_SHARED);
	cleanup_free char *old = xasprintf("%s/old", data);
	cleanup_free char *path = xstrndup(a.path, strlen(a.path) - strlen("/data"));
	struct cache_mount b;

	ck_assert_int_eq(rename(path, old), 0);
	b = open_one(&e, "x", NULL, CACHE_LOCKED);
	ck_assert_str_eq(a.path, b.path);
	cache_mount_release(&a);
	cache_mount_release(&b);
}
END_TEST

UNIT_MAIN("cache_mount", test_words, test_the_same_id_is_the_same_directory,
	  test_private_ones, test_a_locked_one_is_waited_for,
	  test_one_that_is_removed_meanwhile)
