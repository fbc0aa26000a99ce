/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/start_plan.h"
#include "engine/sdnotify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/health_state.h"
#include "engine/pod_config.h"
#include "runtime/cgroup_manager.h"
#include "runtime/overlay.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define START_FILE     "start.json"
#define START_FILE_MAX (4 << 20)

/* Not what the record says, and not the directories, which follow from the id. */
#define MEMBER(json_key, json_type, name) \
	JSON_MEMBER(struct start_plan, json_key, json_type, name)

static const struct json_member members[] = {
	MEMBER("layers", STRV, layers),
	MEMBER("imageSize", I64, image_size),
	MEMBER("upper", STR, upper),
	MEMBER("work", STR, work),
	MEMBER("volatile", BOOL, is_volatile),
	MEMBER("copied", BOOL, is_copied),
	MEMBER("singleId", BOOL, whole.single),
	MEMBER("remapped", BOOL, is_remapped),
	MEMBER("outer", BOOL, has_outer),
	MEMBER("rootIdmap", BOOL, root_idmap),
	MEMBER("seccomp", U64, seccomp),
	MEMBER("filterCapabilities", U64, filter_capabilities),
	MEMBER("rootless", BOOL, rootless),
	MEMBER("nested", BOOL, nested),
	MEMBER("networkHost", BOOL, network_host),
	MEMBER("ownsCgroup", BOOL, owns_cgroup),
	MEMBER("secrets", STRV, secrets),
	MEMBER("hostname", STR, hostname),
	MEMBER("addHosts", STRV, add_hosts),
	MEMBER("subuid", STR, subuid),
	MEMBER("subgid", STR, subgid),
	MEMBER("joinUser", STR, join[NS_USER]),
	MEMBER("joinPid", STR, join[NS_PID]),
	MEMBER("joinNetwork", STR, join[NS_NETWORK]),
	MEMBER("joinIpc", STR, join[NS_IPC]),
	MEMBER("joinUts", STR, join[NS_UTS]),
	MEMBER("joinCgroup", STR, join[NS_CGROUP]),
	MEMBER("hostsBase", STR, etc_words.hosts_base),
	MEMBER("hostsText", STR, etc_words.hosts_text),
	MEMBER("dns", STRV, etc_words.dns),
	MEMBER("dnsSearches", STRV, etc_words.dns_searches),
	MEMBER("dnsOptions", STRV, etc_words.dns_options),
	MEMBER("passwd", STR, etc_words.passwd),
	MEMBER("group", STR, etc_words.group),
	MEMBER("passwdMore", STR, etc_words.passwd_more),
	MEMBER("groupMore", STR, etc_words.group_more),
	MEMBER("localtime", STR, etc_words.localtime),
	MEMBER("graphRootMounted", BOOL, etc_words.graph_root_mounted),
	MEMBER("firstGifts", STRV, first_gifts),
	MEMBER("terminal", BOOL, terminal),
	MEMBER("interactive", BOOL, interactive),
	MEMBER("timeout", I64, timeout_sec),
	MEMBER("sdNotify", INT, sdnotify),
	MEMBER("pidFile", STR, pidfile),
	MEMBER("monitorPidFile", STR, monitor_pidfile),
	MEMBER("cgroupManager", INT, cgroup_manager),
	MEMBER("cgroupMode", INT, cgroup_mode),
	MEMBER("cgroupParent", STR, cgroup_parent),
	MEMBER("pidsDefault", I64, pids_default),
	MEMBER("podCgroup", STR, pod_cgroup),
	MEMBER("podAbove", STR, pod_above),
	MEMBER("podLimits", STR, pod_limits),
	{NULL},
};

static const struct {
	const char *key;
	size_t offset;
} maps[] = {
	{"uids", offsetof(struct start_plan, uids)},
	{"gids", offsetof(struct start_plan, gids)},
	{"wholeUids", offsetof(struct start_plan, whole.uids)},
	{"wholeGids", offsetof(struct start_plan, whole.gids)},
};

void start_plan_release(struct start_plan *p)
{
	json_members_release(members, p);
	free(p->id);
	free(p->name);
	free(p->run_dir);
	free(p->data_dir);
	idmap_release(&p->uids);
	idmap_release(&p->gids);
	user_ids_release(&p->whole);
	log_settings_release(&p->log);
	network_config_release(&p->net);
	free(p->image_name);
	free(p->image_id);
	*p = START_PLAN_INIT;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* The next start is from another directory. */
static char *absolute(const char *path)
{
	return path ? fs_absolute(path) : NULL;
}

static void build_root(const struct create_plan *c, struct start_plan *p)
{
	p->layers = c->image ? strv_copy(c->image->layer_paths) : NULL;
	p->image_size = c->image ? c->image->record.size : 0;
	p->upper = copy(c->upper);
	p->work = copy(c->work);
	p->is_volatile = c->is_volatile;
	idmap_copy(&p->uids, &c->uids);
	idmap_copy(&p->gids, &c->gids);
	idmap_copy(&p->whole.uids, &c->whole.uids);
	idmap_copy(&p->whole.gids, &c->whole.gids);
	p->whole.single = c->whole.single;
	p->is_remapped = c->is_remapped;
	p->has_outer = c->has_outer;
	p->root_idmap = c->root_idmap;
}

static void build_joined(const struct create_plan *c, struct start_plan *p)
{
	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++)
		if (c->sharing.options[kind].target)
			p->join[kind] = sharing_words(&c->sharing, kind);
	if (c->userns.path)
		p->join[NS_USER] = xstrdup(c->userns.words);
}

