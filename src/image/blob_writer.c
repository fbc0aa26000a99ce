/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partial file's name is the digest, so all who want a blob meet at one lock:
 *
 *   open or make partial/HEX -> flock -> is that name still this file? no: begin again
 *                                     -> is the blob there by now?     yes: take it
 *                                     -> hash what is there, go on
 *
 * The first question is needed because the one before us renamed the file into place, or
 * removed it, while we waited. Only the holder of the lock ever writes, renames or removes.
 */
#include "image/blob_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/blob_check.h"
#include "image/blobs.h"
#include "image/hash.h"
#include "image/unsynced.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sys.h"
#include "util/time.h"

#define FILE_MODE   0600
#define READ_SIZE   (256 * 1024)
#define GROWTH_STEP (256 * 1024)
#define GROWTH_SHARE \
	256 /* a record a 1/256 of what is there: a whole blob's fit in a pipe */
#define PROGRESS_USEC (USEC_PER_SEC / 10)

struct blob_writer {
	int dir_fd, fd, growth_fd;
	char *digest; /* owned; NULL: not known */
	char *name;   /* owned; below blobs/ */
	int64_t size; /* -1: not known */
	uint64_t max;
	uint64_t offset;   /* bytes there */
	uint64_t reported; /* to the follower */
	struct hash *hash;
	bool resumed; /* a part is another process's */
	bool locked;  /* ours to write, rename, remove */
	bool in_place;
	bool full; /* the file system: what is there is in the way */
	void (*progress)(void *data, uint64_t done);
	void *progress_data;
	int64_t progress_usec;
	int (*on_restart)(void *data, struct error *err);
	void *restart_data;
};

/* "write the blob sha256:...": with the directory and what to do where the disk is full. */
static int write_error(struct blob_writer *w, int code, struct error *err)
{
	cleanup_free char *dir = fd_path(w->dir_fd);
	const char *where = dir ? dir : "the data directory";

	error_set(err, ERR_SYSTEM, code, "write %s%s to %s (%llu bytes are there)",
		  w->digest ? "the blob " : "a blob", w->digest ? w->digest : "", where,
		  (unsigned long long)w->offset);
	w->full |= code == ENOSPC || code == EDQUOT;
	if (code == ENOSPC)
		error_hint(err,
			   "make room on that file system (df -h '%s' shows it), or "
			   "remove what no container needs: cubby image prune --all",
			   where);
	if (code == EDQUOT)
		error_hint(err,
			   "your quota is used up (quota -s shows it); remove what no "
			   "container needs: cubby image prune --all");
	return -code;
}

