/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of a context's files, and when it is not believed. */
#include <sys/time.h>
#include <time.h>

#include "build/file_hash.h"
#include "build/key.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

struct box {
	struct engine engine; /* only where its data is */
	int context_fd;
};

static struct box box_open(void)
{
	struct box b = {.engine = ENGINE_INIT};
	char *top = xstrdup(unit_dir()), *context = fs_join(top, "context");

	b.engine.paths.data = fs_join(top, "data");
	ck_assert_int_eq(mkdir(b.engine.paths.data, 0700), 0);
	ck_assert_int_eq(mkdir(context, 0700), 0);
	b.context_fd = open(context, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(b.context_fd, 0);
	free(top);
	free(context);
	return b;
}

static void box_close(struct box *b)
{
	close(b->context_fd);
	free(b->engine.paths.data);
}

static void put(const struct box *b, const char *name, const char *text)
{
	int fd = openat(b->context_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static struct stat look(const struct box *b, const char *name)
{
	struct stat st;

	ck_assert_int_eq(fstatat(b->context_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void get(struct file_hash *h, const struct box *b, const char *name,
		const char *text)
{
	unsigned char got[FILE_HASH_SIZE];
	char hex[2 * FILE_HASH_SIZE + 1];
	cleanup_free char *want = key_digest(text, strlen(text));
	struct stat st = look(b, name);
	struct error err = ERROR_INIT;

	ck_assert_ok(file_hash_get(h, b->context_fd, name, &st, got, &err), &err);
	for (size_t i = 0; i < sizeof(got); i++)
		snprintf(hex + 2 * i, 3, "%02x", got[i]);
	ck_assert_str_eq(hex, want + strlen("sha256:"));
}

/* Its memory; "": there is none. Caller frees. */
static char *memory_path(const struct box *b)
{
	struct stat st;

	ck_assert_int_eq(fstat(b->context_fd, &st), 0);
	return xasprintf("%s/build/files/%lx-%lx", b->engine.paths.data, st.st_dev,
			 st.st_ino);
}

static off_t memory_size(const struct box *b)
{
	cleanup_free char *path = memory_path(b);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_size;
}

/* Until the file is as old as one has to be to be remembered. */
static void ripen(const struct box *b, const char *name)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct stat st = look(b, name);
	struct timespec now;

	do {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_REALTIME, &now);
	} while (now.tv_sec - st.st_ctim.tv_sec < 3);
}

START_TEST(test_what_is_fresh_is_not_remembered)
{
	struct box b = box_open();
	struct file_hash *h = file_hash_open(&b.engine, b.context_fd);

	put(&b, "a", "hello");
	put(&b, "empty", "");
	get(h, &b, "a", "hello");
	put(&b, "a", "world");
	get(h, &b, "a", "world");
	get(h, &b, "empty", "");
	file_hash_free(h);
	ck_assert_int_eq(memory_size(&b), 0);
	box_close(&b);
}
END_TEST

START_TEST(test_memory)
{
	struct box b = box_open();
	struct file_hash *h, *second;
	cleanup_free char *path = memory_path(&b);
	struct stat st;
	off_t one, three;

	for (int i = 0; i < 3; i++) {
		cleanup_free char *name = xasprintf("f%d", i);

		put(&b, name, name);
	}
	ripen(&b, "f2");
	h = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "f0", "f0");
	get(h, &b, "f0", "f0");
	file_hash_free(h);
	one = memory_size(&b);
	ck_assert_int_gt(one, 0);
	/* two at once: what both learned is there */
	h = file_hash_open(&b.engine, b.context_fd);
	second = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "f1", "f1");
	get(second, &b, "f2", "f2");
	file_hash_free(h);
	file_hash_free(second);
	three = memory_size(&b);
	ck_assert_int_eq(three - one, 2 * (one - 56));
	/* nothing learned, nothing written; what is remembered is not read: it can't be */
	ck_assert_int_eq(stat(path, &st), 0);
	h = file_hash_open(&b.engine, b.context_fd);
	for (int i = 0; i < 3; i++) {
		cleanup_free char *name = xasprintf("f%d", i);
		unsigned char digest[FILE_HASH_SIZE];
		struct stat file = look(&b, name);
		struct error err = ERROR_INIT;

		ck_assert_ok(file_hash_get(h, -EBADF, "nowhere", &file, digest, &err),
			     &err);
	}
	file_hash_free(h);
	{
		struct stat now;

		ck_assert_int_eq(stat(path, &now), 0);
		ck_assert_uint_eq(now.st_ino, st.st_ino);
	}
	/* changed: read again; the same for a damaged memory */
	put(&b, "f1", "F1");
	h = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "f1", "F1");
	get(h, &b, "f2", "f2");
	file_hash_free(h);
	{
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		ck_assert_int_eq(pwrite(fd, "x", 1, 24 + 60), 1);
		close(fd);
	}
	h = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "f0", "f0");
	get(h, &b, "f2", "f2");
	file_hash_free(h);
	ck_assert_int_eq(memory_size(&b), three - (one - 56));
	ck_assert_int_eq(truncate(path, 30), 0);
	h = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "f0", "f0");
	file_hash_free(h);
	ck_assert_int_eq(memory_size(&b), one);
	box_close(&b);
}
END_TEST

