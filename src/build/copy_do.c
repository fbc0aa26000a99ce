/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How files come into a draft. The stage's process opens the context, fetches what comes from elsewhere, and starts the copier: root of the user's
 * whole map, in a mount namespace of its own. There the draft's overlay is mounted (and a stage's or image's layers, if that is the source), and
 * every path is resolved below one of these roots. The mounts are attached nowhere and go with the process.
 *
 * The overlay is a volatile one: nothing waits for the disk, as a draft that a crash leaves behind is swept anyway. It could not be mounted twice
 * with the mark that this leaves, so the mark is removed.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "build/copy_archive.h"
#include "build/copy_job.h"
#include "build/copy_match.h"
#include "build/copy_owner.h"
#include "build/copy_tree.h"
#include "build/copy_url.h"
#include "build/dir_list.h"
#include "build/git_source.h"
#include "build/step.h"
#include "engine/user_ids.h"
#include "engine/user_lookup.h"
#include "runtime/overlay.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define NOTES_MAX       65536
#define HEREDOC_MODE    0644
#define DOWNLOADED_MODE 0600
#define GIT_DIR         "git"

struct work {
	const struct step *step;
	struct copy_job *job;
	const struct layer_draft *draft;
	struct copy_origin origin; /* owned */
	char *git_path;         /* owned; where repositories lie, by the word's number */
	struct ignore *exclude; /* owned */
	struct copy_rules rules;
	struct copy_target target;
	int notes_fd;     /* owned; memory, for the stage's process */
	bool *is_changed; /* in memory that is shared with it; owned */
};

static void work_release(struct work *w)
{
	copy_origin_release(&w->origin);
	free(w->git_path);
	ignore_freep(&w->exclude);
	fd_cleanup_(&w->notes_fd);
	if (w->is_changed != MAP_FAILED)
		munmap(w->is_changed, sizeof(*w->is_changed));
}

/* --- in the copier --- */

static void note(void *data, const char *text)
{
	const struct work *w = data;
	cleanup_free char *line = xasprintf("%s\n", text);

	/* a note that is lost is no harm */
	(void)!fd_write_all(w->notes_fd, line, strlen(line));
}

static void note_change(void *data)
{
	const struct work *w = data;

	*w->is_changed = true;
}

static int mount_layers(char *const *layers, struct error *err)
{
	const struct overlay_paths paths = {.lower = layers};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int r = overlay_open(&paths, &dirs, err);

	return r < 0 ? r : overlay_mount(&dirs, err);
}

static void allow_again(const struct layer_draft *draft)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *mark = fs_join(draft->work, "work/incompat");

	if (fs_remove_tree(AT_FDCWD, mark, &err) < 0)
		error_drop(&err, "the next mount will say so");
}

static int mount_draft(const struct layer_draft *draft, int *ret_upper_fd,
		       struct error *err)
{
	const struct overlay_paths paths = {
		.lower = draft->lower,
		.upper = draft->upper,
		.work = draft->work,
		.is_volatile = true,
	};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int fd, r;

	allow_again(draft);
	r = overlay_open(&paths, &dirs, err);
	if (r < 0)
		return r;
	fd = overlay_mount(&dirs, err);
	allow_again(draft);
	if (fd >= 0)
		*ret_upper_fd = TAKE_FD(dirs.upper_fd);
	return fd;
}

static bool is_empty(int dir_fd)
{
	cleanup_dir_list struct dir_list list = {0};
	cleanup_fd int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && dir_list_read(fd, &list) == 0 && list.n == 0;
}

static int find_owner(struct work *w, struct error *err)
{
	const char *chown = w->job->plan.chown;
	cleanup_free char *passwd = NULL, *group = NULL;
	int r = 0;

	if (!chown) {
		w->rules.keep_owners = w->origin.layers != NULL;
		return 0;
	}
	if (!copy_owner_is_numeric(chown))
		r = user_files_read(w->target.merged_fd, &passwd, &group, err);
	if (r >= 0)
		r = copy_owner_parse(chown, &(struct user_files){passwd, group},
				     &w->rules.uid, &w->rules.gid, err);
	if (r >= 0 && w->rules.single_id && (w->rules.uid || w->rules.gid))
		note(w,
		     "--chown has no effect: you have no subordinate ids, so all files are root's");
	return r;
}

