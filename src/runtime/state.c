/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock is flock(2) on the directory itself: it needs no file, goes with the process,
 * and a directory whose lock is free but whose init was never recorded can only be what a
 * killed `create` left. Whoever meets such a one removes it, with its cgroup. Readers
 * take no lock: state.json is replaced by rename, so what they see is whole.
 */
#include "runtime/state.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/cgroup.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define STATE_FILE      "state.json"
#define STATE_VERSION   1
#define LOCK_ATTEMPTS   100
#define LOCK_PAUSE_USEC 10000
#define STATE_ID_MAX    1024
#define STATE_BYTES_MAX (256 * 1024)

void state_release(struct state *s)
{
	free(s->id);
	free(s->bundle);
	free(s->rootfs);
	free(s->cgroup_path);
	free(s->owner);
	*s = (struct state){0};
}

int state_id_check(const char *id, struct error *err)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-";
	static const char rest[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";
	size_t len = strlen(id);
	cleanup_free char *quoted = NULL;

	if (len > 0 && len <= STATE_ID_MAX && strchr(first, id[0]) &&
	    strspn(id, rest) == len)
		return 0;
	quoted = str_quote(id);
	error_set(err, ERR_INVALID, 0, "invalid container id %s", quoted);
	return error_hint(
		err,
		"an id has letters, digits, '_', '+', '-', '.', does not start with "
		"'.', and is at most %d bytes long",
		STATE_ID_MAX);
}

static int no_such(const char *id, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0, "container \"%s\" does not exist", id);
}

/*
 * open_root() - -ENOENT (no *err) when nothing was ever made there. What somebody else can
 * write there, say under a name of ours in /tmp, must not tell us whom to signal.
 */
static int open_root(const char *root, struct error *err)
{
	cleanup_fd int path_fd = -EBADF;

	if (!fs_exists(AT_FDCWD, root))
		return -ENOENT;
	path_fd = fs_open_own_dir(root, 0700, err);
	if (path_fd < 0)
		return error_wrap(err, "state directory");
	int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open state directory %s", root);
	return fd;
}

static int open_entry(int root_fd, const char *id)
{
	int fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Whether fd still is root/id: another process may have removed it while we waited for
 * the lock. */
static bool is_linked(int root_fd, const char *id, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(root_fd, id, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int remove_entry(int root_fd, const char *id, struct error *err)
{
	int r = fs_remove_tree(root_fd, id, err);

	return r < 0 ? error_wrap(err, "remove state of container %s", id) : 0;
}

/* What a killed `create` left; the caller holds the lock. */
static bool is_half_made(int fd)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_state struct state s = {0};

	if (!fs_exists(fd, STATE_FILE))
		return true;
	return state_read(fd, &s, &err) == 0 && s.init.pid == 0;
}

static int remove_half_made(int root_fd, const char *id, int fd, struct error *err)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_state struct state s = {0};
	cleanup_cgroup struct cgroup cg = CGROUP_INIT;

	log_debug("container %s was never finished: removing it", id);
	if (state_read(fd, &s, &ignored) == 0 && s.cgroup_path) {
		if (cgroup_open(s.cgroup_path, &cg, &ignored) < 0 ||
		    cgroup_remove(&cg, &ignored) < 0)
			error_drop(&ignored,
				   "cgroup of a container that was never finished");
	}
	return remove_entry(root_fd, id, err);
}

/* Remove what a killed `create` left, unless somebody is at work on it. Return: whether
 * it is gone. */
static bool repair(int root_fd, const char *id, int fd)
{
	cleanup_error struct error err = ERROR_INIT;
	bool gone;

	if (!is_half_made(fd) || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	/* Only with the lock is it certain. */
	gone = !is_linked(root_fd, id, fd);
	if (!gone && is_half_made(fd)) {
		gone = remove_half_made(root_fd, id, fd, &err) == 0;
		if (!gone)
			error_drop(&err, "the next command tries again");
	}
	flock(fd, LOCK_UN);
	return gone;
}

/* Open and lock root/id. -ENOENT (no *err): not there, or it was half-made and is gone
 * now. */
static int open_locked(int root_fd, const char *id, struct error *err)
{
	for (;;) {
		cleanup_fd int fd = open_entry(root_fd, id);
		int r;

		if (fd == -ENOENT)
			return -ENOENT;
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, -fd,
					 "open state of container %s", id);
		do
			r = flock(fd, LOCK_EX);
		while (r < 0 && errno == EINTR);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "lock state of container %s", id);
		if (!is_linked(root_fd, id, fd))
			continue;
		if (!is_half_made(fd))
			return TAKE_FD(fd);
		r = remove_half_made(root_fd, id, fd, err);
		return r < 0 ? r : -ENOENT;
	}
}

