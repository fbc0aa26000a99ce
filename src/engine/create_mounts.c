/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of create_plan_build(): what is mounted into a container. What the user names goes before what another
 * container has (--volumes-from), and that before what the image declares (VOLUME).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/create_root.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/mount_option.h"
#include "engine/mount_record.h"
#include "engine/names.h"
#include "engine/volume_owners.h"
#include "engine/volume_store.h"
#include "engine/volumes_from.h"
#include "runtime/overlay.h"
#include "spec/image.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

static int check_source(struct volume *v, struct error *err)
{
	char *absolute = fs_absolute(v->source);
	struct stat st;

	if (!absolute)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	free(v->source);
	v->source = absolute;
	if (stat(absolute, &st) == 0)
		return 0;
	error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
		  "mount %s on %s: the host's %s", absolute, v->destination, absolute);
	if (err->code == ENOENT)
		return error_hint(err, "Make it first: mkdir -p %s", absolute);
	return -err->code;
}

static bool has_idmap(const struct volume *v)
{
	strv_foreach (word, v->options)
		if (str_starts(*word, "idmap"))
			return true;
	return false;
}

static int check_idmap(const struct create_plan *p, const struct volume *v,
		       struct error *err)
{
	if (!has_idmap(v))
		return 0;
	if (p->rootless) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"volume %s: idmap: the kernel lets only root of the host show its file systems with other owners",
			volume_shown(v));
		return error_hint(
			err,
			"Be yourself inside with --userns=keep-id, or give the files to the container's user: -v %s:%s:U",
			volume_shown(v), v->destination);
	}
	if (p->uids.n_lines || !strv_has(v->options, "idmap"))
		return 0;
	error_set(
		err, ERR_INVALID, 0,
		"volume %s: idmap: the container's ids are the host's, so its owners are right as they are",
		volume_shown(v));
	return error_hint(
		err,
		"Give the container ids of its own with --userns=auto, or say "
		"which owners to show: idmap=uids=FIRST-HOST-COUNT;gids=FIRST-HOST-COUNT");
}

static int check_bind(const struct engine *e, const struct create_plan *p,
		      struct volume *v, struct error *err)
{
	int r = check_source(v, err);

	if (r >= 0)
		r = check_idmap(p, v, err);
	if (r >= 0 && v->give)
		r = volume_owners_check(e, v, err);
	return r;
}

/* The words that a new file system takes, and what the volume has of its own. */
static void use_file_system(struct volume *v, struct volume_source *s)
{
	static const char *const kept[] = {"ro",  "rw",    "nosuid", "suid",
					   "dev", "nodev", "exec",   "noexec"};
	cleanup_strv char **options = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (strv_has(v->options, kept[i]))
			strv_add(&options, kept[i]);
	strv_foreach (word, s->options)
		strv_add(&options, *word);
	strv_free(v->options);
	v->options = TAKE_PTR(options);
	v->type = TAKE_PTR(s->type);
	v->source = s->device ? TAKE_PTR(s->device) : xstrdup(v->type);
	v->no_copy = true;
}

static int use_device(struct volume *v, struct volume_source *s, struct error *err)
{
	if (str_eq(s->type, "bind")) {
		v->source = TAKE_PTR(s->device);
		v->no_copy = true;
		strv_foreach (word, s->options)
			if (!strv_has(v->options, *word) && !str_eq(*word, "bind") &&
			    !str_eq(*word, "rbind"))
				strv_add(&v->options, *word);
		return check_source(v, err);
	}
	if (v->overlay || v->subpath || has_idmap(v))
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"volume %s: it is a file system of its own (%s), mounted with the container: %s is for directories",
			v->name, s->type,
			v->overlay   ? "O"
			: v->subpath ? "subpath"
				     : "idmap");
	use_file_system(v, s);
	return 0;
}

