/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): the user namespace, see userns_plan.h. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/id_spans.h"
#include "engine/idmap_option.h"
#include "engine/joined.h"
#include "engine/user_ids.h"
#include "engine/userns_maps.h"
#include "engine/userns_plan.h"
#include "runtime/namespace_maps.h"
#include "runtime/own_map.h"
#include "runtime/subid.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

/* What containers of root of the host get if nobody says anything. */
#define ROOT_DEFAULT USERNS_AUTO

static bool is_explicit(const struct create_options *o)
{
	return o->uidmap || o->gidmap || o->subuidname || o->subgidname;
}

static int refuse_both(const char *one, const char *other, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "%s and %s are mutually exclusive", one,
			 other);
}

static int check_options(const struct create_options *o, struct error *err)
{
	if (o->userns && is_explicit(o))
		return refuse_both("--userns",
				   "--uidmap/--gidmap/--subuidname/--subgidname", err);
	if (o->uidmap && o->subuidname)
		return refuse_both("--subuidname", "--uidmap", err);
	if (o->gidmap && o->subgidname)
		return refuse_both("--subgidname", "--gidmap", err);
	if ((o->uidmap || o->gidmap) && (o->subuidname || o->subgidname))
		return refuse_both(o->subuidname ? "--subuidname" : "--subgidname",
				   o->uidmap ? "--uidmap" : "--gidmap", err);
	return 0;
}

static bool is_for_users_only(enum userns_mode mode)
{
	return mode == USERNS_KEEP_ID || mode == USERNS_NOMAP;
}

/* Of cubby.conf, which root shares with everybody: what root can't have does not count for root. */
static int take_setting(const struct engine *e, struct create_plan *p, struct error *err)
{
	struct userns_plan *u = &p->userns;
	int r;

	u->mode = e->rootless ? USERNS_PRIVATE : ROOT_DEFAULT;
	if (!p->settings.userns)
		return 0;
	r = userns_option_parse(p->settings.userns, &u->option, err);
	if (r < 0)
		return error_wrap(err, "userns of cubby.conf");
	if (!e->rootless && is_for_users_only(u->option.mode)) {
		userns_option_release(&u->option);
		return 0;
	}
	u->mode = u->option.mode;
	u->words = xstrdup(p->settings.userns);
	return 0;
}

/* That of the namespaces that are joined comes along. */
static int take_shared(struct create_plan *p)
{
	static const char of_container[] = "container:";
	const char *user = p->sharing.user;
	struct userns_plan *u = &p->userns;

	u->words = xstrdup(user);
	u->mode = USERNS_HOST;
	if (str_eq(user, "host"))
		return 0;
	u->mode = str_starts(user, of_container) ? USERNS_CONTAINER : USERNS_PATH;
	if (u->mode == USERNS_CONTAINER)
		u->option.target = xstrdup(user + strlen(of_container));
	return 0;
}

static int take_mode(const struct engine *e, struct create_plan *p, struct error *err)
{
	struct userns_plan *u = &p->userns;
	int r;

	u->is_explicit = is_explicit(p->options);
	if (u->is_explicit) {
		u->mode = USERNS_PRIVATE;
		return 0;
	}
	if (!p->options->userns && p->sharing.user)
		return take_shared(p);
	if (!p->options->userns)
		return take_setting(e, p, err);
	r = userns_option_parse(p->options->userns, &u->option, err);
	if (r < 0)
		return r;
	u->mode = u->option.mode;
	u->words = xstrdup(str_empty(p->options->userns) ? "host" : p->options->userns);
	return 0;
}

/* The caller, unless it is said who. */
static void name_default_user(struct userns_plan *u)
{
	if (!u->option.has_uid)
		u->option.uid = geteuid();
	if (!u->option.has_gid)
		u->option.gid = getegid();
	u->default_user = xasprintf("%u:%u", u->option.uid, u->option.gid);
}

