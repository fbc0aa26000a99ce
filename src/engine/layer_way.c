/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/layer_way.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/image_progress.h"
#include "engine/outer.h"
#include "engine/start_plan.h"
#include "engine/user_ids.h"
#include "runtime/overlay.h"
#include "runtime/sandbox.h"
#include "runtime/tree_copy.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define MARK_MAX     4096
#define REFRESH_MSEC 100

enum layer_way {
	LAYER_WAY_IDMAPPED, /* root of the host: the layers' mounts are idmapped */
	LAYER_WAY_TREES,    /* an ordinary user: their metadata trees' are */
	LAYER_WAY_COPY,     /* neither works: the files are copied, with other owners */
};

static const char *const way_words[] = {
	[LAYER_WAY_IDMAPPED] = "idmapped",
	[LAYER_WAY_TREES] = "metadata",
	[LAYER_WAY_COPY] = "copied",
};

/* What says that it works, for this kernel and the file system of the layers. That it does not is asked
 * each time: next to a copy it costs nothing, and the reason may be gone. */
static char *mark_file(const struct engine *e, const char *layer)
{
	struct stat st = {0};

	(void)!stat(layer, &st);
	return xasprintf("%s/layers-%u-%u-%s", e->paths.run, major(st.st_dev),
			 minor(st.st_dev), e->rootless ? "metadata" : "idmapped");
}

static char *kernel_line(void)
{
	struct utsname name = {0};

	(void)uname(&name);
	return xasprintf("%s %s\n", name.release, name.version);
}

static bool is_marked(const char *file)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_free char *text = NULL, *kernel = kernel_line();
	size_t len;

	return fs_read(AT_FDCWD, file, MARK_MAX, &text, &len, &ignored) >= 0 &&
	       str_eq(text, kernel);
}

/* Written where it lies: one that was cut off says nothing, and no temporary file can be left behind. */
static void mark(const char *file)
{
	cleanup_free char *kernel = kernel_line();
	cleanup_fd int fd =
		open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || fd_write_all(fd, kernel, strlen(kernel)) < 0)
		log_debug("%s can't be written: the next container asks again", file);
}

static int probe_trees(void *data, struct error *err)
{
	return overlay_probe_trees(data, err);
}

/* Without the helpers for maps: the user's own id is enough to ask. */
static int try_trees(const struct engine *e, struct error *err)
{
	cleanup_free char *place = outer_trees(e, err);
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	struct sandbox_options o = {
		.uids = &uids,
		.gids = &gids,
		.new_flags = CLONE_NEWNS,
		.run = probe_trees,
		.data = place,
	};

	if (!place)
		return -err->code;
	idmap_add(&uids, 0, geteuid(), 1);
	idmap_add(&gids, 0, getegid(), 1);
	return sandbox_call(&o, err);
}

static int ask(const struct engine *e, const char *layer, struct error *err)
{
	if (sys_fault("layers"))
		return error_set(err, ERR_UNSUPPORTED, errno, "try it");
	return e->rootless ? try_trees(e, err) : overlay_probe_clones(layer, err);
}

/* *ret_reason (caller frees): why the files are copied, otherwise NULL. layer: one of the image's. */
static enum layer_way choose(const struct engine *e, const char *layer, char **ret_reason)
{
	cleanup_free char *file = mark_file(e, layer);
	cleanup_error struct error why = ERROR_INIT;
	bool works = is_marked(file);

	if (!works && ask(e, layer, &why) >= 0) {
		works = true;
		mark(file);
	}
	if (works)
		return e->rootless ? LAYER_WAY_TREES : LAYER_WAY_IDMAPPED;
	*ret_reason = error_message(&why);
	return LAYER_WAY_COPY;
}

struct copy_job {
	const struct start_plan *plan;
	struct idmap uids, gids; /* in ids of who copies */
	const char *to;
	volatile uint64_t *bytes; /* shared */
};

static bool is_outsider(uint32_t id, const struct idmap *map, const struct idmap *whole)
{
	return idmap_to_inside(map, id) == IDMAP_NONE &&
	       (whole->n_lines == 0 || idmap_to_outside(whole, id) != IDMAP_NONE);
}

/* An id that who copies has and the container has not, so that it sees nobody. A map without such an id
 * leaves no owner without one. */
