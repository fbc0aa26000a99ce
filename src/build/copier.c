/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copier.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "build/copy_archive.h"
#include "build/copy_match.h"
#include "build/copy_owner.h"
#include "build/copy_url.h"
#include "build/dir_list.h"
#include "build/draft_view.h"
#include "build/git_source.h"
#include "engine/user_lookup.h"
#include "runtime/overlay.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define HEREDOC_MODE    0644
#define DOWNLOADED_MODE 0600

static void note(void *data, const char *text)
{
	const struct copier *c = data;
	cleanup_free char *line = xasprintf("%s\n", text);

	/* a note that is lost is no harm */
	(void)!fd_write_all(c->notes_fd, line, strlen(line));
}

static void note_change(void *data)
{
	const struct copier *c = data;

	*c->is_changed = true;
}

static int mount_layers(char *const *layers, struct error *err)
{
	const struct overlay_paths paths = {.lower = layers};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int r = overlay_open(&paths, &dirs, err);

	return r < 0 ? r : overlay_mount(&dirs, err);
}

static bool is_empty(int dir_fd)
{
	cleanup_dir_list struct dir_list list = {0};
	cleanup_fd int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && dir_list_read(fd, &list) == 0 && list.n == 0;
}

static int find_owner(struct copier *c, struct error *err)
{
	const char *chown = c->job->plan.chown;
	cleanup_free char *passwd = NULL, *group = NULL;
	int r = 0;

	if (!chown) {
		c->rules.keep_owners = c->origin.layers != NULL;
		return 0;
	}
	if (!copy_owner_is_numeric(chown))
		r = user_files_read(c->target.merged_fd, &passwd, &group, err);
	if (r >= 0)
		r = copy_owner_parse(chown, &(struct user_files){passwd, group},
				     &c->rules.uid, &c->rules.gid, err);
	if (r >= 0 && c->rules.single_id && (c->rules.uid || c->rules.gid))
		note(c,
		     "--chown has no effect: you have no subordinate ids, so all files are root's");
	return r;
}

/* Links followed. */
static bool is_target_dir(const struct copier *c, const char *path)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd =
		path_open(c->target.merged_fd, path, O_PATH | O_DIRECTORY, &missing);

	return fd >= 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *dir_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? xstrndup(path, (size_t)(slash - path))
				      : xstrdup("/");
}

/* Where a file goes, by the rules of the destination. name: its own. Caller frees *ret_name. */
static int find_place(const struct copier *c, const char *name, struct copy_dir *ret,
		      char **ret_name, struct error *err)
{
	const struct copy_plan *p = &c->job->plan;
	bool inside = p->dest_is_dir || is_target_dir(c, p->dest);
	cleanup_free char *dir = inside ? xstrdup(p->dest) : dir_part(p->dest);
	int r;

	/* a server, or a heredoc, may call itself anything */
	if (inside && (!name || !*name || strchr(name, '/') || str_eq(name, ".") ||
		       str_eq(name, "..")))
		return error_set(err, ERR_INVALID, 0, "\"%s\" is no name of a file",
				 name ? name : "");
	r = copy_tree_dir(&c->rules, &c->target, dir, ret, err);

	if (r >= 0)
		*ret_name = xstrdup(inside ? name : last_part(p->dest));
	return r;
}

static int unpack_into(const struct copier *c, int fd, const char *name,
		       struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	int r = copy_tree_dir(&c->rules, &c->target, c->job->plan.dest, &dir, err);

	if (r >= 0)
		r = copy_archive_unpack(fd, dir.fd, c->rules.single_id, err);
	return r < 0 ? error_wrap(err, "unpack %s", name) : 0;
}

/* Return: 1 if it is one, and was unpacked. */
static int try_archive(const struct copier *c, const char *real, struct error *err)
{
	cleanup_error struct error other = ERROR_INIT;
	cleanup_fd int fd = path_open_file(c->origin.context.fd, real, &other);
	bool is_archive = false;
	int r = fd < 0 ? 0 : copy_archive_is(fd, &is_archive, err);

	if (r < 0 || !is_archive)
		return r;
	r = unpack_into(c, fd, real, err);
	return r < 0 ? r : 1;
}

static int copy_file(struct copier *c, struct copy_tree *t, const struct copy_match *m,
		     struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *name = NULL;
	int r = c->job->plan.unpack ? try_archive(c, m->real, err) : 0;

	if (r == 0)
		r = find_place(c, last_part(m->path), &dir, &name, err);
	else if (r > 0)
		return 0;
	return r < 0 ? r : copy_tree_entry(t, m->real, &dir, name, err);
}