int state_dir_open(const char *root, const char *id, struct error *err)
{
	cleanup_fd int root_fd = -EBADF;
	int r = state_id_check(id, err);

	if (r < 0)
		return r;
	root_fd = open_root(root, err);
	if (root_fd == -ENOENT)
		return no_such(id, err);
	if (root_fd < 0)
		return root_fd;
	r = open_locked(root_fd, id, err);
	return r == -ENOENT && !error_is_set(err) ? no_such(id, err) : r;
}

int state_dir_view(const char *root, const char *id, struct error *err)
{
	cleanup_fd int root_fd = -EBADF;
	int r = state_id_check(id, err);

	if (r < 0)
		return r;
	root_fd = open_root(root, err);
	if (root_fd == -ENOENT)
		return no_such(id, err);
	if (root_fd < 0)
		return root_fd;
	r = open_entry(root_fd, id);
	if (r < 0 && r != -ENOENT)
		return error_set(err, ERR_SYSTEM, -r, "open state of container %s", id);
	if (r >= 0 && repair(root_fd, id, r)) {
		close(r);
		r = -ENOENT;
	}
	return r == -ENOENT ? no_such(id, err) : r;
}

/* One attempt: -EEXIST without *err if root/id is there, -EAGAIN if somebody took ours
 * for half-made. */
static int make_entry(int root_fd, const char *id, struct error *err)
{
	cleanup_fd int fd = -EBADF;

	if (mkdirat(root_fd, id, 0700) < 0)
		return errno == EEXIST
			       ? -EEXIST
			       : error_set(err, ERR_SYSTEM, errno,
					   "make state directory of container %s", id);
	fd = open_entry(root_fd, id);
	if (fd == -ENOENT)
		return -EAGAIN;
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "open state of container %s", id);
	if (flock(fd, LOCK_EX) < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock state of container %s",
				 id);
	if (!is_linked(root_fd, id, fd))
		return -EAGAIN;
	return TAKE_FD(fd);
}

/*
 * The lock of what may be a killed `create`'s; false if somebody is at work on it, or it
 * is complete. The init of a killed one has inherited the lock and takes a moment to die.
 */
static bool lock_half_made(int fd)
{
	for (int attempt = 0; is_half_made(fd); attempt++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return is_half_made(fd);
		if (attempt == LOCK_ATTEMPTS)
			return false;
		usleep(LOCK_PAUSE_USEC);
	}
	return false;
}

int state_dir_create(const char *root, const char *id, struct error *err)
{
	cleanup_fd int root_fd = -EBADF, path_fd = -EBADF;
	int r = state_id_check(id, err);

	if (r < 0)
		return r;
	path_fd = fs_open_own_dir(root, 0700, err);
	if (path_fd < 0)
		return error_wrap(err, "state directory");
	root_fd = open_root(root, err);
	if (root_fd < 0)
		return error_is_set(err)
			       ? root_fd
			       : error_set(err, ERR_SYSTEM, ENOENT, "open %s", root);
	for (;;) {
		cleanup_fd int old_fd = -EBADF;

		r = make_entry(root_fd, id, err);
		if (r >= 0 || error_is_set(err))
			return r;
		if (r == -EAGAIN)
			continue;
		old_fd = open_entry(root_fd, id);
		if (old_fd == -ENOENT)
			continue;
		if (old_fd < 0 || !lock_half_made(old_fd)) {
			error_set(err, ERR_CONFLICT, 0, "container id \"%s\" is in use",
				  id);
			return -EEXIST;
		}
		if (!is_linked(root_fd, id, old_fd))
			continue;
		r = remove_half_made(root_fd, id, old_fd, err);
		if (r < 0)
			return r;
	}
}

int state_dir_remove(const char *root, const char *id, struct error *err)
{
	cleanup_fd int root_fd = open_root(root, err);

	if (root_fd < 0)
		return error_is_set(err) ? root_fd : 0;
	return remove_entry(root_fd, id, err);
}

int state_write(int dirfd, const struct state *s, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	cleanup_free char *text = NULL;
	char init[PROC_ID_TEXT_MAX];

	proc_id_format(&s->init, init);
	json_add_u64(o, "version", STATE_VERSION);
	json_add_str(o, "id", s->id);
	json_add_str(o, "bundle", s->bundle);
	json_add_str(o, "rootfs", s->rootfs);
	json_add_str(o, "cgroupPath", s->cgroup_path);
	json_add_str(o, "owner", s->owner);
	json_add_str(o, "init", s->init.pid ? init : NULL);
	json_add_i64(o, "createdUsec", s->created_usec);
	json_add_bool(o, "started", s->started);
	json_add_bool(o, "terminal", s->terminal);
	text = json_text(o, true);
	return fs_write_atomic(dirfd, STATE_FILE, text, strlen(text), 0600, 0, err);
}

static int read_text(struct json_object *o, const char *key, char **ret,
		     struct error *err)
{
	struct json_object *member = json_get(o, key);
	const char *text = NULL;
	int r;