static int refuse_another(const struct create_plan *p, struct error *err)
{
	error_set(
		err, ERR_INVALID, 0,
		"%s brings the user namespace that it belongs to, so another one cannot be asked for",
		p->sharing.user_of);
	return error_hint(err, "Leave out %s",
			  p->options->userns ? "--userns"
					     : "--uidmap, --gidmap and the like");
}

/* Asked for, though it comes along: then it must be the same. */
static int check_shared(const struct engine *e, const struct create_plan *p,
			const struct container *c, struct error *err)
{
	cleanup_free char *root = NULL;
	int r;

	if (!p->sharing.user || (!p->options->userns && !p->userns.is_explicit))
		return 0;
	if (!c)
		return p->userns.mode == USERNS_HOST && str_eq(p->sharing.user, "host")
			       ? 0
			       : refuse_another(p, err);
	r = sharing_user_root(e, c, &root, err);
	if (r < 0)
		return r;
	return str_eq(root, p->sharing.user_root) ? 0 : refuse_another(p, err);
}

/* The other container need not run now, only when this one is started. */
static int find_container(const struct engine *e, struct create_plan *p,
			  struct error *err)
{
	struct userns_plan *u = &p->userns;
	cleanup_container struct container c = {0};
	int r = container_find(e, u->option.target, &c, err);

	if (r < 0)
		return error_wrap(err, "--userns container:%s", u->option.target);
	r = check_shared(e, p, &c, err);
	if (r < 0)
		return r;
	free(u->words);
	u->words = xasprintf("container:%s", c.record.id);
	u->path = xstrdup(u->words);
	free(u->option.target);
	u->option.target = xstrdup(c.record.id);
	sharing_depend(&p->sharing, c.record.id);
	return 0;
}

static int find_joined(const struct engine *e, struct create_plan *p, struct error *err)
{
	struct userns_plan *u = &p->userns;

	if (u->mode == USERNS_CONTAINER)
		return find_container(e, p, err);
	if (u->mode != USERNS_PATH)
		return check_shared(e, p, NULL, err);
	if (!u->option.target) { /* the owner of a namespace that is joined by path */
		u->path = xstrdup(u->words);
		return 0;
	}
	u->path = fs_absolute(u->option.target);
	if (!u->path)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	free(u->words);
	u->words = xasprintf("ns:%s", u->path);
	return check_shared(e, p, NULL, err);
}

int create_plan_userns(const struct engine *e, struct create_plan *p, struct error *err)
{
	struct userns_plan *u = &p->userns;
	int r = 0;

	if (e->settings)
		settings_copy(e->settings, &p->settings);
	else
		r = settings_read(NULL, &p->settings, err);
	if (r >= 0)
		r = check_options(p->options, err);
	if (r >= 0)
		r = take_mode(e, p, err);
	if (r < 0)
		return r;
	if (!e->rootless && is_for_users_only(u->mode)) {
		error_set(err, ERR_INVALID, 0, "%s is only supported in rootless mode",
			  userns_mode_word(u->mode));
		return error_hint(err,
				  "Root has no id of a user to keep or to leave out: "
				  "--userns=auto gives the container ids of its own");
	}
	if (!e->rootless && u->mode == USERNS_PRIVATE && !u->is_explicit)
		u->mode = USERNS_AUTO;
	if (u->mode == USERNS_KEEP_ID)
		name_default_user(u);
	return find_joined(e, p, err);
}

/* Of users (0) and of groups (1). */
struct side {
	const char *option, *name_option;
	char *const *lines;
	const char *subid_name;
	enum subid_kind kind;
	struct idmap *map;         /* to be filled: ids of the host */
	const struct idmap *whole; /* NULL: of root */
};