/* Links followed. */
static bool is_target_dir(const struct work *w, const char *path)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd =
		path_open(w->target.merged_fd, path, O_PATH | O_DIRECTORY, &missing);

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
static int find_place(const struct work *w, const char *name, struct copy_dir *ret,
		      char **ret_name, struct error *err)
{
	const struct copy_plan *p = &w->job->plan;
	bool inside = p->dest_is_dir || is_target_dir(w, p->dest);
	cleanup_free char *dir = inside ? xstrdup(p->dest) : dir_part(p->dest);
	int r = copy_tree_dir(&w->rules, &w->target, dir, ret, err);

	if (r >= 0)
		*ret_name = xstrdup(inside ? name : last_part(p->dest));
	return r;
}

static int unpack_into(const struct work *w, int fd, const char *name, struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	int r = copy_tree_dir(&w->rules, &w->target, w->job->plan.dest, &dir, err);

	if (r >= 0)
		r = copy_archive_unpack(fd, dir.fd, w->rules.single_id, err);
	return r < 0 ? error_wrap(err, "unpack %s", name) : 0;
}

/* Return: 1 if it is one, and was unpacked. */
static int try_archive(const struct work *w, const char *real, struct error *err)
{
	cleanup_error struct error other = ERROR_INIT;
	cleanup_fd int fd = path_open_file(w->origin.context.fd, real, &other);
	bool is_archive = false;
	int r = fd < 0 ? 0 : copy_archive_is(fd, &is_archive, err);

	if (r < 0 || !is_archive)
		return r;
	r = unpack_into(w, fd, real, err);
	return r < 0 ? r : 1;
}

static int copy_file(struct work *w, struct copy_tree *t, const struct copy_match *m,
		     struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *name = NULL;
	int r = w->job->plan.unpack ? try_archive(w, m->real, err) : 0;

	if (r == 0)
		r = find_place(w, last_part(m->path), &dir, &name, err);
	else if (r > 0)
		return 0;
	return r < 0 ? r : copy_tree_entry(t, m->real, &dir, name, err);
}

static int copy_directory(struct work *w, struct copy_tree *t, const char *real,
			  struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	int r = copy_tree_dir(&w->rules, &w->target, w->job->plan.dest, &dir, err);

	return r < 0 ? r : copy_tree_contents(t, real, &dir, err);
}

/* --parents: a directory above the source, with the mode that it has there. */
static int make_parent(const struct work *w, const char *source, const char *path,
		       struct error *err)
{
	struct stat st;
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_fd int fd = context_find(&w->origin.context, source, &st, NULL, err);
	bool is_there = is_target_dir(w, path);
	int r = fd < 0 ? fd : copy_tree_dir(&w->rules, &w->target, path, &dir, err);

	if (r < 0 || is_there)
		return r;
	if (w->rules.keep_owners && !w->rules.single_id &&
	    fchown(dir.fd, st.st_uid, st.st_gid) < 0)
		return error_set(err, error_kind_of(errno), errno, "give %s an owner",
				 path);
	if (fchmod(dir.fd, copy_mode_apply(w->rules.mode, st.st_mode & 07777, true)) < 0)
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

static int copy_with_parents(struct work *w, struct copy_tree *t,
			     const struct copy_match *m, const char *pivot,
			     struct error *err)
{
	const char *rest = below_pivot(m->path, pivot);
	size_t above = (size_t)(rest - m->path);
	cleanup_free char *dest =
		str_eq(w->job->plan.dest, "/") ? xstrdup("") : xstrdup(w->job->plan.dest);
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *parent = NULL;
	int r = 0;

