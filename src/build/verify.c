/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first build's layers are walked beside the second's, as root of the user's map in a process of its own; what is found comes back in a
 * file in memory.
 */
#include "build/verify.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/layer_dir.h"
#include "engine/user_ids.h"
#include "spec/image.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/fs_walk.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define FOUND_MAX    (4 << 20)
#define LAST_LINE    128
#define CHUNK        (64 * 1024)
#define LINK_TARGET  4096
#define ANOTHER_TIME "another time"
#define SHOWN_MAX    400

struct compare {
	const char *first, *second; /* directories of the two layers */
	size_t layer;
	int result_fd;
	struct buf found; /* lines */
	int other_fd;
	bool is_back; /* the second walk, which looks only for what the first has not */
};

static void say(struct compare *c, const char *path, const char *what)
{
	(void)!buf_printf(&c->found, "layer %zu: /%s: %s\n", c->layer,
			  str_eq(path, ".") ? "" : path, what);
}

static int open_below(int dirfd, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return sys_openat2(dirfd, path, &how);
}

static bool same_content(int a, int b)
{
	char x[CHUNK], y[CHUNK];
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(a, x, sizeof(x), at), m = pread(b, y, sizeof(y), at);

		if (n != m || n < 0 || memcmp(x, y, (size_t)n) != 0)
			return false;
		if (n == 0)
			return true;
		at += n;
	}
}

static bool same_link(const struct fs_walk_entry *e, int other_fd)
{
	char x[LINK_TARGET], y[LINK_TARGET];
	ssize_t n = readlinkat(e->dirfd, e->name, x, sizeof(x)),
		m = readlinkat(other_fd, e->path, y, sizeof(y));

	return n == m && n >= 0 && memcmp(x, y, (size_t)n) == 0;
}

static bool same_bytes(const struct compare *c, const struct fs_walk_entry *e)
{
	cleanup_fd int a = openat(e->dirfd, e->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int b = open_below(c->other_fd, e->path, O_RDONLY);

	return a >= 0 && b >= 0 && same_content(a, b);
}

static int see(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct compare *c = data;
	cleanup_fd int fd = open_below(c->other_fd, e->path, O_PATH);
	const struct stat *a = e->st;
	struct stat b;

	(void)err;
	if (fd < 0 || fstat(fd, &b) < 0)
		say(c, e->path,
		    c->is_back ? "only the second build has it"
			       : "only the first build has it");
	else if (c->is_back)
		return 0;
	else if ((a->st_mode & S_IFMT) != (b.st_mode & S_IFMT))
		say(c, e->path, "another kind of file");
	else if (a->st_mode != b.st_mode)
		say(c, e->path, "another mode");
	else if (a->st_uid != b.st_uid || a->st_gid != b.st_gid)
		say(c, e->path, "another owner");
	else if (S_ISLNK(a->st_mode) && !same_link(e, c->other_fd))
		say(c, e->path, "points elsewhere");
	else if (S_ISREG(a->st_mode) && (a->st_size != b.st_size || !same_bytes(c, e)))
		say(c, e->path, "other content");
	else if (a->st_mtim.tv_sec != b.st_mtim.tv_sec)
		say(c, e->path, ANOTHER_TIME);
	return 0;
}

static int walk(struct compare *c, const char *one, const char *other, struct error *err)
{
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, one, false, 0, err), other_fd = -EBADF;

	if (fd < 0)
		return fd;
	other_fd = fs_open_dir(AT_FDCWD, other, false, 0, err);
	if (other_fd < 0)
		return other_fd;
	c->other_fd = other_fd;
	return fs_walk(fd, ".", see, c, err);
}

static int compare(void *data, struct error *err)
{
	struct compare *c = data;
	int r;

	buf_init(&c->found, FOUND_MAX);
	r = walk(c, c->first, c->second, err);
	c->is_back = true;
	if (r >= 0)
		r = walk(c, c->second, c->first, err);
	if (r >= 0 && c->found.len > 0) {
		r = fd_write_all(c->result_fd, c->found.data, c->found.len);
		if (r < 0)
			r = error_set(err, ERR_SYSTEM, -r, "tell what differs");
	}
	if (r >= 0 && c->found.overflow)
		(void)!dprintf(c->result_fd, "\nlayer %zu: there are more differences\n",
			       c->layer);
	buf_release(&c->found);
	return r;
}

