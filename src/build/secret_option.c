/* SPDX-License-Identifier: Apache-2.0 */
#include "build/secret_option.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/mount_option.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

static void secret_release(struct build_secret *s)
{
	free(s->id);
	free(s->path);
	free(s->env);
	*s = (struct build_secret){0};
}

void build_secrets_release(struct build_secrets *s)
{
	for (size_t i = 0; i < s->n; i++)
		secret_release(&s->items[i]);
	free(s->items);
	*s = (struct build_secrets){0};
}

static void take(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

struct typed {
	struct build_secret s;
	const char *source, *type;
};

static int take_word(const char *text, const char *word, struct typed *t,
		     struct error *err)
{
	const char *value = strchr(word, '=');

	if (!value || !value[1])
		return error_set(err, ERR_INVALID, 0,
				 "--secret %s: %s: expected KEY=VALUE", text, word);
	value++;
	if (str_starts(word, "id=")) {
		take(&t->s.id, value);
	} else if (str_starts(word, "src=") || str_starts(word, "source=")) {
		t->source = value;
	} else if (str_starts(word, "env=")) {
		take(&t->s.env, value);
	} else if (str_starts(word, "type=")) {
		t->type = value;
	} else {
		error_set(err, ERR_INVALID, 0, "--secret %s: %.*s: no such key", text,
			  (int)strcspn(word, "="), word);
		return error_hint(err, "There are id, src, env and type");
	}
	return 0;
}

static int finish(const char *text, struct typed *t, struct error *err)
{
	bool is_env = str_eq(t->type, "env"), is_file = str_eq(t->type, "file");

	if (t->type && !is_env && !is_file) {
		error_set(err, ERR_INVALID, 0, "--secret %s: there is no type %s", text,
			  t->type);
		return error_hint(err, "Types: file, env");
	}
	if (!t->s.id && t->source)
		t->s.id = xstrdup(t->source);
	if (!t->s.id) {
		error_set(err, ERR_INVALID, 0, "--secret %s: it has no id", text);
		return error_hint(err, "--secret id=NAME,src=FILE");
	}
	if (t->source && t->s.env)
		return error_set(err, ERR_INVALID, 0, "--secret %s: both src and env",
				 text);
	if (t->s.env && is_file)
		return error_set(err, ERR_INVALID, 0, "--secret %s: type=file, and env",
				 text);
	if (is_env && t->source)
		t->s.env = xstrdup(t->source);
	else if (t->source)
		t->s.path = xstrdup(t->source);
	else if (!t->s.env && (is_env || (!is_file && getenv(t->s.id))))
		t->s.env = xstrdup(t->s.id);
	else if (!t->s.env)
		t->s.path = xstrdup(t->s.id);
	return 0;
}

static int parse_one(const char *text, struct build_secret *ret, struct error *err)
{
	cleanup_strv char **words = NULL;
	struct typed t = {0};
	int r = csv_split(text, &words, err);

	strv_foreach (word, words)
		if (r >= 0)
			r = take_word(text, *word, &t, err);
	if (r >= 0)
		r = finish(text, &t, err);
	if (r < 0)
		secret_release(&t.s);
	else
		*ret = t.s;
	return r;
}

static const struct build_secret *find(const struct build_secrets *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->items[i].id, id))
			return &s->items[i];
	return NULL;
}

int build_secrets_parse(char *const *texts, struct build_secrets *ret, struct error *err)
{
	cleanup_build_secrets struct build_secrets list = {0};

	strv_foreach (text, texts) {
		struct build_secret s = {0};
		int r = parse_one(*text, &s, err);

		if (r < 0)
			return r;
		if (find(&list, s.id)) {
			secret_release(&s);
			return error_set(err, ERR_INVALID, 0,
					 "--secret %s: this id is there already", *text);
		}
		list.items = xreallocarray(list.items, list.n + 1, sizeof(s));
		list.items[list.n++] = s;
	}
	*ret = list;
	list = (struct build_secrets){0};
	return 0;
}

static int not_there(const struct build_secret *s, struct error *err)
{
	if (s->env)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "secret %s: there is no variable %s", s->id, s->env);
	return error_set(err, error_kind_of(errno), errno, "secret %s: open %s", s->id,
			 s->path);
}

static int open_file(const struct build_secret *s, struct error *err)
{
	cleanup_fd int fd = open(s->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return not_there(s, err);
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERR_INVALID, EISDIR, "secret %s: %s", s->id,
				 s->path);
	return TAKE_FD(fd);
}

int build_secrets_check(const struct build_secrets *s, struct error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct build_secret *one = &s->items[i];

		if (one->env ? !getenv(one->env) : access(one->path, R_OK) < 0)
			return not_there(one, err);
	}
	return 0;
}

/* Not through memory that could stay behind. */
static int copy_file(const struct build_secret *s, int from_fd, int to_fd,
		     struct error *err)
{
	char part[4096];
	size_t total = 0;
	ssize_t n;
	int r = 0;

	while (r >= 0 && (n = read(from_fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		total += n > 0 ? (size_t)n : 0;
		r = n < 0                      ? -errno
		    : total > BUILD_SECRET_MAX ? -E2BIG
					       : fd_write_all(to_fd, part, (size_t)n);
	}
	explicit_bzero(part, sizeof(part));
	if (r == -E2BIG)
		return error_set(err, ERR_INVALID, 0, "secret %s: more than %d bytes",
				 s->id, BUILD_SECRET_MAX);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read secret %s", s->id) : 0;
}

static int copy_value(const struct build_secret *s, int to_fd, struct error *err)
{
	const char *value = s->env ? getenv(s->env) : NULL;
	cleanup_fd int fd = -EBADF;
	int r;

	if (s->env && !value)
		return not_there(s, err);
	if (!value) {
		fd = open_file(s, err);
		return fd < 0 ? fd : copy_file(s, fd, to_fd, err);
	}
	r = fd_write_all(to_fd, value, strlen(value));
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "keep secret %s in memory", s->id)
		     : 0;
}

int build_secret_open(const struct build_secrets *s, const char *id, struct error *err)
{
	const struct build_secret *one = find(s, id);
	cleanup_fd int fd = -EBADF;
	int r;

	if (!one) {
		error_set(err, ERR_NOT_FOUND, 0, "secret %s: nobody gave it", id);
		return error_hint(err, "--secret id=%s,src=FILE", id);
	}
	fd = fd_move_high(sys_memfd_create("secret", MFD_CLOEXEC));
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep secret %s in memory", id);
	r = copy_value(one, fd, err);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "keep secret %s in memory", id);
	return r < 0 ? r : TAKE_FD(fd);
}