	if (!*rest)
		return copy_directory(w, t, m->real, err);
	for (size_t i = 0; r >= 0 && rest[i]; i++) {
		if (rest[i] != '/')
			continue;
		cleanup_free char *source = xstrndup(m->path, above + i);
		cleanup_free char *path = xasprintf("%s/%.*s", dest, (int)i, rest);

		r = make_parent(w, source, path, err);
	}
	if (r < 0)
		return r;
	parent = xasprintf("%s/%s", dest, rest);
	*strrchr(parent, '/') = '\0';
	r = copy_tree_dir(&w->rules, &w->target, *parent ? parent : "/", &dir, err);
	return r < 0 ? r : copy_tree_entry(t, m->real, &dir, last_part(rest), err);
}

static int check_one_place(const struct work *w, const struct copy_word *word, size_t n,
			   struct error *err)
{
	const struct copy_plan *p = &w->job->plan;

	if (n < 2 || p->dest_is_dir || is_target_dir(w, p->dest))
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "%s is %zu files, and the destination %s is no directory", word->typed,
		  n, p->dest);
	return error_hint(err, "A destination that ends with a slash is one: %s/",
			  p->dest);
}

static int copy_paths(struct work *w, struct copy_tree *t, const struct copy_word *word,
		      struct error *err)
{
	cleanup_copy_matches struct copy_matches m = {0};
	int r = copy_matches_find(&w->origin.context, word->text, &m, err);

	if (r >= 0)
		r = check_one_place(w, word, m.n, err);
	for (size_t i = 0; r >= 0 && i < m.n; i++) {
		if (w->job->plan.parents)
			r = copy_with_parents(w, t, &m.items[i], word->pivot, err);
		else if (m.items[i].is_dir)
			r = copy_directory(w, t, m.items[i].real, err);
		else
			r = copy_file(w, t, &m.items[i], err);
	}
	return r;
}

/* --- what lies in no tree --- */

static int copy_loose(struct work *w, struct copy_tree *t, const struct copy_loose *f,
		      const char *name, struct error *err)
{
	cleanup_copy_dir struct copy_dir dir = COPY_DIR_INIT;
	cleanup_free char *to_name = NULL;
	int r = find_place(w, name, &dir, &to_name, err);

	return r < 0 ? r : copy_tree_file(t, f, &dir, to_name, err);
}

static int copy_heredoc(struct work *w, struct copy_tree *t, const struct copy_word *word,
			struct error *err)
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
	return copy_loose(w, t, &f, word->text, err);
}

static int copy_download(struct work *w, struct copy_tree *t, size_t i, struct error *err)
{
	const struct download *d = &w->job->items[i].download;
	const char *url = w->job->plan.words[i].text;
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
	if (w->job->plan.unpack_urls)
		r = copy_archive_is(d->fd, &is_archive, err);
	if (r < 0 || is_archive)
		return r < 0 ? r : unpack_into(w, d->fd, url, err);
	if (!name && d->file_name)
		name = xstrdup(d->file_name);
	if (!name && (w->job->plan.dest_is_dir || is_target_dir(w, w->job->plan.dest))) {
		error_set(err, ERR_INVALID, 0, "%s names no file", url);
		return error_hint(
			err, "Let the destination name it, without a slash at its end");
	}
	if (d->mtime_sec < 0)
		clock_gettime(CLOCK_REALTIME, &f.mtime);
	return copy_loose(w, t, &f, name, err);
}

static int copy_repository(struct work *w, struct copy_tree *t, size_t i,
			   struct error *err)
{
	cleanup(git_source_release) struct git_source g = {0};
	cleanup_free char *path = xasprintf("%s/%zu", w->git_path, i);
	cleanup_context struct context c = CONTEXT_INIT;
	const struct context *before = t->source;
	struct copy_matches m = {0};
	int r = git_source_parse(w->job->plan.words[i].text, &g, err);