	if (!member)
		return 0;
	r = json_to_str(member, key, &text, err);
	if (r == 0)
		*ret = xstrdup(text);
	return r;
}

static int read_flag(struct json_object *o, const char *key, bool *ret, struct error *err)
{
	struct json_object *member = json_get(o, key);

	return member ? json_to_bool(member, key, ret, err) : 0;
}

static int read_members(struct json_object *o, struct state *s, struct error *err)
{
	static const struct {
		const char *key;
		size_t offset;
	} texts[] = {
		{"id", offsetof(struct state, id)},
		{"bundle", offsetof(struct state, bundle)},
		{"rootfs", offsetof(struct state, rootfs)},
		{"cgroupPath", offsetof(struct state, cgroup_path)},
		{"owner", offsetof(struct state, owner)},
	};
	struct json_object *created = json_get(o, "createdUsec");
	cleanup_free char *init = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		r = read_text(o, texts[i].key,
			      (char **)(void *)((char *)s + texts[i].offset), err);
	if (r == 0)
		r = read_text(o, "init", &init, err);
	if (r == 0 && created)
		r = json_to_i64(created, "createdUsec", &s->created_usec, err);
	if (r == 0)
		r = read_flag(o, "started", &s->started, err);
	if (r == 0)
		r = read_flag(o, "terminal", &s->terminal, err);
	if (r < 0)
		return r;
	if (!s->id || !s->bundle || !s->rootfs)
		return error_set(err, ERR_INVALID, 0, "id, bundle or rootfs is missing");
	if (init && proc_id_parse(init, &s->init) < 0)
		return error_set(err, ERR_INVALID, 0, "init: not a process identity");
	return 0;
}

/*
 * A `start` that was killed after it let the init go could not write it down. The kernel
 * knows: the socket on which the init waits is closed by its exec.
 */
static bool has_left_start_socket(int dirfd)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = -EBADF;

	if (!fs_exists(dirfd, STATE_START_SOCKET))
		return false;
	fd = fd_connect_unix(dirfd, STATE_START_SOCKET, SOCK_SEQPACKET, &err);
	return fd < 0 && err.code == ECONNREFUSED;
}

int state_read(int dirfd, struct state *ret, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_state struct state s = {0};
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fs_read(dirfd, STATE_FILE, STATE_BYTES_MAX, &text, &len, err);

	if (r == 0)
		r = json_parse(text, len, STATE_FILE, &o, err);
	if (r == 0)
		r = read_members(o, &s, err);
	if (r < 0)
		return error_wrap(err, "read the container's state");
	if (!s.started && s.init.pid != 0)
		s.started = has_left_start_socket(dirfd);
	*ret = s;
	s = (struct state){0};
	return 0;
}

static bool is_paused(const struct state *s)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_cgroup struct cgroup cg = CGROUP_INIT;
	bool frozen = false;

	if (!s->cgroup_path)
		return false;
	if (cgroup_open(s->cgroup_path, &cg, &err) < 0 ||
	    cgroup_is_frozen(&cg, &frozen, &err) < 0)
		error_drop(&err, "a cgroup that is gone is not frozen");
	return frozen;
}

enum state_status state_status(const struct state *s)
{
	if (s->init.pid == 0)
		return STATE_CREATING;
	if (!proc_id_alive(&s->init))
		return STATE_STOPPED;
	if (!s->started)
		return STATE_CREATED;
	return is_paused(s) ? STATE_PAUSED : STATE_RUNNING;
}

const char *state_status_word(enum state_status status)
{
	static const char *const words[] = {
		[STATE_CREATING] = "creating", [STATE_CREATED] = "created",
		[STATE_RUNNING] = "running",   [STATE_PAUSED] = "paused",
		[STATE_STOPPED] = "stopped",
	};

	return words[status];
}

/* Whether root/id is there for a list; not one whose maker has not come to write anything
 * yet. */
static bool is_listable(int root_fd, const char *id)
{
	cleanup_fd int fd = open_entry(root_fd, id);

	return fd >= 0 && !repair(root_fd, id, fd) && fs_exists(fd, STATE_FILE);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int state_list(const char *root, char ***ret_ids, struct error *err)
{
	cleanup_fd int root_fd = open_root(root, err);
	cleanup_strv char **ids = NULL;
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int dup_fd;

	*ret_ids = NULL;
	if (root_fd < 0)
		return error_is_set(err) ? root_fd : 0;
	dup_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	dir = dup_fd < 0 ? NULL : fdopendir(dup_fd);
	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list state directory %s", root);
	while ((entry = readdir(dir))) {
		cleanup_error struct error ignored = ERROR_INIT;

		if (state_id_check(entry->d_name, &ignored) == 0 &&
		    is_listable(root_fd, entry->d_name))
			strv_add(&ids, entry->d_name);
	}
	if (ids)
		qsort(ids, strv_len(ids), sizeof(*ids), compare_ids);
	*ret_ids = TAKE_PTR(ids);
	return 0;
}
