/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts that are overlays (runtime/mount_layers.h): a directory that stays as it is whatever the container writes, and the
 * files of an image. What is written lies in the container's data directory and is gone at its next start, unless the
 * user says where it shall be.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/container_dir.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/image_view.h"
#include "util/mem.h"
#include "util/str.h"

/* The kernel lets nobody write to a layer that belongs to none of the container's ids. */
static int check_upper_owner(const struct create_plan *p, const struct volume *v,
			     uid_t owner, struct error *err)
{
	if (!p->is_remapped || idmap_to_inside(&p->uids, owner) != IDMAP_NONE)
		return 0;
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"volume %s: upperdir belongs to uid %u, which is none of this container's ids",
		volume_shown(v), owner);
	return error_hint(err, "Add --userns=host, or leave upperdir and workdir away");
}

static int find_upper(const struct engine *e, struct create_plan *p, struct volume *v,
		      struct error *err)
{
	size_t n = (size_t)(v - p->volumes.items);
	struct stat st;

	if (!p->data_dir)
		p->data_dir = container_data_path(e, p->id, NULL);
	if (!v->upper) {
		v->upper = xasprintf("%s/overlay%zu/upper", p->data_dir, n);
		v->work = xasprintf("%s/overlay%zu/work", p->data_dir, n);
		return 0;
	}
	if (v->upper[0] != '/' || v->work[0] != '/')
		return error_set(err, ERR_INVALID, 0,
				 "volume %s: upperdir and workdir must be absolute paths",
				 volume_shown(v));
	if (stat(v->work, &st) == 0 && stat(v->upper, &st) == 0)
		return check_upper_owner(p, v, st.st_uid, err);
	error_set(err, ERR_NOT_FOUND, errno, "volume %s: its upperdir or workdir",
		  volume_shown(v));
	return error_hint(err, "mkdir -p %s %s", v->upper, v->work);
}

/* The topmost layer first. */
static int use_layers(const struct engine *e, struct create_plan *p, struct volume *v,
		      char *const *layers, struct error *err)
{
	static const char *const kept[] = {"nosuid", "nodev", "noexec"};
	cleanup_strv char **words = NULL;
	int r = v->overlay ? find_upper(e, p, v, err) : 0;

	if (r < 0)
		return r;
	strv_foreach (layer, layers)
		strv_addf(&words, "lowerdir+=%s", *layer);
	if (v->overlay) {
		strv_addf(&words, "upperdir=%s", v->upper);
		strv_addf(&words, "workdir=%s", v->work);
	} else {
		strv_add(&words, "ro");
	}
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (strv_has(v->options, kept[i]))
			strv_add(&words, kept[i]);
	if (v->subpath)
		strv_addf(&words, "part=%s", v->subpath);
	strv_free(v->options);
	v->options = TAKE_PTR(words);
	v->type = xstrdup("overlay");
	return 0;
}

int create_overlay(const struct engine *e, struct create_plan *p, struct volume *v,
		   struct error *err)
{
	cleanup_free char *real = NULL;
	char *layers[2] = {NULL, NULL};
	struct stat st;
	bool mapped;
	int r;

	if (!v->overlay)
		return 0;
	if (v->subpath || v->give)
		return error_set(err, ERR_INVALID, 0, "volume %s: both O and %s",
				 volume_shown(v), v->subpath ? "subpath" : "U");
	/* a volume may not be there yet */
	real = v->kind == VOLUME_BIND ? realpath(v->source, NULL) : xstrdup(v->source);
	if (!real ||
	    (v->kind == VOLUME_BIND && (stat(real, &st) < 0 || !S_ISDIR(st.st_mode))))
		return error_set(err, ERR_INVALID, ENOTDIR,
				 "volume %s: O is for directories", v->source);
	layers[0] = real;
	mapped = v->kind == VOLUME_NAMED && strv_has(v->options, "idmap");
	r = use_layers(e, p, v, layers, err);
	if (r >= 0 && mapped)
		strv_add(&v->options, "mapped");
	return r;
}

int create_image_mount(const struct engine *e, struct create_plan *p, struct volume *v,
		       struct error *err)
{
	cleanup_image_record struct image_record image = {0};
	cleanup_strv char **layers = NULL;
	int r = image_find(e, v->name, &image, NULL, err);

	if (r < 0)
		return error_wrap(err, "mount image %s", v->name);
	if (p->is_remapped && e->rootless) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"mount image %s: the container has a map of its own, through which only its own image is shown",
			v->name);
		return error_hint(err, "Leave --userns=auto and --uidmap away");
	}
	layers = image_layer_paths(e, image.layers, image_is_single(e, &image));
	if (!layers)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "mount image %s: it has no layers", v->name);
	strv_add(&v->options, "nosuid");
	strv_add(&v->options, "nodev");
	r = use_layers(e, p, v, layers, err);
	if (r >= 0 && p->is_remapped)
		strv_add(&v->options, "mapped");
	return r;
}
