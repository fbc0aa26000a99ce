/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): the root file system, and the program that runs in it. */
#include "engine/create_plan.h"
#include "engine/create_root.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/environment.h"
#include "engine/names.h"
#include "engine/spec_gen.h"
#include "engine/user_ids.h"
#include "runtime/self.h"
#include "runtime/usermap.h"
#include "spec/image.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define HOSTNAME_LEN_MAX 64
#define UUID_LEN         32
#define NO_ENTRYPOINT    "[]"
#define DEFAULT_PATH     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The image's layers below, a directory of the container's own above. */
static int plan_overlay(const struct engine *e, struct create_plan *p)
{
	const struct create_root *root = p->options->root;

	p->image = p->options->image;
	p->is_volatile = p->options->auto_remove && !p->options->at_rest;
	if (root) {
		p->rootfs = container_dir_path(e, p->id, "rootfs");
		p->upper = xstrdup(root->upper);
		p->work = xstrdup(root->work);
		return 0;
	}
	p->data_dir = container_data_path(e, p->id, NULL);
	p->rootfs = fs_join(p->data_dir, "rootfs");
	p->upper = fs_join(p->data_dir, "upper");
	p->work = fs_join(p->data_dir, "work");
	return 0;
}

/* DIRECTORY[:idmap]. A name may have a colon too. */
static int split_rootfs(const char *text, char **ret_dir, bool *ret_idmap,
			struct error *err)
{
	const char *colon = strrchr(text, ':');
	struct stat st;

	*ret_dir = NULL;
	*ret_idmap = false;
	if (!colon || lstat(text, &st) == 0) {
		*ret_dir = xstrdup(text);
		return 0;
	}
	if (!str_eq(colon, ":idmap")) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "--rootfs %s: the option %s is not supported yet", text,
			  colon + 1);
		return error_hint(err, "There is: --rootfs DIRECTORY:idmap");
	}
	*ret_dir = xstrndup(text, (size_t)(colon - text));
	*ret_idmap = true;
	return 0;
}

int create_plan_rootfs(const struct engine *e, struct create_plan *p, struct error *err)
{
	cleanup_free char *dir = NULL;
	int r;

	if (p->options->image)
		return plan_overlay(e, p);
	r = split_rootfs(p->options->rootfs, &dir, &p->root_idmap, err);
	if (r < 0)
		return r;
	p->rootfs = fs_absolute(dir);
	if (!p->rootfs)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	p->root_fd = open(p->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->root_fd >= 0)
		return 0;
	error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
		  "open root file system %s", p->rootfs);
	if (err->code == ENOENT)
		return error_hint(
			err,
			"A tree to start from can be made with: mmdebstrap --variant=minbase stable %s",
			dir);
	if (err->code == ENOTDIR)
		return error_hint(
			err, "--rootfs wants a directory that holds an unpacked system");
	return -err->code;
}

static int parse_entrypoint(const char *text, char ***ret, struct error *err)
{
	cleanup_json struct json_object *list = NULL;
	cleanup_error struct error not_json = ERROR_INIT;

	if (text[0] != '[' ||
	    json_parse(text, strlen(text), "--entrypoint", &list, &not_json) < 0) {
		error_drop(&not_json, "then it is a program");
		if (text[0])
			strv_add(ret, text);
		return 0;
	}
	return json_to_strv(list, "--entrypoint", ret, err);
}

/*
 * Entrypoint, then the command. An entrypoint of the user's, be it "", takes the image's command away
 * too, as with podman and Docker; an empty list only clears the image's entrypoint.
 */
static void plan_args(struct create_plan *p)
{
	const struct create_options *o = p->options;
	const struct image_run_config *c = p->image ? &p->image->config->config : NULL;
	char *const *command = o->command;

	if (c && !o->entrypoint)
		p->entrypoint = strv_copy(c->entrypoint);
	if (c && (!o->entrypoint || str_eq(o->entrypoint, NO_ENTRYPOINT)) &&
	    (!command || !*command))
		command = c->cmd;
	p->args = strv_copy(p->entrypoint);
	strv_foreach (word, command)
		strv_add(&p->args, *word);
}

int create_plan_command(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	if (o->entrypoint) {
		r = parse_entrypoint(o->entrypoint, &p->entrypoint, err);
		if (r < 0)
			return r;
	}
	if (o->namespaces.is_infra) {
		strv_add(&p->args, INIT_PATH);
		strv_add(&p->args, "--pause");
		return self_helper("init", &p->init_program, err);
	}
	plan_args(p);
	if (!p->args || str_empty(p->args[0])) {
		error_set(err, ERR_INVALID, 0, "no command or entrypoint provided");
		return error_hint(err, "Say what to run: cubby run %s%s sh",
				  p->image ? "" : "--rootfs ",
				  p->image ? o->image_name : o->rootfs);
	}
	if (!o->init)
		return 0;
	if (o->init_path) {
		p->init_program = fs_absolute(o->init_path);
		if (access(p->init_program, X_OK) < 0)
			return error_set(err, ERR_INVALID, errno, "--init-path %s",
					 o->init_path);
		return 0;
	}
	return self_helper("init", &p->init_program, err);
}

