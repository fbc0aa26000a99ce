/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mount_fill.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/copy_up.h"
#include "runtime/mount_fs.h"
#include "runtime/mount_plan.h"
#include "runtime/mount_words.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define FILE_NAME     "file"
#define FILE_MAX      (1 << 20)
#define FILE_FS_BYTES "size=2m"

static int is_empty(int dir_fd, struct error *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "look into the volume");
	while ((entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			return 0;
	return 1;
}

static int take_owner(const struct spec *spec, int place_fd, int top_fd,
		      struct error *err)
{
	struct stat st = {.st_uid = spec->process->user.uid,
			  .st_gid = spec->process->user.gid,
			  .st_mode = 0755};

	if (place_fd >= 0 && fstat(place_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "look at what the volume covers");
	if (fchown(top_fd, st.st_uid, st.st_gid) < 0 ||
	    fchmod(top_fd, st.st_mode & 07777) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give the volume its owner");
	return 0;
}

static int fill(const struct spec *spec, const struct mount_step *step, int place_fd,
		int volume_fd, struct error *err)
{
	cleanup_fd int top_fd =
		openat(volume_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (top_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the volume");
	r = is_empty(top_fd, err);
	if (r <= 0)
		return r;
	r = 0;
	if (place_fd >= 0 && (step->fill & MOUNT_FILL_CONTENT))
		r = copy_up(place_fd, top_fd, err);
	if (r >= 0 && (step->fill & MOUNT_FILL_OWNER))
		r = take_owner(spec, place_fd, top_fd, err);
	return r;
}

int mount_fill(const struct spec *spec, const struct mount_step *step, int place_fd,
	       int volume_fd, struct error *err)
{
	uint64_t ro = (step->attr_set | step->rec_attr_set) & MOUNT_ATTR_RDONLY;
	struct mount_attr writable = {.attr_clr = ro}, readonly = {.attr_set = ro};
	int r = ro ? mount_set(volume_fd, false, &writable) : 0;

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "fill the volume");
	r = fill(spec, step, place_fd, volume_fd, err);
	if (r >= 0 && ro && mount_set(volume_fd, false, &readonly) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "make the volume read-only");
	return r;
}

static int detach(int mount_fd, struct error *err)
{
	char path[FD_PROC_PATH_MAX];

	if (sys_umount2(fd_proc_path(mount_fd, path), MNT_DETACH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "detach the mount");
	return 0;
}

/* Kernels before 6.15 clone no part of a mount that is nowhere attached. */
int mount_part(const char *path, int mount_fd, int place_fd, struct error *err)
{
	cleanup_fd int part_fd = path_open(mount_fd, path, O_PATH, err), fd = -EBADF;
	int r;

	if (part_fd < 0)
		return error_wrap(err, "subpath %s", path);
	r = mount_attach(mount_fd, place_fd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "attach the mount");
	fd = mount_clone(part_fd, "", true);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount the part %s", path);
	r = detach(mount_fd, err);
	return r < 0 ? r : TAKE_FD(fd);
}

static int option_number(const struct mount_step *step, const char *key, bool octal,
			 uint32_t *ret, struct error *err)
{
	strv_foreach (option, step->fs_options) {
		const char *text = *option + strlen(key);

		if (!str_starts(*option, key))
			continue;
		if ((octal ? str_to_mode(text, ret) : str_to_u32(text, ret)) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "options: \"%s\": not a number", *option);
	}
	return 0;
}

static int write_copy(int fs_fd, int from_fd, struct error *err)
{
	cleanup_fd int fd =
		openat(fs_fd, FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cleanup_buf struct buf content = {0};
	int r = fd < 0 ? -errno : 0;

	buf_init(&content, FILE_MAX);
	if (r == 0 && lseek(from_fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_all(from_fd, &content);
	if (r == 0)
		r = fd_write_all(fd, content.data ? content.data : "", content.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "copy the file into memory") : 0;
}

int mount_file_copy(const struct mount_step *step, int from_fd, struct error *err)
{
	static char size[] = FILE_FS_BYTES, mode_word[] = "mode=0755";
	static char *const options[] = {size, mode_word, NULL};
	const struct mount_fs fs = {
		.type = "tmpfs", .source = "tmpfs", .options = options};
	struct mount_attr attr = {.attr_set = step->attr_set | step->rec_attr_set};
	cleanup_fd int fs_fd = mount_fs_new(&fs, err), fd = -EBADF;
	uint32_t uid = 0, gid = 0, mode = 0444;
	int r = fs_fd < 0 ? fs_fd : option_number(step, "uid=", false, &uid, err);

	if (r >= 0)
		r = option_number(step, "gid=", false, &gid, err);
	if (r >= 0)
		r = option_number(step, "mode=", true, &mode, err);
	if (r >= 0)
		r = write_copy(fs_fd, from_fd, err);
	if (r < 0)
		return r;
	if (fchownat(fs_fd, FILE_NAME, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(fs_fd, FILE_NAME, mode, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "give the file to %u:%u of the container", uid, gid);
	fd = mount_clone(fs_fd, FILE_NAME, false);
	r = fd < 0 ? fd : mount_set(fd, false, &attr);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount the copy") : TAKE_FD(fd);
}
