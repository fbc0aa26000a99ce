/* SPDX-License-Identifier: Apache-2.0 */
#include "build/run_mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/context.h"
#include "build/run_view.h"
#include "build/secret_option.h"
#include "engine/user_ids.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define MOUNT_FLAG   "mount"
#define SECRET_MODE  0400
#define SOCKET_MODE  0600
#define OPEN_MODE    0666
#define CACHE_MODE   0755
#define SSH_VARIABLE "SSH_AUTH_SOCK"
#define VALUE_MAX    BUILD_SECRET_MAX

void run_mounts_release(struct run_mounts *m)
{
	cleanup_error struct error err = ERROR_INIT;

	for (size_t i = 0; i < m->n_keepers; i++)
		ssh_keeper_end(&m->keepers[i]);
	free(m->keepers);
	for (size_t i = 0; i < m->n_caches; i++)
		cache_mount_release(&m->caches[i]);
	free(m->caches);
	for (size_t i = 0; i < m->n_files; i++)
		close(m->files[i].fd);
	free(m->files);
	if (m->dirs && user_ids_remove_trees(m->engine, AT_FDCWD, m->dirs, &err) < 0)
		error_drop(&err, "they go with the draft");
	strv_free(m->dirs);
	strv_free(m->env);
	volumes_release(&m->list);
	*m = (struct run_mounts){0};
}

static bool is_mount(const struct instruction_flag *f)
{
	return str_eq(f->name, MOUNT_FLAG);
}

static int parse(const struct step *s, const struct instruction_flag *f,
		 struct run_mount *ret, struct error *err)
{
	const char *workdir = s->state->config->config.working_dir;

	return run_mount_parse(f->value ? f->value : "", workdir, &s->scope, ret, err);
}

/* Without slashes at its ends; "": all. Caller frees. */
static char *part_of(const struct run_mount *m)
{
	cleanup_free char *rooted = xasprintf("/%s", m->source ? m->source : "");
	cleanup_free char *clean = path_clean(rooted);

	return xstrdup(clean + 1);
}

static int find_base(const struct step *s, const struct run_mount *m,
		     struct step_source *ret, struct error *err)
{
	*ret = (struct step_source){.directory = s->options->context};
	if (m->from)
		return s->find_source(s->data, m->from, ret, err);
	if (ret->directory)
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "--mount: this build has no context to mount anything from");
	return error_hint(err, "Name a directory: cubby build DIRECTORY");
}

static const struct ignore *ignore_of(const struct step *s, const struct run_mount *m)
{
	return m->from ? NULL : s->ignore;
}

static int key_base(const struct step *s, const struct run_mount *m, struct key *k,
		    struct error *err)
{
	cleanup_context struct context context = CONTEXT_INIT;
	cleanup_free char *part = part_of(m);
	struct step_source base;
	int r = find_base(s, m, &base, err);

	if (r < 0)
		return r;
	key_add_text(k, "part", part);
	if (base.key || !base.directory) {
		key_add_text(k, "from", base.key);
		return 0;
	}
	r = context_open(base.directory, ignore_of(s, m), &context, err);
	return r < 0 ? r : context_key(&context, s->engine, part, k, err);
}

static int key_one(const struct step *s, const struct instruction_flag *f, struct key *k,
		   struct error *err)
{
	cleanup_run_mount struct run_mount m = {0};
	int r = parse(s, f, &m, err);

	if (r < 0)
		return r;
	key_add_text(k, MOUNT_FLAG, run_mount_word(m.type));
	key_add_text(k, "target", m.target);
	key_add_text(k, "id", m.id);
	if (m.type == RUN_MOUNT_BIND || (m.type == RUN_MOUNT_CACHE && m.from))
		r = key_base(s, &m, k, err);
	return r;
}

int run_mounts_key(const struct step *s, struct key *k, struct error *err)
{
	for (size_t i = 0; i < s->instruction->n_flags; i++) {
		const struct instruction_flag *f = &s->instruction->flags[i];
		int r = is_mount(f) ? key_one(s, f, k, err) : 0;

		if (r < 0)
			return dockerfile_wrap(s->dockerfile, f->place, err);
	}
	return 0;
}

