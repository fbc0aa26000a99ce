/* SPDX-License-Identifier: Apache-2.0 */
/* What the result of a COPY or an ADD depends on. Of files that is what they contain, not when they were written or whose they are. */
#include <string.h>

#include "build/copy_job.h"
#include "build/copy_match.h"
#include "build/file_hash.h"
#include "build/step.h"
#include "util/str.h"

#define VERSION \
	"1" /* of how things are copied: another one makes other files of the same */

static void add_plan(const struct copy_plan *p, struct key *k)
{
	const char flags[] = {p->is_add, p->link,        p->parents,    p->keep_git_dir,
			      p->unpack, p->unpack_urls, p->dest_is_dir};

	key_add_text(k, "copy", VERSION);
	key_add(k, "flags", flags, sizeof(flags));
	key_add_text(k, "chown", p->chown);
	key_add_text(k, "chmod", p->chmod);
	key_add_text(k, "checksum", p->checksum);
	key_add_strv(k, "exclude", p->exclude);
	key_add_text(k, "dest", p->dest);
}

static int add_files(const struct copy_origin *o, struct file_hash *hash,
		     const struct ignore *exclude, const struct copy_word *w,
		     struct key *k, struct error *err)
{
	cleanup_copy_matches struct copy_matches m = {0};
	int r = copy_matches_find(&o->context, w->text, &m, err);

	for (size_t i = 0; r >= 0 && i < m.n; i++) {
		key_add_text(k, "path", m.items[i].path);
		r = context_add(&o->context, hash, m.items[i].path, exclude, k, err);
	}
	return r;
}

struct source {
	struct copy_origin origin;
	struct file_hash *hash; /* owned; NULL: the source has a key of its own */
	struct ignore *exclude; /* owned */
};

static void source_release(struct source *s)
{
	file_hash_freep(&s->hash);
	ignore_freep(&s->exclude);
	copy_origin_release(&s->origin);
}

static int add_word(const struct step *s, struct copy_job *job, size_t i,
		    const struct source *source, struct key *k, struct error *err)
{
	const struct copy_word *w = &job->plan.words[i];
	int r = 0;

	key_add_text(k, "word", w->typed);
	key_add_text(k, "pivot", w->pivot);
	switch (w->kind) {
	case COPY_WORD_PATH:
		return source->hash ? add_files(&source->origin, source->hash,
						source->exclude, w, k, err)
				    : 0;
	case COPY_WORD_HEREDOC:
		key_add_text(k, "content", w->content);
		return 0;
	case COPY_WORD_URL:
		/* that it is right is found out when it is fetched */
		if (job->plan.checksum)
			return 0;
		r = copy_job_ask(s, job, i, err);
		if (r >= 0)
			key_add_text(k, "digest", job->items[i].digest);
		return r;
	case COPY_WORD_GIT:
		r = copy_job_commit(s, job, i, err);
		if (r >= 0)
			key_add_text(k, "commit", job->items[i].commit);
		return r;
	}
	return r;
}

static int add_all(const struct step *s, struct copy_job *job, struct key *k,
		   struct error *err)
{
	cleanup(source_release) struct source source = {.origin = COPY_ORIGIN_INIT};
	int r = copy_job_source(s, job, &source.origin, err);

	if (r >= 0 && job->plan.exclude)
		r = ignore_patterns(job->plan.exclude, &source.exclude, err);
	if (r < 0)
		return r;
	if (source.origin.context.fd >= 0 && !source.origin.key)
		source.hash = file_hash_open(s->engine, source.origin.context.fd);
	key_add_text(k, "from", source.origin.key);
	for (size_t i = 0; r >= 0 && i < job->plan.n_words; i++)
		r = add_word(s, job, i, &source, k, err);
	return r;
}

int copy_key(const struct step *s, struct key *k, struct error *err)
{
	cleanup_copy_job struct copy_job *job = NULL;
	int r = copy_job_get(s, &job, err);

	if (r < 0)
		return r;
	/* what files have is of this clock */
	clock_gettime(CLOCK_REALTIME_COARSE, &job->since);
	add_plan(&job->plan, k);
	r = add_all(s, job, k, err);
	if (r < 0) {
		error_wrap(err, "%s failed", instruction_word(s->instruction->kind));
		return copy_fail(s, err);
	}
	if (s->job)
		*s->job = TAKE_PTR(job);
	return 0;
}
