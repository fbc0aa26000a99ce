/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How files come into a draft: the stage's process opens the context, fetches what comes from elsewhere, and starts the copier (build/copier.h).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "build/copier.h"
#include "build/copy_url.h"
#include "build/draft_view.h"
#include "build/git_source.h"
#include "build/step.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define NOTES_MAX 65536
#define GIT_DIR   "git"

struct work {
	const struct step *step;
	struct copy_job *job;
	char *git_path;         /* owned */
	struct ignore *exclude; /* owned */
	struct copier copier;
};

static void work_release(struct work *w)
{
	copy_origin_release(&w->copier.origin);
	free(w->git_path);
	ignore_freep(&w->exclude);
	fd_cleanup_(&w->copier.notes_fd);
	if (w->copier.is_changed != MAP_FAILED)
		munmap(w->copier.is_changed, sizeof(bool));
}

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
	if (!w->git_path)
		w->git_path = xasprintf("%s/../" GIT_DIR, w->copier.draft->upper);
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
	if (lseek(w->copier.notes_fd, 0, SEEK_SET) < 0 ||
	    fd_read_all(w->copier.notes_fd, &text) < 0 || !text.len || !s->listener ||
	    !s->event)
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

	w->job->is_stale = *w->copier.is_changed;
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

static int start(struct work *w, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	int r = copy_job_source(w->step, w->job, &w->copier.origin, err);

	if (r >= 0)
		r = fetch_all(w, err);
	if (r >= 0 && w->job->plan.exclude)
		r = ignore_patterns(w->job->plan.exclude, &w->exclude, err);
	if (r < 0)
		return r;
	r = draft_view_ids(w->step->engine, w->copier.draft, &ids, err);
	if (r < 0)
		return r;
	w->copier.rules = (struct copy_rules){
		.single_id = ids.single,
		.strip_setid = !w->copier.origin.layers,
		.mode = &w->job->plan.mode,
		.exclude = w->exclude,
	};
	w->copier.job = w->job;
	w->copier.git_path = w->git_path;
	return user_ids_do(&ids, copier_run, &w->copier, err);
}

int copy_do(const struct step *s, struct layer_draft *draft, struct error *err)
{
	cleanup_copy_job struct copy_job *job = NULL;
	cleanup(work_release) struct work w = {
		.step = s,
		.copier.draft = draft,
		.copier.origin = COPY_ORIGIN_INIT,
		.copier.notes_fd = sys_memfd_create("notes", MFD_CLOEXEC),
		.copier.is_changed = mmap(NULL, sizeof(bool), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	int r = copy_job_get(s, &job, err);

	if (r < 0)
		return r;
	if (w.copier.notes_fd < 0 || w.copier.is_changed == MAP_FAILED)
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
