/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create_plan.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/engine.h"
#include "engine/environment.h"
#include "engine/idmap_plan.h"
#include "engine/names.h"
#include "engine/ulimit_option.h"
#include "runtime/seccomp.h"
#include "runtime/self.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/tty.h"

#define PROFILE_MAX      (4 << 20)
#define LABELS_MAX       (1 << 20)
#define HOSTNAME_LEN_MAX 64
#define DEFAULT_PATH     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void create_plan_release(struct create_plan *p)
{
	fd_cleanup_(&p->root_fd);
	for (size_t i = 0; i < p->n_rlimits; i++)
		free(p->rlimits[i].type);
	free(p->rlimits);
	free(p->id);
	free(p->name);
	free(p->rootfs);
	free(p->init_program);
	free(p->cwd);
	free(p->hostname);
	free(p->run_dir);
	strv_free(p->entrypoint);
	strv_free(p->args);
	strv_free(p->env);
	strv_free(p->sysctls);
	strv_free(p->labels);
	strv_free(p->annotations);
	user_identity_release(&p->user);
	idmap_release(&p->uids);
	idmap_release(&p->gids);
	security_plan_release(&p->security);
	if (p->seccomp)
		spec_seccomp_free(p->seccomp);
	volumes_release(&p->volumes);
	volumes_release(&p->tmpfs);
	device_nodes_release(&p->devices);
	*p = CREATE_PLAN_INIT;
}

static int plan_rootfs(struct create_plan *p, struct error *err)
{
	const char *dir = p->options->rootfs;
	struct stat st;

	if (strchr(dir, ':') && lstat(dir, &st) < 0) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"--rootfs %s: options after the directory are not supported yet",
			dir);
		return error_hint(err, "Give the directory alone");
	}
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

static int plan_command(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	if (o->entrypoint) {
		r = parse_entrypoint(o->entrypoint, &p->entrypoint, err);
		if (r < 0)
			return r;
	}
	p->args = strv_copy(p->entrypoint);
	strv_foreach (word, o->command)
		strv_add(&p->args, *word);
	if (!p->args || str_empty(p->args[0])) {
		error_set(err, ERR_INVALID, 0, "no command or entrypoint provided");
		return error_hint(err, "Say what to run: cubby run --rootfs %s sh",
				  o->rootfs);
	}
	if (!o->init)
		return 0;
	if (o->init_path) {
		p->init_program = fs_absolute(o->init_path);
		return 0;
	}
	return self_helper("init", &p->init_program, err);
}

