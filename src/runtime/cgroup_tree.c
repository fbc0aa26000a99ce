/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/cgroup_files.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define RMDIR_ATTEMPTS   50
#define RMDIR_PAUSE_USEC 10000

int cgroup_own_path(char **ret, struct error *err)
{
	cleanup_free char *text = NULL;
	char *path;
	int r = cgroup_file_read(AT_FDCWD, "/proc/self/cgroup", &text);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read /proc/self/cgroup");
	path = str_starts(text, "0::/") ? text + 3 : strstr(text, "\n0::/");
	if (!path)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "this process is in no version 2 cgroup");
	path += path[0] == '\n' ? 4 : 0;
	path[strcspn(path, "\n")] = '\0';
	*ret = xstrdup(path);
	return 0;
}

bool cgroup_path_is_below(const char *path, const char *top)
{
	size_t len = str_eq(top, "/") ? 0 : strlen(top);

	return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* "a b c\n" */
static char **words_of(int dirfd, const char *file)
{
	cleanup_free char *text = NULL;

	if (cgroup_file_read(dirfd, file, &text) < 0)
		return NULL;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it was read */
	text[strcspn(text, "\n")] = '\0';
	return *text ? str_split(text, ' ') : xcalloc(1, sizeof(char *));
}

char **cgroup_controllers(int dirfd)
{
	return words_of(dirfd, "cgroup.controllers");
}

char **cgroup_handed_down(int dirfd)
{
	return words_of(dirfd, "cgroup.subtree_control");
}

/* One write for all is quickest; one by one where not all can be had. */
void cgroup_hand_down(int dirfd, const char *name)
{
	cleanup_strv char **have = cgroup_controllers(dirfd);
	cleanup_strv char **active = cgroup_handed_down(dirfd);
	cleanup_strv char **missing = NULL;
	cleanup_free char *all = NULL;
	int r;

	strv_foreach (controller, have)
		if (!strv_has(active, *controller))
			strv_addf(&missing, "+%s", *controller);
	if (!missing)
		return;
	all = strv_join(missing, " ");
	r = cgroup_file_write(dirfd, "cgroup.subtree_control", all);
	if (r == 0 || r == -EACCES || r == -EPERM || r == -EROFS)
		return;
	strv_foreach (word, missing) {
		r = cgroup_file_write(dirfd, "cgroup.subtree_control", *word);

		if (r < 0)
			log_debug("cgroup %s: controller %s not handed down: %s", name,
				  *word + 1, error_errno_text(-r));
	}
}

void cgroup_hand_down_to(const char *top, const char *path)
{
	cleanup_free char *at = xstrdup(path);
	size_t len = str_eq(top, "/") ? 0 : strlen(top);
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int root_fd = cgroup_root_open(&err);

	for (; root_fd >= 0 && at[len]; len += 1 + strcspn(at + len + 1, "/")) {
		cleanup_fd int fd = -EBADF;

		at[len] = '\0';
		fd = path_open(root_fd, len ? at : "/", O_PATH | O_DIRECTORY, &err);
		if (fd >= 0)
			cgroup_hand_down(fd, at);
		error_release(&err);
		at[len] = '/';
	}
	error_drop(&err, "what is missing shows when the limit is written");
}

static int make_directory(int parent_fd, const char *name, bool *ret_made,
			  struct error *err)
{
	int fd;

	*ret_made = mkdirat(parent_fd, name, 0755) == 0;
	if (!*ret_made && errno != EEXIST)
		return error_set(
			err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_SYSTEM,
			errno, "make cgroup %s", name);
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open cgroup %s", name) : fd;
}

int cgroup_child_make(int parent_fd, const char *name, struct error *err)
{
	bool made;

	return make_directory(parent_fd, name, &made, err);
}

int cgroup_refuse_populated(int fd, const char *path, struct error *err)
{
	cleanup_free char *events = NULL;
	uint64_t populated = 0;

	if (cgroup_file_read(fd, "cgroup.events", &events) == 0 &&
	    cgroup_text_value(events, "populated", &populated) && populated)
		return error_set(err, ERR_CONFLICT, 0,
				 "cgroup %s is in use by other processes", path);
	return 0;
}

int cgroup_path_make(const char *path, bool *ret_made, struct error *err)
{
	cleanup_strv char **names = str_split(path + 1, '/');
	cleanup_fd int dirfd = cgroup_root_open(err);

	if (dirfd < 0)
		return dirfd;
	cgroup_hand_down(dirfd, "/");
	strv_foreach (name, names) {
		int fd = make_directory(dirfd, *name, ret_made, err);

		if (fd < 0)
			return fd;
		close(dirfd);
		dirfd = fd;
		if (name[1])
			cgroup_hand_down(dirfd, *name);
	}
	return TAKE_FD(dirfd);
}

int cgroup_step_into(int dirfd, const char *path, struct error *err)
{
	int r = cgroup_file_write(dirfd, "cgroup.procs", "0");

	if (r == 0)
		return 0;
	return error_set(err, r == -EACCES || r == -EPERM ? ERR_DENIED : ERR_SYSTEM, -r,
			 "move into cgroup %s", path);
}

bool cgroup_may_move(const char *from, const char *to)
{
	cleanup_free char *file = NULL;
	size_t slash = 0, i = 0;

	if (str_eq(from, to))
		return true;
	for (; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			slash = i;
	if ((!from[i] || from[i] == '/') && (!to[i] || to[i] == '/'))
		slash = i; /* one lies in the other */
	file = xasprintf(CGROUP_MOUNT "%.*s/cgroup.procs", (int)slash, from);
	return access(file, W_OK) == 0;
}

int cgroup_each_child(int dirfd, cgroup_child_fn fn, void *data)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r >= 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && !str_eq(entry->d_name, ".") &&
		    !str_eq(entry->d_name, ".."))
			r = fn(dirfd, entry->d_name, data);
	return r;
}

/* A cgroup whose last process is still being torn down is EBUSY for a moment; so is one with children. */
static int remove_tree(int parent_fd, const char *name, void *data)
{
	cleanup_fd int fd = -EBADF;
	int r = unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;

	if (r != -EBUSY)
		return r == -ENOENT ? 0 : r;
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_each_child(fd, remove_tree, data);
	for (int attempt = 0; r >= 0 || r == -EBUSY; attempt++) {
		r = unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
		if (r != -EBUSY || attempt == RMDIR_ATTEMPTS)
			break;
		usleep(RMDIR_PAUSE_USEC);
	}
	return r == -ENOENT ? 0 : r;
}

int cgroup_remove_path(const char *path, struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err), parent_fd = -EBADF;
	cleanup_free char *name = NULL;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = path_open_parent(root_fd, path, false, &parent_fd, &name, err);
	if (r < 0 && err->code == ENOENT) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return error_wrap(err, "remove cgroup %s", path);
	r = remove_tree(parent_fd, name, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove cgroup %s", path) : 0;
}
