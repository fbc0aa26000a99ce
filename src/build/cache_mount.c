/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *	<data>/build/cache/HASH[.N]/   its lock is flock(2) on it; its mtime says when it was used last
 *	    id      what it was asked for by, for people; its mtime says when it was made
 *	    data    the files; of an owner that RUN names
 *	    work    beside it, for an overlay
 *
 * Who prunes takes the exclusive lock and renames the directory, so after locking one looks whether it still has its name. `data` is
 * made under another name and gets its own when owner and mode are right.
 */
#include "build/cache_mount.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "build/key.h"
#include "engine/user_ids.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define PRIVATE_MAX    1000 /* users of one private cache at the same time */
#define WAIT_STEP_NSEC 50000000
#define RETRIES        100

int cache_sharing_parse(const char *word, enum cache_sharing *ret, struct error *err)
{
	static const char *const words[] = {
		[CACHE_SHARED] = "shared",
		[CACHE_PRIVATE] = "private",
		[CACHE_LOCKED] = "locked",
	};

	*ret = CACHE_SHARED;
	if (str_empty(word))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(word, words[i])) {
			*ret = (enum cache_sharing)i;
			return 0;
		}
	error_set(err, ERR_INVALID, 0, "sharing=%s: a cache is shared, private or locked",
		  word);
	return -EINVAL;
}

void cache_mount_release(struct cache_mount *m)
{
	free(m->path);
	free(m->work);
	fd_cleanup_(&m->lock_fd);
	*m = CACHE_MOUNT_INIT;
}

static char *directory_of(const struct engine *e)
{
	return fs_join(e->paths.data, CACHE_MOUNT_DIR);
}

static void name_of(const struct cache_mount_options *o, char ret[static KEY_TEXT_MAX])
{
	struct key k;

	key_init(&k);
	key_add_text(&k, "id", o->id);
	key_add_text(&k, "from", o->from);
	key_end(&k, ret);
}

static bool is_named(int fd, const char *path)
{
	struct stat own, named;

	return fstat(fd, &own) == 0 && lstat(path, &named) == 0 &&
	       own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/* Who blocks signals to look at them later must not wait longer than the user wants to. */
static bool is_interrupted(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct timespec step = {.tv_nsec = WAIT_STEP_NSEC};
	sigset_t pending;

	if (nanosleep(&step, NULL) < 0)
		return true;
	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigismember(&pending, signals[i]))
			return true;
	return false;
}

struct waiting {
	const char *id;
	void (*note)(void *data, const char *sentence);
	void *data;
};

static int wait_for_lock(int fd, int operation, const struct waiting *w,
			 struct error *err)
{
	cleanup_free char *sentence =
		xasprintf("cache %s: waiting until another build is done with it", w->id);

	if (w->note)
		w->note(w->data, sentence);
	while (flock(fd, operation | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "lock the cache %s",
					 w->id);
		if (is_interrupted())
			return error_set(err, ERR_UNAVAILABLE, EINTR,
					 "wait for the cache %s", w->id);
	}
	return 0;
}

/* Return: fd; -EWOULDBLOCK, without *err, if somebody has it and w is NULL; -ESTALE, without *err, if it is not there any more. */
static int lock_dir(const char *path, int operation, const struct waiting *w,
		    struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT)
		return -ESTALE;
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", path);
	if (flock(fd, operation | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return error_set(err, ERR_SYSTEM, errno, "lock %s", path);
		if (!w)
			return -EWOULDBLOCK;
		r = wait_for_lock(fd, operation, w, err);
		if (r < 0)
			return r;
	}
	return is_named(fd, path) ? TAKE_FD(fd) : -ESTALE;
}

/* The same, made if it is missing. */
static int take_dir(const char *path, int operation, const struct waiting *w,
		    struct error *err)
{
	int r = -ESTALE;

	for (int i = 0; r == -ESTALE && i < RETRIES; i++) {
		r = fs_mkdirs(AT_FDCWD, path, 0700, err);
		if (r >= 0)
			r = lock_dir(path, operation, w, err);
	}
	return r == -ESTALE
		       ? error_set(err, ERR_UNAVAILABLE, 0,
				   "make %s: somebody removes it again and again", path)
		       : r;
}

static int take_private(const char *path, struct cache_mount *m, char **ret_path,
			struct error *err)
{
	int fd = -EWOULDBLOCK;

