/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_ids.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/container_view.h"
#include "engine/user_ids.h"
#include "runtime/mount_idmap.h"
#include "spec/spec.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define USER_FILE_MAX (1 << 20)
#define PROC_PATH_MAX 48

static void bind_release(struct container_bind *b)
{
	free(b->source);
	free(b->destination);
	idmap_release(&b->uids);
	idmap_release(&b->gids);
}

void container_ids_release(struct container_ids *ids)
{
	for (size_t i = 0; i < ids->n_binds; i++)
		bind_release(&ids->binds[i]);
	free(ids->binds);
	free(ids->name);
	free(ids->kept_groups);
	free(ids->home);
	free(ids->passwd);
	free(ids->group);
	idmap_release(&ids->uids);
	idmap_release(&ids->gids);
	idmap_release(&ids->whole_uids);
	idmap_release(&ids->whole_gids);
	user_identity_release(&ids->user);
	fd_cleanup_(&ids->root_fd);
	*ids = CONTAINER_IDS_INIT;
}

const char *container_ids_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	while (len && top[len - 1] == '/')
		len--;
	if (strncmp(path, top, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return str_eq(path + len, "/") ? "" : path + len;
}

static const struct spec_namespace *user_namespace(const struct spec *spec)
{
	for (size_t i = 0; spec->linux && i < spec->linux->n_namespaces; i++)
		if (str_eq(spec->linux->namespaces[i].type, "user"))
			return &spec->linux->namespaces[i];
	return NULL;
}

/* What the kernel says goes before what was written down. */
static int get_live_map(pid_t pid, struct container_ids *ids, struct error *err)
{
	char path[PROC_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	r = idmap_read(path, &ids->uids, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return idmap_read(path, &ids->gids, err);
}

static int get_map(const struct container *c, const struct spec *spec,
		   struct container_ids *ids, struct error *err)
{
	const struct spec_namespace *ns = user_namespace(spec);

	ids->has_userns = ns;
	if (!ns) {
		idmap_identity(&ids->uids);
		idmap_identity(&ids->gids);
		return 0;
	}
	if (c->init.pid > 0) {
		cleanup_error struct error gone = ERROR_INIT;

		if (get_live_map(c->init.pid, ids, &gone) >= 0)
			return 0;
		error_drop(&gone, "it has just ended");
		idmap_release(&ids->uids);
		idmap_release(&ids->gids);
	}
	if (ns->path) {
		error_set(
			err, ERR_CONFLICT, 0,
			"container %s has the user namespace of another, so its map is known only while it runs",
			c->record.name);
		return error_hint(err, "Ask for the container whose namespace it is");
	}
	idmap_from_spec(&ids->uids, spec->linux->uid_mappings,
			spec->linux->n_uid_mappings);
	idmap_from_spec(&ids->gids, spec->linux->gid_mappings,
			spec->linux->n_gid_mappings);
	return 0;
}

static void get_whole(const struct engine *e, struct container_ids *ids)
{
	cleanup_error struct error none = ERROR_INIT;
	cleanup_user_ids struct user_ids whole = {0};

	ids->is_root = !e->rootless;
	ids->caller_uid = geteuid();
	if (ids->is_root) {
		idmap_identity(&ids->whole_uids);
		idmap_identity(&ids->whole_gids);
	} else if (user_ids_get(e, false, &whole, &none) >= 0) {
		idmap_copy(&ids->whole_uids, &whole.uids);
		idmap_copy(&ids->whole_gids, &whole.gids);
	} else {
		error_drop(&none, "there is no `cubby unshare` for this user");
	}
}

/* "idmap", "ridmap", or either with "=uids=...;gids=...". */
static const char *mapping_option(const struct spec_mount *m)
{
	strv_foreach (word, m->options) {
		const char *bare = **word == 'r' ? *word + 1 : *word;

		if (str_eq(bare, "idmap") || str_starts(bare, "idmap="))
			return bare + strlen("idmap");
	}
	return NULL;
}

static void bind_map(const struct container_ids *ids, const struct spec *spec,
		     const struct spec_mount *m, struct container_bind *b)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *option = mapping_option(m);

	b->is_mapped = m->n_uid_mappings || option;
	if (m->n_uid_mappings) {
		idmap_from_spec(&b->uids, m->uid_mappings, m->n_uid_mappings);
		idmap_from_spec(&b->gids, m->gid_mappings, m->n_gid_mappings);
	} else if (option && *option) {
		if (mount_idmap_parse(option + 1, spec, &b->uids, &b->gids, &err) < 0)
			error_drop(&err, "then its owners are nobody's");
	} else if (option) {
		idmap_copy(&b->uids, &ids->uids);
		idmap_copy(&b->gids, &ids->gids);
	}
}

/* Not one of the files that every container gets, such as /etc/hosts. */
static bool is_volume(const struct container *c, const struct spec_mount *m)
{
	cleanup_free char *prefix = xasprintf("%s:%s:", m->source, m->destination);

	strv_foreach (bind, c->config.binds)
		if (str_starts(*bind, prefix))
			return true;
	return false;
}

static void add_bind(struct container_ids *ids, struct container_bind *b)
{
	ids->binds = xreallocarray(ids->binds, ids->n_binds + 1, sizeof(*b));
	ids->binds[ids->n_binds++] = *b;
}

static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

/* --rootfs DIRECTORY:idmap; other words that end so have more than one colon. */
static bool asked_for_mapped_root(const struct container *c)
{
	strv_foreach (word, c->config.create_command) {
		const char *colon = strchr(*word, ':');

		if (colon && str_eq(colon, ":idmap"))
			return true;
	}
	return false;
}

/*
 * As root of the host has it when a container is made: a directory whose owner has no id in the container is shown
 * with the ids on the disk as the container's.
 */
static void get_root(const struct container *c, const struct spec *spec,
		     struct container_ids *ids)
{
	struct container_bind b = {.is_root = true};
	struct stat st;

	if (!c->config.rootfs)
		return;
	b.source = real_path(c->config.rootfs);
	b.destination = xstrdup("/");
	b.read_only = spec->root && spec->root->readonly;
	b.is_mapped = ids->is_root && ids->has_userns &&
		      (asked_for_mapped_root(c) ||
		       (stat(b.source, &st) == 0 &&
			idmap_to_inside(&ids->uids, st.st_uid) == IDMAP_NONE));
	if (b.is_mapped) {
		idmap_copy(&b.uids, &ids->uids);
		idmap_copy(&b.gids, &ids->gids);
	}
	add_bind(ids, &b);
}

static void get_binds(const struct container *c, const struct spec *spec,
		      struct container_ids *ids)
{
	get_root(c, spec, ids);
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *m = &spec->mounts[i];
		struct container_bind b = {0};

		if (str_empty(m->source) || m->source[0] != '/' ||
		    (!str_eq(m->type, "bind") && !strv_has(m->options, "bind") &&
		     !strv_has(m->options, "rbind")))
			continue;
		b.source = real_path(m->source);
		b.destination = xstrdup(m->destination);
		b.read_only = strv_has(m->options, "ro");
		b.is_volume = is_volume(c, m);
		bind_map(ids, spec, m, &b);
		add_bind(ids, &b);
	}
}

/* Groups of the caller's that were kept, or that could not be given up. They are the caller's still. */
static void get_kept_groups(const struct spec *spec, struct container_ids *ids)
{
	bool asked = str_eq(spec_annotation(spec, "run.oci.keep_original_groups"), "1");
	int n;

	if (!asked && (ids->is_root || !idmap_is_single(&ids->gids, getegid())))
		return;
	n = getgroups(0, NULL);
	if (n <= 0)
		return;
	ids->kept_groups = xcalloc((size_t)n, sizeof(*ids->kept_groups));
	n = getgroups(n, ids->kept_groups);
	ids->n_kept_groups = n > 0 ? (size_t)n : 0;
}

struct view_call {
	struct container_view view;
	int socket_fd;
};

/* In a process of its own, as the mount needs other namespaces; the mount itself does not. */
static int send_view(void *data, struct error *err)
{
	const struct view_call *call = data;
	cleanup_fd int fd = container_view_open(&call->view, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_send(call->socket_fd, "", 1, &fd, 1);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hand on the view of the files")
		     : 0;
}

static int open_view(const struct engine *e, const struct container *c, int *ret_fd,
		     struct error *err)
{
	struct view_call call = {.view = CONTAINER_VIEW_INIT};
	cleanup_user_ids struct user_ids whole = {0};
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	int pair[2], r;
	size_t n = 1;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	ours = pair[0];
	theirs = pair[1];
	r = container_view_get(e, c, &call.view, err);
	if (r >= 0) {
		call.socket_fd = theirs;
		user_ids_any(e, &whole);
		r = user_ids_do(&whole, send_view, &call, err);
	}
	container_view_release(&call.view);
	if (r < 0)
		return r;
	fd_cleanup_(&theirs);
	if (fd_recv(ours, &byte, 1, ret_fd, &n) != 1 || n != 1)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "hear of the view of the files");
	return 0;
}

static void open_root(const struct engine *e, const struct container *c,
		      struct container_ids *ids)
{
	cleanup_error struct error err = ERROR_INIT;
	char path[PROC_PATH_MAX];

	if (ids->is_running) {
		snprintf(path, sizeof(path), "/proc/%d/root", c->init.pid);
		ids->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (ids->root_fd >= 0 && proc_id_alive(&c->init))
			return;
		fd_cleanup_(&ids->root_fd);
	}
	if (open_view(e, c, &ids->root_fd, &err) < 0)
		error_drop(&err, "names in the container stay unknown");
}

static char *read_text(int root_fd, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = root_fd < 0 ? -EBADF : path_open_file(root_fd, path, &err);

	buf_init(&text, USER_FILE_MAX);
	if (fd >= 0 && fd_read_all(fd, &text) >= 0)
		return buf_take(&text);
	if (error_is_set(&err))
		error_drop(&err, "names in the container stay unknown");
	return NULL;
}

static int get_user(const struct spec *spec, const char *user, struct container_ids *ids,
		    struct error *err)
{
	const struct user_files files = {ids->passwd, ids->group};
	const struct spec_process *p = spec->process;
	const struct spec_capabilities *caps = p->capabilities;
	size_t n = p->user.n_additional_gids;

	if (user) {
		int r = user_lookup_text(&files, user, NULL, &ids->user, err);

		/* as exec has it: only root keeps the capabilities */
		ids->overrides = r >= 0 && ids->user.uid == 0 && caps &&
				 strv_has(caps->bounding, "CAP_DAC_OVERRIDE");
		return r;
	}
	ids->user.uid = p->user.uid;
	ids->user.gid = p->user.gid;
	ids->user.groups = xcalloc(n ? n : 1, sizeof(*ids->user.groups));
	ids->user.n_groups = n;
	for (size_t i = 0; i < n; i++)
		ids->user.groups[i] = p->user.additional_gids[i];
	ids->overrides = caps && strv_has(caps->effective, "CAP_DAC_OVERRIDE");
	return 0;
}

int container_ids_get(const struct engine *e, const struct container *c, const char *user,
		      struct container_ids *ret, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	const char *home;
	int r;

	if (e->unshared)
		return engine_refuse_unshared("explain ids", err);
	r = container_dir_spec(e, c->record.id, &spec, err);
	if (r < 0)
		return r;
	ret->name = xstrdup(c->record.name);
	ret->is_running = c->init.pid > 0;
	r = get_map(c, spec, ret, err);
	if (r < 0)
		return r;
	get_whole(e, ret);
	get_binds(c, spec, ret);
	get_kept_groups(spec, ret);
	home = getenv("HOME");
	ret->home = home ? realpath(home, NULL) : NULL;
	open_root(e, c, ret);
	ret->passwd = read_text(ret->root_fd, "/etc/passwd");
	ret->group = read_text(ret->root_fd, "/etc/group");
	return get_user(spec, user, ret, err);
}