/* Which part of what lies there an empty one starts with (runtime/mount_plan.h). */
static const char *copy_word(const struct volume *v, const struct volume_record *rec)
{
	bool owned = rec->uid >= 0 || rec->gid >= 0 || v->give;

	if (v->no_copy)
		return owned ? NULL : "tmpcopyup=owner";
	return owned ? "tmpcopyup=content" : "tmpcopyup";
}

static int find_volume(const struct engine *e, struct volume *v,
		       struct volume_record *rec, struct error *err)
{
	int r = v->name ? volume_record_get(e->store, v->name, rec, err)
			: name_random_id(&v->name, err);

	if (r != 0)
		return r;
	*rec = (struct volume_record){.fresh = true, .uid = -1, .gid = -1};
	rec->options = volume_pairs_text(v->driver_options);
	return volume_driver_check(VOLUME_DRIVER, v->driver_options, &rec->uid, &rec->gid,
				   err);
}

/*
 * Containers with ids of their own that share a volume, or have it one after the other, see the same owners in it where
 * the kernel lets root show it through their maps: on disk there are the ids that they see.
 */
static bool is_shown_mapped(const struct engine *e, const struct create_plan *p,
			    const struct volume *v)
{
	cleanup_error struct error err = ERROR_INIT;

	if (e->rootless || !p->is_remapped || v->give || has_idmap(v))
		return false;
	if (overlay_probe_clones(e->paths.data, &err) >= 0)
		return true;
	error_drop(&err, "the volume is shown as it is");
	return false;
}

static int resolve_volume(const struct engine *e, const struct create_plan *p,
			  struct volume *v, struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_volume_source struct volume_source s = {0};
	int r = find_volume(e, v, &rec, err);
	const char *word;

	if (r >= 0 && rec.options)
		r = volume_driver_source(rec.options, &s, err);
	if (r >= 0)
		r = check_idmap(p, v, err);
	if (r < 0)
		return error_wrap(err, "volume %s", v->name);
	v->no_copy = v->no_copy || s.no_copy;
	if (s.type)
		return use_device(v, &s, err);
	if (v->give && v->subpath)
		return error_set(err, ERR_INVALID, 0, "volume %s: both U and subpath",
				 v->name);
	v->source = volume_data_path(e, v->name);
	if (is_shown_mapped(e, p, v))
		strv_add(&v->options, "idmap");
	word = rec.fresh && !v->overlay && !v->subpath ? copy_word(v, &rec) : NULL;
	if (word)
		strv_add(&v->options, word);
	if (v->subpath)
		strv_addf(&v->options, "subpath=%s", v->subpath);
	return 0;
}

static int resolve(const struct engine *e, struct create_plan *p, struct volume *v,
		   struct error *err)
{
	int r;

	switch (v->kind) {
	case VOLUME_BIND:
		r = check_bind(e, p, v, err);
		return r < 0 ? r : create_overlay(e, p, v, err);
	case VOLUME_NAMED:
		r = resolve_volume(e, p, v, err);
		return r < 0 ? r : create_overlay(e, p, v, err);
	case VOLUME_IMAGE:
		return create_image_mount(e, p, v, err);
	case VOLUME_FS:
	case VOLUME_OWN:
		break;
	}
	return 0;
}

static int add_tmpfs(struct create_plan *p, const char *text, struct error *err)
{
	return tmpfs_parse(&p->tmpfs, text, err);
}

/* The lists know only their own destinations. */
static int check_places(const struct create_plan *p, struct error *err)
{
	for (size_t i = 0; i < p->tmpfs.n; i++)
		if (volumes_find(&p->volumes, p->tmpfs.items[i].destination))
			return error_set(err, ERR_INVALID, 0,
					 "%s: duplicate mount destination",
					 p->tmpfs.items[i].destination);
	return 0;
}

static int parse_all(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r = 0;

	strv_foreach (text, o->volumes)
		if (r >= 0)
			r = volume_parse(&p->volumes, *text, err);
	strv_foreach (text, o->mount.mounts)
		if (r >= 0)
			r = mount_parse(&p->volumes, &p->tmpfs, *text, err);
	strv_foreach (text, o->tmpfs)
		if (r >= 0)
			r = add_tmpfs(p, *text, err);
	return r < 0 ? r : check_places(p, err);
}