	for (int i = 0; fd == -EWOULDBLOCK && i < PRIVATE_MAX; i++) {
		free(*ret_path);
		*ret_path = i ? xasprintf("%s.%d", path, i) : xstrdup(path);
		fd = take_dir(*ret_path, LOCK_EX, NULL, err);
	}
	if (fd == -EWOULDBLOCK)
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "make a private cache: %d are in use", PRIVATE_MAX);
	m->lock_fd = fd;
	return fd < 0 ? fd : 0;
}

struct making {
	int dir_fd;
	const char *name;
	uint32_t uid, gid;
	mode_t mode;
};

static int make_data(void *data, struct error *err)
{
	const struct making *m = data;
	cleanup_fd int fd = -EBADF;

	if (mkdirat(m->dir_fd, m->name, 0700) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "make the directory of a cache");
	fd = openat(m->dir_fd, m->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, m->uid, m->gid) < 0 || fchmod(fd, m->mode) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "give the directory of a cache to %u:%u", m->uid,
				 m->gid);
	return 0;
}

static int make_owned(const struct engine *e, struct making *m, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};

	if (!e->rootless || e->unshared || (m->uid == 0 && m->gid == 0)) {
		if (e->rootless && !e->unshared) {
			m->uid = geteuid();
			m->gid = getegid();
		}
		return make_data(m, err);
	}
	user_ids_any(e, &ids);
	return user_ids_do(&ids, make_data, m, err);
}

static int fill(const struct engine *e, const struct cache_mount_options *o,
		const struct cache_mount *m, struct error *err)
{
	cleanup_free char *name = xasprintf(".data-%d", (int)getpid());
	struct making making = {
		.dir_fd = m->lock_fd,
		.name = name,
		.uid = o->uid,
		.gid = o->gid,
		.mode = o->mode,
	};
	int r;

	if (fs_exists(m->lock_fd, "data"))
		return 0;
	/* of a killed process that had this number */
	r = fs_remove_tree(m->lock_fd, name, err);
	if (r >= 0)
		r = make_owned(e, &making, err);
	if (r < 0)
		return r;
	if (mkdirat(m->lock_fd, "work", 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make %s", m->work);
	r = fs_write_atomic(m->lock_fd, "id", o->id, strlen(o->id), 0600, 0, err);
	if (r < 0)
		return r;
	if (renameat2(m->lock_fd, name, m->lock_fd, "data", RENAME_NOREPLACE) < 0) {
		if (errno != EEXIST)
			return error_set(err, ERR_SYSTEM, errno, "make %s", m->path);
		return fs_remove_tree(m->lock_fd, name, err);
	}
	return 0;
}

static int take(const struct engine *e, const struct cache_mount_options *o,
		const struct waiting *w, struct cache_mount *m, char **ret_path,
		struct error *err)
{
	cleanup_free char *directory = directory_of(e);
	char name[KEY_TEXT_MAX];

	name_of(o, name);
	*ret_path = fs_join(directory, name);
	if (o->sharing == CACHE_PRIVATE) {
		cleanup_free char *base = xstrdup(*ret_path);

		return take_private(base, m, ret_path, err);
	}
	/* two overlays can't have the same upper directory */
	m->lock_fd = take_dir(*ret_path,
			      o->sharing == CACHE_LOCKED || !str_empty(o->from) ? LOCK_EX
										: LOCK_SH,
			      w, err);
	return m->lock_fd < 0 ? m->lock_fd : 0;
}

int cache_mount_open(const struct engine *e, const struct cache_mount_options *o,
		     void (*wait_note)(void *data, const char *sentence), void *data,
		     struct cache_mount *ret, struct error *err)
{
	const struct waiting waiting = {.id = o->id, .note = wait_note, .data = data};
	cleanup_cache_mount struct cache_mount m = CACHE_MOUNT_INIT;
	cleanup_free char *path = NULL;
	int r = take(e, o, &waiting, &m, &path, err);

	if (r < 0)
		return r;
	m.path = fs_join(path, "data");
	m.work = fs_join(path, "work");
	r = fill(e, o, &m, err);
	if (r < 0)
		return r;
	(void)!futimens(m.lock_fd, NULL);
	log_debug("cache %s: %s", o->id, path);
	*ret = m;
	m = CACHE_MOUNT_INIT;
	return 0;
}
