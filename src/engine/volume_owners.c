/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The tree is walked twice. The first walk changes nothing: it finds out whether
 * there is anything to do, and whether all of it can be done. It has the caller's own rights, so it sees
 * owners as they are; for an ordinary user it ends at a directory that only another of its ids may list,
 * and then there is something to do. The second walk is root's, or that of root of the user's whole map.
 *
 * Somebody may be changing the tree meanwhile. Links are never followed, other mounts never entered; and
 * the second walk has power over nothing but the ids that it was meant for.
 */
#include "engine/volume_owners.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/create_plan.h"
#include "engine/engine.h"
#include "util/fs.h"
#include "util/fs_walk.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

/* One volume that is given away. */
struct gift {
	const struct volume *volume;
	int parent_fd;    /* where the source is */
	const char *name; /* in it */
	const struct user_ids *ids;
	uint32_t host_uid, host_gid; /* who gets it */
	uint32_t uid, gid;           /* the same as the walk's process sees them */
	bool needed;                 /* something has another owner */
	size_t n_changed;
};

static bool is_top_of(const struct stat *a, const char *path)
{
	struct stat b;

	return path && stat(path, &b) == 0 && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

/* What a system would not survive. By what it is, not by its name: a link or a bind mount leads there too. */
static bool is_of_the_system(const struct stat *st)
{
	static const char *const paths[] = {
		"/",
		"/bin",
		"/boot",
		"/dev",
		"/etc",
		"/etc/pki",
		"/home",
		"/lib",
		"/lib32",
		"/lib64",
		"/libx32",
		"/lost+found",
		"/media",
		"/mnt",
		"/opt",
		"/proc",
		"/root",
		"/run",
		"/run/user",
		"/sbin",
		"/srv",
		"/sys",
		"/tmp",
		"/usr",
		"/usr/bin",
		"/usr/lib",
		"/usr/local",
		"/usr/sbin",
		"/usr/share",
		"/var",
		"/var/cache",
		"/var/lib",
		"/var/log",
		"/var/run",
		"/var/spool",
		"/var/tmp",
		"/etc/passwd",
		"/etc/group",
		"/etc/shadow",
		"/etc/gshadow",
		"/etc/sudoers",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (is_top_of(st, paths[i]))
			return true;
	return is_top_of(st, getenv("HOME"));
}

/* One is the other, or in it. */
static bool overlap(const char *a, const char *b)
{
	cleanup_free char *x = realpath(a, NULL), *y = realpath(b, NULL);
	size_t n, m;

	if (!x || !y)
		return false;
	n = strlen(x);
	m = strlen(y);
	if (n > m)
		return strncmp(x, y, m) == 0 && x[m] == '/';
	return strncmp(x, y, n) == 0 && (y[n] == '\0' || y[n] == '/');
}

int volume_owners_check(const struct engine *e, const struct volume *v, struct error *err)
{
	struct stat st;

	if (stat(v->source, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", v->source);
	if (is_of_the_system(&st)) {
		error_set(
			err, ERR_DENIED, 0,
			"volume %s: its owners must not be changed: the host needs them as they are",
			v->source);
		return error_hint(
			err,
			"Leave the option U away, or mount a directory below it that is only for the container");
	}
	if (overlap(v->source, e->paths.data) || overlap(v->source, e->paths.run))
		return error_set(
			err, ERR_DENIED, 0,
			"volume %s: its owners must not be changed: cubby keeps its own files there",
			v->source);
	return 0;
}

static char *path_of(const struct gift *g, const struct fs_walk_entry *entry)
{
	return str_eq(entry->path, ".") ? xstrdup(g->volume->source)
					: fs_join(g->volume->source, entry->path);
}

static bool is_given(const struct gift *g, const struct stat *st)
{
	return st->st_uid == g->uid && st->st_gid == g->gid;
}

/* What is mounted on a file or a directory of the tree. */
static bool is_other_mount(const struct fs_walk_entry *entry)
{
	struct statx stx;

	return !str_eq(entry->path, ".") &&
	       statx(entry->dirfd, entry->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0,
		     &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int hint_owner(const struct gift *g, const char *path, struct error *err)
{
	return error_hint(err, "As root: chown -hR %u:%u %s", g->host_uid, g->host_gid,
			  path);
}

static int refuse_owner(const struct gift *g, const struct fs_walk_entry *entry,
			struct error *err)
{
	cleanup_free char *path = path_of(g, entry);
	bool is_user = idmap_to_inside(&g->ids->uids, entry->st->st_uid) == IDMAP_NONE;

	error_set(
		err, ERR_DENIED, 0,
		"volume %s: %s belongs to the host's %s %u, which is not among your ids, so it can't be given to the container",
		g->volume->source, path, is_user ? "user" : "group",
		is_user ? entry->st->st_uid : entry->st->st_gid);
	return hint_owner(g, path, err);
}

/* The first walk. */
static int look(void *data, const struct fs_walk_entry *entry, struct error *err)
{
	struct gift *g = data;
	const struct user_ids *ids = g->ids;

	if (is_given(g, entry->st))
		return 0;
	if (is_other_mount(entry))
		return FS_WALK_SKIP;
	g->needed = true;
	if (ids->uids.n_lines == 0 ||
	    (idmap_to_inside(&ids->uids, entry->st->st_uid) != IDMAP_NONE &&
	     idmap_to_inside(&ids->gids, entry->st->st_gid) != IDMAP_NONE))
		return 0;
	return refuse_owner(g, entry, err);
}

/* The second one. */
static int give(void *data, const struct fs_walk_entry *entry, struct error *err)
{
	struct gift *g = data;
	cleanup_free char *path = NULL;
	int code;

	if (is_given(g, entry->st))
		return 0;
	if (is_other_mount(entry))
		return FS_WALK_SKIP;
	if (fchownat(entry->dirfd, entry->name, g->uid, g->gid, AT_SYMLINK_NOFOLLOW) ==
	    0) {
		g->n_changed++;
		return 0;
	}
	code = errno;
	if (code == ENOENT)
		return 0;
	path = path_of(g, entry);
	error_set(err, error_kind_of(code), code, "volume %s: give %s to the container",
		  g->volume->source, path);
	/* an owner that nobody could see before, or a file that nobody may change (chattr +i) */
	return code == EPERM && g->ids->uids.n_lines ? hint_owner(g, path, err) : -code;
}

static int give_all(void *data, struct error *err)
{
	struct gift *g = data;
	int r = fs_walk(g->parent_fd, g->name, give, g, err);

	if (r == 0)
		log_debug("volume %s: %zu files have got another owner",
			  g->volume->source, g->n_changed);
	return r;
}

/* The second walk, by who may do it. */
static int give_by_root(struct gift *g, struct error *err)
{
	if (g->ids->uids.n_lines == 0)
		return give_all(g, err);
	g->uid = idmap_to_inside(&g->ids->uids, g->host_uid);
	g->gid = idmap_to_inside(&g->ids->gids, g->host_gid);
	if (g->uid == IDMAP_NONE || g->gid == IDMAP_NONE)
		return error_set(
			err, ERR_DENIED, 0,
			"volume %s: the container's user %u:%u is not among your ids",
			g->volume->source, g->host_uid, g->host_gid);
	return user_ids_do(g->ids, give_all, g, err);
}

static int give_source(struct gift *g, struct error *err)
{
	cleanup_free char *path = realpath(g->volume->source, NULL), *parent = NULL;
	cleanup_fd int parent_fd = -EBADF;
	char *slash;
	int r;

	if (!path)
		return error_set(err, ERR_SYSTEM, errno, "find %s", g->volume->source);
	slash = strrchr(path, '/');
	parent = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	parent_fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", parent);
	g->parent_fd = parent_fd;
	g->name = slash + 1;
	g->uid = g->host_uid;
	g->gid = g->host_gid;
	r = fs_walk(parent_fd, g->name, look, g, err);
	if (r == -EACCES && g->ids->uids.n_lines && !err->hint) {
		error_drop(err, "one of the user's other ids may list it");
		g->needed = true;
		r = 0;
	}
	return r < 0 || !g->needed ? r : give_by_root(g, err);
}

static uint32_t outside(const struct idmap *map, uint32_t id)
{
	return map->n_lines ? idmap_to_outside(map, id) : id;
}

int volume_owners_apply(const struct engine *e, const struct create_plan *p,
			struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct gift gift = {
		.ids = &ids,
		.host_uid = outside(&p->uids, p->user.uid),
		.host_gid = outside(&p->gids, p->user.gid),
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->volumes.n; i++) {
		struct gift g = gift;

		if (!p->volumes.items[i].give)
			continue;
		if (e->rootless && ids.uids.n_lines == 0)
			user_ids_any(e, &ids);
		g.volume = &p->volumes.items[i];
		r = g.host_uid == IDMAP_NONE || g.host_gid == IDMAP_NONE
			    ? error_set(
				      err, ERR_INVALID, 0,
				      "volume %s: the container's ids do not hold its user %u:%u",
				      g.volume->source, p->user.uid, p->user.gid)
			    : give_source(&g, err);
	}
	return r;
}