static bool is_taken(const struct create_plan *p, const char *destination)
{
	return volumes_find(&p->volumes, destination) ||
	       volumes_find(&p->tmpfs, destination);
}

static int add_image_volume(struct create_plan *p, const char *destination,
			    struct error *err)
{
	cleanup(volume_release) struct volume v = {.kind = VOLUME_NAMED};
	cleanup_free char *text = NULL;
	int r;

	switch ((enum image_volume_word)p->options->mount.image_volume) {
	case IMAGE_VOLUME_IGNORE:
		return 0;
	case IMAGE_VOLUME_TMPFS:
		text = xasprintf("%s:exec", destination);
		return add_tmpfs(p, text, err);
	case IMAGE_VOLUME_ANONYMOUS:
	case IMAGE_VOLUME_BIND:
		break;
	}
	v.anonymous = true;
	v.destination = xstrdup(destination);
	r = volume_words(destination, NULL, &v, err);
	return r < 0 ? r : volumes_add(&p->volumes, &v, err);
}

/* VOLUME of an image, unless the user mounts something at that place. */
static int add_image_volumes(struct create_plan *p, struct error *err)
{
	int r = 0;

	if (!p->image)
		return 0;
	strv_foreach (path, p->image->config->config.volumes) {
		cleanup_free char *rooted = xasprintf("/%s", *path);
		cleanup_free char *destination = path_clean(rooted);

		if (r >= 0 && !str_eq(destination, "/") && !is_taken(p, destination))
			r = add_image_volume(p, destination, err);
	}
	return r;
}

static int add_volumes_from(const struct engine *e, struct create_plan *p,
			    struct error *err)
{
	int r = 0;

	strv_foreach (text, p->options->mount.volumes_from)
		if (r >= 0)
			r = volumes_from(e, *text, &p->volumes, &p->tmpfs, err);
	return r;
}

/* Not checked for their words: who gives the root knows what they are. */
static int add_given(struct create_plan *p, struct error *err)
{
	const struct create_root *root = p->options->root;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < root->n_mounts; i++) {
		const struct volume *given = &root->mounts[i];
		cleanup(volume_release) struct volume v = {
			.kind = VOLUME_FS,
			.source = xstrdup(given->source),
			.destination = xstrdup(given->destination),
			.type = xstrdup(given->type),
			.options = strv_copy(given->options),
		};

		r = volumes_add(&p->volumes, &v, err);
	}
	return r;
}

int create_plan_mounts(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r = parse_all(p, err);

	if (r >= 0 && p->options->root)
		r = add_given(p, err);
	if (r >= 0)
		r = add_volumes_from(e, p, err);
	if (r >= 0)
		r = add_image_volumes(p, err);
	for (size_t i = 0; r >= 0 && i < p->volumes.n; i++) {
		r = resolve(e, p, &p->volumes.items[i], err);
		if (r >= 0)
			r = mount_record_check(&p->volumes.items[i], err);
	}
	return r;
}

void create_mounts_config(const struct create_plan *p, struct container_config *ret)
{
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct volume *v = &p->volumes.items[i];
		cleanup_free char *options = strv_join(v->options, ",");

		if (v->kind == VOLUME_OWN)
			continue;
		if (v->source)
			strv_addf(&ret->binds, "%s:%s:%s", v->source, v->destination,
				  options);
		strv_add_take(&ret->mounts, mount_record_text(v));
	}
	for (size_t i = 0; i < p->tmpfs.n; i++)
		strv_add_take(&ret->mounts, mount_record_text(&p->tmpfs.items[i]));
}

bool create_mounts_need_store(const struct create_options *o)
{
	strv_foreach (text, o->volumes)
		if (!volume_is_path(*text) || !strchr(*text, ':'))
			return true;
	return o->mount.mounts || o->mount.volumes_from || o->mount.secrets;
}
