/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/layer_way.h"
#include "engine/names.h"
#include "engine/remove.h"
#include "engine/settle.h"
#include "engine/spec_gen.h"
#include "engine/userns_reserve.h"
#include "engine/volume_owners.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define NAME_ATTEMPTS 20

void creation_release(struct creation *c)
{
	cleanup_fd int lock_fd = TAKE_FD(c->lock_fd);
	cleanup_error struct error err = ERROR_INIT;

	int r = 0;

	if (lock_fd >= 0 && !c->done)
		r = c->engine->store ? container_purge(c->engine, c->id, &err)
				     : container_dir_remove(c->engine, c->id, &err);
	if (r < 0)
		error_drop(&err, "the next command sweeps it away");
	etc_fds_release(&c->etc_fds);
	strv_free(TAKE_PTR(c->gifts));
	if (c->spec)
		spec_free(TAKE_PTR(c->spec));
}

/* The holder of the name may be dead: finding it repairs it, and then the name may be
 * free. */
static int free_name(const struct engine *e, const struct create_plan *p,
		     const char *holder, struct error *conflict)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_container struct container c = {0};
	int r;

	r = container_find(e, holder, &c, &err);
	if (r < 0 && err.kind == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return error_move(conflict, &err);
	if (!p->options->replace)
		return conflict->kind == ERR_CONFLICT ? -EEXIST : -conflict->code;
	r = container_remove(e, &c,
			     &(struct remove_options){
				     .force = true, .volumes = true, .timeout_sec = -1},
			     &err);
	return r < 0 ? error_move(conflict, &err) : 0;
}

static int insert_record(const struct engine *e, struct create_plan *p, struct error *err)
{
	cleanup_container_config struct container_config config = {0};
	cleanup_free char *text = NULL;
	int r = 0;

	create_plan_config(p, &config);
	text = container_config_text(&config);
	for (unsigned int attempt = 1; attempt <= NAME_ATTEMPTS; attempt++) {
		cleanup_free char *holder = NULL;
		struct container_record record = {
			.id = p->id,
			.name = p->name,
			.created_usec = time_now_usec(),
			.auto_remove = p->options->auto_remove,
			.config = text,
			.image = p->image ? p->image->record.id : NULL,
		};

		error_release(err);
		r = container_record_insert(e->store, &record, &holder, err);
		if (r >= 0 || err->kind != ERR_CONFLICT)
			return r;
		if (!p->name_chosen) {
			free(p->name);
			p->name = name_random(attempt);
		} else if (!holder || free_name(e, p, holder, err) < 0) {
			return r;
		}
	}
	return r;
}

