/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob_writer.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "image/blob_check.h"
#include "image/blobs.h"
#include "image/hash.h"
#include "image/unsynced.h"
#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define LEN 1000003

static int blobs_fd;
static char *data, *digest;

static void setup(void)
{
	struct error err = ERROR_INIT;
	cleanup_fd int dir_fd = unit_dirfd();

	blobs_fd = blobs_open(dir_fd, &err);
	ck_assert_ok(blobs_fd, &err);
	data = xmalloc(LEN);
	for (size_t i = 0; i < LEN; i++)
		data[i] = (char)(i * i >> 3);
	ck_assert_ok(hash_text(data, LEN, &digest, &err), &err);
}

static struct blob_writer *open_writer(const struct blob_wanted *wanted, int *ret_fd)
{
	struct error err = ERROR_INIT;
	struct blob_writer *w = NULL;

	ck_assert_ok(blob_writer_open(blobs_fd, wanted, false, &w, ret_fd, &err), &err);
	return w;
}

static void add(struct blob_writer *w, size_t from, size_t to)
{
	struct error err = ERROR_INIT;

	for (size_t step = 70000; from < to; from += step) {
		step = to - from < step ? to - from : step;
		ck_assert_ok(blob_writer_add(w, data + from, step, &err), &err);
	}
}

static void finish(struct blob_writer *w)
{
	struct error err = ERROR_INIT;
	cleanup_free char *got = NULL;
	uint64_t size = 0;

	ck_assert_ok(blob_writer_finish(w, &got, &size, &err), &err);
	ck_assert_str_eq(got, digest);
	ck_assert_uint_eq(size, LEN);
}

static size_t n_partial(void)
{
	cleanup_dir DIR *dir =
		fdopendir(openat(blobs_fd, "partial", O_RDONLY | O_CLOEXEC));
	size_t n = 0;

	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	return n;
}

static void check_blob(void)
{
	struct error err = ERROR_INIT;
	cleanup_free char *got = NULL;
	size_t len = 0;

	ck_assert_ok(blob_read(blobs_fd, digest, LEN + 1, &got, &len, &err), &err);
	ck_assert_uint_eq(len, LEN);
	ck_assert(memcmp(got, data, LEN) == 0);
}

START_TEST(test_write)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF, again_fd = -EBADF;
	struct blob_writer *w = open_writer(&wanted, &fd);
	char part[100];

	ck_assert_uint_eq(blob_writer_offset(w), 0);
	add(w, 0, LEN);
	ck_assert_int_eq(blob_size(blobs_fd, digest), -ENOENT);
	ck_assert_int_eq(pread(fd, part, sizeof(part), 500), sizeof(part));
	ck_assert(memcmp(part, data + 500, sizeof(part)) == 0);
	finish(w);
	check_blob();
	blob_writer_close(w);
	check_blob();
	ck_assert_uint_eq(n_partial(), 0);

	ck_assert_ptr_null(open_writer(&wanted, &again_fd));
	ck_assert_int_eq(pread(again_fd, part, sizeof(part), 500), sizeof(part));

	struct error err = ERROR_INIT;
	wanted.size = LEN - 1;
	ck_assert_int_eq(blob_writer_open(blobs_fd, &wanted, true, &w, &again_fd, &err),
			 -EINVAL);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
}
END_TEST

START_TEST(test_resume)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF, fd2 = -EBADF, fd3 = -EBADF;
	struct error err = ERROR_INIT;
	struct blob_writer *w = open_writer(&wanted, &fd);

	add(w, 0, 400000);
	blob_writer_close(w);
	ck_assert_uint_eq(n_partial(), 1);
	w = open_writer(&wanted, &fd2);
	ck_assert_uint_eq(blob_writer_offset(w), 400000);
	add(w, 400000, 500000);
	ck_assert_int_eq(blob_writer_finish(w, NULL, NULL, &err), -EINVAL);
	error_release(&err);
	blob_writer_close(w);
	w = open_writer(&wanted, &fd3);
	ck_assert_uint_eq(blob_writer_offset(w), 500000);
	ck_assert_ok(blob_writer_restart(w, &err), &err);
	ck_assert_uint_eq(blob_writer_offset(w), 0);
	add(w, 0, LEN);
	finish(w);
	blob_writer_close(w);
	check_blob();
}
END_TEST

