/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_remedy.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "util/mem.h"
#include "util/str.h"

/* Takes both. */
static void add_remedy(struct id_answer *a, char *purpose, char *command)
{
	a->remedies = xreallocarray(a->remedies, a->n_remedies + 1, sizeof(*a->remedies));
	a->remedies[a->n_remedies++] = (struct id_remedy){purpose, command};
}

/* The same of a command that an ordinary user may not have the power for. */
void id_remedy_add(struct id_answer *a, bool takes_root, char *purpose, char *command)
{
	cleanup_free char *plain = purpose;

	add_remedy(a, xasprintf("%s%s", plain, takes_root ? " (this takes root)" : ""),
		   command);
}

/*
 * The command that gives a path to these ids of the host (IDMAP_NONE: as it is). By `cubby unshare` if the caller
 * has the new ids and those that the file has now; else it takes root.
 */
char *id_remedy_chown(const struct container_ids *ids, const struct id_file *now,
		      const uint32_t to[static 2], const char *path, bool *ret_takes_root)
{
	const struct idmap *whole[] = {&ids->whole_uids, &ids->whole_gids};
	const uint32_t from[] = {now ? now->uid : IDMAP_NONE,
				 now ? now->gid : IDMAP_NONE};
	cleanup_free char *quoted = id_facts_quote(path), *owner = NULL;
	uint32_t inner[2], *shown = inner;
	bool has = !ids->is_root;

	for (int kind = SUBID_UID; kind <= SUBID_GID; kind++) {
		inner[kind] = to[kind] == IDMAP_NONE
				      ? IDMAP_NONE
				      : idmap_to_inside(whole[kind], to[kind]);
		if ((to[kind] != IDMAP_NONE && inner[kind] == IDMAP_NONE) ||
		    (now && idmap_to_inside(whole[kind], from[kind]) == IDMAP_NONE))
			has = false;
	}
	*ret_takes_root = !ids->is_root && !has;
	if (!has)
		shown = (uint32_t *)to;
	owner = shown[SUBID_GID] == IDMAP_NONE ? xasprintf("%u", shown[SUBID_UID])
		: shown[SUBID_UID] == IDMAP_NONE
			? xasprintf(":%u", shown[SUBID_GID])
			: xasprintf("%u:%u", shown[SUBID_UID], shown[SUBID_GID]);
	return xasprintf("%schown %s %s", has ? "cubby unshare " : "", owner, quoted);
}

/* The other side of a bind mount of the whole source. */
static char *volume_words(const struct container_bind *b, const char *option)
{
	cleanup_free char *text =
		xasprintf("%s:%s:%s", b->source, b->destination, option);
	cleanup_free char *quoted = id_facts_quote(text);

	return xasprintf("cubby run -v %s ...", quoted);
}

/* chmod(1) by the owner, who may be another id of the caller's. */
static void add_chmod(const struct id_explain *x, const struct id_file *f,
		      const char *mode, char *purpose, struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	cleanup_free char *path = id_facts_quote(f->host_path);
	bool is_own = ids->is_root || f->uid == ids->caller_uid;
	bool has = idmap_to_inside(&ids->whole_uids, f->uid) != IDMAP_NONE;

	id_remedy_add(ret, !is_own && !has, purpose,
		      xasprintf("%schmod %s %s", is_own || !has ? "" : "cubby unshare ",
				mode, path));
}

