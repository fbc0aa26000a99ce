/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways of comparing. A writable layer (or an image's topmost one) is walked, and each entry looked up
 * in a view of the layers below: what was copied up counts as changed. Two images are compared as whole
 * views, by what their inodes say. Both in a process of its own, as root of the user's map; what it finds
 * comes back in a file in memory.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/container_view.h"
#include "engine/file_change.h"
#include "engine/image.h"
#include "engine/image_view.h"
#include "engine/user_ids.h"
#include "runtime/overlay.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/fd.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define CHANGES_MAX (1U << 30) /* bytes of paths */
#define OPAQUE      "user.overlay.opaque"

struct diff_job {
	char *const *
		upper; /* one directory (a layer), or with `whole` the layers of a view */
	char *const *lower; /* topmost first, may be empty */
	bool whole;
	/* with `whole`: containers instead of layers; NULL: layers */
	const struct container_view *upper_view, *lower_view;
	const struct idmap *uids,
		*gids; /* of a container with a map of its own, whose upper directory has
			  owners as outside; NULL or no lines: as in the layers */
	const struct idmap *lower_uids, *lower_gids; /* the same, of lower_view */
	char **skip; /* paths that are none of the container's doing */
	int result_fd;
	struct buf found;
	int upper_fd, lower_fd; /* -EBADF: nothing is there */
};

static int note(struct diff_job *job, char kind, const char *path, struct error *err)
{
	if (strv_has(job->skip, path))
		return 0;
	if (file_change_add(&job->found, kind, path) < 0)
		return error_set(err, ERR_INVALID, E2BIG, "list what was changed");
	return 0;
}

/* O_PATH fd of a path below, not through links; -ENOENT where there is none. */
static int look_up(int top_fd, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd = top_fd < 0 ? -1 : sys_openat2(top_fd, path, &how);

	return fd < 0 ? -ENOENT : fd;
}

static bool stat_below(int top_fd, const char *path, struct stat *ret)
{
	cleanup_fd int fd = look_up(top_fd, path);

	return fd >= 0 && fstat(fd, ret) == 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static bool is_opaque(const struct fs_walk_entry *e)
{
	cleanup_fd int fd = openat(e->dirfd, e->name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char value = 0;

	return fd >= 0 && fgetxattr(fd, OPAQUE, &value, 1) == 1 && value == 'y';
}

/* What was in an opaque directory before, and is not there now. */
static int note_hidden(struct diff_job *job, const struct fs_walk_entry *e,
		       struct error *err)
{
	cleanup_fd int fd = look_up(job->lower_fd, e->path);
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int list_fd = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (list_fd < 0)
		return 0;
	dir = fdopendir(list_fd);
	while (r >= 0 && (entry = readdir(dir))) {
		cleanup_free char *path = NULL;
		struct stat st;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		path = str_eq(e->path, ".") ? xstrdup(entry->d_name)
					    : xasprintf("%s/%s", e->path, entry->d_name);
		if (!stat_below(job->upper_fd, path, &st))
			r = note(job, 'D', path, err);
	}
	return r;
}

static uint32_t as_inside(const struct idmap *map, uint32_t id)
{
	return map && map->n_lines ? idmap_to_inside(map, id) : id;
}

static bool differs(const struct diff_job *job, const struct stat *now,
		    const struct stat *below)
{
	struct stat a = *now, b = *below;

	a.st_uid = as_inside(job->uids, a.st_uid);
	a.st_gid = as_inside(job->gids, a.st_gid);
	b.st_uid = as_inside(job->lower_uids, b.st_uid);
	b.st_gid = as_inside(job->lower_gids, b.st_gid);
	return file_differs(&a, &b);
}

static int see_upper(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct diff_job *job = data;
	struct stat below;
	bool is_top = str_eq(e->path, ".");
	bool was_there = stat_below(job->lower_fd, e->path, &below);
	int r = 0;

	if (is_whiteout(e->st))
		return was_there ? note(job, 'D', e->path, err) : 0;
	if (!is_top && !was_there)
		r = note(job, 'A', e->path, err);
	else if (!is_top && (!S_ISDIR(e->st->st_mode) || differs(job, e->st, &below)))
		r = note(job, 'C', e->path, err);
	if (r >= 0 && was_there && S_ISDIR(e->st->st_mode) && is_opaque(e))
		r = note_hidden(job, e, err);
	return r;
}

static bool links_differ(const struct fs_walk_entry *e, int other_fd)
{
	char a[PATH_MAX], b[PATH_MAX];
	ssize_t n = readlinkat(e->dirfd, e->name, a, sizeof(a)),
		m = readlinkat(other_fd, "", b, sizeof(b));

	return n != m || n < 0 || memcmp(a, b, (size_t)n) != 0;
}

static int see_new(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct diff_job *job = data;
	cleanup_fd int fd = look_up(job->lower_fd, e->path);
	struct stat before;

	if (str_eq(e->path, "."))
		return 0;
	if (fd < 0 || fstat(fd, &before) < 0)
		return note(job, 'A', e->path, err);
	if (differs(job, e->st, &before) ||
	    (S_ISLNK(e->st->st_mode) && links_differ(e, fd)))
		return note(job, 'C', e->path, err);
	return 0;
}

static int see_old(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct diff_job *job = data;
	struct stat now;
	int r;

	if (str_eq(e->path, ".") || stat_below(job->upper_fd, e->path, &now))
		return 0;
	r = note(job, 'D', e->path, err);
	return r < 0 ? r : FS_WALK_SKIP;
}

static int open_view(char *const *layers, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	const struct overlay_paths paths = {.lower = layers};
	int r;

	if (!layers || !layers[0])
		return -EBADF;
	r = overlay_open(&paths, &dirs, err);
	return r < 0 ? r : overlay_mount(&dirs, err);
}

static int open_both(struct diff_job *job, struct error *err)
{
	job->lower_fd = job->lower_view ? container_view_open(job->lower_view, err)
					: open_view(job->lower, err);
	if (job->lower_fd < 0 && error_is_set(err))
		return job->lower_fd;
	if (job->whole)
		job->upper_fd = job->upper_view
					? container_view_open(job->upper_view, err)
					: open_view(job->upper, err);
	else
		job->upper_fd = open(job->upper[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (job->upper_fd >= 0 || error_is_set(err))
		return job->upper_fd;
	return job->whole ? -EBADF
			  : error_set(err, error_kind_of(errno), errno, "open %s",
				      job->upper[0]);
}

static int compare(void *data, struct error *err)
{
	struct diff_job *job = data;
	int r = open_both(job, err);

	if (r < 0 && error_is_set(err))
		return r;
	buf_init(&job->found, CHANGES_MAX);
	r = 0;
	if (job->upper_fd >= 0)
		r = fs_walk(job->upper_fd, ".", job->whole ? see_new : see_upper, job,
			    err);
	if (r >= 0 && job->whole && job->lower_fd >= 0)
		r = fs_walk(job->lower_fd, ".", see_old, job, err);
	if (r < 0)
		return r;
	r = fd_write_all(job->result_fd, job->found.data, job->found.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "pass on what was found") : 0;
}

static int diff(const struct engine *e, struct diff_job *job, char ***ret,
		struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int fd = sys_memfd_create("changes", MFD_CLOEXEC);
	cleanup_buf struct buf found = {0};
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	job->result_fd = fd;
	job->upper_fd = job->lower_fd = -EBADF;
	user_ids_any(e, &ids);
	r = user_ids_do(&ids, compare, job, err);
	if (r < 0)
		return r;
	buf_init(&found, CHANGES_MAX);
	r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, &found);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read what was changed");
	*ret = file_changes(&found);
	return 0;
}

int image_diff(const struct engine *e, const struct image_record *r,
	       const struct image_record *base, char ***ret, struct error *err)
{
	cleanup_strv char **layers =
		image_layer_paths(e, r->layers, image_is_single(e, r));
	cleanup_strv char **below = NULL;
	struct diff_job job = {.upper = layers, .whole = base != NULL};
	int k;

	*ret = NULL;
	if (base)
		below = image_layer_paths(e, base->layers, image_is_single(e, base));
	job.lower = base ? below : layers ? layers + 1 : NULL;
	if (!base && !layers)
		return 0;
	k = diff(e, &job, ret, err);
	return k < 0 ? error_wrap(err, "compare image %.12s", r->id) : 0;
}

static int mount_points(const struct engine *e, const char *id, char ***ret,
			struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = container_dir_spec(e, id, &spec, err);

	if (r >= 0)
		container_view_places(spec, ret);
	return r;
}

int container_diff(const struct engine *e, const char *id, char ***ret, struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_container_view struct container_view view = CONTAINER_VIEW_INIT;
	char *upper[] = {NULL, NULL};
	struct diff_job job = {.upper = upper};
	int r = container_reload(e, id, &c, err);

	*ret = NULL;
	if (r >= 0)
		r = container_view_get(e, &c, &view, err);
	if (r < 0)
		return r;
	if (!view.layers)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"compare container %s: it is made from the directory %s, "
			"of which there is only one",
			c.record.name, view.rootfs);
	upper[0] = view.writable;
	job.lower = view.layers;
	job.uids = view.is_copied ? NULL : &view.uids;
	job.gids = view.is_copied ? NULL : &view.gids;
	r = mount_points(e, c.record.id, &job.skip, err);
	if (r >= 0)
		r = diff(e, &job, ret, err);
	strv_free(job.skip);
	return r < 0 ? error_wrap(err, "compare container %s", c.record.name) : 0;
}

/* One of two things that are compared, ready to be looked at. */
struct side {
	char **layers;
	struct container_view view;
	const struct container_view *used; /* &view, or NULL */
};

static void side_release(struct side *s)
{
	strv_free(s->layers);
	container_view_release(&s->view);
}

static int get_side(const struct engine *e, const struct diff_object *o, struct side *s,
		    char ***places, struct error *err)
{
	int r;

	if (o->image) {
		s->layers = image_layer_paths(e, o->image->layers,
					      image_is_single(e, o->image));
		return 0;
	}
	r = container_view_get(e, o->container, &s->view, err);
	if (r < 0)
		return r;
	s->used = &s->view;
	return mount_points(e, o->container->record.id, places, err);
}

int objects_diff(const struct engine *e, const struct diff_object *object,
		 const struct diff_object *base, char ***ret, struct error *err)
{
	cleanup(side_release) struct side upper = {.view = CONTAINER_VIEW_INIT};
	cleanup(side_release) struct side lower = {.view = CONTAINER_VIEW_INIT};
	struct diff_job job = {.whole = true};
	int r = get_side(e, object, &upper, &job.skip, err);

	*ret = NULL;
	if (r >= 0)
		r = get_side(e, base, &lower, &job.skip, err);
	job.upper = upper.layers;
	job.lower = lower.layers;
	job.upper_view = upper.used;
	job.lower_view = lower.used;
	job.uids = &upper.view.uids;
	job.gids = &upper.view.gids;
	job.lower_uids = &lower.view.uids;
	job.lower_gids = &lower.view.gids;
	if (r >= 0)
		r = diff(e, &job, ret, err);
	strv_free(job.skip);
	return r < 0 ? error_wrap(err, "compare") : 0;
}