static void spoil_partial(off_t offset, size_t len)
{
	cleanup_free char *name = xasprintf("partial/%s", digest_hex(digest));
	cleanup_fd int fd = openat(blobs_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cleanup_free char *zeros = xcalloc(1, len);

	ck_assert_int_eq(pwrite(fd, zeros, len, offset), (ssize_t)len);
}

/* A crash of the machine leaves a partial file of zeros, or a longer one than there can be. */
START_TEST(test_damaged)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF, fd2 = -EBADF;
	struct error err = ERROR_INIT;

	spoil_partial(0, 1000);
	struct blob_writer *w = open_writer(&wanted, &fd);
	ck_assert_uint_eq(blob_writer_offset(w), 1000);
	add(w, 1000, LEN);
	ck_assert_int_eq(blob_writer_finish(w, NULL, NULL, &err), -ESTALE);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(err.hint);
	error_release(&err);
	blob_writer_close(w);
	ck_assert_uint_eq(n_partial(), 0);

	spoil_partial(LEN, 1);
	w = open_writer(&wanted, &fd2);
	ck_assert_uint_eq(blob_writer_offset(w), 0);
	add(w, 0, LEN);
	finish(w);
	blob_writer_close(w);
}
END_TEST

START_TEST(test_wrong)
{
	setup();
	cleanup_free char *other = xstrdup(digest);
	cleanup_fd int fd = -EBADF;
	struct error err = ERROR_INIT;

	other[10] = other[10] == '0' ? '1' : '0';
	struct blob_wanted wanted = {.digest = other, .size = LEN};
	struct blob_writer *w = open_writer(&wanted, &fd);
	int growth[2];
	uint64_t record;

	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	blob_writer_follow(w, growth[1]);
	add(w, 0, LEN);
	ck_assert_int_eq(blob_writer_add(w, "x", 1, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	ck_assert_int_eq(blob_writer_finish(w, NULL, NULL, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	blob_writer_close(w);
	ck_assert_uint_eq(n_partial(), 0);
	ck_assert_int_eq(blob_size(blobs_fd, other), -ENOENT);
	while (read(growth[0], &record, sizeof(record)) > 0)
		ck_assert_uint_eq(record & BLOB_GROWTH_COMPLETE, 0);
}
END_TEST

START_TEST(test_unknown_digest)
{
	setup();
	struct blob_wanted wanted = {.size = -1, .max = LEN};
	cleanup_fd int fd = -EBADF, fd2 = -EBADF;
	struct error err = ERROR_INIT;
	struct blob_writer *w = open_writer(&wanted, &fd);
	struct blob_writer *w2 = open_writer(&wanted, &fd2); /* no lock in common */

	add(w, 0, LEN);
	add(w2, 0, 100);
	ck_assert_int_eq(blob_writer_add(w, "x", 1, &err), -EINVAL);
	error_release(&err);
	finish(w);
	check_blob();
	blob_writer_close(w);
	ck_assert_uint_eq(n_partial(), 1);
	blob_writer_close(w2);
	ck_assert_uint_eq(n_partial(), 0);
}
END_TEST

static void count(void *counted, uint64_t done)
{
	*(uint64_t *)counted = done;
}

START_TEST(test_follower)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF;
	struct blob_writer *w = open_writer(&wanted, &fd);
	uint64_t record = 0, last = 0, done = 0;
	int growth[2];

	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	blob_writer_follow(w, growth[1]);
	blob_writer_progress(w, count, &done);
	ck_assert_int_eq(read(growth[0], &record, sizeof(record)), sizeof(record));
	ck_assert_uint_eq(record, 0);
	add(w, 0, LEN);
	ck_assert_int_eq(read(growth[0], &record, sizeof(record)), sizeof(record));
	ck_assert_uint_ge(record, 256 * 1024);
	finish(w);
	ck_assert_uint_eq(done, LEN);
	blob_writer_close(w);
	while (read(growth[0], &record, sizeof(record)) > 0)
		last = record;
	ck_assert_uint_eq(last, LEN | BLOB_GROWTH_COMPLETE);
}
END_TEST

/* A full pipe stops nobody, but the last record comes through. */
START_TEST(test_slow_follower)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF;
	struct blob_writer *w = open_writer(&wanted, &fd);
	uint64_t record = 1, last = 0;
	int growth[2];

	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	ck_assert_int_eq(fd_set_nonblock(growth[1], true), 0);
	while (write(growth[1], &record, sizeof(record)) > 0)
		;
	blob_writer_follow(w, growth[1]);
	add(w, 0, LEN);
	pid_t pid = fork();
	if (pid == 0) {
		finish(w);
		blob_writer_close(w);
		_exit(0);
	}
	close(growth[1]);
	while (read(growth[0], &record, sizeof(record)) > 0)
		last = record;
	ck_assert_uint_eq(last, LEN | BLOB_GROWTH_COMPLETE);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	blob_writer_close(w);
}
END_TEST

/* One that goes away holds nobody up. */
START_TEST(test_follower_gone)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF;
	struct blob_writer *w = open_writer(&wanted, &fd);
	int growth[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	blob_writer_follow(w, growth[1]);
	close(growth[0]);
	add(w, 0, 10);
	add(w, 10, LEN);
	finish(w);
	blob_writer_close(w);
	check_blob();
}
END_TEST

struct restarted {
	struct blob_writer *w;
	int growth_fd, n;
};

static int follow_anew(void *restarted, struct error *err)
{
	struct restarted *r = restarted;
	int growth[2];

	r->n++;
	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	blob_writer_follow(r->w, growth[1]);
	r->growth_fd = growth[0];
	return 0;
}

/* Whoever has read already is told to give up, and another one may follow. */
START_TEST(test_follower_of_restart)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_fd int fd = -EBADF;
	struct restarted r = {.w = open_writer(&wanted, &fd), .growth_fd = -EBADF};
	struct error err = ERROR_INIT;
	uint64_t record = 0, last = 0;

	blob_writer_on_restart(r.w, follow_anew, &r);
	ck_assert_int_eq(follow_anew(&r, &err), 0);
	ck_assert_ok(blob_writer_restart(r.w, &err), &err); /* nothing was read yet */
	ck_assert_int_eq(r.n, 1);
	int first_fd = r.growth_fd;
	add(r.w, 0, 1000);
	ck_assert_ok(blob_writer_restart(r.w, &err), &err);
	ck_assert_int_eq(r.n, 2);
	while (read(first_fd, &record, sizeof(record)) > 0)
		ck_assert_uint_eq(record & BLOB_GROWTH_COMPLETE, 0);
	add(r.w, 0, LEN);
	finish(r.w);
	blob_writer_close(r.w);
	while (read(r.growth_fd, &record, sizeof(record)) > 0)
		last = record;
	ck_assert_uint_eq(last, LEN | BLOB_GROWTH_COMPLETE);
}
END_TEST

/* A child that wants the blob too, once gate_fd is at its end: exit status 0 if it found it
 * complete, 1 if it had to write it. */
static _noreturn_ void wait_for_blob(const struct blob_wanted *wanted, int gate_fd,
				     int ready_fd)
{
	struct error err = ERROR_INIT;
	struct blob_writer *w = NULL;
	int fd = -EBADF;
	char byte;

	if (read(gate_fd, &byte, 1) != 0)
		_exit(8);
	if (blob_writer_open(blobs_fd, wanted, false, &w, &fd, &err) != -EWOULDBLOCK ||
	    err.kind != ERR_UNAVAILABLE)
		_exit(9);
	error_release(&err);
	ck_assert_int_eq(write(ready_fd, "", 1), 1);
	close(ready_fd);
	ck_assert_ok(blob_writer_open(blobs_fd, wanted, true, &w, &fd, &err), &err);
	if (!w)
		_exit(0);
	add(w, (size_t)blob_writer_offset(w), LEN);
	finish(w);
	blob_writer_close(w);
	_exit(1);
}

START_TEST(test_waiters)
{
	setup();
	struct blob_wanted wanted = {.digest = digest, .size = LEN};
	bool gives_up = _i == 1, finds_wrong = _i == 2;
	struct error err = ERROR_INIT;
	int fd = -EBADF, n_written = 0, gate[2], ready[2], status;
	pid_t pids[4];
	char byte;

	/* before the lock is taken: fork() would hand it on */
	ck_assert(pipe2(gate, O_CLOEXEC) == 0 && pipe2(ready, O_CLOEXEC) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			close(gate[1]);
			wait_for_blob(&wanted, gate[0], ready[1]);
		}
	}
	close(ready[1]);
	struct blob_writer *w = open_writer(&wanted, &fd);
	close(gate[1]);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	add(w, 0, 500000);
	if (finds_wrong) {
		ck_assert_ok(blob_writer_add(w, data, LEN - 500000, &err), &err);
		ck_assert_int_eq(blob_writer_finish(w, NULL, NULL, &err), -EINVAL);
		error_release(&err);
	} else if (!gives_up) {
		add(w, 500000, LEN);
		finish(w);
	}
	blob_writer_close(w);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		n_written += WEXITSTATUS(status);
	}
	ck_assert_int_eq(n_written, gives_up || finds_wrong ? 1 : 0);
	check_blob();
	ck_assert_uint_eq(n_partial(), 0);
}
END_TEST

