/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the host is in the container. Of a running one its mounts are compared with the caller's own:
 * a file system that the host has mounted as well is the host's. Of another the spec's binds count,
 * and what is mounted below their sources.
 */
#include "engine/audit_steps.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/audit_judge.h"
#include "engine/audit_known.h"
#include "engine/container_dir.h"
#include "engine/spec_gen.h"
#include "engine/volume_option.h"
#include "runtime/mount_idmap.h"
#include "runtime/mountinfo.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define SCAN_MAX 512 /* of what lies directly in a mount */

struct listing {
	const struct audit_source *source;
	struct audit_facts *facts;
	struct mountinfos host;
	struct audit_places places;
};

static void listing_release(struct listing *l)
{
	mountinfos_release(&l->host);
	audit_places_release(&l->places);
}

/* Their content is the kernel's, and the container has instances of its own. automount: looking
 * would mount. */
static bool is_kernel_type(const char *type)
{
	static const char *const types[] = {
		"proc",        "sysfs",      "cgroup",    "cgroup2", "devpts",
		"mqueue",      "securityfs", "debugfs",   "tracefs", "bpf",
		"pstore",      "configfs",   "efivarfs",  "autofs",  "fusectl",
		"binfmt_misc", "selinuxfs",  "hugetlbfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

/* The container's own directories: its log, /etc/hosts, anonymous volumes. */
static bool is_own(const struct listing *l, const char *path)
{
	const struct audit_source *s = l->source;
	cleanup_free char *run = container_dir_path(s->engine, s->own_id, NULL);
	cleanup_free char *data = container_data_path(s->engine, s->own_id, NULL);

	return mountinfo_is_below(path, run) || mountinfo_is_below(path, data);
}

static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

static enum audit_path_kind kind_of(mode_t mode)
{
	if (S_ISSOCK(mode))
		return AUDIT_SOCKET;
	return S_ISBLK(mode) || S_ISCHR(mode) ? AUDIT_DEVICE : AUDIT_VOLUME;
}

/* All directories on the way may be searched by anybody. */
static bool is_open_to_all(const char *path)
{
	cleanup_free char *part = xstrdup(path);
	struct stat st;

	for (char *slash = part; slash;) {
		slash = strrchr(part, '/');
		if (stat(*part ? part : "/", &st) < 0 ||
		    (S_ISDIR(st.st_mode) && !(st.st_mode & S_IXOTH)))
			return false;
		if (slash)
			*slash = '\0';
	}
	return true;
}

static void look_at(const struct listing *l, struct audit_path *p)
{
	const struct mountinfo *m = mountinfo_of_path(&l->host, p->source);
	struct stat st;

	if (m)
		p->nosuid = m->nosuid;
	if (stat(p->source, &st) < 0)
		return;
	p->mode = st.st_mode;
	p->owner = st.st_uid;
	p->owner_known = true;
	p->open_to_all = is_open_to_all(p->source);
}

/* What the host says of it, and what it is known for. */
static void describe(const struct listing *l, struct audit_path *p)
{
	const struct audit_place *known = audit_places_find(&l->places, p->source);
	const char *what = NULL;

	look_at(l, p);
	if (p->mode && p->kind == AUDIT_VOLUME)
		p->kind = kind_of(p->mode);
	if (!known && p->kind == AUDIT_SOCKET)
		known = audit_places_named(&l->places, p->source);
	if (p->kind == AUDIT_DEVICE) {
		p->power = audit_device_power(p->source, p->mode, &what);
	} else if (known && known->kind != AUDIT_VOLUME) {
		p->kind = known->kind;
		p->power = known->power;
		what = known->what;
	}
	p->what = what ? xstrdup(what) : NULL;
}

/* Takes source. */
static struct audit_path *add(struct listing *l, char *source, const char *destination)
{
	struct audit_path *p = audit_paths_add(&l->facts->paths);

	p->source = source;
	p->destination = xstrdup(destination);
	return p;
}

static const struct spec_mount *spec_bind(const struct spec *spec,
					  const char *destination)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *m = &spec->mounts[i];
		cleanup_free char *clean = path_clean(m->destination);

		if (str_eq(clean, destination))
			return str_eq(m->type, "bind") || strv_has(m->options, "bind") ||
					       strv_has(m->options, "rbind")
				       ? m
				       : NULL;
	}
	return NULL;
}

/* What cubby puts into every container. */
static bool is_usual_bind(const struct listing *l, const struct spec_mount *m,
			  const char *source)
{
	const char *name = strrchr(source, '/');

	if (is_own(l, source) || str_eq(m->destination, INIT_PATH))
		return true;
	if (str_eq(source, "/sys") && strv_has(m->options, "ro"))
		return true;
	return str_starts(source, "/dev/") && audit_device_is_usual(name + 1);
}

