/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/outer.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/kept_fd.h"
#include "runtime/idmap.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define OUTER_FILE \
	"outer" /* in a container's run directory, see kept_fd.h: its maps beside it */
#define LOCK_FILE "outer.lock"
#define TREES_DIR "trees"

void outer_release(struct outer *o)
{
	fd_cleanup_(&o->mount_ns_fd);
	fd_cleanup_(&o->lock_fd);
	free(o->trees);
	free(o->maps);
	*o = OUTER_INIT;
}

static char *maps_text(const struct idmap *uids, const struct idmap *gids)
{
	cleanup_free char *uid_lines = idmap_text(uids), *gid_lines = idmap_text(gids);

	return xasprintf("%s\n%s", uid_lines, gid_lines);
}

static int find_one(const struct engine *e, const char *maps, int user_ns_fd)
{
	return kept_fd_find(e, &(struct kept_fd){.file = OUTER_FILE,
						 .type = CLONE_NEWNS,
						 .note = maps,
						 .user_ns_fd = user_ns_fd});
}

int outer_peek(const struct engine *e)
{
	return find_one(e, NULL, -EBADF);
}

char *outer_trees(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, TREES_DIR);
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);

	return fd < 0 ? NULL : TAKE_PTR(path);
}

int outer_find(const struct engine *e, const struct idmap *uids, const struct idmap *gids,
	       struct outer *ret, struct error *err)
{
	cleanup_outer struct outer o = OUTER_INIT;

	o.maps = maps_text(uids, gids);
	o.trees = outer_trees(e, err);
	if (!o.trees)
		return -err->code;
	o.mount_ns_fd = find_one(e, o.maps, ret->user_ns_fd);
	if (o.mount_ns_fd < 0) {
		cleanup_free char *lock = fs_join(e->paths.run, LOCK_FILE);

		o.lock_fd = fs_lock(AT_FDCWD, lock, true, true, err);
		if (o.lock_fd < 0)
			return o.lock_fd;
		o.mount_ns_fd =
			find_one(e, o.maps, ret->user_ns_fd); /* made while we waited? */
	}
	if (o.mount_ns_fd >= 0)
		fd_cleanup_(&o.lock_fd);
	*ret = o;
	o = OUTER_INIT;
	return 0;
}

int outer_register(struct outer *o, int container_dirfd, struct error *err)
{
	int r = kept_fd_write(container_dirfd, OUTER_FILE, o->mount_ns_fd, o->maps, err);

	if (r < 0)
		return r;
	fd_cleanup_(&o->lock_fd);
	return 0;
}
