/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/user_ids.h"

#include <sched.h>
#include <sys/stat.h>

#include "engine/outer.h"
#include "runtime/own_map.h"
#include "runtime/sandbox.h"
#include "runtime/subid.h"
#include "util/fs.h"
#include "util/str.h"

void user_ids_release(struct user_ids *u)
{
	idmap_release(&u->uids);
	idmap_release(&u->gids);
	*u = (struct user_ids){0};
}

static void add_single(struct user_ids *u)
{
	idmap_add(&u->uids, 0, geteuid(), 1);
	idmap_add(&u->gids, 0, getegid(), 1);
	u->single = true;
}

int user_ids_get(const struct engine *e, bool single, struct user_ids *ret,
		 struct error *err)
{
	cleanup_user_ids struct user_ids u = {0};
	bool is_mapped = e->rootless && !e->unshared;
	int r = 0;

	if (single)
		add_single(&u);
	else if (is_mapped)
		r = subid_rootless_map(SUBID_UID, geteuid(), getegid(), &u.uids, err);
	if (r >= 0 && !single && is_mapped)
		r = subid_rootless_map(SUBID_GID, geteuid(), getegid(), &u.gids, err);
	if (r < 0)
		return r;
	*ret = u;
	u = (struct user_ids){0};
	return 0;
}

void user_ids_any(const struct engine *e, struct user_ids *ret)
{
	cleanup_error struct error err = ERROR_INIT;

	if (user_ids_get(e, false, ret, &err) >= 0)
		return;
	error_drop(&err, "the user's own id must do");
	*ret = (struct user_ids){0};
	add_single(ret);
}

/* Every id that this process knows, as itself. */
static void add_all(struct idmap *map, int (*own_map)(struct idmap *, struct error *))
{
	cleanup_error struct error err = ERROR_INIT;

	if (own_map(map, &err) >= 0)
		return;
	error_drop(&err, "then it is the host's");
	idmap_identity(map);
}

void user_ids_confine(struct user_ids *u)
{
	if (u->uids.n_lines)
		return;
	add_all(&u->uids, own_map_uids);
	add_all(&u->gids, own_map_gids);
}

int user_ids_do(const struct user_ids *u, int (*run)(void *data, struct error *err),
		void *data, struct error *err)
{
	const struct sandbox_options o = {
		.uids = &u->uids,
		.gids = &u->gids,
		.new_flags = CLONE_NEWNS,
		.run = run,
		.data = data,
	};

	return sandbox_call(&o, err);
}

struct removal {
	int dirfd;
	char *const *names;
};

static int remove_all(void *data, struct error *err)
{
	const struct removal *removal = data;

	strv_foreach (name, removal->names) {
		int r = fs_remove_tree(removal->dirfd, *name, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Where a container of the user's keeps a namespace with its whole map, that needs no other. */
static int remove_by_others(const struct engine *e, struct removal *removal,
			    struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int outer_fd = outer_peek(e);
	const struct sandbox_options o = {
		.uids = &ids.uids,
		.gids = &ids.gids,
		.new_flags = CLONE_NEWNS,
		.joined_mount_ns_fd = &outer_fd,
		.run = remove_all,
		.data = removal,
	};

	if (outer_fd >= 0 && sandbox_call(&o, err) == 0)
		return 0;
	error_drop(err, "then in a namespace of its own");
	user_ids_any(e, &ids);
	return user_ids_do(&ids, remove_all, removal, err);
}

int user_ids_remove_trees(const struct engine *e, int dirfd, char *const *names,
			  struct error *err)
{
	struct removal removal = {.dirfd = dirfd, .names = names};
	int r = remove_all(&removal, err);

	if (r >= 0 || !e->rootless || (r != -EACCES && r != -EPERM))
		return r;
	error_drop(err, "some files belong to other ids of the user");
	return remove_by_others(e, &removal, err);
}

int user_ids_remove_tree(const struct engine *e, int dirfd, const char *name,
			 struct error *err)
{
	char *const names[] = {(char *)name, NULL};

	return user_ids_remove_trees(e, dirfd, names, err);
}