/* Below a source that is bound with all that is mounted on it. */
static void add_submounts(struct listing *l, const struct spec_mount *m,
			  const char *source)
{
	bool read_only = strv_has(m->options, "rro");

	for (size_t i = 0; i < l->host.n; i++) {
		const struct mountinfo *h = &l->host.items[i];
		cleanup_free char *destination = NULL;
		struct audit_path *p;

		if (is_kernel_type(h->type) || str_eq(h->point, source) ||
		    !mountinfo_is_below(h->point, source) ||
		    mountinfo_of_path(&l->host, h->point) != h)
			continue;
		destination =
			fs_join(m->destination,
				h->point + (str_eq(source, "/") ? 0 : strlen(source)));
		p = add(l, xstrdup(h->point), destination);
		p->read_only = h->read_only || read_only;
		describe(l, p);
	}
}

/* -v ...:U */
static bool is_given(const struct audit_source *s, const char *destination)
{
	const struct volume *v =
		s->volumes ? volumes_find(s->volumes, destination) : NULL;

	return v && v->give;
}

static void set_disk_ids(const struct listing *l, struct audit_path *p)
{
	const struct audit_who *who = audit_judged(l->facts);

	p->idmapped = true;
	p->disk_uid = who->uid;
}

/* idmap: the ids of the container are those on disk. idmap=...: a map of its own, from those on disk to
 * the host's. */
static void take_idmap(const struct listing *l, const struct spec_mount *m,
		       struct audit_path *p)
{
	const struct audit_who *who = audit_judged(l->facts);

	strv_foreach (word, m->options) {
		const char *own = str_starts(*word, "ridmap") ? *word + 1 : *word;
		cleanup_idmap struct idmap uids = {0}, gids = {0};
		cleanup_error struct error err = ERROR_INIT;

		if (!str_starts(own, "idmap"))
			continue;
		set_disk_ids(l, p);
		if (!str_starts(own, "idmap="))
			continue;
		if (mount_idmap_parse(own + strlen("idmap="), l->source->spec, &uids,
				      &gids, &err) < 0) {
			error_drop(&err, "then it is not known which ids it has on disk");
			continue;
		}
		p->disk_uid = idmap_to_inside(&uids, who->host_uid);
	}
}

static void add_spec_bind(struct listing *l, const struct spec_mount *m)
{
	cleanup_free char *source = real_path(m->source);
	struct audit_path *p;

	if (is_usual_bind(l, m, source))
		return;
	p = add(l, xstrdup(source), m->destination);
	p->read_only = strv_has(m->options, "ro");
	p->given = is_given(l->source, m->destination);
	take_idmap(l, m, p);
	describe(l, p);
	if (strv_has(m->options, "rbind"))
		add_submounts(l, m, source);
}

static void list_planned(struct listing *l)
{
	const struct spec *spec = l->source->spec;

	for (size_t i = 0; i < spec->n_mounts; i++)
		if (spec_bind(spec, spec->mounts[i].destination) == &spec->mounts[i] &&
		    spec->mounts[i].source)
			add_spec_bind(l, &spec->mounts[i]);
	if (!l->source->has_image) {
		struct audit_path *p = add(l, real_path(spec->root->path), "/");

		p->kind = AUDIT_ROOTFS;
		p->read_only = spec->root->readonly;
		if (l->source->root_idmap)
			set_disk_ids(l, p);
		describe(l, p);
	}
}

/* A device that the host's /dev has: bound one by one where nodes can't be made. */
static bool is_usual_device(const struct mountinfo *m)
{
	return str_eq(m->type, "devtmpfs") && audit_device_is_usual(m->root + 1);
}

static char *live_source(const struct listing *l, const struct mountinfo *m)
{
	const struct spec_mount *bind = spec_bind(l->source->spec, m->point);
	char *source = mountinfo_host_path(m, &l->host, NULL);

	if (!bind || !bind->source)
		return source;
	/* the user's own word for it; where the mount stands in ours may be another */
	free(source);
	return real_path(bind->source);
}

static void add_live(struct listing *l, const struct mountinfo *m)
{
	bool is_root = str_eq(m->point, "/");
	const struct spec_mount *bind = spec_bind(l->source->spec, m->point);
	char *source;
	struct audit_path *p;

	if ((is_root && l->source->has_image) || is_usual_device(m) ||
	    (!bind && is_kernel_type(m->type)))
		return;
	source = is_root ? real_path(l->source->spec->root->path) : live_source(l, m);
	if (!source || (bind && is_usual_bind(l, bind, source)) || is_own(l, source)) {
		free(source);
		return;
	}
	p = add(l, source, m->point);
	p->kind = is_root ? AUDIT_ROOTFS : AUDIT_VOLUME;
	p->mount_id = m->id;
	p->read_only = m->read_only;
	if (m->idmapped)
		set_disk_ids(l, p);
	if (m->idmapped && bind)
		take_idmap(l, bind, p);
	describe(l, p);
}