/* What a build brought in from elsewhere is never seen again. */
START_TEST(test_passing_contexts)
{
	struct box b = box_open();
	cleanup_free char *places = fs_join(b.engine.paths.data, "contexts");
	cleanup_free char *path = fs_join(places, "one");
	struct file_hash *h;

	ck_assert_int_eq(mkdir(places, 0700), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	close(b.context_fd);
	b.context_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(&b, "a", "hello");
	ripen(&b, "a");
	h = file_hash_open(&b.engine, b.context_fd);
	get(h, &b, "a", "hello");
	file_hash_free(h);
	ck_assert_int_eq(memory_size(&b), 0);
	box_close(&b);
}
END_TEST

START_TEST(test_what_is_not_as_it_was_said)
{
	struct box b = box_open();
	struct file_hash *h = file_hash_open(&b.engine, -EBADF);
	unsigned char digest[FILE_HASH_SIZE];
	struct error err = ERROR_INIT;
	struct stat st;

	put(&b, "a", "hello");
	put(&b, "b", "hello");
	st = look(&b, "a");
	ck_assert_int_lt(file_hash_get(h, b.context_fd, "b", &st, digest, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
	error_release(&err);
	/* one that is being written: shorter, longer */
	put(&b, "a", "hell");
	ck_assert_int_eq(file_hash_get(h, b.context_fd, "a", &st, digest, &err), 0);
	put(&b, "a", "hello, all");
	ck_assert_int_eq(file_hash_get(h, b.context_fd, "a", &st, digest, &err), 0);
	ck_assert_int_lt(file_hash_get(h, b.context_fd, "none", &st, digest, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_int_eq(symlinkat("b", b.context_fd, "link"), 0);
	ck_assert_int_lt(file_hash_get(h, b.context_fd, "link", &st, digest, &err), 0);
	error_release(&err);
	file_hash_free(h);
	box_close(&b);
}
END_TEST

START_TEST(test_many)
{
	struct box b = box_open();
	struct file_hash *h = file_hash_open(&b.engine, b.context_fd);

	for (int i = 0; i < 1500; i++) {
		cleanup_free char *name = xasprintf("f%d", i);

		put(&b, name, name);
	}
	ripen(&b, "f1499");
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < 1500; i++) {
			cleanup_free char *name = xasprintf("f%d", i);

			get(h, &b, name, name);
		}
		file_hash_free(h);
		ck_assert_int_eq(memory_size(&b), 56 + 1500 * 80);
		h = file_hash_open(&b.engine, b.context_fd);
	}
	file_hash_free(h);
	box_close(&b);
}
END_TEST

UNIT_MAIN("file_hash", test_what_is_fresh_is_not_remembered, test_memory,
	  test_passing_contexts, test_what_is_not_as_it_was_said, test_many)