static int from_name(const struct side *s, struct error *err)
{
	cleanup_free struct subid_range *ranges = NULL;
	cleanup_id_spans struct id_spans mine = {0};
	uint64_t next = 0;
	size_t n;
	int r = subid_read_name(s->kind, s->subid_name, &ranges, &n, err);

	if (r < 0)
		return r;
	if (n == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "%s: no ranges of \"%s\" found in %s", s->name_option,
				 s->subid_name,
				 s->kind == SUBID_UID ? "/etc/subuid" : "/etc/subgid");
	if (s->whole)
		id_spans_add_outside(&mine, s->whole);
	for (size_t i = 0; i < n; i++) {
		if (s->whole && !id_spans_hold(&mine, ranges[i].start, ranges[i].count))
			return error_set(err, ERR_DENIED, 0,
					 "%s: the ids of \"%s\" are not yours to map",
					 s->name_option, s->subid_name);
		if (next + ranges[i].count > ID_SPANS_END)
			break;
		idmap_add(s->map, (uint32_t)next, ranges[i].start, ranges[i].count);
		next += ranges[i].count;
	}
	return idmap_check(s->map, s->name_option, err);
}

static int from_lines(const struct side *s, bool both, struct error *err)
{
	const struct idmap_option option = {
		.name = s->option,
		.lines = s->lines,
		.for_groups = s->kind == SUBID_GID,
		.ignore_flags = both,
		.whole = s->whole,
	};
	cleanup_idmap struct idmap asked = {0};
	int r = idmap_option_build(&option, &asked, err);

	if (r < 0)
		return r;
	if (asked.n_lines == 0) { /* all lines were for the other kind */
		if (s->whole)
			idmap_copy(s->map, s->whole);
		else
			return s->kind == SUBID_UID ? own_map_uids(s->map, err)
						    : own_map_gids(s->map, err);
		return 0;
	}
	if (!s->whole) {
		idmap_copy(s->map, &asked);
		return 0;
	}
	r = idmap_compose(&asked, s->whole, s->map, err);
	return r < 0 ? subid_hint_more(s->kind, geteuid(), err) : 0;
}

/* The user's own id alone is asked for, so nobody needs to know its subordinate ids. */
static bool needs_only_self(const struct side *s)
{
	const struct idmap_option option = {.name = s->option, .lines = s->lines};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};
	bool of_groups = s->kind == SUBID_GID;

	if (!s->lines || idmap_option_needs_whole(s->lines) ||
	    idmap_option_build(&option, &map, &err) < 0 || map.n_lines != 1 ||
	    map.lines[0].outside != 0 || map.lines[0].count != 1)
		return false;
	idmap_add(s->map, map.lines[0].inside, of_groups ? getegid() : geteuid(), 1);
	return true;
}

static int explicit_side(const struct side *s, bool both, struct error *err)
{
	return s->lines ? from_lines(s, both, err) : from_name(s, err);
}

static int explicit_maps(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const char *uid_name = o->subuidname ? o->subuidname : o->subgidname;
	const char *gid_name = o->subgidname ? o->subgidname : o->subuidname;
	bool both = o->uidmap && o->gidmap;
	struct side users = {o->uidmap ? "--uidmap" : "--gidmap",
			     "--subuidname",
			     o->uidmap ? o->uidmap : o->gidmap,
			     uid_name,
			     SUBID_UID,
			     &p->uids,
			     NULL};
	struct side groups = {o->gidmap ? "--gidmap" : "--uidmap",
			      "--subgidname",
			      o->gidmap ? o->gidmap : o->uidmap,
			      gid_name,
			      SUBID_GID,
			      &p->gids,
			      NULL};
	cleanup_user_ids struct user_ids whole = {0};
	bool self_user = e->rootless && needs_only_self(&users);
	bool self_group = e->rootless && needs_only_self(&groups);
	int r = 0;

	if (e->rootless && !(self_user && self_group)) {
		r = user_ids_get(e, false, &whole, err);
		users.whole = &whole.uids;
		groups.whole = &whole.gids;
	}
	if (r >= 0 && !self_user)
		r = explicit_side(&users, both, err);
	if (r >= 0 && !self_group)
		r = explicit_side(&groups, both, err);
	p->userns.reserves = r >= 0 && !(self_user && self_group);
	return r;
}