/* What nobody should be advised to give away. */
static bool is_of_the_system(const struct container_ids *ids, const char *path)
{
	static const char *const trees[] = {"/bin",   "/boot", "/dev",  "/etc", "/lib",
					    "/lib64", "/proc", "/sbin", "/sys", "/usr"};
	static const char *const alone[] = {
		"/",          "/home",      "/media",    "/mnt",     "/opt",
		"/root",      "/run",       "/run/user", "/srv",     "/tmp",
		"/var",       "/var/cache", "/var/lib",  "/var/log", "/var/run",
		"/var/spool", "/var/tmp"};

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		if (container_ids_below(path, trees[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (str_eq(path, alone[i]))
			return true;
	return ids->home && str_eq(path, ids->home);
}

/* A container in which the caller is the user: nothing on the disk changes. */
static void add_keep_id(const struct id_explain *x, const struct id_file *f,
			const char *purpose, struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	cleanup_free char *user = id_facts_inside(x, SUBID_UID, ids->user.uid);

	if (!ids->is_root && ids->has_userns && f->uid == ids->caller_uid)
		add_remedy(ret, xasprintf("%s in which %s is you", purpose, user),
			   xasprintf("cubby run --userns=keep-id:uid=%u,gid=%u ...",
				     ids->user.uid, ids->user.gid));
}

/* With a volume made anew. */
static void add_volume_remedies(const struct id_explain *x, const struct id_file *f,
				const char *user, struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	bool has = idmap_to_inside(&ids->whole_uids, f->uid) != IDMAP_NONE &&
		   idmap_to_inside(&ids->whole_gids, f->gid) != IDMAP_NONE;

	if (!f->bind || f->bind->is_mapped || f->bind->is_root)
		return;
	if (ids->is_root && ids->has_userns && f->uid == ids->user.uid)
		add_remedy(ret,
			   xasprintf("Or make a container that sees %u on disk as its %s",
				     f->uid, user),
			   volume_words(f->bind, "idmap"));
	if (x->has_chown_option && has && !is_of_the_system(ids, f->bind->source))
		add_remedy(
			ret,
			xstrdup("Or make a container whose start gives it all to its user"),
			volume_words(f->bind, "U"));
}

/* How the container's user gets to write there. */
static void add_write_remedies(const struct id_explain *x, const struct id_file *f,
			       struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	/* what must stand on disk for the container to see its user */
	bool is_mapped = f->bind && f->bind->is_mapped, takes_root;
	const uint32_t to[] = {
		is_mapped ? ids->user.uid : idmap_to_outside(&ids->uids, ids->user.uid),
		is_mapped ? ids->user.gid : idmap_to_outside(&ids->gids, ids->user.gid),
	};
	cleanup_free char *user = id_facts_inside(x, SUBID_UID, ids->user.uid);
	enum id_class class = id_facts_class(ids, f);
	char *command;

	if (class == CLASS_OWNER) {
		add_chmod(x, f, "u+rwX", xstrdup("Let its owner write"), ret);
		return;
	}
	if (class == CLASS_GROUP)
		add_chmod(x, f, "g+rwX", xstrdup("Let its group write"), ret);
	command = id_remedy_chown(ids, f, to, f->host_path, &takes_root);
	id_remedy_add(ret, takes_root, xasprintf("Give it to %s of %s", user, ids->name),
		      command);
	add_keep_id(x, f, "Or keep it yours, and make a container", ret);
	add_volume_remedies(x, f, user, ret);
}

/* What is only in the container, by its root. */
static void add_exec(const struct id_explain *x, const struct id_file *f,
		     struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	cleanup_free char *path = id_facts_quote(f->container_path);

	if (ids->is_running && !id_facts_can_write(ids, f) &&
	    idmap_to_inside(&ids->uids, f->uid) != IDMAP_NONE &&
	    idmap_to_inside(&ids->gids, f->gid) != IDMAP_NONE)
		add_remedy(ret, xstrdup("Give it to its user"),
			   xasprintf("cubby exec -u 0 %s chown %u:%u %s", ids->name,
				     ids->user.uid, ids->user.gid, path));
}

/* What another id of the caller's has made. */
static void add_mine_again(const struct id_explain *x, const struct id_file *f,
			   struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	cleanup_free char *path = id_facts_quote(f->host_path);

	if (!ids->is_root && f->uid != ids->caller_uid &&
	    idmap_to_inside(&ids->whole_uids, f->uid) != IDMAP_NONE &&
	    idmap_to_inside(&ids->whole_gids, f->gid) != IDMAP_NONE)
		add_remedy(ret, xstrdup("Make it yours on the host"),
			   xasprintf("cubby unshare chown %s0:0 %s",
				     S_ISDIR(f->mode) ? "-R " : "", path));
}

void id_remedy_of_file(const struct id_explain *x, const struct id_file *f,
		       struct id_answer *ret)
{
	bool helps = f->container_path && !(f->bind && f->bind->read_only) &&
		     !id_facts_can_write(x->ids, f);

	if (!f->host_path) {
		add_exec(x, f, ret);
		return;
	}
	if (!is_of_the_system(x->ids, f->host_path)) {
		if (helps)
			add_write_remedies(x, f, ret);
		add_mine_again(x, f, ret);
		return;
	}
	if (!helps)
		return;
	strv_add(
		&ret->sentences,
		"The host needs it as it is: mount a directory that is only for the container instead.");
	add_keep_id(x, f, "Make a container", ret);
}