static int make_data_dir(const struct engine *e, const char *id, struct error *err)
{
	if (mkdirat(e->data_dirfd, id, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s/containers/%s",
				 e->paths.data, id);
	return 0;
}

static int make_dir(const char *path, mode_t mode, struct error *err)
{
	if (mkdir(path, 0700) < 0 || chmod(path, mode) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", path);
	return 0;
}

/*
 * What the launcher needs of a container that is made from an image. The top directory has the
 * mode of the image's.
 */
static int make_overlay_dirs(const struct create_plan *p, struct error *err)
{
	struct stat st;
	int r = 0;

	if (stat(p->image->layer_paths[0], &st) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "look at the layer %s",
			      p->image->layer_paths[0]);
	if (r >= 0)
		r = make_dir(p->rootfs, 0700, err);
	if (r >= 0)
		r = make_dir(p->upper, st.st_mode & 07777, err);
	if (r >= 0)
		r = make_dir(p->work, 0700, err);
	return r;
}

/* What is mounted from the container's own directory. */
static int make_data_files(const struct engine *e, const struct create_plan *p,
			   struct error *err)
{
	int r = make_data_dir(e, p->id, err);

	if (r >= 0 && p->image)
		r = make_overlay_dirs(p, err);
	for (size_t i = 0; r >= 0 && i < p->volumes.n; i++)
		if (p->volumes.items[i].anonymous)
			r = make_dir(p->volumes.items[i].source, p->volumes.items[i].mode,
				     err);
	return r;
}

/*
 * For the record and for exec; after a power failure it is of no use, so it is not
 * synced. That of a --rm container goes to the run directory, which is memory as a rule:
 * nobody reads it later.
 */
static int write_config(const struct engine *e, const struct create_plan *p,
			const struct spec *spec, struct error *err)
{
	cleanup_json struct json_object *document = spec_to_json(spec);
	cleanup_free char *text = json_text(document, true);
	cleanup_free char *path = p->options->auto_remove
					  ? container_dir_path(e, p->id, CONFIG_FILE)
					  : container_data_path(e, p->id, CONFIG_FILE);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", path);
	r = fd_write_all(fd, text, strlen(text));
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s", path) : 0;
}

/* Files that are mounted belong to the container's root, where it is not the user. */
static uint32_t outside_root(const struct idmap *map)
{
	uint32_t id = map->n_lines ? idmap_to_outside(map, 0) : 0;

	return id == IDMAP_NONE ? 0 : id;
}

static int write_etc(const struct create_plan *p, struct creation *c, struct error *err)
{
	const struct etc_content content = {
		.hostname = p->hostname,
		.name = p->name,
		.id = p->id,
		.add_hosts = p->options->add_hosts,
		.network_host = p->network_host,
		.subuid = p->subuid,
		.subgid = p->subgid,
		.rootless = p->rootless,
		.nested = p->options->nested,
		.uids = &p->uids,
		.uid = outside_root(&p->uids),
		.gid = outside_root(&p->gids),
	};

	return etc_files_write(c->lock_fd, &p->etc, &content, &c->etc_fds, err);
}

/* Layers that can't be shown through the container's map are copied, and a person hears why. */
static int bring_layers(const struct engine *e, struct create_plan *p,
			const struct create_talk *talk, struct error *err)
{
	cleanup_free char *reason = NULL, *line = NULL;
	enum layer_way way;
	int r = layer_way_choose(e, p, &way, &reason, err);

	if (r < 0)
		return r;
	log_info("container %s: the image's layers are %s", p->name, layer_way_word(way));
	if (way != LAYER_WAY_COPY)
		return 0;
	line = xasprintf("the image's files are copied for this container, as its id map "
			 "can't be laid over them here: %s",
			 reason);
	if (talk->warn)
		talk->warn(line);
	strv_add_take(&p->copied, fs_join(p->data_dir, CONTAINER_COPY_DIR));
	p->overlay.lower = p->copied;
	p->overlay.n_plain = 1;
	return layer_way_copy(p, p->copied[0], talk->progress, err);
}

static void list_gifts(const struct create_plan *p, char ***ret)
{
	for (enum etc_file file = 0; file < ETC_FILES; file++)
		if (p->etc.wanted[file])
			strv_add_take(ret, fs_join(p->run_dir, etc_file_name(file)));
	if (p->image) {
		strv_add(ret, p->upper);
		if (!p->has_outer) /* who mounts the overlay makes its files there */
			strv_add(ret, p->work);
	}
	for (size_t i = 0; i < p->volumes.n; i++)
		if (p->volumes.items[i].anonymous)
			strv_add(ret, p->volumes.items[i].source);
}

/* What the container's root shall own: root of the host can give it away at once. */
static int give_away(const struct create_plan *p, struct creation *c, struct error *err)
{
	list_gifts(p, &c->gifts);
	if (p->has_outer)
		return 0;
	strv_foreach (path, c->gifts)
		if (chown(*path, outside_root(&p->uids), outside_root(&p->gids)) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "give %s to the container", *path);
	return 0;
}

int container_create_begin(const struct engine *e, struct create_plan *p,
			   const struct create_talk *talk, struct creation *ret,
			   struct error *err)
{
	cleanup_creation struct creation c = CREATION_INIT;
	int r;

	c.engine = e;
	c.id = p->id;
	c.lock_fd = container_dir_lock(e, p->id, DIR_LOCK_CREATE, err);
	if (c.lock_fd < 0)
		return c.lock_fd;
	r = userns_reserve(e, p, err);
	if (r >= 0)
		r = spec_gen(p, &c.spec, err);
	if (r >= 0)
		r = volume_owners_apply(e, p, err);
	if (r >= 0)
		r = write_etc(p, &c, err);
	if (r >= 0 && p->data_dir)
		r = make_data_files(e, p, err);
	if (r >= 0 && p->overlay.mapped)
		r = bring_layers(e, p, talk, err);
	if (r >= 0 && p->is_remapped)
		r = give_away(p, &c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = CREATION_INIT;
	return 0;
}

int container_create_record(struct creation *c, struct create_plan *p, struct error *err)
{
	cleanup_free char *name = xstrdup(p->name);
	int r = insert_record(c->engine, p, err);

	/* A random name that was taken: the files, mounted by now, are written once more.
	 */
	if (r >= 0 && !str_eq(name, p->name))
		r = write_etc(p, c, err);
	if (r >= 0 && !p->data_dir)
		r = make_data_dir(c->engine, p->id, err);
	if (r >= 0)
		r = write_config(c->engine, p, c->spec, err);
	return r < 0 ? r : 0;
}