static int whole_maps(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct userns_option *o = &p->userns.option;
	cleanup_user_ids struct user_ids whole = {0};
	int r = user_ids_get(e, false, &whole, err);

	if (r < 0)
		return r;
	if (p->userns.mode == USERNS_NOMAP) {
		r = userns_map_no_user(&whole.uids, &p->uids, err);
		return r < 0 ? r : userns_map_no_user(&whole.gids, &p->gids, err);
	}
	if (p->userns.mode == USERNS_KEEP_ID) {
		r = userns_map_keep_id(&whole.uids, o->uid, o->size, &p->uids, err);
		return r < 0 ? r
			     : userns_map_keep_id(&whole.gids, o->gid, o->size, &p->gids,
						  err);
	}
	idmap_copy(&p->uids, &whole.uids);
	idmap_copy(&p->gids, &whole.gids);
	return 0;
}

static int fixed_map(const struct idmap_option *option, enum subid_kind kind,
		     struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap asked = {0};
	int r;

	strv_foreach (line, option->lines)
		if (**line < '0' || **line > '9')
			return error_set(err, ERR_INVALID, 0,
					 "%s %s: expected CONTAINER:HOST:COUNT",
					 option->name, *line);
	r = idmap_option_build(option, &asked, err);
	if (r < 0)
		return r;
	if (!option->whole) {
		idmap_copy(ret, &asked);
		return 0;
	}
	r = idmap_compose(&asked, option->whole, ret, err);
	return r < 0 ? subid_hint_more(kind, geteuid(), err) : 0;
}

static int fixed_maps(const struct engine *e, struct create_plan *p, struct error *err)
{
	struct userns_plan *u = &p->userns;
	cleanup_user_ids struct user_ids whole = {0};
	struct idmap_option option = {.name = "--userns auto:uidmapping",
				      .lines = u->option.uid_mappings};
	int r = 0;

	if (!u->option.uid_mappings && !u->option.gid_mappings)
		return 0;
	if (e->rootless)
		r = user_ids_get(e, false, &whole, err);
	option.whole = e->rootless ? &whole.uids : NULL;
	if (r >= 0)
		r = fixed_map(&option, SUBID_UID, &u->fixed_uids, err);
	option.name = "--userns auto:gidmapping";
	option.lines = u->option.gid_mappings;
	option.for_groups = true;
	option.whole = e->rootless ? &whole.gids : NULL;
	if (r >= 0)
		r = fixed_map(&option, SUBID_GID, &u->fixed_gids, err);
	return r;
}

static void count_owner(uint64_t *highest, uint32_t id)
{
	if (id < IDMAP_NOBODY && id > *highest)
		*highest = id;
}

static int count_layers(const struct engine *e, const struct create_plan *p,
			uint64_t *highest, struct error *err)
{
	strv_foreach (chain, p->image->record.layers) {
		cleanup(layer_record_release) struct layer_record layer = {0};
		int r = layer_record_get(e->store, *chain, p->image->single_id, &layer,
					 err);

		if (r < 0)
			return r;
		count_owner(highest, layer.max_uid);
		count_owner(highest, layer.max_gid);
	}
	return 0;
}

/* Whoever runs must be mapped, nobody too; a file's owner need not. */
static void count_process(const struct user_identity *user, uint64_t *highest)
{
	*highest = user->uid > *highest ? user->uid : *highest;
	*highest = user->gid > *highest ? user->gid : *highest;
	for (size_t i = 0; i < user->n_groups; i++)
		if (user->groups[i] > *highest)
			*highest = user->groups[i];
}