/* Whether the name still means the file that fd is. */
static bool is_named(const struct blob_writer *w)
{
	struct stat by_fd, by_name;

	return fstat(w->fd, &by_fd) == 0 && S_ISREG(by_fd.st_mode) &&
	       fstatat(w->dir_fd, w->name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

static int lock(int fd, bool wait)
{
	int r;

	do
		r = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static void set_name(struct blob_writer *w)
{
	uint64_t random = 0;

	free(w->name);
	if (w->digest) {
		w->name = xasprintf("partial/%s", digest_hex(w->digest));
		return;
	}
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)time_monotonic_usec();
	w->name =
		xasprintf("partial/new-%d-%016llx", getpid(), (unsigned long long)random);
}

/* Return: 1 locked, 0 the file was somebody else's and is gone: try again. */
static int lock_partial(struct blob_writer *w, bool wait, struct error *err)
{
	set_name(w);
	w->fd = openat(w->dir_fd, w->name,
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			       (w->digest ? 0 : O_EXCL),
		       FILE_MODE);
	if (w->fd < 0 && errno == EEXIST)
		return 0;
	if (w->fd < 0)
		return write_error(w, errno, err);
	int r = lock(w->fd, wait);
	if (r == -EWOULDBLOCK) {
		error_set(err, ERR_UNAVAILABLE, EWOULDBLOCK,
			  "write the blob %s: another process is doing so",
			  w->digest ? w->digest : "");
		return -EWOULDBLOCK;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "lock blobs/%s", w->name);
	w->locked = is_named(w);
	if (w->locked)
		return 1;
	close(TAKE_FD(w->fd));
	return 0;
}

/* Return: the complete blob's fd, -ENOENT (no *err) if there is none, or an error. */
static int open_complete(int blobs_fd, const struct blob_wanted *wanted,
			 struct error *err)
{
	int r = wanted->digest ? blob_settle(blobs_fd, wanted->digest, err) : 0;
	int64_t there = wanted->digest ? blob_size(blobs_fd, wanted->digest) : -ENOENT;

	if (r < 0)
		return r;
	if (there < 0)
		return -ENOENT;
	if (wanted->size >= 0 && there != wanted->size)
		return error_set(err, ERR_INVALID, 0,
				 "blob %s has %lld bytes, not %lld as was announced",
				 wanted->digest, (long long)there,
				 (long long)wanted->size);
	return blob_open(blobs_fd, wanted->digest, err);
}

/* Hash what an earlier process left. */
static int take_over(struct blob_writer *w, struct error *err)
{
	cleanup_free char *data = NULL;
	struct stat st;

	if (fstat(w->fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at blobs/%s", w->name);
	if (w->size >= 0 && st.st_size > w->size)
		return blob_writer_restart(w, err);
	if (st.st_size == 0)
		return 0;
	w->resumed = true;
	data = xmalloc(READ_SIZE);
	for (;;) {
		ssize_t n = pread(w->fd, data, READ_SIZE, (off_t)w->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read blobs/%s",
					 w->name);
		if (n == 0)
			break;
		hash_add(w->hash, data, (size_t)n);
		w->offset += (uint64_t)n;
	}
	return 0;
}

static int begin(struct blob_writer *w, int *ret_fd, struct error *err)
{
	int r = hash_new(w->digest, &w->hash, err);

	if (r == 0)
		r = take_over(w, err);
	if (r < 0)
		return r;
	*ret_fd = openat(w->dir_fd, w->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*ret_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open blobs/%s",
				 w->name);
	return 0;
}

int blob_writer_open(int blobs_fd, const struct blob_wanted *wanted, bool wait,
		     struct blob_writer **ret, int *ret_fd, struct error *err)
{
	cleanup_blob_writer struct blob_writer *w = xcalloc(1, sizeof(*w));
	int r = 0;

	w->fd = w->growth_fd = -EBADF;
	w->size = wanted->size;
	w->max = wanted->max;
	w->digest = wanted->digest ? xstrdup(wanted->digest) : NULL;
	w->dir_fd = fcntl(blobs_fd, F_DUPFD_CLOEXEC, 3);
	if (w->dir_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "duplicate an fd");
	*ret = NULL;
	while (r == 0) {
		*ret_fd = open_complete(blobs_fd, wanted, err);
		if (*ret_fd != -ENOENT)
			return *ret_fd < 0 ? *ret_fd : 0;
		r = lock_partial(w, wait, err);
	}
	if (r < 0)
		return r;
	*ret_fd = open_complete(blobs_fd, wanted, err);
	if (*ret_fd != -ENOENT) { /* between the first look and the lock */
		unlinkat(w->dir_fd, w->name, 0);
		return *ret_fd < 0 ? *ret_fd : 0;
	}
	r = begin(w, ret_fd, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

/* Return: whether the record was taken. */
static bool tell(struct blob_writer *w, uint64_t record)
{
	ssize_t n;

	if (w->growth_fd < 0)
		return true;
	do
		n = write(w->growth_fd, &record, sizeof(record));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN) /* the follower has gone */
		close(TAKE_FD(w->growth_fd));
	return n >= 0;
}

void blob_writer_follow(struct blob_writer *w, int growth_fd)
{
	int r = fd_set_nonblock(growth_fd, true);

	if (w->growth_fd >= 0)
		close(w->growth_fd);
	w->growth_fd = growth_fd;
	if (r == 0 && tell(w, w->offset))
		w->reported = w->offset;
}

/* The last record is waited for: without it the follower would take this for a failure. */
static void tell_complete(struct blob_writer *w)
{
	while (!tell(w, BLOB_GROWTH_COMPLETE | w->offset) && w->growth_fd >= 0) {
		struct pollfd p = {.fd = w->growth_fd, .events = POLLOUT};

		poll(&p, 1, -1);
	}
}

void blob_writer_progress(struct blob_writer *w, void (*fn)(void *data, uint64_t done),
			  void *data)
{
	w->progress = fn;
	w->progress_data = data;
	w->progress_usec = 0;
}

uint64_t blob_writer_offset(const struct blob_writer *w)
{
	return w->offset;
}

void blob_writer_on_restart(struct blob_writer *w,
			    int (*fn)(void *data, struct error *err), void *data)
{
	w->on_restart = fn;
	w->restart_data = data;
}

int blob_writer_restart(struct blob_writer *w, struct error *err)
{
	bool lost = w->growth_fd >= 0 && w->offset > 0;

	if (lost)
		close(TAKE_FD(w->growth_fd));
	if (ftruncate(w->fd, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "empty blobs/%s", w->name);
	hash_free(TAKE_PTR(w->hash));
	w->offset = w->reported = 0;
	w->resumed = false;
	int r = hash_new(w->digest, &w->hash, err);
	return r == 0 && lost && w->on_restart ? w->on_restart(w->restart_data, err) : r;
}

static int check_room(const struct blob_writer *w, size_t len, struct error *err)
{
	uint64_t limit = w->size >= 0 ? (uint64_t)w->size : w->max;

	if ((w->size < 0 && w->max == 0) ||
	    (w->offset <= limit && len <= limit - w->offset))
		return 0;
	if (w->size >= 0)
		return error_set(err, ERR_INVALID, 0,
				 "blob %s: more comes than the %llu bytes announced",
				 w->digest ? w->digest : "of unknown digest",
				 (unsigned long long)limit);
	return error_set(
		err, ERR_INVALID, 0, "blob %s: more comes than the %llu bytes allowed",
		w->digest ? w->digest : "of unknown digest", (unsigned long long)limit);
}

static int write_at(struct blob_writer *w, const char *data, size_t len,
		    struct error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = sys_fault("pwrite") ? -1
						: pwrite(w->fd, data + done, len - done,
							 (off_t)(w->offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_error(w, errno, err);
		done += (size_t)n;
	}
	return 0;
}

int blob_writer_add(struct blob_writer *w, const void *data, size_t len,
		    struct error *err)
{
	int r = check_room(w, len, err);

	if (r == 0)
		r = write_at(w, data, len, err);
	if (r < 0)
		return r;
	hash_add(w->hash, data, len);
	w->offset += len;

	uint64_t step = w->offset / GROWTH_SHARE;
	if (w->offset - w->reported >= (step > GROWTH_STEP ? step : GROWTH_STEP) &&
	    tell(w, w->offset))
		w->reported = w->offset;
	if (w->progress && time_monotonic_usec() - w->progress_usec >= PROGRESS_USEC) {
		w->progress_usec = time_monotonic_usec();
		w->progress(w->progress_data, w->offset);
	}
	return 0;
}

static int check(struct blob_writer *w, const char *digest, struct error *err)
{
	if (!w->digest || strcmp(digest, w->digest) == 0)
		return 0;
	unlinkat(w->dir_fd, w->name, 0);
	w->in_place = true; /* nothing is left to be kept */
	error_set(err, ERR_INVALID, w->resumed ? ESTALE : 0,
		  "blob %s: what came has the digest %s", w->digest, digest);
	if (w->resumed)
		return error_hint(
			err, "a part of it was left by an earlier attempt and may have "
			     "been damaged; it has been removed: try again");
	return error_hint(err, "try again; if it stays so, the copy there is damaged");
}

/* Where the file system can't tell later that the bytes were not waited for, they are. */
static int sync_or_mark(struct blob_writer *w, struct error *err)
{
	if (unsynced_mark(w->dir_fd, w->fd) == 0)
		return 0;
	if (sys_fault("fsync") || fsync(w->fd) < 0)
		return write_error(w, errno, err);
	return 0;
}

static int put_in_place(struct blob_writer *w, const char *digest, struct error *err)
{
	cleanup_free char *path = digest_path(digest);
	int r = sync_or_mark(w, err);

	if (r < 0)
		return r;
	if (sys_fault("rename") || renameat(w->dir_fd, w->name, w->dir_fd, path) < 0)
		return write_error(w, errno, err);
	w->in_place = true;
	return 0;
}

int blob_writer_finish(struct blob_writer *w, char **ret_digest, uint64_t *ret_size,
		       struct error *err)
{
	char digest[DIGEST_TEXT_MAX];
	int r;

	if (w->size >= 0 && w->offset != (uint64_t)w->size)
		return error_set(err, ERR_INVALID, 0,
				 "blob %s: only %llu of the %lld bytes announced came",
				 w->digest ? w->digest : "of unknown digest",
				 (unsigned long long)w->offset, (long long)w->size);
	r = hash_end(w->hash, digest, err);
	if (r == 0)
		r = check(w, digest, err);
	if (r == 0)
		r = put_in_place(w, digest, err);
	if (r < 0)
		return r;
	if (w->progress)
		w->progress(w->progress_data, w->offset);
	tell_complete(w);
	if (ret_digest)
		*ret_digest = xstrdup(digest);
	if (ret_size)
		*ret_size = w->offset;
	return 0;
}

void blob_writer_close(struct blob_writer *w)
{
	if (!w)
		return;
	/* An empty partial file helps nobody; one of unknown digest can't be found again. */
	bool useless = !w->digest || w->offset == 0 || w->full;
	if (w->locked && !w->in_place && useless)
		unlinkat(w->dir_fd, w->name, 0);
	if (w->growth_fd >= 0)
		close(w->growth_fd);
	if (w->fd >= 0)
		close(w->fd);
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	hash_free(w->hash);
	free(w->digest);
	free(w->name);
	free(w);
}