	if (r >= 0)
		r = context_open(path, NULL, &c, err);
	if (r < 0)
		return r;
	free(c.path);
	c.path = xstrdup(g.url);
	t->source = &c;
	r = copy_matches_find(&c, g.subdirectory ? g.subdirectory : "", &m, err);
	if (r >= 0 && !m.items[0].is_dir)
		r = error_set(err, ERR_INVALID, ENOTDIR, "open %s of %s", g.subdirectory,
			      g.url);
	if (r >= 0)
		r = copy_directory(w, t, m.items[0].real, err);
	copy_matches_release(&m);
	t->source = before;
	return r;
}

/* --- all of it --- */

static int copy_word(struct work *w, size_t i, struct error *err)
{
	const struct copy_word *word = &w->job->plan.words[i];
	cleanup_copy_tree struct copy_tree t = {
		.rules = &w->rules,
		.target = &w->target,
		.source = &w->origin.context,
	};

	switch (word->kind) {
	case COPY_WORD_PATH:
		return copy_paths(w, &t, word, err);
	case COPY_WORD_HEREDOC:
		return copy_heredoc(w, &t, word, err);
	case COPY_WORD_URL:
		return copy_download(w, &t, i, err);
	case COPY_WORD_GIT:
		return copy_repository(w, &t, i, err);
	}
	return 0;
}

/* --link: what is below does not count, unless the draft has the files of earlier steps as well. */
static int choose_target(struct work *w, int merged_fd, int upper_fd, struct error *err)
{
	bool alone = w->job->plan.link && is_empty(upper_fd);

	w->target = (struct copy_target){
		.merged_fd = merged_fd, .upper_fd = upper_fd, .note = note, .data = w};
	if (!w->origin.layers && w->job->since.tv_sec) {
		w->target.changed = note_change;
		w->target.since = w->job->since;
	}
	int r = find_owner(w, err);
	if (alone)
		w->target.merged_fd = upper_fd;
	return r;
}

static int run_copier(void *data, struct error *err)
{
	struct work *w = data;
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = mount_draft(w->draft, &upper_fd, err);
	int r = merged_fd < 0 ? merged_fd : 0;

	if (r >= 0 && w->origin.layers)
		r = w->origin.context.fd = mount_layers(w->origin.layers, err);
	if (r >= 0)
		r = choose_target(w, merged_fd, upper_fd, err);
	for (size_t i = 0; r >= 0 && i < w->job->plan.n_words; i++)
		r = copy_word(w, i, err);
	return r < 0 ? r : 0;
}

/* --- in the stage's process --- */

static int fetch_repository(struct work *w, size_t i, struct error *err)
{
	const struct copy_word *word = &w->job->plan.words[i];
	cleanup(git_source_release) struct git_source g = {0};
	cleanup_free char *path = NULL, *got = NULL;
	int r = copy_job_commit(w->step, w->job, i, err);

	if (r >= 0)
		r = git_source_parse(word->text, &g, err);
	if (r < 0)
		return r;
	if (!w->git_path) {
		cleanup_free char *holder = dir_part(w->draft->upper);

		w->git_path = fs_join(holder, GIT_DIR);
	}
	path = xasprintf("%s/%zu", w->git_path, i);
	r = fs_mkdirs(AT_FDCWD, path, 0700, err);
	if (r >= 0)
		r = git_source_get(&g, path, w->job->plan.keep_git_dir, &got, err);
	if (r < 0)
		return r;
	if (!got || !str_eq(got, w->job->items[i].commit))
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "%s: it was %s a moment ago, and is %s now", word->text,
				 w->job->items[i].commit, got ? got : "nothing");
	if (w->job->plan.checksum)
		return copy_url_check_commit(got, w->job->plan.checksum, err);
	return 0;
}

static int fetch_all(struct work *w, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < w->job->plan.n_words; i++) {
		if (w->job->plan.words[i].kind == COPY_WORD_URL)
			r = copy_job_fetch(w->step, w->job, i, err);
		else if (w->job->plan.words[i].kind == COPY_WORD_GIT)
			r = fetch_repository(w, i, err);
	}
	return r;
}