/*
 * The files of an image belong to the ids that it was unpacked with: the user's whole map, or its
 * own id alone. Another map shows them through itself. An ordinary user has an outer namespace for that;
 * root of the host needs none.
 */
/*
 * Who was chosen is in its group as a supplementary one too, so that nothing that gives up the first escapes a
 * permission that the group is denied (CVE-2022-2989).
 */
static void join_own_group(struct create_plan *p)
{
	struct user_identity *u = &p->user;

	if (!create_plan_user_words(p) || p->keep_groups ||
	    (p->gids.n_lines && usermap_denies_setgroups(&p->gids)))
		return;
	u->groups = xreallocarray(u->groups, u->n_groups + 1, sizeof(*u->groups));
	u->groups[u->n_groups++] = u->gid;
}

int create_plan_map(const struct engine *e, struct create_plan *p, struct error *err)
{
	bool is_single = p->uids.n_lines && idmap_is_single(&p->uids, geteuid());
	int r;

	join_own_group(p);
	if (is_single || p->uids.n_lines == 0)
		return 0;
	if (e->rootless) {
		r = user_ids_get(e, false, &p->whole, err);
		if (r < 0)
			return r;
	}
	if (idmap_equal(&p->whole.uids, &p->uids) &&
	    idmap_equal(&p->whole.gids, &p->gids))
		return 0;
	p->is_remapped = true;
	p->has_outer = e->rootless;
	return 0;
}

/* podman's word instead of a group: those that the caller has. */
#define KEEP_GROUPS "keep-groups"

static int check_groups(const struct create_options *o, bool *ret_keep, struct error *err)
{
	*ret_keep = strv_has(o->group_add, KEEP_GROUPS);
	if (!*ret_keep || strv_len(o->group_add) == 1)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "the '--group-add " KEEP_GROUPS
			 "' option is not allowed with any other --group-add options");
}

/* Whose -u is not said is the image's, unless the user namespace says who the caller is inside. */
const char *create_plan_user_words(const struct create_plan *p)
{
	if (p->options->user)
		return p->options->user;
	if (p->userns.default_user)
		return p->userns.default_user;
	return p->image ? create_image_user(p->image) : NULL;
}

static int find_user(struct create_plan *p, struct error *err)
{
	const char *user = create_plan_user_words(p);
	cleanup_free char *passwd = NULL, *group = NULL;
	char *const *groups;
	int r = check_groups(p->options, &p->keep_groups, err);

	if (r < 0)
		return r;
	groups = p->keep_groups ? NULL : p->options->group_add;
	if (p->options->inside.hostusers) {
		r = create_plan_user_files(p, &passwd, &group, err);
		return r < 0 ? r
			     : user_lookup_text(&(struct user_files){passwd, group}, user,
						groups, &p->user, err);
	}
	if (!p->image)
		return user_lookup(p->root_fd, user, groups, &p->user, err);
	return user_lookup_text(
		&(struct user_files){p->image->record.passwd, p->image->record.group},
		user, groups, &p->user, err);
}

int create_plan_user(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	r = find_user(p, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND)
		err->kind = ERR_NOT_EXECUTABLE; /* podman's exit status is 126 */
	if (r < 0)
		return r;
	if (p->keep_groups)
		p->user.n_groups = 0;
	p->has_umask = true;
	p->umask = 0022;
	if (!o->umask)
		return 0;
	if (str_to_mode(o->umask, &p->umask) < 0 || p->umask > 0777)
		return error_set(err, ERR_INVALID, 0,
				 "--umask %s: expected an octal mask such as 0022",
				 o->umask);
	return 0;
}

/* Names have underscores, names of hosts do not. */
static char *name_as_hostname(const char *name)
{
	char *host = xstrdup(name), *to = host;

	for (const char *c = name; *c && to - host < HOSTNAME_LEN_MAX; c++)
		if (*c != '_')
			*to++ = *c;
	*to = '\0';
	return host;
}

