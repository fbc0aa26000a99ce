/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlays of layers as containers get them, in a directory of the run's own on the file system of
 * the containers' data, mounted by whoever mounts them for containers: root as root, others as
 * root of a user namespace.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "runtime/mount_fs.h"
#include "runtime/mount_idmap.h"
#include "runtime/overlay.h"
#include "runtime/probe_try.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define WORDS     "of the lower layer"
#define NEW_WORDS "of the container"

/* Root of a namespace makes its containers as ordinary users do. */
static bool is_host_root(const struct probe_host *host)
{
	return host->is_root && !host->is_namespaced;
}

/* What 0 is shown as: a user namespace of a single id has no other. */
static uint32_t shown_id(const struct probe_run *run)
{
	return is_host_root(run->host) ? 1 : 0;
}

/* The directories of one overlay, below the run's own. */
struct layers {
	char *lower, *second, *meta, *upper, *work;
};

static void layers_release(struct layers *l)
{
	free(l->lower);
	free(l->second);
	free(l->meta);
	free(l->upper);
	free(l->work);
}
#define cleanup_layers cleanup(layers_release)

static int write_file(const char *dir, const char *name, mode_t mode, struct error *err)
{
	cleanup_free char *path = fs_join(dir, name);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r = fd < 0 ? -errno : fd_write_all(fd, WORDS, strlen(WORDS));

	return r < 0 ? error_set(err, error_kind_of(-r), -r, "make a file") : 0;
}

static int make_dir(const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0)
		return error_set(err, error_kind_of(errno), errno, "make a directory");
	return 0;
}

/* `name` keeps the overlays of several tries apart. */
static int layers_make(const struct probe_run *run, const char *name, struct layers *l,
		       struct error *err)
{
	cleanup_free char *base = fs_join(run->scratch, name), *dir = NULL;
	cleanup_free char *layers = fs_join(base, "layers");
	const char *made[6];
	int r;

	l->lower = fs_join(layers, "lower");
	l->second = fs_join(layers, "second");
	l->meta = fs_join(base, "meta");
	l->upper = fs_join(base, "upper");
	l->work = fs_join(base, "work");
	made[0] = layers;
	made[1] = l->lower;
	made[2] = l->second;
	made[3] = l->meta;
	made[4] = l->upper;
	made[5] = l->work;
	r = make_dir(base, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(made); i++)
		r = make_dir(made[i], err);
	if (r == 0)
		r = write_file(l->lower, "file", 0755, err);
	if (r == 0)
		r = write_file(l->lower, "gone", 0644, err);
	dir = fs_join(l->lower, "dir");
	if (r == 0)
		r = make_dir(dir, err);
	return r == 0 ? write_file(dir, "below", 0644, err) : r;
}

static int failed(const char *what, struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "on an overlay: %s", what);
}

static int mount_layers(const struct layers *l, const char *topmost, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	char *const lower[] = {(char *)topmost, l->second, NULL};
	const struct overlay_paths paths = {
		.lower = lower,
		.upper = l->upper,
		.work = l->work,
	};
	int r = overlay_open(&paths, &dirs, err);

	return r < 0 ? r : overlay_mount(&dirs, err);
}

/* Its words are those of the lower layer. */
static int read_back(int root_fd, struct error *err)
{
	cleanup_fd int fd = openat(root_fd, "file", O_RDONLY | O_CLOEXEC);
	char got[sizeof(WORDS)] = "";

	if (fd < 0 || read(fd, got, sizeof(got) - 1) < 0)
		return failed("read a file", err);
	if (!str_eq(got, WORDS))
		return error_set(err, ERR_SYSTEM, 0,
				 "on an overlay: a file's content is not there");
	return 0;
}

static int copy_up(int root_fd, struct error *err)
{
	cleanup_fd int fd = openat(root_fd, "file", O_WRONLY | O_APPEND | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, NEW_WORDS, strlen(NEW_WORDS));

	errno = r < 0 ? -r : 0;
	return r < 0 ? failed("change a file", err) : 0;
}

static bool is_whiteout(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	return (S_ISCHR(st.st_mode) && st.st_rdev == 0) ||
	       lgetxattr(path, "user.overlay.whiteout", NULL, 0) >= 0;
}

static int delete_and_replace(int root_fd, const struct layers *l, struct error *err)
{
	cleanup_free char *gone = fs_join(l->upper, "gone");
	cleanup_free char *dir = fs_join(l->upper, "dir");
	char value[4] = "";

	if (unlinkat(root_fd, "gone", 0) < 0)
		return failed("delete a file", err);
	if (!is_whiteout(gone))
		return error_set(err, ERR_SYSTEM, 0,
				 "on an overlay: deleting leaves no whiteout");
	if (unlinkat(root_fd, "dir/below", 0) < 0 ||
	    unlinkat(root_fd, "dir", AT_REMOVEDIR) < 0 ||
	    mkdirat(root_fd, "dir", 0755) < 0)
		return failed("replace a directory", err);
	if (getxattr(dir, "user.overlay.opaque", value, sizeof(value) - 1) < 0)
		return failed("find the mark of an opaque directory", err);
	return 0;
}

static int try_overlay(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_layers struct layers l = {0};
	cleanup_fd int fd = -EBADF;
	int r = layers_make(run, "overlay", &l, err);

	if (r < 0)
		return r;
	fd = mount_layers(&l, l.lower, err);
	if (fd < 0)
		return fd;
	r = read_back(fd, err);
	if (r == 0)
		r = copy_up(fd, err);
	return r == 0 ? delete_and_replace(fd, &l, err) : r;
}

