/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mount_layers.h"

#include <linux/mount.h>
#include <string.h>

#include "runtime/mount_fill.h"
#include "runtime/mount_fs.h"
#include "runtime/mount_plan.h"
#include "util/str.h"

#define LOWER_WORD   "lowerdir+="
#define UPPER_WORD   "upperdir="
#define WORK_WORD    "workdir="
#define SUBPATH_WORD "part="
#define MAPPED_WORD  "mapped"

bool mount_is_layers(const struct mount_step *step)
{
	if (step->kind != MOUNT_FILESYSTEM || !str_eq(step->type, "overlay"))
		return false;
	strv_foreach (option, step->fs_options)
		if (str_starts(*option, LOWER_WORD))
			return true;
	return false;
}

bool mount_layers_are_mapped(const struct mount_step *step)
{
	return strv_has(step->fs_options, MAPPED_WORD);
}

/* lower: owned by the caller. */
static int take_paths(const struct mount_step *step, char ***lower,
		      struct overlay_paths *ret, struct error *err)
{
	*ret = (struct overlay_paths){0};
	strv_foreach (option, step->fs_options) {
		const char *value = strchr(*option, '=') ? strchr(*option, '=') + 1 : "";

		if (str_eq(*option, MAPPED_WORD))
			continue;
		if (value[0] != '/' && !str_starts(*option, SUBPATH_WORD))
			return error_set(err, ERR_INVALID, 0,
					 "options: \"%s\": expected an absolute path",
					 *option);
		if (str_starts(*option, LOWER_WORD))
			strv_add(lower, value);
		else if (str_starts(*option, UPPER_WORD))
			ret->upper = value;
		else if (str_starts(*option, WORK_WORD))
			ret->work = value;
		else if (!str_starts(*option, SUBPATH_WORD))
			return error_set(err, ERR_INVALID, 0,
					 "options: \"%s\" goes with no \"lowerdir+\"",
					 *option);
	}
	ret->lower = *lower;
	if (!ret->upper != !ret->work)
		return error_set(err, ERR_INVALID, 0,
				 "options: upperdir and workdir need each other");
	return 0;
}

int mount_layers_open(const struct mount_step *step, struct overlay_dirs *ret,
		      struct error *err)
{
	cleanup_strv char **lower = NULL;
	struct overlay_paths paths;
	int r = take_paths(step, &lower, &paths, err);

	return r < 0 ? r : overlay_open(&paths, ret, err);
}

int mount_layers_clone(const struct mount_step *step, int user_ns_fd,
		       struct overlay_dirs *ret, struct error *err)
{
	cleanup_strv char **lower = NULL;
	struct overlay_paths paths;
	int r = take_paths(step, &lower, &paths, err);

	if (r >= 0)
		r = overlay_open_clones(&paths, ret, err);
	return r < 0 || !mount_layers_are_mapped(step)
		       ? r
		       : overlay_idmap(ret, user_ns_fd, err);
}

static const char *part_of(const struct mount_step *step)
{
	strv_foreach (option, step->fs_options)
		if (str_starts(*option, SUBPATH_WORD))
			return *option + strlen(SUBPATH_WORD);
	return NULL;
}

static int mount_attached(const struct overlay_dirs *d, int target_fd, struct error *err)
{
	int r = overlay_attach(d, target_fd, err);
	cleanup_fd int fd = r < 0 ? r : overlay_mount(d, err);

	r = fd < 0 ? fd : overlay_detach(d, err);
	return r < 0 ? r : TAKE_FD(fd);
}

int mount_layers_mount(const struct mount_step *step, const struct overlay_dirs *d,
		       int target_fd, struct error *err)
{
	struct mount_attr attr = {.attr_set = step->attr_set | step->rec_attr_set};
	const char *part = part_of(step);
	cleanup_fd int fd =
		d->are_clones ? mount_attached(d, target_fd, err) : overlay_mount(d, err);
	int r;

	if (fd >= 0 && part) {
		int part_fd = mount_part(part, fd, target_fd, err);

		fd_cleanup_(&fd);
		fd = part_fd;
	}
	if (fd < 0)
		return fd;
	r = mount_set(fd, false, &attr);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "set the flags of the mount")
		     : TAKE_FD(fd);
}