static void tell_notes(const struct work *w)
{
	const struct step *s = w->step;
	cleanup_buf struct buf text = {0};
	cleanup_strv char **lines = NULL;

	buf_init(&text, NOTES_MAX);
	if (lseek(w->notes_fd, 0, SEEK_SET) < 0 || fd_read_all(w->notes_fd, &text) < 0 ||
	    !text.len || !s->listener || !s->event)
		return;
	lines = str_split(text.data, '\n');
	strv_foreach (line, lines) {
		struct build_event e = *s->event;

		e.kind = BUILD_EVENT_NOTE;
		e.text = *line;
		if (**line)
			s->listener->event(s->listener->data, &e);
	}
}

static void tell_change(struct work *w)
{
	const struct step *s = w->step;
	struct build_event e;

	w->job->is_stale = *w->is_changed;
	if (!w->job->is_stale || !s->listener || !s->event)
		return;
	e = *s->event;
	e.kind = BUILD_EVENT_NOTE;
	e.text = "files were changed while they were copied: this step is not cached";
	s->listener->event(s->listener->data, &e);
}

static void remove_repositories(const struct work *w)
{
	cleanup_error struct error err = ERROR_INIT;

	if (w->git_path && fs_remove_tree(AT_FDCWD, w->git_path, &err) < 0)
		error_drop(&err, "it goes with the draft");
}

static int take_ids(const struct step *s, const struct layer_draft *draft,
		    struct user_ids *ret, struct error *err)
{
	int r = user_ids_get(s->engine, draft->single_id, ret, err);

	if (r >= 0)
		user_ids_confine(ret);
	return r < 0 ? r : 0;
}

static int start(struct work *w, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	int r = copy_job_source(w->step, w->job, &w->origin, err);

	if (r >= 0)
		r = fetch_all(w, err);
	if (r >= 0 && w->job->plan.exclude)
		r = ignore_patterns(w->job->plan.exclude, &w->exclude, err);
	if (r < 0)
		return r;
	r = take_ids(w->step, w->draft, &ids, err);
	if (r < 0)
		return r;
	w->rules = (struct copy_rules){
		.single_id = ids.single,
		.strip_setid = !w->origin.layers,
		.mode = &w->job->plan.mode,
		.exclude = w->exclude,
	};
	return user_ids_do(&ids, run_copier, w, err);
}