static int list_live(struct listing *l, struct error *err)
{
	cleanup_free char *file = xasprintf("/proc/%d/mountinfo", l->source->init_pid);
	cleanup_mountinfos struct mountinfos theirs = {0};
	int r = mountinfo_read(file, &theirs, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < theirs.n; i++)
		add_live(l, &theirs.items[i]);
	return 0;
}

/* Nodes that are made in the container, where that is possible: no mounts. */
static void add_nodes(struct listing *l)
{
	const struct spec_linux *linux = l->source->spec->linux;

	for (size_t i = 0; i < linux->n_devices; i++) {
		const struct spec_device *d = &linux->devices[i];
		mode_t type = str_eq(d->type, "b") ? S_IFBLK : S_IFCHR;
		const char *what;
		struct audit_path *p;

		if (!str_starts(d->path, "/dev/") || audit_device_is_usual(d->path + 5))
			continue;
		p = add(l, xstrdup(d->path), d->path);
		p->kind = AUDIT_DEVICE;
		p->is_node = true;
		p->mode = type | d->file_mode;
		p->owner = d->uid;
		p->owner_known = d->has_uid;
		p->power = audit_device_power(d->path, p->mode, &what);
		p->what = xstrdup(what);
	}
}

static void add_below(struct listing *l, size_t base, const struct audit_place *place)
{
	/* the list grows: the element moves */
	const struct audit_path top = l->facts->paths.items[base];
	const char *rest =
		place->path + (str_eq(top.source, "/") ? 0 : strlen(top.source));
	cleanup_free char *destination = fs_join(top.destination, rest);
	struct audit_path *p = add(l, xstrdup(place->path), destination);

	p->kind = place->kind;
	p->power = place->power;
	p->what = place->what ? xstrdup(place->what) : NULL;
	p->below = true;
	p->top = base;
	p->read_only = top.read_only;
	p->idmapped = top.idmapped;
	p->disk_uid = top.disk_uid;
	look_at(l, p);
}

static void add_known_below(struct listing *l, size_t base)
{
	for (size_t i = 0; i < l->places.n; i++) {
		const char *top = l->facts->paths.items[base].source;

		if (!str_eq(l->places.items[i].path, top) &&
		    mountinfo_is_below(l->places.items[i].path, top))
			add_below(l, base, &l->places.items[i]);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* At most SCAN_MAX names, in order. */
static char **read_names(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	char **names = NULL;
	struct dirent *entry;

	for (size_t n = 0; dir && n < SCAN_MAX && (entry = readdir(dir));)
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..")) {
			strv_add(&names, entry->d_name);
			n++;
		}
	if (names)
		qsort(names, strv_len(names), sizeof(*names), compare_names);
	return names;
}

/* Whether what lies directly in a mount is worth a try, and as what. */
static bool is_worth_trying(const struct listing *l, const char *path,
			    struct audit_place *ret)
{
	const struct audit_place *named;
	struct stat st;

	if (audit_places_find(&l->places, path) || lstat(path, &st) < 0)
		return false;
	*ret = (struct audit_place){.path = (char *)path, .kind = kind_of(st.st_mode)};
	if (ret->kind == AUDIT_DEVICE)
		ret->power = audit_device_power(path, st.st_mode, &ret->what);
	named = ret->kind == AUDIT_SOCKET ? audit_places_named(&l->places, path) : NULL;
	if (named) {
		ret->power = named->power;
		ret->what = named->what;
	}
	return ret->kind == AUDIT_VOLUME ? S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)
					 : ret->power != POWER_NONE;
}

/* A directory of the user's may lie in one that is root's. */
static void add_children(struct listing *l, size_t base)
{
	cleanup_free char *top = xstrdup(l->facts->paths.items[base].source);
	cleanup_strv char **names = read_names(top);

	strv_foreach (name, names) {
		cleanup_free char *path = fs_join(top, *name);
		struct audit_place place;

		if (is_worth_trying(l, path, &place))
			add_below(l, base, &place);
	}
}

int audit_list_paths(const struct audit_source *s, struct audit_facts *f,
		     struct error *err)
{
	cleanup(listing_release) struct listing l = {.source = s, .facts = f};
	size_t n;
	int r = mountinfo_read("/proc/self/mountinfo", &l.host, err);

	if (r < 0)
		return r;
	audit_places_build(s->accounts, f->caller_uid, &l.places);
	if (s->init_pid)
		r = list_live(&l, err);
	else
		list_planned(&l);
	if (r < 0)
		return r;
	add_nodes(&l);
	n = f->paths.n;
	for (size_t i = 0; i < n; i++)
		if (f->paths.items[i].kind == AUDIT_VOLUME) {
			add_known_below(&l, i);
			add_children(&l, i);
		}
	return 0;
}