int create_plan_hostname(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	char own[HOSTNAME_LEN_MAX + 1] = "localhost";

	if (o->hostname && strlen(o->hostname) > HOSTNAME_LEN_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "--hostname %s: longer than %d characters", o->hostname,
				 HOSTNAME_LEN_MAX);
	if (!str_empty(o->hostname)) {
		p->hostname = xstrdup(o->hostname);
	} else if (p->sharing.hostname) {
		p->hostname = xstrdup(p->sharing.hostname);
	} else if (p->network_host || !sharing_is_own(&p->sharing, NS_UTS)) {
		(void)!gethostname(own, HOSTNAME_LEN_MAX);
		p->hostname = xstrdup(own);
	} else if (o->conf.name_as_hostname) {
		p->hostname = name_as_hostname(p->name);
	} else {
		p->hostname = xstrndup(p->id, SHORT_ID_LEN);
	}
	return 0;
}

/* ENV of the image has more to say. */
static void set_default(char ***env, const char *name, const char *value)
{
	cleanup_free char *assignment = xasprintf("%s=%s", name, value);

	if (!environment_get(*env, name))
		environment_set(env, assignment);
}

/* Of the machine that the container is: machine-id(5). */
static void set_uuid(struct create_plan *p)
{
	cleanup_free char *uuid = xstrndup(p->id, UUID_LEN);

	set_default(&p->env, "container_uuid", uuid);
}

static void add_image_env(struct create_plan *p)
{
	const struct image_run_config *c = p->image ? &p->image->config->config : NULL;

	if (c)
		strv_foreach (assignment, c->env)
			if (strchr(*assignment, '='))
				environment_set(&p->env, *assignment);
}

/*
 * Whom the container does not know: at home in its own home directory if that is mounted and it is the caller, else where
 * it works. Podman's rule.
 */
static const char *home_of(const struct create_plan *p)
{
	const struct create_options *o = p->options;
	const char *own = getenv("HOME");

	if (p->user.name || p->user.uid == 0 || !o->inside.passwd)
		return p->user.home;
	if (own && p->userns.default_user && !o->user && volumes_cover(&p->volumes, own))
		return own;
	return create_plan_home(p);
}

int create_plan_env(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	if (!o->unset_env_all) {
		environment_set(&p->env, DEFAULT_PATH);
		environment_set(&p->env, "container=cubby");
		strv_foreach (assignment, o->conf.env)
			environment_set(&p->env, *assignment);
		if (p->is_systemd)
			set_uuid(p);
		add_image_env(p);
		if (o->terminal)
			environment_set(&p->env, "TERM=xterm");
		set_default(&p->env, "HOSTNAME", p->hostname);
		set_default(&p->env, "HOME", home_of(p));
	}
	strv_foreach (text, o->inside.env_merge) {
		r = environment_merge(&p->env, *text, err);
		if (r < 0)
			return r;
	}
	strv_foreach (name, o->unset_env)
		environment_unset(&p->env, *name);
	if (o->env_host)
		strv_foreach (entry, environ)
			environment_set(&p->env, *entry);
	else if (o->inside.http_proxy)
		environment_add_proxy(&p->env, environ);
	strv_foreach (path, o->env_files) {
		r = environment_add_file(&p->env, *path, environ, err);
		if (r < 0)
			return r;
	}
	strv_foreach (text, o->env) {
		r = environment_add(&p->env, *text, environ, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the container mounts is there only later. */
static bool is_mounted_over(const struct create_plan *p, const char *path)
{
	static const char *const tops[] = {"/proc", "/dev", "/sys"};

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (str_starts(path, tops[i]))
			return true;
	return volumes_cover(&p->volumes, path) || volumes_cover(&p->tmpfs, path);
}

int create_plan_cwd(const struct engine *e, struct create_plan *p, struct error *err)
{
	const char *dir = p->options->workdir;
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd = -EBADF;

	if (str_empty(dir)) /* -w "$MAYBE" */
		dir = NULL;
	if (dir && dir[0] != '/')
		return error_set(err, ERR_INVALID, 0,
				 "--workdir %s: must be an absolute path", dir);
	if (!dir && p->image && !str_empty(p->image->config->config.working_dir))
		dir = p->image->config->config.working_dir;
	p->cwd = path_clean(dir ? dir : "/");
	/* in a container of its own it is made */
	if (!dir || p->image || is_mounted_over(p, p->cwd))
		return 0;
	fd = path_open(p->root_fd, p->cwd, O_PATH | O_DIRECTORY, &missing);
	if (fd >= 0 || (missing.kind != ERR_NOT_FOUND && missing.code != ENOTDIR))
		return 0; /* the container's user may see more, or less */
	if (missing.code == ENOTDIR)
		return error_set(
			err, ERR_NOT_EXECUTABLE, 0,
			"workdir \"%s\" exists on container %s, but is not a directory",
			dir, p->id);
	error_set(err, ERR_NOT_EXECUTABLE, 0,
		  "workdir \"%s\" does not exist on container %s", dir, p->id);
	return error_hint(err, "Make it in the root file system: mkdir -p %s%s",
			  p->rootfs, p->cwd);
}