static void write_blob(void)
{
	const struct blob_wanted wanted = {.digest = digest, .size = LEN};
	cleanup_blob_writer struct blob_writer *w = NULL;
	cleanup_fd int fd = -EBADF;

	w = open_writer(&wanted, &fd);
	add(w, 0, LEN);
	finish(w);
}

/* As if it had been written before the host went down. */
static void make_doubtful(bool damaged)
{
	static const char boot[] = "11111111-2222-3333-4444-555555555555";
	cleanup_free char *path = digest_path(digest);
	cleanup_fd int fd = openat(blobs_fd, path, O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(fsetxattr(fd, "user.cubby.boot", boot, strlen(boot), 0), 0);
	if (damaged)
		ck_assert_int_eq(ftruncate(fd, LEN / 2), 0);
}

START_TEST(test_after_another_boot)
{
	struct error err = ERROR_INIT;
	cleanup_fd int fd = -EBADF;

	setup();
	write_blob();
	fd = blob_open(blobs_fd, digest, &err);
	if (!unsynced_is_doubtful(blobs_fd, fd) &&
	    fgetxattr(fd, "user.cubby.boot", NULL, 0) < 0)
		return; /* a file system without such attributes */
	make_doubtful(false);
	ck_assert(unsynced_is_doubtful(blobs_fd, fd));
	ck_assert_ok(blob_settle(blobs_fd, digest, &err), &err);
	ck_assert(!unsynced_is_doubtful(blobs_fd, fd));
	check_blob();
	make_doubtful(true);
	ck_assert_ok(blob_settle(blobs_fd, digest, &err), &err);
	ck_assert_int_eq(blob_size(blobs_fd, digest), -ENOENT);
	write_blob();
	make_doubtful(true);
	write_blob(); /* fetches it again by itself */
	check_blob();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blob_writer");
	TCase *tcase = tcase_create("blob_writer");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_write);
	tcase_add_test(tcase, test_resume);
	tcase_add_test(tcase, test_damaged);
	tcase_add_test(tcase, test_wrong);
	tcase_add_test(tcase, test_unknown_digest);
	tcase_add_test(tcase, test_follower);
	tcase_add_test(tcase, test_slow_follower);
	tcase_add_test(tcase, test_follower_gone);
	tcase_add_test(tcase, test_follower_of_restart);
	tcase_add_loop_test(tcase, test_waiters, 0, 3);
	tcase_add_test(tcase, test_after_another_boot);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
