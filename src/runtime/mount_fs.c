/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsconfig(2) takes at most 255 bytes a value. Overlay's list of lower directories is the
 * one that gets longer: it is then given one by one ("lowerdir+", and "datadir+" after a
 * double colon), which kernels have had since 6.8.
 */
#include "runtime/mount_fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define SELINUX_FS_MAGIC 0xf97cff8cUL
#define VALUE_MAX        255

/* The kernel's own words about what it refused: lines "e tmpfs: Bad value for 'mode'". */
static char *kernel_words(int fs_fd)
{
	char line[512];

	for (;;) {
		ssize_t n = read(fs_fd, line, sizeof(line) - 1);
		if (n <= 0)
			return NULL;
		while (n > 0 && line[n - 1] == '\n')
			n--;
		line[n] = '\0';
		if (n > 2 && line[0] == 'e')
			return xstrdup(line + 2);
	}
}

static int fail(int fs_fd, const char *what, int code, struct error *err)
{
	cleanup_free char *words = kernel_words(fs_fd);
	enum error_kind kind = code == EINVAL ? ERR_INVALID : ERR_SYSTEM;

	if (words)
		return error_set(err, kind, code, "%s: %s", what, words);
	return error_set(err, kind, code, "%s", what);
}

static int set_string(int fs_fd, const char *key, const char *value, struct error *err)
{
	if (sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value, 0) == 0)
		return 0;
	int code = errno;
	if (strlen(value) > VALUE_MAX)
		return error_set(err, ERR_INVALID, 0, "option %s: longer than %d bytes",
				 key, VALUE_MAX);
	cleanup_free char *what = xasprintf("option %s=%s", key, value);
	return fail(fs_fd, what, code, err);
}

/* Before Linux 6.5 any option's name is taken, and refused when the file system is made. */
static int explain_layers(int r, struct error *err)
{
	if (r == -EINVAL && err->code == EINVAL)
		return error_hint(
			err,
			"a list of layers this long needs Linux 6.8 or newer, or shorter paths");
	return r;
}

static int add_layer(int fs_fd, const char *key, const char *layer, struct error *err)
{
	return explain_layers(set_string(fs_fd, key, layer, err), err);
}

/* "a:b\:c::data" to one option a layer; a backslash protects the byte after it. */
static int set_lower_dirs(int fs_fd, const char *list, struct error *err)
{
	cleanup_free char *layer = xstrdup(list);
	const char *key = "lowerdir+";
	size_t len = 0;

	for (const char *p = list;; p++) {
		if (*p == '\\' && p[1]) {
			layer[len++] = *++p;
			continue;
		}
		if (*p && *p != ':') {
			layer[len++] = *p;
			continue;
		}
		layer[len] = '\0';
		int r = len ? add_layer(fs_fd, key, layer, err) : 0;
		if (r < 0 || !*p)
			return r;
		len = 0;
		if (p[1] == ':') {
			key = "datadir+";
			p++;
		}
	}
}

static bool is_split(const char *type, const char *option)
{
	return str_eq(type, "overlay") && str_starts(option, "lowerdir=") &&
	       strlen(option) > strlen("lowerdir=") + VALUE_MAX;
}

static int set_option(int fs_fd, const char *type, const char *option, struct error *err)
{
	const char *equals = strchr(option, '=');

	if (!equals) {
		if (sys_fsconfig(fs_fd, FSCONFIG_SET_FLAG, option, NULL, 0) == 0)
			return 0;
		cleanup_free char *what = xasprintf("option %s", option);
		return fail(fs_fd, what, errno, err);
	}
	cleanup_free char *key = xstrndup(option, (size_t)(equals - option));
	if (is_split(type, option))
		return set_lower_dirs(fs_fd, equals + 1, err);
	return set_string(fs_fd, key, equals + 1, err);
}

static int configure(int fs_fd, const struct mount_fs *fs, struct error *err)
{
	int r = 0;

	if (!str_empty(fs->source))
		r = set_string(fs_fd, "source", fs->source, err);
	for (char *const *o = fs->options; r == 0 && o && *o; o++)
		r = set_option(fs_fd, fs->type, *o, err);
	for (char *const *o = fs->more; r == 0 && o && *o; o++)
		r = set_option(fs_fd, fs->type, *o, err);
	if (r == 0 && fs->label)
		r = set_string(fs_fd, "context", fs->label, err);
	if (r == 0 && fs->readonly)
		r = set_option(fs_fd, fs->type, "ro", err);
	return r;
}

static bool has_split(const struct mount_fs *fs)
{
	for (char *const *o = fs->options; o && *o; o++)
		if (is_split(fs->type, *o))
			return true;
	return false;
}

int mount_fs_new(const struct mount_fs *fs, struct error *err)
{
	cleanup_fd int fs_fd = sys_fsopen(fs->type, FSOPEN_CLOEXEC);

	if (fs_fd < 0 && errno == ENODEV) {
		(void)error_set(err, ERR_UNSUPPORTED, ENODEV,
				"this kernel does not know the file system type \"%s\"",
				fs->type);
		return error_hint(err, "load its module as root: modprobe %s", fs->type);
	}
	if (fs_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open file system type %s",
				 fs->type);
	int r = configure(fs_fd, fs, err);
	if (r < 0)
		return r;
	if (sys_fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		r = fail(fs_fd, fs->type, errno, err);
		return has_split(fs) ? explain_layers(r, err) : r;
	}
	int fd = sys_fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned int)fs->attrs);
	if (fd < 0)
		return fail(fs_fd, fs->type, errno, err);
	return fd;
}

int mount_attach(int mount_fd, int target_fd, const char *name)
{
	unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH;

	if (str_empty(name))
		flags |= MOVE_MOUNT_T_EMPTY_PATH;
	return sys_move_mount(mount_fd, "", target_fd, name ? name : "", flags) < 0
		       ? -errno
		       : 0;
}

int mount_clone(int dirfd, const char *name, bool recursive)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (str_empty(name))
		flags |= AT_EMPTY_PATH;
	int fd = sys_open_tree(dirfd, name, flags);
	return fd < 0 ? -errno : fd;
}

int mount_detach(const char *path)
{
	return sys_umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}

bool mount_is_at(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) ==
		       0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int mount_set(int mount_fd, bool recursive, const struct mount_attr *attr)
{
	struct mount_attr copy = *attr;
	unsigned int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	return sys_mount_setattr(mount_fd, "", flags, &copy) < 0 ? -errno : 0;
}

const char *mount_label(const char *label)
{
	struct statfs st;

	if (str_empty(label))
		return NULL;
	if (statfs("/sys/fs/selinux", &st) == 0 &&
	    (unsigned long)st.f_type == SELINUX_FS_MAGIC)
		return label;
	log_debug("mount label %s: there is no SELinux here", label);
	return NULL;
}