static int try_exec(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_layers struct layers l = {0};
	cleanup_fd int fd = -EBADF;
	int r = layers_make(run, "exec", &l, err);

	if (r < 0)
		return r;
	fd = mount_layers(&l, l.lower, err);
	if (fd < 0)
		return fd;
	/* access(2) looks at noexec too */
	return faccessat(fd, "file", X_OK, 0) < 0 ? failed("execute a file", err) : 0;
}

static int mount_options(char *const *options, struct error *err)
{
	const struct mount_fs fs = {
		.type = "overlay", .source = "overlay", .options = options};

	return mount_fs_new(&fs, err);
}

static int try_lowerdir_add(const struct probe_run *run, struct probe *p,
			    struct error *err)
{
	cleanup_layers struct layers l = {0};
	cleanup_strv char **options = NULL;
	cleanup_fd int fd = -EBADF;
	int r = layers_make(run, "add", &l, err);

	if (r < 0)
		return r;
	strv_add(&options, "userxattr");
	strv_addf(&options, "lowerdir+=%s", l.lower);
	strv_addf(&options, "lowerdir+=%s", l.second);
	fd = mount_options(options, err);
	return fd < 0 ? fd : read_back(fd, err);
}

static void single_map(struct idmap *ids, uint32_t shown)
{
	idmap_add(ids, 0, shown, 1);
}

/* 0 of the mount is `shown`. */
static int set_idmap(int mount_fd, uint32_t shown, struct error *err)
{
	cleanup_idmap struct idmap ids = {0};
	cleanup_fd int ns_fd = -EBADF;
	int r;

	single_map(&ids, shown);
	ns_fd = mount_idmap_ns(&ids, &ids, err);
	if (ns_fd < 0)
		return ns_fd;
	const struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP,
					.userns_fd = (uint64_t)ns_fd};
	r = mount_set(mount_fd, false, &attr);
	return r < 0 ? error_set(err, error_kind_of(-r), -r, "make an idmapped mount")
		     : 0;
}

static int new_tmpfs(struct error *err)
{
	const struct mount_fs fs = {.type = "tmpfs", .source = "tmpfs"};

	return mount_fs_new(&fs, err);
}

static int clone_of(const char *dir, struct error *err)
{
	int fd = mount_clone(AT_FDCWD, dir, false);

	return fd < 0 ? error_set(err, ERR_SYSTEM, -fd, "clone a mount") : fd;
}

static int try_idmap_mount(const struct probe_run *run, struct probe *p,
			   struct error *err)
{
	bool root = is_host_root(run->host);
	cleanup_fd int fd = root ? clone_of(run->scratch, err) : new_tmpfs(err);

	probe_say(p, root ? "on the file system of the data directory"
			  : "on a tmpfs of a user namespace");
	return fd < 0 ? fd : set_idmap(fd, shown_id(run), err);
}

static int check_owner(int root_fd, uid_t owner, struct error *err)
{
	struct stat st;

	if (fstatat(root_fd, "file", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed("look at a file", err);
	if (st.st_uid != owner)
		return error_set(err, ERR_SYSTEM, 0,
				 "on an overlay: the owner is %u, not %u", st.st_uid,
				 owner);
	return 0;
}

/* As containers of root get them. */
static int mount_clones(const struct overlay_paths *paths, const struct layers *l,
			uint32_t shown, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_fd int ns_fd = -EBADF, place_fd = -EBADF;
	cleanup_idmap struct idmap ids = {0};
	int r = overlay_open_clones(paths, &dirs, err);

	single_map(&ids, shown);
	if (r == 0)
		r = ns_fd = mount_idmap_ns(&ids, &ids, err);
	if (r >= 0)
		r = overlay_idmap(&dirs, ns_fd, err);
	if (r < 0)
		return r;
	place_fd = open(l->meta, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a directory");
	r = overlay_attach(&dirs, place_fd, err);
	return r < 0 ? r : overlay_mount(&dirs, err);
}

static int own_range(const struct probe_run *run, bool by_clones, struct error *err)
{
	cleanup_layers struct layers l = {0};
	cleanup_idmap struct idmap ids = {0};
	cleanup_fd int fd = -EBADF;
	uint32_t shown = shown_id(run);
	int r = layers_make(run, by_clones ? "clones" : "trees", &l, err);
	char *const lower[] = {l.lower, l.second, NULL};
	const struct overlay_paths paths = {
		.lower = lower, .mapped = true, .upper = l.upper, .work = l.work};

	if (r < 0)
		return r;
	single_map(&ids, shown);
	fd = by_clones ? mount_clones(&paths, &l, shown, err)
		       : overlay_view_mapped(&paths, l.meta, &ids, &ids, err);
	if (fd < 0)
		return fd;
	r = check_owner(fd, shown, err);
	if (r == 0)
		r = read_back(fd, err);
	return r == 0 ? copy_up(fd, err) : r;
}

static int try_own_range(const struct probe_run *run, struct probe *p, struct error *err)
{
	bool by_clones = is_host_root(run->host);

	probe_say(p, "%s",
		  by_clones ? "idmapped layers" : "metadata on an idmapped tmpfs");
	return own_range(run, by_clones, err);
}

void probe_storage(const struct probe_run *run)
{
	static const struct probe_try tries[] = {
		{PROBE_OVERLAY, try_overlay},
		{PROBE_OVERLAY_EXEC, try_exec},
		{PROBE_LOWERDIR_ADD, try_lowerdir_add},
		{PROBE_IDMAP_MOUNT, try_idmap_mount},
		{PROBE_OWN_RANGE, try_own_range},
	};
	const struct probe_place place = {.with_user = !is_host_root(run->host),
					  .new_flags = CLONE_NEWNS};

	probe_each_in(run, &place, tries, ARRAY_SIZE(tries));
}
