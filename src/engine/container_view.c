/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container_dir.h"
#include "engine/image_view.h"
#include "engine/outer.h"
#include "engine/user_ids.h"
#include "runtime/mount_idmap.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

void container_view_release(struct container_view *v)
{
	strv_free(v->layers);
	free(v->writable);
	free(v->work);
	free(v->rootfs);
	free(v->place);
	idmap_release(&v->uids);
	idmap_release(&v->gids);
	overlay_dirs_release(&v->dirs);
	*v = CONTAINER_VIEW_INIT;
}

/* The container's map as its config.json has it. */
static int get_map(const struct engine *e, const char *id, struct idmap *uids,
		   struct idmap *gids, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = container_dir_spec(e, id, &spec, err);

	if (r < 0)
		return r;
	idmap_from_spec(uids, spec->linux->uid_mappings, spec->linux->n_uid_mappings);
	idmap_from_spec(gids, spec->linux->gid_mappings, spec->linux->n_gid_mappings);
	return 0;
}

/* To be read, the writable layer is one more, not the upper directory: another mount may have it as that. */
static char **lower_layers(const struct container_view *v)
{
	char **all = NULL;

	if (!v->is_writable && v->writable)
		strv_add(&all, v->writable);
	strv_foreach (layer, v->layers)
		strv_add(&all, *layer);
	return all;
}

static struct overlay_paths paths_of(const struct container_view *v, char *const *lower)
{
	return (struct overlay_paths){
		.lower = lower,
		.n_plain =
			(v->is_writable || !v->writable ? 0 : 1) + (v->is_copied ? 1 : 0),
		.upper = v->is_writable ? v->writable : NULL,
		.work = v->is_writable ? v->work : NULL,
	};
}

/* What takes root of the host, who is not root any more where the view is used. */
static int open_as_root(struct container_view *v, const struct idmap *uids,
			const struct idmap *gids, struct error *err)
{
	cleanup_strv char **all = lower_layers(v);
	struct overlay_paths paths = paths_of(v, all);
	cleanup_fd int user_ns_fd = mount_idmap_ns(uids, gids, err);
	int r = user_ns_fd;

	paths.mapped = true;
	if (r >= 0)
		r = overlay_open_clones(&paths, &v->dirs, err);

	return r < 0 ? r : overlay_idmap(&v->dirs, user_ns_fd, err);
}

/* Inside of `cubby unshare` that is the namespace's own. */
static int get_whole(const struct engine *e, struct user_ids *ret, struct error *err)
{
	int r;

	if (!e->unshared) {
		user_ids_any(e, ret);
		return 0;
	}
	r = idmap_read("/proc/self/uid_map", &ret->uids, err);
	return r < 0 ? r : idmap_read("/proc/self/gid_map", &ret->gids, err);
}

static int get_owners(const struct engine *e, const struct container *c,
		      struct container_view *v, struct error *err)
{
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	cleanup_user_ids struct user_ids whole = {0};
	int r = get_map(e, c->record.id, &uids, &gids, err);

	if (r < 0 || uids.n_lines == 0 || c->config.single_id)
		return r;
	v->place = outer_trees(e, err);
	if (!v->place)
		return -err->code;
	if (!e->rootless) {
		idmap_copy(&v->uids, &uids);
		idmap_copy(&v->gids, &gids);
		return open_as_root(v, &uids, &gids, err);
	}
	r = get_whole(e, &whole, err);
	if (r < 0)
		return r;
	if (idmap_equal(&whole.uids, &uids) && idmap_equal(&whole.gids, &gids))
		return 0;
	r = idmap_relative(&uids, &whole.uids, &v->uids, err);
	return r < 0 ? r : idmap_relative(&gids, &whole.gids, &v->gids, err);
}

static void take_copy(const struct engine *e, const struct container *c,
		      struct container_view *v)
{
	cleanup_free char *path =
		container_data_path(e, c->record.id, CONTAINER_COPY_DIR);

	if (!fs_exists(AT_FDCWD, path))
		return;
	v->is_copied = true;
	strv_free(v->layers);
	v->layers = NULL;
	strv_add(&v->layers, path);
}

int container_view_get(const struct engine *e, const struct container *c,
		       struct container_view *ret, struct error *err)
{
	cleanup_image_record struct image_record image = {0};
	int r;

	if (c->config.rootfs) {
		ret->rootfs = xstrdup(c->config.rootfs);
		return 0;
	}
	r = image_record_by_id(e->store, c->record.image ? c->record.image : "", &image,
			       err);
	if (r < 0)
		return error_wrap(err, "container %s", c->record.name);
	ret->layers = image_layer_paths(e, image.layers, c->config.single_id);
	ret->writable = container_data_path(e, c->record.id, "upper");
	ret->work = container_data_path(e, c->record.id, "work");
	take_copy(e, c, ret);
	return get_owners(e, c, ret, err);
}

static int open_overlay(const struct container_view *v, struct error *err)
{
	cleanup_strv char **all = lower_layers(v);
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	const struct overlay_paths paths = paths_of(v, all);
	int r;

	if (v->dirs.n_lower) {
		cleanup_fd int place_fd =
			open(v->place, O_PATH | O_DIRECTORY | O_CLOEXEC);

		r = overlay_attach(&v->dirs, place_fd, err);
		return r < 0 ? r : overlay_mount(&v->dirs, err);
	}
	if (v->uids.n_lines)
		return overlay_view_mapped(&paths, v->place, &v->uids, &v->gids, err);
	r = overlay_open(&paths, &dirs, err);
	return r < 0 ? r : overlay_mount(&dirs, err);
}

int container_view_open_plain(const struct container_view *v, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	const struct overlay_paths paths = {.lower = v->layers};
	int r = overlay_open(&paths, &dirs, err);

	return r < 0 ? r : overlay_mount(&dirs, err);
}

int container_view_enter(const struct container_view *v, struct error *err)
{
	cleanup_fd int user_ns_fd = -EBADF;

	if (v->uids.n_lines == 0)
		return 0;
	user_ns_fd = mount_idmap_ns(&v->uids, &v->gids, err);
	return user_ns_fd < 0 ? user_ns_fd : mount_idmap_enter(user_ns_fd, err);
}

int container_view_open(const struct container_view *v, struct error *err)
{
	int fd;

	if (v->layers)
		return open_overlay(v, err);
	fd = open(v->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", v->rootfs);
	return fd;
}

void container_view_places(const struct spec *spec, char ***ret)
{
	static const char *const more[] = {"run", "run/secrets", "run/notify",
					   "etc/mtab"};

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		strv_add(ret, more[i]);
	for (size_t i = 0; i < spec->n_mounts; i++)
		strv_add(ret, spec->mounts[i].destination +
				      strspn(spec->mounts[i].destination, "/"));
}
