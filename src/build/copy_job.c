/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/git_source.h"
#include "build/url_memory.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define COMMIT_DIGITS 40
#define ANSWER_MAX    (4 << 20)

void copy_job_free(struct copy_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; job->items && i < job->plan.n_words; i++) {
		download_release(&job->items[i].download);
		free(job->items[i].digest);
		free(job->items[i].commit);
	}
	free(job->items);
	copy_plan_release(&job->plan);
	free(job);
}

void copy_key_settle(const struct copy_job *job, char key[static KEY_TEXT_MAX])
{
	int64_t now = time_monotonic_usec();
	pid_t pid = getpid();
	struct key k;

	if (!job || !job->is_stale)
		return;
	key_init(&k);
	key_add_text(&k, "stale", key);
	key_add(&k, "time", &now, sizeof(now));
	key_add(&k, "process", &pid, sizeof(pid));
	key_end(&k, key);
}

int copy_job_get(const struct step *s, struct copy_job **ret, struct error *err)
{
	cleanup_copy_job struct copy_job *job = NULL;
	int r;

	if (s->job && *s->job) {
		*ret = TAKE_PTR(*s->job);
		return 0;
	}
	job = xcalloc(1, sizeof(*job));
	r = copy_plan_make(s, &job->plan, err);
	if (r < 0)
		return r;
	job->items = xcalloc(job->plan.n_words, sizeof(*job->items));
	for (size_t i = 0; i < job->plan.n_words; i++)
		job->items[i].download = DOWNLOAD_INIT;
	*ret = TAKE_PTR(job);
	return 0;
}

/* Whether a word is a path. */
static bool needs_source(const struct copy_job *job)
{
	for (size_t i = 0; i < job->plan.n_words; i++)
		if (job->plan.words[i].kind == COPY_WORD_PATH)
			return true;
	return false;
}

/* --- the source --- */

void copy_origin_release(struct copy_origin *o)
{
	context_release(&o->context);
	*o = COPY_ORIGIN_INIT;
}

static int open_context(const struct step *s, struct copy_origin *ret, struct error *err)
{
	const struct build_options *o = s->options;
	int r;

	if (!o->context) {
		error_set(err, ERR_INVALID, 0,
			  "there is no build context: only a Dockerfile was given");
		return error_hint(err, "Name a directory: cubby build DIRECTORY");
	}
	r = context_open(o->context, s->ignore, &ret->context, err);
	ret->context.ignore_name = o->ignore_file;
	if (o->ignore_file && strrchr(o->ignore_file, '/'))
		ret->context.ignore_name = strrchr(o->ignore_file, '/') + 1;
	return r;
}

int copy_job_source(const struct step *s, const struct copy_job *job,
		    struct copy_origin *ret, struct error *err)
{
	struct step_source found = {0};
	int r;

	if (!needs_source(job))
		return 0;
	if (!job->plan.from)
		return open_context(s, ret, err);
	r = s->find_source(s->data, job->plan.from, &found, err);
	if (r < 0)
		return r;
	ret->key = found.key;
	ret->layers = found.layer_paths;
	if (found.directory)
		return context_open(found.directory, NULL, &ret->context, err);
	ret->context.path = xstrdup(job->plan.from);
	return 0;
}

/* --- from elsewhere --- */

static void report(void *data, int64_t done, int64_t total)
{
	const struct step *s = data;
	struct build_event e;

	if (!s->listener || !s->event)
		return;
	e = *s->event;
	e.kind = BUILD_EVENT_PROGRESS;
	e.text = "downloading";
	e.done = done;
	e.total = total;
	s->listener->event(s->listener->data, &e);
}

static int get(const struct step *s, struct copy_job *job, size_t i,
	       const struct url_memory *known, struct error *err)
{
	const struct download_request request = {
		.url = job->plan.words[i].text,
		.etag = known ? known->etag : NULL,
		.last_modified = known ? known->last_modified : NULL,
		.registry = &s->options->fetch.registry,
		.on_progress = report,
		.data = (void *)(uintptr_t)s,
	};

	return download_get(s->engine, &request, &job->items[i].download, err);
}