static int plan_ids(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const struct idmap_request request = {
		.rootless = e->rootless,
		.uid = geteuid(),
		.gid = getegid(),
		.uidmap = o->uidmap,
		.gidmap = o->gidmap,
	};

	return idmap_plan_build(&request, &p->uids, &p->gids, err);
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

static int plan_user(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	r = user_lookup(p->root_fd, o->user, o->group_add, &p->user, err);
	if (r < 0)
		return r;
	drop_unmapped_groups(p);
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

static int plan_hostname(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	char own[HOSTNAME_LEN_MAX + 1] = "localhost";

	if (o->hostname && strlen(o->hostname) > HOSTNAME_LEN_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "--hostname %s: longer than %d characters", o->hostname,
				 HOSTNAME_LEN_MAX);
	if (!str_empty(o->hostname)) {
		p->hostname = xstrdup(o->hostname);
	} else if (p->network_host) {
		(void)!gethostname(own, HOSTNAME_LEN_MAX);
		p->hostname = xstrdup(own);
	} else {
		p->hostname = xstrndup(p->id, SHORT_ID_LEN);
	}
	return 0;
}

static int plan_network(struct create_plan *p, struct error *err)
{
	const char *network = p->options->network;

	if (str_eq(network, "none"))
		return 0;
	if (str_eq(network, "host")) {
		p->network_host = true;
		return 0;
	}
	error_set(err, ERR_UNSUPPORTED, 0, "--network %s is not supported yet", network);
	return error_hint(
		err,
		"There are: --network none (its own loopback only) and --network host");
}

static void set_default(char ***env, const char *name, const char *value)
{
	cleanup_free char *assignment = xasprintf("%s=%s", name, value);

	environment_set(env, assignment);
}

static int plan_env(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	if (!o->unset_env_all) {
		environment_set(&p->env, DEFAULT_PATH);
		environment_set(&p->env, "container=cubby");
		if (o->terminal)
			environment_set(&p->env, "TERM=xterm");
		set_default(&p->env, "HOSTNAME", p->hostname);
		set_default(&p->env, "HOME", p->user.home);
	}
	strv_foreach (name, o->unset_env)
		environment_unset(&p->env, *name);
	if (o->env_host)
		strv_foreach (entry, environ)
			environment_set(&p->env, *entry);
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

static int plan_seccomp(struct create_plan *p, struct error *err)
{
	const char *file = p->security.seccomp_file;
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (p->security.seccomp != SECCOMP_CHOICE_FILE)
		return 0;
	r = fs_read(AT_FDCWD, file, PROFILE_MAX, &text, &len, err);
	if (r < 0)
		return error_wrap(err, "--security-opt seccomp");
	r = seccomp_profile_parse(text, len, p->security.bounding, &p->seccomp, err);
	return r < 0 ? error_wrap(err, "--security-opt seccomp=%s", file) : 0;
}

static int plan_security(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const struct security_request request = {
		.privileged = o->privileged,
		.security_opt = o->security_opt,
		.cap_add = o->cap_add,
		.cap_drop = o->cap_drop,
	};
	int r;

	r = security_plan_build(&request, &p->security, err);
	return r < 0 ? r : plan_seccomp(p, err);
}

static int check_source(struct volume *v, struct error *err)
{
	char *absolute = fs_absolute(v->source);
	struct stat st;

	if (!absolute)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	free(v->source);
	v->source = absolute;
	if (stat(absolute, &st) == 0)
		return 0;
	error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
		  "mount %s on %s: the host's %s", absolute, v->destination, absolute);
	if (err->code == ENOENT)
		return error_hint(err, "Make it first: mkdir -p %s", absolute);
	return -err->code;
}

static int plan_mounts(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	strv_foreach (text, o->volumes) {
		r = volume_parse(&p->volumes, *text, err);
		if (r < 0)
			return r;
		r = check_source(&p->volumes.items[p->volumes.n - 1], err);
		if (r < 0)
			return r;
		if (e->rootless &&
		    strv_has(p->volumes.items[p->volumes.n - 1].options, "idmap"))
			return error_set(
				err, ERR_UNSUPPORTED, 0,
				"volume %s: idmap needs root on this kernel's file systems",
				*text);
	}
	strv_foreach (text, o->tmpfs) {
		r = tmpfs_parse(&p->tmpfs, *text, err);
		if (r < 0)
			return r;
		if (volumes_find(&p->volumes, p->tmpfs.items[p->tmpfs.n - 1].destination))
			return error_set(err, ERR_INVALID, 0,
					 "%s: duplicate mount destination",
					 p->tmpfs.items[p->tmpfs.n - 1].destination);
	}
	return 0;
}

static int plan_devices(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r;

	strv_foreach (text, p->options->devices) {
		r = device_parse(&p->devices, *text, err);
		if (r < 0)
			return r;
	}
	if (!p->options->privileged || e->rootless)
		return 0;
	return device_add_host(&p->devices, err);
}

static int plan_limits(struct create_plan *p, struct error *err)
{
	int r;

	strv_foreach (text, p->options->ulimits) {
		r = ulimit_parse(&p->rlimits, &p->n_rlimits, *text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "key=value" words, each key once, sorted. */
static int collect(const char *option, char *const *words, bool optional_value,
		   char ***ret, struct error *err)
{
	strv_foreach (text, words) {
		cleanup_free char *key = NULL, *value = NULL, *whole = NULL;
		int r = key_value_split(option, *text, optional_value, &key, &value, err);

		if (r < 0)
			return r;
		whole = xasprintf("%s=%s", key, value);
		environment_set(ret, whole);
	}
	if (*ret)
		qsort(*ret, strv_len(*ret), sizeof(**ret), compare_text);
	return 0;
}

static int read_label_file(const char *path, char ***ret, struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_strv char **lines = NULL;
	int r;

	r = fs_read(AT_FDCWD, path, LABELS_MAX, &text, NULL, err);
	if (r < 0)
		return error_wrap(err, "--label-file");
	lines = str_split(text, '\n');
	strv_foreach (line, lines)
		if (**line && **line != '#')
			strv_add(ret, *line);
	return 0;
}

static int plan_labels(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	cleanup_strv char **words = NULL;
	int r;

	strv_foreach (path, o->label_files) {
		r = read_label_file(*path, &words, err);
		if (r < 0)
			return r;
	}
	strv_foreach (text, o->labels)
		strv_add(&words, *text);
	r = collect("--label", words, true, &p->labels, err);
	if (r < 0)
		return r;
	r = collect("--annotation", o->annotations, false, &p->annotations, err);
	if (r < 0)
		return r;
	return collect("--sysctl", o->sysctls, false, &p->sysctls, err);
}

static int take_log_option(struct create_plan *p, const char *text, struct error *err)
{
	uint64_t value;

	if (str_starts(text, "max-size=")) {
		if (str_to_size(text + strlen("max-size="), &value) < 0 ||
		    value > INT64_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "--log-opt %s: expected a size such as 10m",
					 text);
		p->log_max_size = (int64_t)value;
		return 0;
	}
	if (str_starts(text, "max-file=")) {
		if (str_to_u64(text + strlen("max-file="), &value) < 0 || value < 1 ||
		    value > 1000)
			return error_set(err, ERR_INVALID, 0,
					 "--log-opt %s: expected a number from 1 to 1000",
					 text);
		p->log_max_files = (int64_t)value;
		return 0;
	}
	error_set(err, ERR_UNSUPPORTED, 0, "--log-opt %s is not supported yet", text);
	return error_hint(err, "Known: max-size=SIZE, max-file=NUMBER");
}

static int plan_life(struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	if (signal_parse(o->stop_signal, &p->stop_signal) < 0)
		return error_set(err, ERR_INVALID, 0, "--stop-signal %s: invalid signal",
				 o->stop_signal);
	p->log_max_files = 1;
	strv_foreach (text, o->log_opts) {
		r = take_log_option(p, *text, err);
		if (r < 0)
			return r;
	}
	if (o->terminal && !tty_size(STDIN_FILENO, &p->columns, &p->rows))
		p->columns = p->rows = 0;
	return 0;
}

static int plan_etc(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	struct etc_request request = {
		.root_fd = p->root_fd,
		.may_create = p->uids.n_lines == 0 ||
			      idmap_to_outside(&p->uids, 0) == geteuid(),
		.no_hosts = o->no_hosts,
		.no_hostname = o->no_hostname,
		.network_host = p->network_host,
		.volumes = &p->volumes,
		.tmpfs = &p->tmpfs,
	};
	int r;

	strv_foreach (text, o->add_hosts) {
		r = etc_check_add_host(*text, err);
		if (r < 0)
			return r;
	}
	etc_plan_build(&request, &p->etc);
	p->run_dir = container_dir_path(e, p->id, NULL);
	return 0;
}

static int plan_name(struct create_plan *p, struct error *err)
{
	p->name_chosen = p->options->name != NULL;
	p->name = p->name_chosen ? xstrdup(p->options->name) : name_random(0);
	return name_check(p->name, err);
}

static int plan_cwd(struct create_plan *p, struct error *err)
{
	const char *dir = p->options->workdir;

	if (dir && dir[0] != '/') {
		error_set(err, ERR_INVALID, 0, "--workdir %s: must be an absolute path",
			  dir);
		return -EINVAL;
	}
	p->cwd = xstrdup(dir ? dir : "/");
	return 0;
}

static int build(const struct engine *e, struct create_plan *p, struct error *err)
{
	static int (*const own_steps[])(struct create_plan *, struct error *) = {
		plan_name,    plan_rootfs,   plan_command,
		plan_network, plan_hostname, plan_cwd,
	};
	static int (*const steps[])(struct create_plan *, struct error *) = {
		plan_user, plan_env, plan_security, plan_limits, plan_labels, plan_life,
	};
	static int (*const engine_steps[])(const struct engine *, struct create_plan *,
					   struct error *) = {
		plan_mounts,
		plan_devices,
		plan_etc,
	};
	int r;

	r = name_random_id(&p->id, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(own_steps); i++)
		r = own_steps[i](p, err);
	if (r >= 0)
		r = plan_ids(e, p, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(steps); i++)
		r = steps[i](p, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(engine_steps); i++)
		r = engine_steps[i](e, p, err);
	return r;
}

int create_plan_build(const struct engine *e, const struct create_options *options,
		      struct create_plan *ret, struct error *err)
{
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	int r;

	p.options = options;
	p.rootless = e->rootless;
	r = build(e, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	p = CREATE_PLAN_INIT;
	return 0;
}

static const char *seccomp_word(const struct security_plan *s)
{
	switch (s->seccomp) {
	case SECCOMP_CHOICE_DEFAULT:
		return "default";
	case SECCOMP_CHOICE_NONE:
		return "unconfined";
	case SECCOMP_CHOICE_FILE:
		break;
	}
	return s->seccomp_file;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void create_plan_config(const struct create_plan *p, struct container_config *ret)
{
	const struct create_options *o = p->options;

	*ret = (struct container_config){
		.rootfs = xstrdup(p->rootfs),
		.entrypoint = strv_copy(p->entrypoint),
		.command = strv_copy(p->args),
		.create_command = strv_copy(o->create_command),
		.labels = strv_copy(p->labels),
		.cap_add = capability_names(p->security.added),
		.cap_drop = strv_copy(o->cap_drop),
		.user = copy(o->user),
		.network = xstrdup(p->network_host ? "host" : "none"),
		.detach_keys = copy(o->detach_keys),
		.seccomp = xstrdup(seccomp_word(&p->security)),
		.log_driver =
			xstrdup(o->log_driver == LOG_DRIVER_NONE ? "none" : "json-file"),
		.cidfile = copy(o->cidfile),
		.pidfile = copy(o->pidfile),
		.interactive = o->interactive,
		.terminal = o->terminal,
		.privileged = o->privileged,
		.init = o->init,
		.read_only = o->read_only,
		.stop_signal = p->stop_signal,
		.stop_timeout_sec = o->stop_timeout_sec,
	};
	for (size_t i = 0; i < p->volumes.n; i++) {
		cleanup_free char *options = strv_join(p->volumes.items[i].options, ",");

		strv_addf(&ret->binds, "%s:%s:%s", p->volumes.items[i].source,
			  p->volumes.items[i].destination, options);
	}
}

char *create_plan_warning(const struct create_plan *p)
{
	cleanup_strv char **sources = NULL;
	cleanup_free char *list = NULL;

	if (p->rootless || p->uids.n_lines || p->user.uid != 0)
		return NULL;
	for (size_t i = 0; i < p->volumes.n; i++)
		if (p->volumes.items[i].writable)
			strv_add(&sources, p->volumes.items[i].source);
	if (!sources)
		return NULL;
	list = strv_join(sources, ", ");
	return xasprintf("root in the container can change %s as the host's root; "
			 "add --uidmap 0:2000:1000 or -u UID:GID to prevent it",
			 list);
}