int copy_do(const struct step *s, struct layer_draft *draft, struct error *err)
{
	cleanup_copy_job struct copy_job *job = NULL;
	cleanup(work_release) struct work w = {
		.step = s,
		.draft = draft,
		.origin = COPY_ORIGIN_INIT,
		.notes_fd = sys_memfd_create("notes", MFD_CLOEXEC),
		.is_changed = mmap(NULL, sizeof(bool), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	int r = copy_job_get(s, &job, err);

	if (r < 0)
		return r;
	if (w.notes_fd < 0 || w.is_changed == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "get memory");
	w.job = job;
	r = start(&w, err);
	tell_notes(&w);
	remove_repositories(&w);
	if (r >= 0)
		tell_change(&w);
	if (r >= 0 && s->job)
		*s->job = TAKE_PTR(job);
	if (r >= 0)
		return 0;
	error_wrap(err, "%s failed", instruction_word(s->instruction->kind));
	return copy_fail(s, err);
}

/* --- WORKDIR --- */

struct workdir {
	const struct layer_draft *draft;
	const char *path;
	const char *user; /* USER; NULL: root */
};

/* Whom what is made belongs to. A name that nobody has is no reason to fail: nothing runs yet. */
static int workdir_owner(const struct workdir *w, int merged_fd,
			 struct user_identity *ret, struct error *err)
{
	int r = w->draft->single_id ? 0 : user_lookup(merged_fd, w->user, NULL, ret, err);

	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the directory is root's");
	return 0;
}

static int make_one_dir(int merged_fd, const char *path,
			const struct user_identity *owner, struct error *err)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd = path_open(merged_fd, path, O_PATH | O_DIRECTORY, &missing);

	if (fd >= 0)
		return 0;
	if (missing.kind != ERR_NOT_FOUND)
		return error_move(err, &missing);
	fd = path_make_dir(merged_fd, path, 0755, err);
	if (fd < 0)
		return fd;
	if (fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give %s its owner", path);
	return 0;
}

/* It, and all above it. */
static int make_dirs(int merged_fd, const char *whole, const struct user_identity *owner,
		     struct error *err)
{
	int r = 0;

	for (const char *end = whole; r >= 0 && *end;) {
		cleanup_free char *path = NULL;

		end += 1 + strcspn(end + 1, "/");
		path = xstrndup(whole, (size_t)(end - whole));
		r = make_one_dir(merged_fd, path, owner, err);
	}
	return r < 0 ? r : 0;
}

static int make_workdir(void *data, struct error *err)
{
	const struct workdir *w = data;
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = mount_draft(w->draft, &upper_fd, err);
	cleanup_user_identity struct user_identity owner = {0};
	int r = merged_fd < 0 ? merged_fd : workdir_owner(w, merged_fd, &owner, err);

	return r < 0 ? r : make_dirs(merged_fd, w->path, &owner, err);
}

int workdir_do(const struct step *s, const char *path, struct layer_draft *draft,
	       struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct workdir w = {
		.draft = draft, .path = path, .user = s->state->config->config.user};
	int r;

	r = take_ids(s, draft, &ids, err);
	if (r >= 0)
		r = user_ids_do(&ids, make_workdir, &w, err);
	if (r >= 0)
		return 0;
	error_wrap(err, "WORKDIR failed");
	return copy_fail(s, err);
}

/* --- VOLUME --- */

struct missing_volumes {
	const struct layer_draft *draft;
	char **paths; /* strv, owned: clean, absolute */
};

/* 1: a directory; 0: something else, as what says that a lower one is gone; -ENOENT: this layer says nothing. A link on the way leads
 * anywhere: then it is looked at inside the root. */
static int look_for(const char *dir, const char *path)
{
	cleanup_free char *full = xasprintf("%s%s", dir, path);
	struct stat st;

	if (fstatat(AT_FDCWD, full, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISDIR(st.st_mode);
	return errno == ENOENT ? -ENOENT : 0;
}

/* Most are there, and then no process is needed. */
static char **missing_volumes(const struct step *s, const struct layer_draft *draft)
{
	char **missing = NULL;

	strv_foreach (volume, s->state->config->config.volumes) {
		cleanup_free char *absolute = xasprintf("/%s", *volume);
		cleanup_free char *path = path_clean(absolute);
		int r = look_for(draft->upper, path);

		for (char *const *lower = draft->lower; *lower && r == -ENOENT; lower++)
			r = look_for(*lower, path);
		if (r <= 0)
			strv_add(&missing, path);
	}
	return missing;
}

static int make_volumes(void *data, struct error *err)
{
	const struct missing_volumes *m = data;
	const struct user_identity root = {0};
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = mount_draft(m->draft, &upper_fd, err);

	if (merged_fd < 0)
		return merged_fd;
	strv_foreach (path, m->paths) {
		cleanup_error struct error ignored = ERROR_INIT;

		/* What is a file is no place of a volume, but whatever runs need not mind. */
		if (make_dirs(merged_fd, *path, &root, &ignored) < 0)
			error_drop(&ignored, "a volume's directory is not made");
	}
	return 0;
}

int volumes_do(const struct step *s, struct layer_draft *draft, struct error *err)
{
	cleanup_strv char **paths = missing_volumes(s, draft);
	cleanup_user_ids struct user_ids ids = {0};
	struct missing_volumes m = {draft, paths};
	int r;

	if (!paths)
		return 0;
	r = take_ids(s, draft, &ids, err);
	return r < 0 ? r : user_ids_do(&ids, make_volumes, &m, err);
}