void start_plan_build(const struct engine *e, const struct create_plan *c,
		      struct start_plan *ret)
{
	const struct create_options *o = c->options;

	*ret = (struct start_plan){
		.id = xstrdup(c->id),
		.name = xstrdup(c->name),
		.run_dir = container_dir_path(e, c->id, ""),
		.data_dir = container_data_path(e, c->id, ""),
		.seccomp = c->security.seccomp,
		.filter_capabilities = security_filter_capabilities(
			c->security.bounding, c->security.added, o->nested),
		.rootless = c->rootless,
		.nested = o->nested,
		.network_host = c->network_host,
		.owns_cgroup = c->owns_cgroup,
		.etc = c->etc,
		.secrets = create_secrets_lines(c),
		.hostname = copy(c->hostname),
		.add_hosts = strv_copy(o->add_hosts),
		.subuid = copy(c->subuid),
		.subgid = copy(c->subgid),
		.terminal = c->terminal,
		.interactive = o->interactive,
		.log =
			{
				.driver = c->log.driver,
				.max_size = c->log.max_size,
				.max_files = c->log.max_files,
				.path = copy(c->log.path),
				.tag = copy(c->log.tag),
				.labels = strv_copy(c->log.labels),
			},
		.image_name = c->image ? copy(c->image->name) : NULL,
		.image_id = c->image ? copy(c->image->record.id) : NULL,
		.timeout_sec = o->timeout_sec,
		.sdnotify = o->sdnotify,
		.is_checked = health_state_is_due(&c->health),
		.pidfile = absolute(o->pidfile),
		.monitor_pidfile = absolute(o->monitor_pidfile),
		.cgroup_manager = (int)c->cgroup_manager,
		.cgroup_mode = o->cgroup.mode,
		.cgroup_parent = copy(o->cgroup.parent),
		.pids_default = c->pids_default,
		.stop_signal = c->stop_signal,
		.stop_timeout_sec = o->stop_timeout_sec,
		.preserve_fds = o->preserve_fds,
		.preserve_fd = o->preserve_fd,
		.n_preserve_fd = o->n_preserve_fd,
		.listen_fds = o->listen_fds,
		.in_service = sdnotify_is_service(),
	};
	etc_words_copy(&c->etc_words, &ret->etc_words);
	if (o->cgroup.pod) {
		ret->pod_cgroup = copy(o->cgroup.pod->name);
		ret->pod_above = copy(o->cgroup.pod->above);
		ret->pod_limits = copy(o->cgroup.pod->limits);
	}
	build_root(c, ret);
	build_joined(c, ret);
	network_config_copy(&c->net, &ret->net);
}

static struct json_object *map_to_json(const struct idmap *map)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < map->n_lines; i++) {
		cleanup_free char *line =
			xasprintf("%u:%u:%u", map->lines[i].inside, map->lines[i].outside,
				  map->lines[i].count);

		json_object_array_add(list, json_object_new_string(line));
	}
	return list;
}

static int map_from_json(struct json_object *o, const char *key, struct idmap *ret,
			 struct error *err)
{
	struct json_object *value = json_get(o, key);
	cleanup_strv char **lines = NULL;
	int r = value ? json_to_strv(value, key, &lines, err) : 0;

	strv_foreach (line, lines)
		if (r >= 0)
			r = idmap_parse_line(ret, *line, err);
	return r;
}

int start_plan_write(const struct start_plan *p, const char *path, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	cleanup_free char *text = NULL, *file = fs_join(path, START_FILE);
	cleanup_strv char **etc = NULL;

	json_members_add(o, members, p);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		json_add(o, maps[i].key,
			 map_to_json((const void *)((const char *)p + maps[i].offset)));
	for (enum etc_file f = 0; f < ETC_FILES; f++)
		if (p->etc.wanted[f])
			strv_add(&etc, etc_file_name(f));
	json_add_strv(o, "etc", etc);
	text = json_text(o, false);
	return fs_write_atomic(AT_FDCWD, file, text, strlen(text), 0600, 0, err);
}

