/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the host a container is shown, and whether its ids are those of the files: a step of
 * create_plan_build(), and the line that is said about it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "util/mem.h"
#include "util/str.h"

#define ACL_NAME "system.posix_acl_access"

static uint32_t outside(const struct idmap *map, uint32_t id)
{
	return map->n_lines ? idmap_to_outside(map, id) : id;
}

static bool holds(const struct idmap *map, uint32_t outside_id)
{
	return map->n_lines == 0 || idmap_to_inside(map, outside_id) != IDMAP_NONE;
}

static int refuse_strange_root(const struct create_plan *p, uid_t owner,
			       struct error *err)
{
	error_set(
		err, ERR_DENIED, 0,
		"--rootfs %s: it belongs to uid %u, which is none of this container's ids: all its files would be nobody's",
		p->rootfs, owner);
	return error_hint(err,
			  "%sake an image of it: tar -C %s -c . | cubby import - NAME",
			  owner == geteuid() ? "Leave the id map away, or add "
					       "--userns=keep-id, or m"
					     : "M",
			  p->rootfs);
}

static int refuse_idmap(const struct create_plan *p, struct error *err)
{
	if (p->rootless) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"--rootfs %s:idmap: the kernel lets only root of the host show its file systems with other owners",
			p->rootfs);
		return error_hint(
			err, "Make an image of it: tar -C %s -c . | cubby import - NAME",
			p->rootfs);
	}
	return error_set(
		err, ERR_INVALID, 0,
		"--rootfs %s:idmap: the container's ids are the host's, so its owners are right as they are",
		p->rootfs);
}

/*
 * The files of a directory have the ids of whoever put them there. If those are none of the container's,
 * root of the host shows them as the container's ids of the same numbers.
 */
int create_plan_root_owner(const struct engine *e, struct create_plan *p,
			   struct error *err)
{
	struct stat st;

	/* nobody needs the few files of an infra container */
	if (p->image || p->options->namespaces.is_infra)
		return 0;
	if (p->root_idmap && (e->rootless || p->uids.n_lines == 0))
		return refuse_idmap(p, err);
	if (!p->is_remapped)
		return 0;
	if (fstat(p->root_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", p->rootfs);
	if (holds(&p->uids, st.st_uid))
		return 0;
	if (e->rootless)
		return refuse_strange_root(p, st.st_uid, err);
	p->root_idmap = true;
	return 0;
}

static bool has_group(const struct create_plan *p, gid_t group)
{
	if (group == outside(&p->gids, p->user.gid))
		return true;
	for (size_t i = 0; i < p->user.n_groups; i++)
		if (group == outside(&p->gids, p->user.groups[i]))
			return true;
	return false;
}

static bool has_acl(const char *path)
{
	return getxattr(path, ACL_NAME, NULL, 0) >= 0;
}

/* Whether the container's user may write there, as far as it can be told from here. */
static bool may_write(const struct create_plan *p, const char *path,
		      const struct stat *st)
{
	if (st->st_uid == outside(&p->uids, p->user.uid) || (st->st_mode & S_IWOTH))
		return true;
	if (p->user.uid == 0 && holds(&p->uids, st->st_uid) &&
	    holds(&p->gids, st->st_gid))
		return true;
	/* groups of the caller's may have been asked for, which have no number inside */
	if ((st->st_mode & S_IWGRP) &&
	    (has_group(p, st->st_gid) || strv_has(p->options->group_add, "keep-groups")))
		return true;
	return has_acl(path);
}

static bool is_shown_as_it_is(const struct volume *v)
{
	strv_foreach (word, v->options)
		if (str_starts(*word, "idmap"))
			return false;
	return v->writable && v->source && v->kind <= VOLUME_NAMED && !v->give &&
	       !v->overlay && !v->subpath;
}

static char *hint(const struct create_plan *p, const struct volume *v, uid_t owner)
{
	cleanup_free char *whose =
		owner == geteuid() ? xstrdup("you") : xasprintf("uid %u", owner);
	cleanup_free char *keep_id = NULL, *user = NULL;
	uint32_t uid = outside(&p->uids, p->user.uid);
	const char *word = "U";

	if (p->rootless)
		keep_id = p->user.uid == geteuid() && p->user.gid == getegid()
				  ? xstrdup("--userns=keep-id or ")
				  : xasprintf("--userns=keep-id:uid=%u,gid=%u or ",
					      p->user.uid, p->user.gid);
	else if (p->uids.n_lines && owner == p->user.uid)
		word = "idmap";
	user = uid == p->user.uid || p->userns.mode == USERNS_AUTO /* not known yet */
		       ? xasprintf("%u", p->user.uid)
		       : xasprintf("%u, who is uid %u outside,", p->user.uid, uid);
	return xasprintf(
		"%s belongs to %s; the container's user %s cannot write to it: use %s-v %s:%s:%s",
		volume_shown(v), whose, user, keep_id ? keep_id : "", volume_shown(v),
		v->destination, word);
}

char *create_plan_owner_hint(const struct create_plan *p)
{
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct volume *v = &p->volumes.items[i];
		struct stat st;

		if (!is_shown_as_it_is(v) || stat(v->source, &st) < 0 ||
		    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) ||
		    may_write(p, v->source, &st))
			continue;
		if (!p->rootless || st.st_uid == geteuid())
			return hint(p, v, st.st_uid);
	}
	return NULL;
}
