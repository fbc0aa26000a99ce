/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/rootfs_nopivot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "runtime/mount_fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

/* Fields of /proc/PID/mountinfo, proc(5): id, parent, device, root, mount point, options,
 * ... - type */
struct line {
	int id;
	char *point, *type; /* into the text */
};

/* "\040" and its like are the bytes that would break the line. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		unsigned int byte;
		if (s[0] == '\\' && sscanf(s + 1, "%3o", &byte) == 1) {
			*to = (char)byte;
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

static bool parse(char *text, struct line *ret)
{
	char *rest = text, *fields[5] = {0};
	uint32_t id;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&rest, " ");
	char *dash = rest ? strstr(rest, " - ") : NULL;
	if (!dash || str_to_u32(fields[0], &id) < 0)
		return false;
	char *type = dash + strlen(" - ");
	ret->id = (int)id;
	ret->type = strsep(&type, " ");
	ret->point = fields[4];
	unescape(ret->point);
	return true;
}

static int mount_id(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0 ||
	    !(stx.stx_mask & STATX_MNT_ID))
		return -1;
	return (int)stx.stx_mnt_id;
}

static bool is_below(const char *path, const char *top)
{
	return str_starts(path, top) &&
	       (path[strlen(top)] == '/' || path[strlen(top)] == '\0');
}

/* EINVAL: locked, as in a user namespace; then it is covered by an empty directory. */
static int take_away(const char *point, struct error *err)
{
	struct mount_fs fs = {.type = "tmpfs", .attrs = MOUNT_ATTR_RDONLY};

	if (sys_umount2(point, MNT_DETACH) == 0)
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return error_set(err, ERR_SYSTEM, errno, "unmount the host's %s", point);
	cleanup_fd int point_fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (point_fd < 0)
		return errno == ENOTDIR || errno == ENOENT
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "open the host's %s",
					   point);
	cleanup_fd int fd = mount_fs_new(&fs, err);
	int r = fd < 0 ? fd : mount_attach(fd, point_fd, NULL);
	if (r < 0 && fd >= 0)
		return error_set(err, ERR_SYSTEM, -r, "cover the host's %s", point);
	return r;
}

static int read_mounts(int host_proc_fd, char **ret, struct error *err)
{
	cleanup_fd int fd = openat(host_proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	cleanup_file FILE *f = fd >= 0 ? fdopen(TAKE_FD(fd), "re") : NULL;
	size_t size = 0;

	*ret = NULL;
	if (!f || getdelim(ret, &size, '\0', f) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the list of mounts");
	return 0;
}

/* Newest first: a mount on top of another goes before it. */
static int hide_host(int root_fd, int host_proc_fd, struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_free struct line *lines = NULL;
	const char *root_point = NULL;
	int root_id = mount_id(root_fd);
	size_t n = 0;
	int result = read_mounts(host_proc_fd, &text, err);

	if (result < 0)
		return result;
	char *rest = text, *one;
	while ((one = strsep(&rest, "\n"))) {
		lines = xreallocarray(lines, n + 1, sizeof(*lines));
		if (!parse(one, &lines[n]))
			continue;
		if (lines[n].id == root_id)
			root_point = lines[n].point;
		n++;
	}
	if (!root_point)
		return error_set(err, ERR_SYSTEM, 0,
				 "the root file system is not among the mounts");
	for (size_t i = n; result == 0 && i-- > 0;) {
		if (!str_eq(lines[i].type, "proc") && !str_eq(lines[i].type, "sysfs"))
			continue;
		if (str_eq(root_point, "/") || !is_below(lines[i].point, root_point))
			result = take_away(lines[i].point, err);
	}
	return result;
}

int rootfs_enter_nopivot(int root_fd, int host_proc_fd, struct error *err)
{
	int result = hide_host(root_fd, host_proc_fd, err);

	if (result < 0)
		return error_wrap(err, "hide the host");
	if (fchdir(root_fd) < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter the root file system");
	if (sys_move_mount(root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "move the root file system over /");
	if (chroot(".") < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter the root file system");
	return 0;
}
