/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mount_made.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/rootfs.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define LINKS_MAX 8

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? xstrndup(path, (size_t)(slash - path))
				      : xstrdup("/");
}

/* Of a link that leads nowhere the target is made: where it leads. NULL: it is none. */
static char *led_to(const struct rootfs *r, const char *path)
{
	cleanup_error struct error none = ERROR_INIT;
	cleanup_fd int fd = path_open(r->root_fd, path, O_PATH | O_NOFOLLOW, &none);
	cleanup_free char *parent = parent_of(path), *joined = NULL;
	char link[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", link, sizeof(link) - 1);

	if (n < 0)
		return NULL;
	link[n] = '\0';
	joined = link[0] == '/' ? xstrdup(link) : xasprintf("%s/%s", parent, link);
	return path_clean(joined);
}

static bool is_there(const struct rootfs *r, const char *path)
{
	cleanup_error struct error none = ERROR_INIT;
	cleanup_fd int fd = path_open(r->root_fd, path, O_PATH, &none);

	return fd >= 0;
}

size_t mount_made_count(const struct rootfs *r, const char *target)
{
	cleanup_free char *path = xstrdup(target);
	size_t n = 0;

	if (r->made_fd < 0)
		return 0;
	for (int i = 0; i < LINKS_MAX; i++) {
		char *next = led_to(r, path);

		if (!next)
			break;
		free(path);
		path = next;
	}
	while (!str_eq(path, "/") && !is_there(r, path)) {
		char *parent = parent_of(path);

		free(path);
		path = parent;
		n++;
	}
	return n;
}

static int real_path(const struct rootfs *r, int fd, char ret[static PATH_MAX],
		     struct error *err)
{
	cleanup_free char *name = xasprintf("self/fd/%d", fd);
	ssize_t n = readlinkat(r->host_proc_fd, name, ret, PATH_MAX - 1);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "find out what was made");
	ret[n] = '\0';
	return 0;
}

/* What is made in a mount of the container's own leaves nothing. */
static bool is_in_root(const struct rootfs *r, int fd)
{
	struct statx root, made;

	return statx(r->root_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &root) == 0 &&
	       statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &made) == 0 &&
	       root.stx_mnt_id == made.stx_mnt_id;
}

int mount_made_tell(const struct rootfs *r, int fd, size_t count, struct error *err)
{
	char root[PATH_MAX], path[PATH_MAX];
	int result = count ? real_path(r, r->root_fd, root, err) : 0;
	size_t len;

	if (count == 0 || result < 0 || !is_in_root(r, fd))
		return result;
	result = real_path(r, fd, path, err);
	if (result < 0)
		return result;
	len = strlen(root);
	if (str_eq(root, "/"))
		len = 0;
	if (strncmp(path, root, len) != 0 || path[len] != '/')
		return 0;
	for (; count > 0 && path[len + 1]; count--) {
		result = fd_write_all(r->made_fd, path + len + 1,
				      strlen(path + len + 1) + 1);
		if (result < 0)
			return error_set(err, ERR_SYSTEM, -result, "tell what was made");
		*strrchr(path, '/') = '\0';
		if (strlen(path) <= len)
			break;
	}
	return 0;
}
