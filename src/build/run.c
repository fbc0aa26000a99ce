/* SPDX-License-Identifier: Apache-2.0 */
/* RUN: a container of the engine whose files are the draft's. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/run_mounts.h"
#include "build/run_parts.h"
#include "build/step.h"
#include "engine/run_root.h"
#include "engine/user_ids.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

/* Steps that write into their files who or where they are would differ from build to build. */
#define HOSTNAME "cubby-build"

#define MADE_MAX   (1 << 20)
#define SHOWN_MAX  72 /* characters of a command in a message */
#define SHM_SIZE   (64 << 20)
#define STOP_AFTER 10 /* seconds */

/* What is asked of all containers of this build. */
static void key_options(const struct create_options *o, struct key *k)
{
	if (!o)
		return;
	key_add_strv(k, "network", o->net.networks);
	key_add_strv(k, "add-host", o->add_hosts);
	key_add_strv(k, "cap-add", o->cap_add);
	key_add_strv(k, "cap-drop", o->cap_drop);
	key_add_strv(k, "device", o->devices);
	key_add_strv(k, "security-opt", o->security_opt);
	key_add_strv(k, "ulimit", o->ulimits);
	key_add_strv(k, "volume", o->volumes);
	key_add_strv(k, "mount", o->mount.mounts);
	key_add_strv(k, "group-add", o->group_add);
	key_add_text(k, "ipc", o->namespaces.ipc);
	key_add_text(k, "pid", o->namespaces.pid);
	key_add_text(k, "uts", o->namespaces.uts);
}

int run_key(const struct step *s, struct key *k, struct error *err)
{
	cleanup_run_command struct run_command command = {0};
	cleanup_strv char **env = run_environment(s, false);
	int r = run_command_build(s, &command, err);

	if (r < 0)
		return r;
	key_add_text(k, "step", "run 1");
	key_add_strv(k, "command", command.argv);
	key_add_text(k, "script", command.script);
	key_add_strv(k, "args", env);
	key_options(s->options->run, k);
	return run_mounts_key(s, k, err);
}

static void tell(const struct step *s, enum build_event_kind kind, int stream,
		 const void *bytes, size_t n)
{
	struct build_event e = s->event ? *s->event : (struct build_event){0};

	if (!s->listener)
		return;
	e.kind = kind;
	e.text = bytes;
	e.size = n;
	e.stream = stream;
	s->listener->event(s->listener->data, &e);
}

static void hear(void *data, int stream, const void *bytes, size_t n)
{
	tell(data, BUILD_EVENT_OUTPUT, stream, bytes, n);
}

static void hear_warning(void *data, const char *text)
{
	tell(data, BUILD_EVENT_NOTE, 0, text, strlen(text));
}

static bool is_empty(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			return false;
	return dir;
}

/*
 * An overlay that was mounted without syncing leaves a mark in its work directory, with which nobody mounts it again: where all steps
 * write into one draft the directory is made anew.
 */
static int renew_work(const struct step *s, const struct layer_draft *d,
		      struct error *err)
{
	int r;

	if (is_empty(d->work))
		return 0;
	r = user_ids_remove_tree(s->engine, AT_FDCWD, d->work, err);
	if (r >= 0 && mkdir(d->work, 0700) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "make %s", d->work);
	return r;
}

/* Paths, each ended by NUL. */
static int read_places(int fd, char ***ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	int r;

	buf_init(&text, MADE_MAX);
	r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read what was made for mounts");
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1)
		strv_add(ret, text.data + at);
	return 0;
}

static char *shown(const struct step *s)
{
	const char *text = s->instruction->text;
	size_t n = strcspn(text, "\n");
	bool is_cut = text[n] != '\0';

	if (n > SHOWN_MAX) {
		is_cut = true;
		for (n = SHOWN_MAX; n > 0 && (text[n] & 0xc0) == 0x80;)
			n--;
	}
	return xasprintf("%.*s%s", (int)n, text, is_cut ? "..." : "");
}

static int judge(const struct step *s, int exit_code, struct error *err)
{
	cleanup_free char *text = NULL;

	if (s->ret_run_status)
		*s->ret_run_status = exit_code;
	if (exit_code == 0)
		return 0;
	text = shown(s);
	return dockerfile_error(s->dockerfile, s->instruction, NULL, err,
				"%s: exit status %d", text, exit_code);
}

static int not_started(const struct step *s, struct error *err)
{
	cleanup_free char *text = shown(s);

	error_wrap(err, "%s", text);
	return dockerfile_wrap(s->dockerfile, instruction_place(s->instruction), err);
}

static char **users_dirs(const struct layer_draft *d)
{
	char **dirs = NULL;

	strv_add(&dirs, d->upper);
	strv_foreach (dir, d->lower)
		strv_add(&dirs, *dir);
	return dirs;
}

static const struct create_options usual = {
	.shm_size = SHM_SIZE,
	.stop_timeout_sec = STOP_AFTER,
	.inside = {.http_proxy = true},
};

/* Everything that lasts as long as the container. */
struct job {
	struct create_options options;
	struct create_root root;
	struct run_command command;
	struct run_users users;
	struct run_mounts mounts;
	char **env, **networks, **hosts;
	int made_fd;
};

static void job_release(struct job *j)
{
	run_command_release(&j->command);
	run_users_release(&j->users);
	run_mounts_release(&j->mounts);
	strv_free(j->env);
	strv_free(j->networks);
	strv_free(j->hosts);
	fd_cleanup_(&j->made_fd);
}