/* Beside the draft's upper directory: who sweeps that takes it too. */
static char *new_dir(const struct layer_draft *d, struct run_mounts *m, struct error *err)
{
	const char *slash = strrchr(d->upper, '/');
	char *path = xasprintf("%.*s/mount-%zu", (int)(slash - d->upper), d->upper,
			       strv_len(m->dirs));

	if (user_ids_remove_tree(m->engine, AT_FDCWD, path, err) < 0 ||
	    mkdir(path, 0700) < 0) {
		if (!error_is_set(err))
			error_set(err, ERR_SYSTEM, errno, "make %s", path);
		free(path);
		return NULL;
	}
	strv_add(&m->dirs, path);
	return path;
}

static int add(struct run_mounts *m, const char *target, const char *type,
	       const char *source, char ***words, struct error *err)
{
	cleanup(volume_release) struct volume v = {
		.kind = VOLUME_FS,
		.source = xstrdup(source),
		.destination = xstrdup(target),
		.type = xstrdup(type),
		.options = TAKE_PTR(*words),
	};

	return volumes_add(&m->list, &v, err);
}

static void add_words(char ***to, const struct run_mount *how)
{
	strv_foreach (word, how->words)
		strv_add(to, *word);
}

int run_mounts_file(struct run_mounts *m, const char *target, int fd,
		    const struct run_mount *how, struct error *err)
{
	cleanup_fd int owned = fd;
	cleanup_strv char **words =
		str_split("bind,rprivate,ro,nosuid,nodev,copy-file", ',');
	int r;

	strv_addf(&words, "uid=%u", how->uid);
	strv_addf(&words, "gid=%u", how->gid);
	strv_addf(&words, "mode=%o", how->mode);
	add_words(&words, how);
	r = add(m, target, "bind", "memory", &words, err);
	if (r < 0)
		return r;
	m->files = xreallocarray(m->files, m->n_files + 1, sizeof(*m->files));
	m->files[m->n_files++] = (struct create_root_file){
		.destination = m->list.items[m->list.n - 1].destination,
		.fd = TAKE_FD(owned),
	};
	return 0;
}

/* The directories of an overlay, topmost first. */
static int add_lower(const struct step *s, const struct run_mount *how, const char *mask,
		     const char *part, char ***words, struct error *err)
{
	struct step_source base;
	bool needed = false;
	int r = find_base(s, how, &base, err);

	if (r < 0)
		return r;
	if (mask && base.directory && ignore_of(s, how))
		r = run_view_mask(base.directory, part, ignore_of(s, how), mask, &needed,
				  err);
	if (r < 0)
		return r;
	if (needed)
		strv_addf(words, "lowerdir+=%s", mask);
	if (base.directory) {
		cleanup_free char *real = realpath(base.directory, NULL);

		if (!real)
			return error_set(err, ERR_SYSTEM, errno, "find %s",
					 base.directory);
		strv_addf(words, "lowerdir+=%s", real);
	}
	strv_foreach (path, base.layer_paths)
		strv_addf(words, "lowerdir+=%s", *path);
	if (!*words && mask) /* FROM scratch, and nothing else */
		strv_addf(words, "lowerdir+=%s", mask);
	return *words ? 0
		      : error_set(err, ERR_INVALID, 0,
				  "from=%s: there are no files in it", how->from);
}