static int copy_directory(struct copier *c, struct copy_tree *t, const char *real,
			  struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	int r = copy_tree_dir(&c->rules, &c->target, c->job->plan.dest, &dir, err);

	return r < 0 ? r : copy_tree_contents(t, real, &dir, err);
}

/* --parents: a directory above the source, with the mode that it has there. */
static int make_parent(const struct copier *c, const char *source, const char *path,
		       struct error *err)
{
	struct stat st;
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_fd int fd = context_find(&c->origin.context, source, &st, NULL, err);
	bool is_there = is_target_dir(c, path);
	int r = fd < 0 ? fd : copy_tree_dir(&c->rules, &c->target, path, &dir, err);

	if (r < 0 || is_there)
		return r;
	if (c->rules.keep_owners && !c->rules.single_id &&
	    fchown(dir.fd, st.st_uid, st.st_gid) < 0)
		return error_set(err, error_kind_of(errno), errno, "give %s an owner",
				 path);
	if (fchmod(dir.fd, copy_mode_apply(c->rules.mode, st.st_mode & 07777, true)) < 0)
		return error_set(err, error_kind_of(errno), errno, "set the mode of %s",
				 path);
	return 0;
}

static const char *below_pivot(const char *path, const char *pivot)
{
	size_t n = pivot ? strlen(pivot) : 0;

	if (n == 0 || strncmp(path, pivot, n) != 0 || (path[n] && path[n] != '/'))
		return path;
	return path + n + (path[n] == '/');
}

static int copy_with_parents(struct copier *c, struct copy_tree *t,
			     const struct copy_match *m, const char *pivot,
			     struct error *err)
{
	const char *rest = below_pivot(m->path, pivot);
	size_t above = (size_t)(rest - m->path);
	cleanup_free char *dest =
		str_eq(c->job->plan.dest, "/") ? xstrdup("") : xstrdup(c->job->plan.dest);
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *parent = NULL;
	int r = 0;

	if (!*rest)
		return copy_directory(c, t, m->real, err);
	for (size_t i = 0; r >= 0 && rest[i]; i++) {
		if (rest[i] != '/')
			continue;
		cleanup_free char *source = xstrndup(m->path, above + i);
		cleanup_free char *path = xasprintf("%s/%.*s", dest, (int)i, rest);

		r = make_parent(c, source, path, err);
	}
	if (r < 0)
		return r;
	parent = xasprintf("%s/%s", dest, rest);
	*strrchr(parent, '/') = '\0';
	r = copy_tree_dir(&c->rules, &c->target, *parent ? parent : "/", &dir, err);
	return r < 0 ? r : copy_tree_entry(t, m->real, &dir, last_part(rest), err);
}

static int check_one_place(const struct copier *c, const struct copy_word *word, size_t n,
			   struct error *err)
{
	const struct copy_plan *p = &c->job->plan;

	if (n < 2 || p->dest_is_dir || is_target_dir(c, p->dest))
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "%s is %zu files, and the destination %s is no directory", word->typed,
		  n, p->dest);
	return error_hint(err, "A destination that ends with a slash is one: %s/",
			  p->dest);
}

static int copy_paths(struct copier *c, struct copy_tree *t, const struct copy_word *word,
		      struct error *err)
{
	cleanup_copy_matches struct copy_matches m = {0};
	int r = copy_matches_find(&c->origin.context, word->text, &m, err);

	if (r >= 0)
		r = check_one_place(c, word, m.n, err);
	for (size_t i = 0; r >= 0 && i < m.n; i++) {
		if (c->job->plan.parents)
			r = copy_with_parents(c, t, &m.items[i], word->pivot, err);
		else if (m.items[i].is_dir)
			r = copy_directory(c, t, m.items[i].real, err);
		else
			r = copy_file(c, t, &m.items[i], err);
	}
	return r;
}

/* --- what lies in no tree --- */

static int copy_loose(struct copier *c, struct copy_tree *t, const struct copy_loose *f,
		      const char *name, struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *to_name = NULL;
	int r = find_place(c, name, &dir, &to_name, err);

	return r < 0 ? r : copy_tree_file(t, f, &dir, to_name, err);
}

static int copy_heredoc(struct copier *c, struct copy_tree *t,
			const struct copy_word *word, struct error *err)
{
	cleanup_fd int fd = sys_memfd_create("heredoc", MFD_CLOEXEC);
	struct copy_loose f = {
		.from_fd = fd,
		.size = strlen(word->content),
		.mode = HEREDOC_MODE,
	};
	int r = fd < 0 ? -errno : fd_write_all(fd, word->content, f.size);

	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno,
				 "make a file in memory");
	clock_gettime(CLOCK_REALTIME, &f.mtime);
	return copy_loose(c, t, &f, word->text, err);
}