static int need(const struct step *s, const struct instruction_flag *f, const char *what,
		struct error *err)
{
	strv_foreach (words, s->options->allow) {
		cleanup_strv char **list = str_split(*words, ',');

		if (strv_has(list, what))
			return 0;
	}
	error_set(err, ERR_DENIED, 0, "RUN --%s=%s is not allowed", f->name, f->value);
	error_hint(err, "If you trust this file: --allow %s", what);
	return dockerfile_wrap(s->dockerfile, f->place, err);
}

static int unknown_word(const struct step *s, const struct instruction_flag *f,
			const char *words, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "RUN --%s=%s: there is no such word", f->name,
		  f->value ? f->value : "");
	error_hint(err, "There are %s", words);
	return dockerfile_wrap(s->dockerfile, f->place, err);
}

static void drop_names(struct job *j)
{
	j->options.inside.dns = NULL;
	j->options.inside.dns_options = NULL;
	j->options.inside.dns_searches = NULL;
	strv_foreach (text, j->options.add_hosts)
		if (!str_ends(*text, "host-gateway"))
			strv_add(&j->hosts, *text);
	j->options.add_hosts = j->hosts;
}

/* Sources: Dockerfile reference, "RUN --network". */
static int take_network(const struct step *s, struct job *j, struct error *err)
{
	const struct instruction_flag *f = instruction_flag(s->instruction, "network");
	char *const *asked = j->options.net.networks;
	bool is_host;

	if (!f || str_eq(f->value, "default"))
		return 0;
	is_host = str_eq(f->value, "host");
	if (!is_host && !str_eq(f->value, "none"))
		return unknown_word(s, f, "default, none and host", err);
	/* who builds with the host's network has said yes to that */
	if (is_host && !strv_has(asked, "host")) {
		int r = need(s, f, "network.host", err);

		if (r < 0)
			return r;
	}
	strv_add(&j->networks, f->value);
	j->options.net.networks = j->networks;
	if (!is_host) /* they are for the steps that have one */
		drop_names(j);
	return 0;
}

/* Sources: Dockerfile reference, "RUN --security". */
static int take_security(const struct step *s, struct job *j, struct error *err)
{
	const struct instruction_flag *f = instruction_flag(s->instruction, "security");
	int r;

	if (!f || str_eq(f->value, "sandbox"))
		return 0;
	if (!str_eq(f->value, "insecure"))
		return unknown_word(s, f, "sandbox and insecure", err);
	r = need(s, f, "security.insecure", err);
	j->options.privileged = r >= 0;
	return r;
}

static int add_script(const struct step *s, struct job *j, struct error *err)
{
	const struct run_mount how = {.mode = 0755};
	const char *text = j->command.script;
	cleanup_fd int fd = -EBADF;
	int r;

	if (!text)
		return 0;
	fd = fd_move_high(sys_memfd_create("script", MFD_CLOEXEC));
	r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "keep the script in memory");
	return run_mounts_file(&j->mounts, j->command.argv[0], TAKE_FD(fd), &how, err);
}

static int prepare(const struct step *s, const struct layer_draft *draft, struct job *j,
		   struct error *err)
{
	cleanup_strv char **dirs = users_dirs(draft);
	int r = run_command_build(s, &j->command, err);

	if (r >= 0)
		r = take_network(s, j, err);
	if (r >= 0)
		r = take_security(s, j, err);
	if (r >= 0)
		r = run_users_read(s, dirs, &j->users, err);
	if (r >= 0)
		r = renew_work(s, draft, err);
	if (r >= 0)
		r = run_mounts_prepare(s, draft, &j->mounts, err);
	return r < 0 ? r : add_script(s, j, err);
}

static void fill(const struct step *s, const struct layer_draft *draft, struct job *j)
{
	cleanup_strv char **args = run_environment(s, true);
	struct create_options *o = &j->options;

	strv_foreach (word, o->env)
		strv_add(&j->env, *word);
	strv_foreach (word, args)
		strv_add(&j->env, *word);
	strv_foreach (word, j->mounts.env)
		strv_add(&j->env, *word);
	j->root = (struct create_root){
		.layer_paths = draft->lower,
		.single_id = draft->single_id,
		.upper = draft->upper,
		.work = draft->work,
		.config = s->state->config,
		.name = s->state->base_name ? s->state->base_name : "scratch",
		.passwd = j->users.passwd,
		.group = j->users.group,
		.mounts = j->mounts.list.items,
		.n_mounts = j->mounts.list.n,
		.files = j->mounts.files,
		.n_files = j->mounts.n_files,
		.made_fd = j->made_fd,
		.output = hear,
		.warn = hear_warning,
		.data = (void *)s,
	};
	o->command = j->command.argv;
	o->env = j->env;
	/* with the host's it can't be set */
	if (!o->namespaces.uts || str_eq(o->namespaces.uts, "private"))
		o->hostname = HOSTNAME;
}

int run_do(const struct step *s, struct layer_draft *draft, char ***ret_places,
	   struct error *err)
{
	cleanup(job_release) struct job j = {
		.options = s->options->run ? *s->options->run : usual,
		.made_fd = fd_move_high(sys_memfd_create("made", MFD_CLOEXEC)),
	};
	int exit_code = 0;
	int r;

	if (j.made_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	r = prepare(s, draft, &j, err);
	if (r < 0)
		return r;
	fill(s, draft, &j);
	r = container_run_root(s->engine, &j.options, &j.root, &exit_code, err);
	if (r < 0)
		return not_started(s, err);
	r = read_places(j.made_fd, ret_places, err);
	return r < 0 ? r : judge(s, exit_code, err);
}