int copy_job_ask(const struct step *s, struct copy_job *job, size_t i, struct error *err)
{
	const char *url = job->plan.words[i].text;
	struct copy_item *item = &job->items[i];
	cleanup_url_memory struct url_memory known = {0};
	struct url_memory now = {0};
	int r;

	url_memory_get(s->engine, url, &known);
	r = get(s, job, i, &known, err);
	if (r < 0)
		return r;
	item->digest =
		xstrdup(item->download.unchanged ? known.digest : item->download.digest);
	if (item->download.unchanged) {
		url_memory_put(s->engine, url, &known);
		return 0;
	}
	now.etag = item->download.etag;
	now.last_modified = item->download.last_modified;
	now.digest = item->digest;
	url_memory_put(s->engine, url, &now);
	return 0;
}

int copy_job_fetch(const struct step *s, struct copy_job *job, size_t i,
		   struct error *err)
{
	const char *url = job->plan.words[i].text, *checksum = job->plan.checksum;
	struct copy_item *item = &job->items[i];
	int r;

	if (item->download.fd < 0) {
		download_release(&item->download);
		r = get(s, job, i, NULL, err);
		if (r < 0)
			return r;
	}
	if (checksum && !str_eq(checksum, item->download.digest))
		return error_set(err, ERR_INVALID, 0,
				 "%s: its digest is %s, and --checksum says %s", url,
				 item->download.digest, checksum);
	if (item->digest && !str_eq(item->digest, item->download.digest))
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "%s: it was changed while it was added", url);
	return 0;
}

static bool is_commit(const char *ref)
{
	return ref && strlen(ref) >= COMMIT_DIGITS &&
	       strspn(ref, "0123456789abcdef") == strlen(ref);
}

/* "DIGITS\tNAME" lines; that of a tag's commit ends with ^{}, and counts more than the tag's own. */
static char *pick_commit(const char *answer)
{
	cleanup_strv char **lines = str_split(answer, '\n');
	const char *best = NULL;

	strv_foreach (line, lines) {
		size_t n = strspn(*line, "0123456789abcdef");

		if (n < COMMIT_DIGITS || (*line)[n] != '\t')
			continue;
		if (!best || str_ends(*line, "^{}"))
			best = *line;
	}
	return best ? xstrndup(best, strspn(best, "0123456789abcdef")) : NULL;
}

static int ask_remote(const struct git_source *g, char **ret, struct error *err)
{
	cleanup_free char *git = proc_find("git");
	cleanup_buf struct buf answer = {0};
	const char *ref = g->ref ? g->ref : "HEAD";
	cleanup_free char *peeled = xasprintf("%s^{}", ref);
	char *argv[] = {(char *)"git", (char *)"ls-remote",    (char *)"--",
			g->url,        (char *)(uintptr_t)ref, peeled,
			NULL};
	int r;

	if (!git) {
		error_set(err, ERR_UNSUPPORTED, 0, "fetch %s: git is not installed",
			  g->url);
		return error_hint(err, "apt install git");
	}
	buf_init(&answer, ANSWER_MAX);
	r = proc_run(git, argv, &answer, err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, ERR_UNAVAILABLE, 0, "git ls-remote %s: %s", g->url,
				 answer.data ? answer.data : "it failed");
	*ret = pick_commit(answer.data ? answer.data : "");
	if (!*ret)
		return error_set(err, ERR_NOT_FOUND, 0, "%s has no %s", g->url, ref);
	return 0;
}

int copy_job_commit(const struct step *s, struct copy_job *job, size_t i,
		    struct error *err)
{
	cleanup(git_source_release) struct git_source g = {0};
	int r;

	if (job->items[i].commit)
		return 0;
	r = git_source_parse(job->plan.words[i].text, &g, err);
	if (r < 0)
		return r;
	if (!is_commit(g.ref))
		return ask_remote(&g, &job->items[i].commit, err);
	job->items[i].commit = xstrdup(g.ref);
	return 0;
}