static uint32_t not_in(const struct idmap *map, const struct idmap *whole)
{
	if (is_outsider(IDMAP_NOBODY, map, whole))
		return IDMAP_NOBODY;
	for (size_t i = 0; i < map->n_lines; i++) {
		uint32_t next = map->lines[i].outside + map->lines[i].count;

		if (is_outsider(next, map, whole))
			return next;
	}
	return 0;
}

static int copy(void *data, struct error *err)
{
	struct copy_job *job = data;
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	const struct overlay_paths paths = {.lower = job->plan->layers};
	int r = overlay_open(&paths, &dirs, err);
	cleanup_fd int from_fd = r < 0 ? r : overlay_mount(&dirs, err), to_fd = -EBADF;

	if (from_fd < 0)
		return from_fd;
	umask(0);
	if (mkdir(job->to, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", job->to);
	to_fd = open(job->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", job->to);
	const struct tree_copy tree = {
		.from_fd = from_fd,
		.to_fd = to_fd,
		.uids = &job->uids,
		.gids = &job->gids,
		.nobody_uid = not_in(&job->uids, &job->plan->whole.uids),
		.nobody_gid = not_in(&job->gids, &job->plan->whole.gids),
		.bytes = job->bytes,
	};
	return tree_copy(&tree, err);
}

static void show(const struct image_progress *progress, const struct copy_job *job,
		 const char *state)
{
	const char *slash = strrchr(job->plan->layers[0], '/');

	if (progress && progress->update)
		progress->update(progress->data, slash + 1, state, (int64_t)*job->bytes,
				 job->plan->image_size, NULL);
}

static int wait_for_copy(struct sandbox *s, const struct copy_job *job,
			 const struct image_progress *progress, struct error *err)
{
	struct pollfd waiting = {.fd = s->pid_fd, .events = POLLIN};

	while (poll(&waiting, 1, REFRESH_MSEC) == 0)
		show(progress, job, "copying");
	return sandbox_wait(s, err);
}

static int run_copy(struct copy_job *job, const struct image_progress *progress,
		    struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	const struct sandbox_options o = {
		.uids = &job->plan->whole.uids,
		.gids = &job->plan->whole.gids,
		.new_flags = CLONE_NEWNS,
		.run = copy,
		.data = job,
	};
	int r = sandbox_start(&o, &s, err);

	if (r == 0)
		r = wait_for_copy(&s, job, progress, err);
	if (r == 0)
		show(progress, job, "copied");
	return r > 0 ? error_set(err, ERR_SYSTEM, 0, "copy the image's files: killed")
		     : r;
}

/* The map in the ids of who copies. */
static int relative(const struct idmap *map, const struct idmap *whole, struct idmap *ret,
		    struct error *err)
{
	if (whole->n_lines)
		return idmap_relative(map, whole, ret, err);
	idmap_copy(ret, map);
	return 0;
}

static int copy_layers(const struct engine *e, const struct start_plan *p, const char *to,
		       const struct image_progress *progress, struct error *err)
{
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	struct copy_job job = {.plan = p, .to = to};
	void *shared = mmap(NULL, sizeof(*job.bytes), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (shared == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "copy the image's files");
	job.bytes = shared;
	r = user_ids_remove_tree(e, AT_FDCWD, to, err);
	if (r == 0)
		r = relative(&p->uids, &p->whole.uids, &uids, err);
	if (r == 0)
		r = relative(&p->gids, &p->whole.gids, &gids, err);
	job.uids = uids;
	job.gids = gids;
	if (r == 0)
		r = run_copy(&job, progress, err);
	munmap(shared, sizeof(*job.bytes));
	return r < 0 ? error_wrap(err, "copy the image's files for the container") : 0;
}

int layer_way_bring(const struct engine *e, struct start_plan *p,
		    const struct start_talk *talk, struct error *err)
{
	cleanup_free char *reason = NULL, *line = NULL, *to = NULL;
	enum layer_way way;

	if (!p->layers || !p->is_remapped || p->is_copied)
		return 0;
	way = choose(e, p->layers[0], &reason);
	log_info("container %s: the image's layers are %s", p->name, way_words[way]);
	if (way != LAYER_WAY_COPY)
		return 0;
	line = xasprintf("the image's files are copied for this container, as its id map "
			 "can't be laid over them here: %s",
			 reason);
	if (talk->warn)
		talk->warn(line);
	to = fs_join(p->data_dir, CONTAINER_COPY_DIR);
	p->is_copied = true;
	return copy_layers(e, p, to, talk->progress, err);
}