static int size_range(const struct engine *e, struct create_plan *p, struct error *err)
{
	cleanup_free char *passwd = NULL, *group = NULL;
	struct user_files files = {0};
	uint64_t highest = 0;
	int r = 0;

	if (p->image) {
		files = (struct user_files){p->image->record.passwd,
					    p->image->record.group};
		r = count_layers(e, p, &highest, err);
	} else {
		r = user_files_read(p->root_fd, &passwd, &group, err);
		files = (struct user_files){passwd, group};
	}
	if (r < 0)
		return r;
	count_owner(&highest, user_files_highest(&files, IDMAP_NOBODY));
	if (highest >= p->settings.auto_max_size)
		highest = p->settings.auto_max_size - 1;
	count_process(&p->user, &highest);
	p->userns.needed = highest + 1;
	return 0;
}

/* Until the range is chosen its ids are the last that there are: nobody's. */
static void map_provisionally(struct create_plan *p)
{
	const struct userns_plan *u = &p->userns;
	uint64_t start = ID_SPANS_END - u->needed;

	userns_map_range(start, u->needed, &u->fixed_uids, &p->uids);
	userns_map_range(start, u->needed, &u->fixed_gids, &p->gids);
}

static int plan_range(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r = fixed_maps(e, p, err);

	p->userns.reserves = true;
	p->userns.needed = p->userns.option.size;
	if (r >= 0 && p->userns.needed == 0)
		r = size_range(e, p, err);
	if (r >= 0)
		map_provisionally(p);
	return r;
}

/* What the other container's were made with; none: it has no user namespace. */
static int container_maps(const struct engine *e, struct create_plan *p,
			  struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = container_dir_spec(e, p->userns.option.target, &spec, err);

	if (r < 0)
		return r;
	idmap_from_spec(&p->uids, spec->linux->uid_mappings, spec->linux->n_uid_mappings);
	idmap_from_spec(&p->gids, spec->linux->gid_mappings, spec->linux->n_gid_mappings);
	if (spec_namespace(spec, "user"))
		return 0;
	free(TAKE_PTR(p->userns.path));
	p->userns.mode = USERNS_HOST;
	return 0;
}

static int path_maps(const struct engine *e, struct create_plan *p, struct error *err)
{
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -EBADF;
	bool is_own = false;
	int r = joined_open_user(e, p->userns.path, &fd, err);

	if (r < 0)
		return error_wrap(err, "--userns %s", p->userns.words);
	path = fd < 0 ? xstrdup("/proc/self/ns/user") : xasprintf("/proc/self/fd/%d", fd);
	r = namespace_maps(path, &is_own, &p->uids, &p->gids, err);
	if (r < 0)
		return error_wrap(err, "--userns %s", p->userns.words);
	if (!is_own)
		return 0;
	free(TAKE_PTR(p->userns.path));
	p->userns.mode = USERNS_HOST;
	return e->rootless ? whole_maps(e, p, err) : 0;
}

static int make_maps(const struct engine *e, struct create_plan *p, struct error *err)
{
	switch (p->userns.mode) {
	case USERNS_CONTAINER:
		return container_maps(e, p, err);
	case USERNS_PATH:
		return path_maps(e, p, err);
	case USERNS_AUTO:
		return plan_range(e, p, err);
	case USERNS_HOST:
		return e->rootless ? whole_maps(e, p, err) : 0;
	case USERNS_PRIVATE:
		return p->userns.is_explicit ? explicit_maps(e, p, err)
					     : whole_maps(e, p, err);
	case USERNS_NOMAP:
	case USERNS_KEEP_ID:
		break;
	}
	return whole_maps(e, p, err);
}

/* Supplementary groups that nobody asked for by name go where the container can't have
 * them. */
static void drop_unmapped_groups(struct create_plan *p)
{
	size_t kept = 0;

	if (p->gids.n_lines == 0 || p->options->group_add)
		return;
	for (size_t i = 0; i < p->user.n_groups; i++)
		if (!usermap_denies_setgroups(&p->gids) &&
		    idmap_to_outside(&p->gids, p->user.groups[i]) != IDMAP_NONE)
			p->user.groups[kept++] = p->user.groups[i];
	p->user.n_groups = kept;
}

int create_plan_ids(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r = make_maps(e, p, err);

	if (r >= 0)
		drop_unmapped_groups(p);
	return r;
}
