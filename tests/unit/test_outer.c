/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/nsfs.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "engine/outer.h"
#include "runtime/idmap.h"
#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

static struct idmap whole, other;

/* An engine of which only the run directory is there, with containers "a" and "b". */
static struct engine engine_of(void)
{
	struct engine e = ENGINE_INIT;
	int top_fd = unit_dirfd();

	ck_assert_int_eq(mkdirat(top_fd, "containers", 0700), 0);
	e.paths.run = unit_dir_path;
	e.run_dirfd = openat(top_fd, "containers", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(e.run_dirfd, "a", 0700), 0);
	ck_assert_int_eq(mkdirat(e.run_dirfd, "b", 0700), 0);
	close(top_fd);
	idmap_add(&whole, 0, 1000, 1);
	idmap_add(&whole, 1, 100000, 65536);
	idmap_add(&other, 0, 1000, 1);
	idmap_add(&other, 1, 200000, 65536);
	return e;
}

static void write_file(const struct engine *e, const char *path, const char *text)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(
		fs_write_atomic(e->run_dirfd, path, text, strlen(text), 0600, 0, &err),
		&err);
}

static int container_fd(const struct engine *e, const char *name)
{
	return openat(e->run_dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_locked(const struct engine *e)
{
	char *path = fs_join(e->paths.run, "outer.lock");
	cleanup_fd int fd = open(path, O_RDWR | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

	free(path);
	return locked;
}

static bool found(const struct engine *e, const struct idmap *uids)
{
	struct error err = ERROR_INIT;
	cleanup_outer struct outer o = OUTER_INIT;

	ck_assert_ok(outer_find(e, uids, &whole, &o, &err), &err);
	ck_assert_int_eq(o.lock_fd < 0, o.mount_ns_fd >= 0);
	ck_assert_int_eq(is_locked(e), o.lock_fd >= 0);
	ck_assert(fs_exists(AT_FDCWD, o.trees));
	return o.mount_ns_fd >= 0;
}

static void make(const struct engine *e, const char *container)
{
	struct error err = ERROR_INIT;
	cleanup_outer struct outer o = OUTER_INIT;
	cleanup_fd int dir_fd = container_fd(e, container);

	ck_assert_ok(outer_find(e, &whole, &whole, &o, &err), &err);
	if (o.mount_ns_fd < 0)
		o.mount_ns_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	ck_assert_ok(outer_register(&o, dir_fd, &err), &err);
	ck_assert_int_lt(o.lock_fd, 0);
	o.mount_ns_fd = -EBADF; /* it stays open */
}

START_TEST(test_made_and_found)
{
	struct engine e = engine_of();
	struct stat ours, theirs;

	ck_assert(!found(&e, &whole));
	ck_assert(!is_locked(&e)); /* who gave up has let go */
	make(&e, "b");
	ck_assert(found(&e, &whole));
	make(&e, "a");
	cleanup_fd int fd = outer_peek(&e);
	ck_assert_int_eq(fstat(fd, &theirs), 0);
	ck_assert_int_eq(stat("/proc/self/ns/mnt", &ours), 0);
	ck_assert_uint_eq(ours.st_ino, theirs.st_ino);
	ck_assert_int_eq(unlinkat(e.run_dirfd, "b/outer", 0), 0);
	ck_assert(found(&e, &whole));
	ck_assert_int_eq(unlinkat(e.run_dirfd, "a/outer", 0), 0);
	ck_assert(!found(&e, &whole));
}
END_TEST

/* The user's subordinate ids are others now. */
START_TEST(test_other_maps)
{
	struct engine e = engine_of();

	make(&e, "a");
	ck_assert(!found(&e, &other));
	ck_assert(found(&e, &whole));
	cleanup_fd int fd = outer_peek(&e);
	ck_assert_int_ge(fd, 0);
}
END_TEST

/* Who made it has ended. */
START_TEST(test_ended)
{
	struct engine e = engine_of();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		make(&e, "a");
		unit_dir_owner = 0;
		_exit(found(&e, &whole) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(fs_exists(e.run_dirfd, "a/outer"));
	ck_assert(!found(&e, &whole));
}
END_TEST

START_TEST(test_garbage)
{
	struct error err = ERROR_INIT;
	struct engine e = engine_of();
	char self[PROC_ID_TEXT_MAX], *maps = idmap_text(&whole);
	struct proc_id id;
	char *texts[12], *big = xcalloc(1, 100000);
	int fifo[2], ns_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int user_ns_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), n = 0;

	ck_assert_int_eq(pipe2(fifo, O_CLOEXEC), 0);
	ck_assert_ok(proc_id_get(getpid(), &id, &err), &err);
	proc_id_format(&id, self);
	memset(big, '7', 99999);
	texts[n++] = xstrdup("");
	texts[n++] = xstrdup("x");
	texts[n++] = xstrdup(" ");
	texts[n++] = xstrdup("  ");
	texts[n++] = big;
	texts[n++] = xasprintf("%s %d", self, ns_fd);
	texts[n++] = xasprintf("%s -1 %s\n%s", self, maps, maps);
	texts[n++] = xasprintf("%s 99999999999999999999 %s\n%s", self, maps, maps);
	texts[n++] = xasprintf("%s 4000000000 %s\n%s", self, maps, maps);
	texts[n++] =
		xasprintf("%d:1:%s %d %s\n%s", getpid(), id.boot_id, ns_fd, maps, maps);
	/* not what they should be: a stream that would block, another kind of namespace */
	texts[n++] = xasprintf("%s %d %s\n%s", self, fifo[0], maps, maps);
	texts[n++] = xasprintf("%s %d %s\n%s", self, user_ns_fd, maps, maps);
	for (int i = 0; i < n; i++) {
		write_file(&e, "a/outer", texts[i]);
		ck_assert_msg(!found(&e, &whole), "%.60s", texts[i]);
		free(texts[i]);
	}
	free(maps);
	ck_assert_int_eq(unlinkat(e.run_dirfd, "a/outer", 0), 0);
	ck_assert_int_eq(mkdirat(e.run_dirfd, "a/outer", 0700), 0);
	write_file(&e, "file", "a file among the directories");
	ck_assert(!found(&e, &whole));
	make(&e, "b");
	ck_assert(found(&e, &whole));
}
END_TEST

/* Several want one at once: one makes it, the others wait for that. */
START_TEST(test_several_at_once)
{
	struct engine e = engine_of();
	int made[2], answer[2], status, n = 0;
	char byte;

	ck_assert(pipe(made) == 0 && pipe(answer) == 0);
	for (int i = 0; i < 6; i++) {
		if (fork() != 0)
			continue;
		struct error err = ERROR_INIT;
		struct outer o = OUTER_INIT;
		unit_dir_owner = 0;
		close(answer[1]);
		if (outer_find(&e, &whole, &whole, &o, &err) < 0)
			_exit(1);
		if (o.mount_ns_fd < 0) {
			int dir_fd = container_fd(&e, "a");
			(void)!write(made[1], "m", 1);
			o.mount_ns_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
			if (outer_register(&o, dir_fd, &err) < 0)
				_exit(2);
		}
		close(made[1]);
		(void)!read(answer[0], &byte,
			    1); /* all live until the last has found it */
		_exit(0);
	}
	close(made[1]);
	while (read(made[0], &byte, 1) == 1)
		n++;
	close(answer[1]);
	ck_assert_int_eq(n, 1);
	while (wait(&status) > 0)
		ck_assert_int_eq(status, 0);
}
END_TEST

UNIT_MAIN("outer", test_made_and_found, test_other_maps, test_ended, test_garbage,
	  test_several_at_once)