static int make_upper(const char *dir, char *const *words, char **ret_upper,
		      char **ret_work, struct error *err)
{
	cleanup_free char *upper = fs_join(dir, "upper"), *work = fs_join(dir, "work");
	const char *top = words ? strchr(words[0], '=') : NULL;
	struct stat st;

	if (!top || stat(top + 1, &st) < 0 || mkdir(upper, 0700) < 0 ||
	    chmod(upper, st.st_mode & 07777) < 0 || mkdir(work, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", upper);
	*ret_upper = TAKE_PTR(upper);
	*ret_work = TAKE_PTR(work);
	return 0;
}

static int prepare_bind(const struct step *s, const struct layer_draft *d,
			const struct run_mount *how, struct run_mounts *m,
			struct error *err)
{
	bool needs_dir = how->writable || how->from || ignore_of(s, how);
	cleanup_free char *dir = needs_dir ? new_dir(d, m, err) : NULL;
	cleanup_free char *mask = dir ? fs_join(dir, "mask") : NULL, *upper = NULL,
			  *work = NULL, *part = part_of(how);
	cleanup_strv char **words = NULL;
	int r;

	if (needs_dir && !dir)
		return -err->code;
	if (mask && mkdir(mask, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", mask);
	r = add_lower(s, how, mask, part, &words, err);
	if (r >= 0 && how->writable)
		r = make_upper(dir, words, &upper, &work, err);
	if (r < 0)
		return r;
	if (upper) {
		strv_addf(&words, "upperdir=%s", upper);
		strv_addf(&words, "workdir=%s", work);
	} else {
		strv_add(&words, "ro");
	}
	if (part[0])
		strv_addf(&words, "part=%s", part);
	strv_add(&words, "nodev");
	add_words(&words, how);
	return add(m, how->target, "overlay", "overlay", &words, err);
}

static void note(void *data, const char *sentence)
{
	const struct step *s = data;
	struct build_event e = s->event ? *s->event : (struct build_event){0};

	e.kind = BUILD_EVENT_NOTE;
	e.text = sentence;
	e.size = strlen(sentence);
	if (s->listener)
		s->listener->event(s->listener->data, &e);
}

static int open_cache(const struct step *s, const struct run_mount *how,
		      const struct step_source *base, struct cache_mount *ret,
		      struct error *err)
{
	cleanup_free char *from =
		how->from ? xasprintf("%s %s", base->key ? base->key : base->directory,
				      how->source ? how->source : "")
			  : xstrdup("");
	struct cache_mount_options options = {
		.id = how->id ? how->id : how->target,
		.from = from,
		.uid = how->uid,
		.gid = how->gid,
		.mode = how->has_mode ? how->mode : CACHE_MODE,
	};
	int r = cache_sharing_parse(how->sharing, &options.sharing, err);

	return r < 0 ? r
		     : cache_mount_open(s->engine, &options, note, (void *)s, ret, err);
}

static int prepare_cache(const struct step *s, const struct run_mount *how,
			 struct run_mounts *m, struct error *err)
{
	cleanup_cache_mount struct cache_mount cache = CACHE_MOUNT_INIT;
	cleanup_free char *part = part_of(how);
	cleanup_strv char **words = NULL;
	struct step_source base = {0};
	int r = how->from ? find_base(s, how, &base, err) : 0;

	if (r >= 0)
		r = open_cache(s, how, &base, &cache, err);
	if (r >= 0 && how->from)
		r = add_lower(s, how, NULL, part, &words, err);
	if (r < 0)
		return r;
	if (how->from) {
		strv_addf(&words, "upperdir=%s", cache.path);
		strv_addf(&words, "workdir=%s", cache.work);
		if (part[0])
			strv_addf(&words, "part=%s", part);
	} else {
		strv_add(&words, "bind");
		strv_add(&words, "rprivate");
	}
	if (!how->writable)
		strv_add(&words, "ro");
	strv_add(&words, "nodev");
	add_words(&words, how);
	r = how->from ? add(m, how->target, "overlay", "overlay", &words, err)
		      : add(m, how->target, "bind", cache.path, &words, err);
	if (r < 0)
		return r;
	m->caches = xreallocarray(m->caches, m->n_caches + 1, sizeof(*m->caches));
	m->caches[m->n_caches++] = cache;
	cache = CACHE_MOUNT_INIT;
	return 0;
}

static int prepare_tmpfs(const struct run_mount *how, struct run_mounts *m,
			 struct error *err)
{
	cleanup_strv char **words = str_split("nosuid,mode=1777", ',');

	if (how->size)
		strv_addf(&words, "size=%llu", (unsigned long long)how->size);
	add_words(&words, how);
	return add(m, how->target, "tmpfs", "tmpfs", &words, err);
}

static int add_variable(struct run_mounts *m, const struct run_mount *how, int fd,
			struct error *err)
{
	cleanup_buf struct buf value = {0};
	int r;

	buf_init(&value, VALUE_MAX);
	r = fd_read_all(fd, &value);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read secret %s", how->id);
	if (value.len && memchr(value.data, '\0', value.len))
		return error_set(
			err, ERR_INVALID, 0,
			"secret %s: it has a NUL byte, which no variable can have",
			how->id);
	strv_addf(&m->env, "%s=%.*s", how->env, (int)value.len,
		  value.data ? value.data : "");
	if (value.data)
		explicit_bzero(value.data, value.len);
	return 0;
}

static int prepare_secret(const struct step *s, const struct run_mount *how,
			  struct run_mounts *m, struct error *err)
{
	cleanup_build_secrets struct build_secrets secrets = {0};
	cleanup_fd int fd = -EBADF;
	struct run_mount file = {
		.uid = how->uid,
		.gid = how->gid,
		.mode = how->has_mode ? how->mode : SECRET_MODE,
	};
	int r = build_secrets_parse(s->options->secrets, &secrets, err);

	if (r < 0)
		return r;
	fd = build_secret_open(&secrets, how->id, err);
	if (fd < 0 && err->kind == ERR_NOT_FOUND && !how->required) {
		error_drop(err, "the step does without it");
		return 0;
	}
	if (fd < 0)
		return fd;
	if (how->env)
		r = add_variable(m, how, fd, err);
	return r < 0 || !how->target
		       ? r
		       : run_mounts_file(m, how->target, TAKE_FD(fd), &file, err);
}

/* Its owner is the user, root in the container; others are let in by its mode, in a directory that only the user can enter. */
static mode_t socket_mode(const struct run_mount *how)
{
	if (how->uid || how->gid)
		return OPEN_MODE;
	return how->has_mode ? how->mode : SOCKET_MODE;
}

static int prepare_ssh(const struct step *s, const struct layer_draft *d,
		       const struct run_mount *how, struct run_mounts *m,
		       struct error *err)
{
	cleanup_build_sshs struct build_sshs list = {0};
	cleanup_free char *target =
		how->target ? xstrdup(how->target)
			    : xasprintf("/run/buildkit/ssh_agent.%zu", m->n_keepers);
	cleanup_free char *dir = NULL, *socket = NULL;
	cleanup_strv char **words = str_split("bind,rprivate,nosuid,nodev,noexec", ',');
	const struct build_ssh *asked;
	int r = build_sshs_parse(s->options->ssh, &list, err);

	if (r < 0)
		return r;
	asked = build_ssh_find(&list, how->id);
	if (!asked && !how->required)
		return 0;
	if (!asked) {
		error_set(err, ERR_NOT_FOUND, 0, "ssh agent %s: nobody gave it", how->id);
		return error_hint(err, "--ssh %s", how->id);
	}
	dir = new_dir(d, m, err);
	if (!dir)
		return -err->code;
	m->keepers = xreallocarray(m->keepers, m->n_keepers + 1, sizeof(*m->keepers));
	r = ssh_keeper_start(asked, dir, socket_mode(how), &m->keepers[m->n_keepers],
			     err);
	if (r < 0)
		return r;
	if (m->n_keepers++ == 0)
		strv_addf(&m->env, SSH_VARIABLE "=%s", target);
	socket = fs_join(dir, SSH_KEEPER_SOCKET);
	return add(m, target, "bind", socket, &words, err);
}

static int prepare_one(const struct step *s, const struct layer_draft *d,
		       const struct run_mount *how, struct run_mounts *m,
		       struct error *err)
{
	switch (how->type) {
	case RUN_MOUNT_BIND:
		return prepare_bind(s, d, how, m, err);
	case RUN_MOUNT_CACHE:
		return prepare_cache(s, how, m, err);
	case RUN_MOUNT_TMPFS:
		return prepare_tmpfs(how, m, err);
	case RUN_MOUNT_SECRET:
		return prepare_secret(s, how, m, err);
	case RUN_MOUNT_SSH:
		return prepare_ssh(s, d, how, m, err);
	case RUN_MOUNT_TYPES:
		break;
	}
	return 0;
}

int run_mounts_prepare(const struct step *s, const struct layer_draft *draft,
		       struct run_mounts *ret, struct error *err)
{
	cleanup_run_mounts struct run_mounts m = {.engine = s->engine};

	for (size_t i = 0; i < s->instruction->n_flags; i++) {
		const struct instruction_flag *f = &s->instruction->flags[i];
		cleanup_run_mount struct run_mount how = {0};
		int r;

		if (!is_mount(f))
			continue;
		r = parse(s, f, &how, err);
		if (r >= 0)
			r = prepare_one(s, draft, &how, &m, err);
		if (r < 0)
			return dockerfile_wrap(s->dockerfile, f->place, err);
	}
	*ret = m;
	m = (struct run_mounts){0};
	return 0;
}