static int copy_download(struct copier *c, struct copy_tree *t, size_t i,
			 struct error *err)
{
	const struct download *d = &c->job->items[i].download;
	const char *url = c->job->plan.words[i].text;
	struct copy_loose f = {
		.from_fd = d->fd,
		.size = d->size,
		.mode = DOWNLOADED_MODE,
		.mtime.tv_sec = d->mtime_sec,
	};
	cleanup_free char *name = copy_url_name(url);
	bool is_archive = false;
	int r = 0;

	if (lseek(d->fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read %s", url);
	if (c->job->plan.unpack_urls)
		r = copy_archive_is(d->fd, &is_archive, err);
	if (r < 0 || is_archive)
		return r < 0 ? r : unpack_into(c, d->fd, url, err);
	if (!name && d->file_name)
		name = xstrdup(d->file_name);
	if (!name && (c->job->plan.dest_is_dir || is_target_dir(c, c->job->plan.dest))) {
		error_set(err, ERR_INVALID, 0, "%s names no file", url);
		return error_hint(
			err, "Let the destination name it, without a slash at its end");
	}
	if (d->mtime_sec < 0)
		clock_gettime(CLOCK_REALTIME, &f.mtime);
	return copy_loose(c, t, &f, name, err);
}

static int copy_repository(struct copier *c, struct copy_tree *t, size_t i,
			   struct error *err)
{
	cleanup(git_source_release) struct git_source g = {0};
	cleanup_free char *path = xasprintf("%s/%zu", c->git_path, i);
	cleanup_context struct context top = CONTEXT_INIT;
	const struct context *before = t->source;
	struct copy_matches m = {0};
	int r = git_source_parse(c->job->plan.words[i].text, &g, err);

	if (r >= 0)
		r = context_open(path, NULL, &top, err);
	if (r < 0)
		return r;
	free(top.path);
	top.path = xstrdup(g.url);
	t->source = &top;
	r = copy_matches_find(&top, g.subdirectory ? g.subdirectory : "", &m, err);
	if (r >= 0 && !m.items[0].is_dir)
		r = error_set(err, ERR_INVALID, ENOTDIR, "open %s of %s", g.subdirectory,
			      g.url);
	if (r >= 0)
		r = copy_directory(c, t, m.items[0].real, err);
	copy_matches_release(&m);
	t->source = before;
	return r;
}

/* --- all of it --- */

static int copy_word(struct copier *c, size_t i, struct error *err)
{
	const struct copy_word *word = &c->job->plan.words[i];
	cleanup_copy_tree struct copy_tree t = {
		.rules = &c->rules,
		.target = &c->target,
		.source = &c->origin.context,
	};

	switch (word->kind) {
	case COPY_WORD_PATH:
		return copy_paths(c, &t, word, err);
	case COPY_WORD_HEREDOC:
		return copy_heredoc(c, &t, word, err);
	case COPY_WORD_URL:
		return copy_download(c, &t, i, err);
	case COPY_WORD_GIT:
		return copy_repository(c, &t, i, err);
	}
	return 0;
}

/* --link: what is below does not count, unless the draft has the files of earlier steps as well. */
static int choose_target(struct copier *c, int merged_fd, int upper_fd, struct error *err)
{
	bool alone = c->job->plan.link && is_empty(upper_fd);

	c->target = (struct copy_target){
		.merged_fd = merged_fd, .upper_fd = upper_fd, .note = note, .data = c};
	if (!c->origin.layers && c->job->since.tv_sec) {
		c->target.changed = note_change;
		c->target.since = c->job->since;
	}
	int r = find_owner(c, err);
	if (alone)
		c->target.merged_fd = upper_fd;
	return r;
}

int copier_run(void *data, struct error *err)
{
	struct copier *c = data;
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = draft_view_mount(c->draft, &upper_fd, err);
	int r = merged_fd < 0 ? merged_fd : 0;

	if (r >= 0 && c->origin.layers)
		r = c->origin.context.fd = mount_layers(c->origin.layers, err);
	if (r >= 0)
		r = choose_target(c, merged_fd, upper_fd, err);
	for (size_t i = 0; r >= 0 && i < c->job->plan.n_words; i++)
		r = copy_word(c, i, err);
	return r < 0 ? r : 0;
}
