/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/layer_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "engine/disk_usage.h"
#include "engine/user_ids.h"
#include "util/digest.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define LOCK_FILE     "lock"
#define NEW_PREFIX    ".new-"
#define OLD_PREFIX    ".old-"
#define SINGLE_SUFFIX ".single"
#define SHA512_DIGITS 128
#define NEW_TRIES     10

int layers_open(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, "layers");

	return fs_open_dir(AT_FDCWD, path, true, 0700, err);
}

char *layer_dir_name(const char *chain_id, bool single_id)
{
	return xasprintf("%s%s", digest_hex(chain_id), single_id ? SINGLE_SUFFIX : "");
}

char *layer_dir_path(const struct engine *e, const char *chain_id, bool single_id)
{
	cleanup_free char *name = layer_dir_name(chain_id, single_id);

	return xasprintf("%s/layers/%s", e->paths.data, name);
}

bool layer_dir_exists(int layers_fd, const char *chain_id, bool single_id)
{
	cleanup_free char *name = layer_dir_name(chain_id, single_id);
	struct stat st;

	return fstatat(layers_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* One byte of the lock file for each chain id: its first 60 bits. */
static off_t lock_position(const char *chain_id)
{
	char digits[16];

	memcpy(digits, digest_hex(chain_id), 15);
	digits[15] = '\0';
	return (off_t)strtoull(digits, NULL, 16);
}

int layer_lock(int layers_fd, const char *chain_id, bool wait, struct error *err)
{
	cleanup_fd int fd = openat(layers_fd, LOCK_FILE,
				   O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = lock_position(chain_id),
		.l_len = 1,
	};
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the lock of layers");
	do
		r = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	while (r < 0 && errno == EINTR && wait);
	if (r < 0 && (errno == EAGAIN || errno == EACCES))
		return error_set(err, ERR_UNAVAILABLE, EWOULDBLOCK,
				 "layer %s is being unpacked by another cubby", chain_id);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock the layer %s", chain_id);
	return TAKE_FD(fd);
}

static char *random_name(const char *prefix)
{
	uint64_t number = 0;

	/* the kernel's pool is initialised long before anybody logs in */
	(void)!getrandom(&number, sizeof(number), 0);
	return xasprintf("%s%016llx", prefix, (unsigned long long)number);
}

/* A sweeper may come between making it and locking it: then it is the sweeper's. */
static int make_and_lock(int layers_fd, const char *name, struct error *err)
{
	cleanup_fd int fd = -EBADF;

	if (mkdirat(layers_fd, name, 0755) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a directory for a layer");
	fd = openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fchmod(fd, 0755) < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock the layer's directory");
	return TAKE_FD(fd);
}

/* It still has its name. */
static bool is_ours(int layers_fd, const char *name, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(layers_fd, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino;
}

int layer_dir_new(int layers_fd, char **ret_name, struct error *err)
{
	for (int i = 0; i < NEW_TRIES; i++) {
		cleanup_free char *name = random_name(NEW_PREFIX);
		cleanup_fd int fd = make_and_lock(layers_fd, name, err);

		if (fd >= 0 && is_ours(layers_fd, name, fd)) {
			*ret_name = TAKE_PTR(name);
			return TAKE_FD(fd);
		}
		if (fd < 0 && err->code != ENOENT && err->code != EWOULDBLOCK)
			return fd;
		error_release(err);
	}
	return error_set(err, ERR_UNAVAILABLE, EAGAIN, "make a directory for a layer");
}

int layer_dir_discard(int layers_fd, const char *name, struct error *err)
{
	cleanup_free char *old = random_name(OLD_PREFIX);

	if (renameat(layers_fd, name, layers_fd, old) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove the layer %s", name);
	return 0;
}

int layer_dir_commit(const struct engine *e, int layers_fd, const char *new_name,
		     const char *chain_id, bool single_id, struct error *err)
{
	cleanup_free char *name = layer_dir_name(chain_id, single_id);
	int r = layer_dir_discard(layers_fd, name, err);

	if (r < 0)
		return r;
	if (renameat(layers_fd, new_name, layers_fd, name) < 0)
		return error_set(err, ERR_SYSTEM, errno, "put layer %s in place", name);
	return 0;
}

bool layer_dir_parse(const char *name, char **ret_chain_id, bool *ret_single_id)
{
	bool single_id = str_ends(name, SINGLE_SUFFIX);
	size_t len = strlen(name) - (single_id ? strlen(SINGLE_SUFFIX) : 0);
	cleanup_free char *digest = xasprintf(
		"%s:%.*s", len == SHA512_DIGITS ? "sha512" : "sha256", (int)len, name);

	if (len > SHA512_DIGITS || !digest_valid(digest))
		return false;
	*ret_chain_id = TAKE_PTR(digest);
	*ret_single_id = single_id;
	return true;
}

/* Nobody is at work in it. */
static bool is_left_over(int layers_fd, const char *name)
{
	cleanup_fd int fd = -EBADF;

	if (str_starts(name, OLD_PREFIX))
		return true;
	if (!str_starts(name, NEW_PREFIX))
		return false;
	fd = openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static bool is_complete(int layers_fd, const char *name)
{
	cleanup_free char *chain_id = NULL;
	bool single_id;

	(void)layers_fd;
	return layer_dir_parse(name, &chain_id, &single_id);
}

static int list(int layers_fd, bool (*wanted)(int layers_fd, const char *name),
		char ***ret, struct error *err)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(layers_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "list the layers");
	dir = fdopendir(fd);
	while ((entry = readdir(dir)))
		if (wanted(layers_fd, entry->d_name))
			strv_add(ret, entry->d_name);
	return 0;
}

int layers_list(int layers_fd, char ***ret, struct error *err)
{
	return list(layers_fd, is_complete, ret, err);
}

int layers_left_over(int layers_fd, char ***ret, struct error *err)
{
	return list(layers_fd, is_left_over, ret, err);
}

static int measure(const struct engine *e, char *const *names, int64_t *ret,
		   struct error *err)
{
	cleanup_free int64_t *sizes = xcalloc(strv_len(names) + 1, sizeof(*sizes));
	cleanup_strv char **paths = NULL;
	int r;

	strv_foreach (name, names)
		strv_addf(&paths, "%s/layers/%s", e->paths.data, *name);
	r = disk_usage(e, paths, sizes, err);
	for (size_t i = 0; r >= 0 && i < strv_len(names); i++)
		*ret += sizes[i];
	return r;
}

static bool is_discarded(int layers_fd, const char *name)
{
	(void)layers_fd;
	return str_starts(name, OLD_PREFIX);
}

/*
 * One that nobody unpacks loses its name while we have its lock: between our look and the removal who
 * has just made it could lock it.
 */
static int take_over(int layers_fd, const char *name, struct error *err)
{
	cleanup_fd int fd =
		openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return layer_dir_discard(layers_fd, name, err);
}

static int discard_left_over(int layers_fd, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = layers_left_over(layers_fd, &names, err);

	strv_foreach (name, names)
		if (r >= 0 && str_starts(*name, NEW_PREFIX))
			r = take_over(layers_fd, *name, err);
	return r;
}

int layers_sweep(const struct engine *e, int64_t *ret_freed, struct error *err)
{
	cleanup_fd int layers_fd = layers_open(e, err);
	cleanup_strv char **names = NULL;
	int r = layers_fd < 0 ? layers_fd : discard_left_over(layers_fd, err);

	if (r >= 0)
		r = list(layers_fd, is_discarded, &names, err);
	if (r >= 0 && ret_freed)
		r = measure(e, names, ret_freed, err);
	if (r < 0)
		return r;
	return user_ids_remove_trees(e, layers_fd, names, err);
}