static int parse(const char *text, size_t len, struct start_plan *p, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_strv char **etc = NULL;
	int r = json_parse_own(text, len, START_FILE, &o, err);

	if (r >= 0)
		r = json_members_read(o, members, p, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(maps); i++)
		r = map_from_json(o, maps[i].key, (void *)((char *)p + maps[i].offset),
				  err);
	if (r >= 0 && json_get(o, "etc"))
		r = json_to_strv(json_get(o, "etc"), "etc", &etc, err);
	for (enum etc_file f = 0; f < ETC_FILES; f++)
		p->etc.wanted[f] = strv_has(etc, etc_file_name(f));
	return r < 0 ? error_wrap(err, START_FILE) : 0;
}

static int read_file(const struct start_plan *p, char **ret, size_t *ret_len,
		     struct error *err)
{
	cleanup_free char *data = fs_join(p->data_dir, START_FILE);
	cleanup_free char *run = fs_join(p->run_dir, START_FILE);
	int r = fs_read(AT_FDCWD, data, START_FILE_MAX, ret, ret_len, err);

	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "then it goes with the container");
	return fs_read(AT_FDCWD, run, START_FILE_MAX, ret, ret_len, err);
}

int start_plan_read(const struct engine *e, const char *id, struct start_plan *ret,
		    struct error *err)
{
	cleanup_start_plan struct start_plan p = {
		.id = xstrdup(id),
		.run_dir = container_dir_path(e, id, ""),
		.data_dir = container_data_path(e, id, ""),
	};
	cleanup_free char *text = NULL;
	size_t len;
	int r = read_file(&p, &text, &len, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "start container %.12s: it was made by an older version of "
			  "Cubby, which did not keep what that takes",
			  id);
		return error_hint(err, "cubby inspect %.12s shows how it was made", id);
	}
	if (r >= 0)
		r = parse(text, len, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	p = START_PLAN_INIT;
	return 0;
}

/* Files that are mounted belong to the container's root, where it is not the user. */
static uint32_t outside_root(const struct idmap *map)
{
	uint32_t id = map->n_lines ? idmap_to_outside(map, 0) : 0;

	return id == IDMAP_NONE ? 0 : id;
}

int start_plan_etc(const struct start_plan *p, const struct network_lease *lease,
		   int run_dirfd, struct etc_fds *fds, struct error *err)
{
	const struct etc_content content = {
		.hostname = p->hostname,
		.name = p->name,
		.id = p->id,
		.image = p->image_name,
		.image_id = p->image_id,
		.add_hosts = p->add_hosts,
		.words = &p->etc_words,
		.network_host = p->network_host,
		.lease = lease,
		/* with pasta the host's address is its own */
		.at_uplink = str_eq(p->net.tool, "slirp4netns"),
		.subuid = p->subuid,
		.subgid = p->subgid,
		.rootless = p->rootless,
		.nested = p->nested,
		.uids = &p->uids,
		.uid = outside_root(&p->uids),
		.gid = outside_root(&p->gids),
	};

	return etc_files_write(run_dirfd, &p->etc, &content, fds, err);
}

void start_plan_gifts(const struct start_plan *p, bool is_first, char ***ret)
{
	if (is_first)
		strv_foreach (path, p->first_gifts)
			strv_add(ret, *path);
	for (enum etc_file file = 0; file < ETC_FILES; file++)
		if (p->etc.wanted[file])
			strv_add_take(ret, fs_join(p->run_dir, etc_file_name(file)));
}

int start_plan_give(const struct start_plan *p, char *const *gifts, struct error *err)
{
	if (p->has_outer || !p->is_remapped)
		return 0;
	strv_foreach (path, gifts)
		if (chown(*path, outside_root(&p->uids), outside_root(&p->gids)) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "give %s to the container", *path);
	return 0;
}

void start_plan_cgroup(const struct start_plan *p, struct cgroup_wish *ret)
{
	*ret = (struct cgroup_wish){
		.manager = (enum cgroup_manager)p->cgroup_manager,
		.mode = (enum cgroup_mode)p->cgroup_mode,
		.parent = p->cgroup_parent,
		.user_manager = geteuid() != 0,
	};
	/* an ordinary user's unit can have no main process elsewhere; systemd.service(5), sd_notify(3) */
	if (p->in_service && ret->mode == CGROUP_ENABLED)
		ret->mode = CGROUP_NO_CONMON;
}

void start_plan_overlay(const struct start_plan *p, char ***lower,
			struct overlay_paths *ret)
{
	if (p->is_copied)
		strv_add_take(lower, fs_join(p->data_dir, CONTAINER_COPY_DIR));
	*ret = (struct overlay_paths){
		.lower = p->is_copied ? *lower : p->layers,
		.n_plain = p->is_copied ? 1 : 0,
		.mapped = p->is_remapped,
		.upper = p->upper,
		.work = p->work,
		.is_volatile = p->is_volatile,
	};
}