static int take_lines(int fd, char ***ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_strv char **lines = NULL;
	int r;

	buf_init(&text, FOUND_MAX + LAST_LINE);
	r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read what differs");
	lines = str_split(text.data ? text.data : "", '\n');
	strv_foreach (line, lines)
		if (**line)
			strv_add(ret, *line);
	return 0;
}

static int compare_layer(const struct engine *e, const struct build_state *first,
			 const struct build_state *second, size_t i, char ***ret,
			 struct error *err)
{
	cleanup_fd int fd = sys_memfd_create("differences", MFD_CLOEXEC);
	cleanup_free char *a = NULL, *b = NULL;
	cleanup_user_ids struct user_ids ids = {0};
	struct compare c = {.layer = i + 1, .result_fd = fd};
	size_t before = strv_len(*ret);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	user_ids_any(e, &ids);
	c.first = a = layer_dir_path(e, first->layers[i], ids.single);
	c.second = b = layer_dir_path(e, second->layers[i], ids.single);
	r = user_ids_do(&ids, compare, &c, err);
	if (r >= 0)
		r = take_lines(fd, ret, err);
	if (r >= 0 && strv_len(*ret) == before)
		strv_addf(ret, "layer %zu: %s, then %s", i + 1,
			  first->config->rootfs.diff_ids[i],
			  second->config->rootfs.diff_ids[i]);
	return r;
}

/* The digest of what a COPY copies counts times of stages: what is different there was told already. */
static void hide_digest(struct json_object *entry)
{
	const char *text = json_get_str(entry, "created_by");
	const char *colon =
		text && str_starts(text, "/bin/sh -c #(nop) ") ? strchr(text, ':') : NULL;
	cleanup_free char *hidden = NULL;

	if (!colon || strspn(colon + 1, "0123456789abcdef") != 64)
		return;
	hidden = xasprintf("%.*s...%s", (int)(colon - text), text, colon + 65);
	json_add_str(entry, "created_by", hidden);
}

static struct json_object *without_times(const struct build_state *s)
{
	struct json_object *o = image_config_to_json(s->config);
	struct json_object *history = json_get(o, "history");

	json_object_object_del(o, "created");
	json_object_object_del(o, "rootfs");
	for (size_t i = 0; history && i < json_object_array_length(history); i++) {
		struct json_object *entry = json_object_array_get_idx(history, i);

		json_object_object_del(entry, "created");
		hide_digest(entry);
	}
	return o;
}

static void compare_members(struct json_object *first, struct json_object *second,
			    const char *where, char ***ret)
{
	json_object_object_foreach (first, key, value) {
		struct json_object *other = json_get(second, key);
		cleanup_free char *a = json_text(value, false),
				  *b = other ? json_text(other, false) : NULL;

		if (!str_eq(a, b))
			strv_addf(ret, "%s \"%s\": %.*s, then %.*s", where, key,
				  SHOWN_MAX, a, SHOWN_MAX, b ? b : "nothing");
	}
	json_object_object_foreach (second, name, more) {
		cleanup_free char *b = json_text(more, false);

		if (!json_get(first, name))
			strv_addf(ret, "%s \"%s\": nothing, then %.*s", where, name,
				  SHOWN_MAX, b);
	}
}

static void compare_config(const struct build_state *first,
			   const struct build_state *second, char ***ret)
{
	cleanup_json struct json_object *a = without_times(first),
					*b = without_times(second);
	struct json_object *a_run = json_get(a, "config"), *b_run = json_get(b, "config");

	if (a_run && b_run) {
		compare_members(a_run, b_run, "the config's", ret);
		json_object_object_del(a, "config");
		json_object_object_del(b, "config");
	}
	compare_members(a, b, "the image's", ret);
}

static bool only_times(char *const *differences)
{
	strv_foreach (line, differences)
		if (!str_ends(*line, ": " ANOTHER_TIME))
			return false;
	return differences;
}

int verify_compare(const struct engine *e, const struct build_state *first,
		   const struct build_state *second, char ***ret, struct error *err)
{
	size_t n = strv_len(first->layers), m = strv_len(second->layers);
	int r = 0;

	if (n != m)
		strv_addf(ret, "%zu layers, then %zu", n, m);
	for (size_t i = 0; i < n && i < m && r >= 0; i++)
		if (!str_eq(first->config->rootfs.diff_ids[i],
			    second->config->rootfs.diff_ids[i]))
			r = compare_layer(e, first, second, i, ret, err);
	if (r < 0)
		return r;
	compare_config(first, second, ret);
	if (only_times(*ret))
		strv_add(ret, "only times differ: with --timestamp SECONDS the results "
			      "would be the same");
	return 0;
}
