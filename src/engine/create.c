/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container.h"
#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/container_secrets.h"
#include "engine/create_event.h"
#include "engine/create_image.h"
#include "engine/image_view.h"
#include "engine/layer_way.h"
#include "engine/names.h"
#include "engine/remove.h"
#include "engine/settle.h"
#include "engine/spec_gen.h"
#include "engine/user_ids.h"
#include "engine/userns_reserve.h"
#include "engine/volume_owners.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
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
		container_cgroup_drop(lock_fd);
	if (lock_fd >= 0 && !c->done)
		r = c->engine->store ? container_purge(c->engine, c->id, &err)
				     : container_dir_remove(c->engine, c->id, &err);
	if (r < 0)
		error_drop(&err, "the next command sweeps it away");
	etc_fds_release(&c->etc_fds);
	start_plan_release(&c->start);
	strv_free(TAKE_PTR(c->gifts));
	mounts_hold_release(&c->mounts);
	network_start_release(&c->network);
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
			.phase = p->options->at_rest ? CONTAINER_AT_REST : CONTAINER_RUN,
			.config = text,
			.image = p->image ? p->image->record.id : NULL,
			.needs = p->sharing.dependencies,
			.pod = (char *)p->options->namespaces.pod_id,
		};

		error_release(err);
		r = container_record_insert(e->store, &record, &holder, err);
		if (r >= 0)
			create_event(e, p, EVENT_CREATE);
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

/* An image's top directory may be another one's than root's. */
static int give_top(const struct engine *e, const struct create_plan *p,
		    const struct stat *below, struct error *err)
{
	char dot[] = ".";
	char *const top[] = {dot, NULL};
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int fd = -EBADF;
	struct image_adoption adoption = {.paths = top, .below = p->image->layer_paths};
	int r;

	if (p->is_remapped || (below->st_uid == geteuid() && below->st_gid == getegid()))
		return 0;
	fd = open(p->upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", p->upper);
	adoption.tree_fd = fd;
	r = user_ids_get(e, p->image->single_id, &ids, err);
	return r < 0 ? r : image_view_adopt(&ids, &adoption, err);
}

/*
 * What the launcher needs of a container that is made from an image. The top directory has the
 * mode and the owner of the image's.
 */
static int make_overlay_dirs(const struct engine *e, const struct create_plan *p,
			     struct error *err)
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
		r = give_top(e, p, &st, err);
	if (r >= 0)
		r = make_dir(p->work, 0700, err);
	return r;
}

/* What is mounted from the container's own directory. */
static int make_data_files(const struct engine *e, const struct create_plan *p,
			   struct error *err)
{
	int r = make_data_dir(e, p->id, err);

	if (r >= 0 && p->image && !p->options->root)
		r = make_overlay_dirs(e, p, err);
	for (size_t i = 0; r >= 0 && i < p->volumes.n; i++)
		if (p->volumes.items[i].kind == VOLUME_OWN)
			r = make_dir(p->volumes.items[i].source, p->volumes.items[i].mode,
				     err);
	return r;
}

/*
 * For the record, for exec and for the next start; after a power failure it is of no use, so it is not
 * synced. That of a `run --rm` container goes to the run directory, which is memory as a rule: nobody
 * reads it later.
 */
static int write_config(const struct creation *c, const struct create_plan *p,
			struct error *err)
{
	cleanup_json struct json_object *document = spec_to_json(c->spec);
	cleanup_free char *text = json_text(document, true);
	const char *dir = p->options->auto_remove && !p->options->at_rest
				  ? c->start.run_dir
				  : c->start.data_dir;
	cleanup_free char *path = fs_join(dir, CONFIG_FILE);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", path);
	r = fd_write_all(fd, text, strlen(text));
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write %s", path);
	return start_plan_write(&c->start, dir, err);
}

/* What the container's root shall own from the first day on, besides what each start makes. */
static void list_first_gifts(const struct create_plan *p, char ***ret)
{
	if (p->image) {
		strv_add(ret, p->upper);
		if (!p->has_outer) /* who mounts the overlay makes its files there */
			strv_add(ret, p->work);
	}
	for (size_t i = 0; i < p->volumes.n; i++)
		if (p->volumes.items[i].kind == VOLUME_OWN)
			strv_add(ret, p->volumes.items[i].source);
}

static int give_away(const struct create_plan *p, struct creation *c, struct error *err)
{
	if (!p->is_remapped)
		return 0;
	list_first_gifts(p, &c->start.first_gifts);
	start_plan_gifts(&c->start, true, &c->gifts);
	strv_foreach (path, c->mounts.gifts)
		strv_add(&c->gifts, *path);
	return start_plan_give(&c->start, c->gifts, err);
}

int container_create_begin(const struct engine *e, struct create_plan *p,
			   const struct start_talk *talk, struct creation *ret,
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
		r = mounts_record(e, p, err);
	if (r >= 0)
		r = spec_gen(p, &c.spec, err);
	if (r >= 0)
		r = volume_owners_apply(e, p, err);
	if (r < 0)
		return r;
	start_plan_build(e, p, &c.start);
	if (network_start_is_needed(&c.start) && !p->options->at_rest)
		r = network_start_begin(e, &c.start, &c.network, err);
	if (r >= 0)
		r = start_plan_etc(&c.start, &c.network.lease, c.lock_fd, &c.etc_fds,
				   err);
	if (r >= 0 && p->options->root)
		r = make_dir(p->rootfs, 0700, err);
	if (r >= 0 && p->data_dir)
		r = make_data_files(e, p, err);
	if (r >= 0)
		r = container_secrets_link(e, c.start.data_dir, &p->secrets, err);
	if (r >= 0)
		r = layer_way_bring(e, &c.start, talk, err);
	if (r >= 0)
		r = mounts_prepare(e, p->id, c.spec, &c.mounts, err);
	if (r >= 0)
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
	if (r >= 0 && !str_eq(name, p->name)) {
		free(c->start.name);
		c->start.name = xstrdup(p->name);
		c->renamed = true;
		r = start_plan_etc(&c->start, &c->network.lease, c->lock_fd, &c->etc_fds,
				   err);
	}
	if (r >= 0 && !p->data_dir)
		r = make_data_dir(c->engine, p->id, err);
	if (r >= 0)
		r = write_config(c, p, err);
	return r < 0 ? r : 0;
}
