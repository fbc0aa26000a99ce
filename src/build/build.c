/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The coordinator: it reads and plans, starts a process for each stage whose needs are met, hears them all in one loop, and touches no
 * layer itself. While stages work it has no connection to the store, as that must not cross a fork.
 *
 *	stage processes ── packets ──► poll() ──► listener
 *	INT, TERM, HUP  ── signalfd ──►   │
 *	                                  └─ the last word of a stage: its state, from which others begin
 *
 * The first failure, or a signal, ends all stages at once (SIGKILL: what they started has PR_SET_PDEATHSIG); what they left is swept, and
 * what they finished is in the cache.
 */
#include "build/build.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/sysinfo.h>

#include "build/cache_remote.h"
#include "build/finish.h"
#include "build/history.h"
#include "build/plan.h"
#include "build/run_check.h"
#include "build/scope.h"
#include "build/stage.h"
#include "build/verify.h"
#include "build/worker.h"
#include "engine/collect.h"
#include "engine/layer_dir.h"
#include "image/platform.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TICK_MSEC 200

enum stage_status { STAGE_WAITS, STAGE_RUNS, STAGE_DONE };

struct build {
	struct engine *engine;
	const struct build_options *options;
	const struct build_listener *listener;
	struct dockerfile *dockerfile; /* owned, as what follows */
	struct plan plan;
	struct ignore *ignore;
	struct worker *workers; /* one a stage, by its number */
	struct build_state *done;
	enum stage_status *status;
	char *image_id;
	int signal_fd, lock_fd;
	sigset_t old_mask;
	size_t n_running, n_done;
	bool again;      /* the second time: nothing is looked up, no image is made */
	char **unneeded; /* strv: layers that may go afterwards */
	int run_status;  /* of a RUN that failed */
	int signal;      /* that came */
};

static void add_unneeded(struct build *b, char *const *layers)
{
	strv_foreach (layer, layers)
		if (!strv_has(b->unneeded, *layer))
			strv_add(&b->unneeded, *layer);
}

static void clear_stages(struct build *b)
{
	for (size_t i = 0; i < b->plan.n && b->workers; i++) {
		add_unneeded(b, b->workers[i].replaced);
		if (b->again)
			add_unneeded(b, b->done[i].layers);
		worker_release(&b->workers[i]);
		build_state_release(&b->done[i]);
		b->status[i] = STAGE_WAITS;
	}
	b->n_running = 0;
	b->n_done = 0;
}

static void build_release(struct build *b)
{
	clear_stages(b);
	free(b->workers);
	free(b->done);
	free(b->status);
	plan_release(&b->plan);
	if (b->ignore)
		ignore_free(b->ignore);
	if (b->dockerfile)
		dockerfile_free(b->dockerfile);
	free(b->image_id);
	fd_cleanup_(&b->lock_fd);
	if (b->signal_fd >= 0) {
		fd_cleanup_(&b->signal_fd);
		(void)sigprocmask(SIG_SETMASK, &b->old_mask, NULL);
	}
}

void build_result_release(struct build_result *r)
{
	free(r->image_id);
	build_state_release(&r->state);
	strv_free(r->differences);
	*r = (struct build_result){0};
}

static void tell(const struct build *b, const struct build_event *like)
{
	struct build_event e = *like;

	e.n_stages = b->plan.n;
	e.at_usec = time_monotonic_usec();
	e.size = e.text ? strlen(e.text) : 0;
	b->listener->event(b->listener->data, &e);
}

static void note(const struct build *b, const char *text)
{
	const struct build_event e = {
		.kind = BUILD_EVENT_NOTE, .stage = b->plan.target, .text = text};

	tell(b, &e);
}

/* Drafts of who was killed. */
static void sweep(const struct engine *e)
{
	cleanup_error struct error err = ERROR_INIT;

	if (layers_sweep(e, NULL, &err) < 0)
		error_drop(&err, "the next build sweeps as well");
}

/* --- before the first stage --- */

static int make_plan(struct build *b, struct error *err)
{
	const struct build_options *o = b->options;
	cleanup_image_platform struct image_platform host = {0}, target = {0};
	cleanup_strv char **platform_args = NULL;
	struct plan_options how = {
		.target = o->target,
		.from = o->from,
		.build_args = o->build_args,
		.contexts = o->build_contexts,
		.all_stages = o->all_stages,
	};
	int r = 0;

	platform_host(&host);
	if (o->platform)
		r = platform_parse(o->platform, &target, err);
	else
		platform_host(&target);
	if (r < 0)
		return error_wrap(err, "--platform");
	scope_platform_args(&target, &host, &platform_args);
	how.platform_args = platform_args;
	return plan_make(b->dockerfile, &how, &b->plan, err);
}

static int read_ignore(struct build *b, struct error *err)
{
	const char *path = b->options->ignore_file;
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (!path)
		return 0;
	r = fs_read(AT_FDCWD, path, IGNORE_MAX, &text, &len, err);
	return r < 0 ? r : ignore_parse(text, len, path, &b->ignore, err);
}

static int catch_signals(struct build *b, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &b->old_mask) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	b->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signal_fd < 0) {
		error_set(err, ERR_SYSTEM, errno, "wait for signals");
		(void)sigprocmask(SIG_SETMASK, &b->old_mask, NULL);
		return -EIO;
	}
	return 0;
}

static int prepare(struct build *b, struct error *err)
{
	const struct build_options *o = b->options;
	int r = cache_remote_check(o, err);

	if (r >= 0)
		r = dockerfile_parse(o->dockerfile_text, o->dockerfile_len,
				     o->dockerfile_name, &b->dockerfile, err);
	if (r >= 0)
		r = make_plan(b, err);
	if (r >= 0)
		r = read_ignore(b, err);
	if (r < 0)
		return r;
	b->workers = xcalloc(b->plan.n, sizeof(*b->workers));
	b->done = xcalloc(b->plan.n, sizeof(*b->done));
	b->status = xcalloc(b->plan.n, sizeof(*b->status));
	for (size_t i = 0; i < b->plan.n; i++)
		b->workers[i] = WORKER_INIT;
	/* nobody collects layers that a stage has made and the next one waits for */
	b->lock_fd = collect_fetch_lock(b->engine, err);
	if (b->lock_fd < 0)
		return b->lock_fd;
	sweep(b->engine);
	strv_foreach (warning, b->dockerfile->warnings)
		note(b, *warning);
	for (size_t i = 0; i < b->plan.n; i++) {
		const struct build_event e = {.kind = BUILD_EVENT_SKIPPED,
					      .stage = i,
					      .stage_name = b->plan.stages[i].name};

		if (!b->plan.stages[i].wanted)
			tell(b, &e);
	}
	return 0;
}

/* --- the loop --- */

static void warn_of_args(const struct stage_job *job, const struct build_state *state,
			 const struct build_event *like)
{
	cleanup_strv char **declared = strv_copy(job->plan->arg_names), **left = NULL;
	struct build_event e = *like;
	cleanup_free char *names = NULL, *text = NULL;

	/* an ONBUILD of a base image may have declared more */
	strv_foreach (pair, state->args)
		strv_add_take(&declared, xstrndup(*pair, strcspn(*pair, "=")));
	for (size_t i = 0; i < job->plan->n; i++)
		strv_foreach (pair, job->done[i].args)
			strv_add_take(&declared, xstrndup(*pair, strcspn(*pair, "=")));
	left = scope_not_consumed(job->options->build_args, declared);
	if (!left)
		return;
	names = strv_join(left, " ");
	text = xasprintf("[Warning] one or more build args were not consumed: [%s]",
			 names);
	e.kind = BUILD_EVENT_NOTE;
	e.text = text;
	e.size = strlen(text);
	job->listener->event(job->listener->data, &e);
}

/* In the target's process. */
static int finish(void *data, const struct stage_job *job, struct build_state *state,
		  char **ret_image_id, struct error *err)
{
	const struct build_event event = {
		.stage = job->index,
		.n_stages = job->plan->n,
		.stage_name = job->plan->stages[job->index].name,
	};
	const struct finish f = {
		.engine = job->engine,
		.options = job->options,
		.listener = job->listener,
		.event = &event,
	};

	(void)data;
	warn_of_args(job, state, &event);
	return finish_image(&f, state, ret_image_id, err);
}

static bool is_ready(const struct build *b, size_t stage)
{
	const struct plan_stage *s = &b->plan.stages[stage];

	if (!s->wanted || b->status[stage] != STAGE_WAITS)
		return false;
	for (size_t i = 0; i < s->n_needs; i++)
		if (b->status[s->needs[i]] != STAGE_DONE)
			return false;
	return true;
}

static int start_stage(struct build *b, size_t stage, struct error *err)
{
	const struct stage_job job = {
		.options = b->options,
		.dockerfile = b->dockerfile,
		.plan = &b->plan,
		.index = stage,
		.done = b->done,
		.ignore = b->ignore,
		.is_second = b->again,
	};
	const struct worker_task task = {
		.job = &job,
		.engine = b->engine,
		.finish = stage == b->plan.target && !b->again ? finish : NULL,
	};
	int r = worker_start(&task, &b->workers[stage], err);

	if (r < 0)
		return r;
	b->status[stage] = STAGE_RUNS;
	b->n_running++;
	return 0;
}

static int start_stages(struct build *b, struct error *err)
{
	size_t jobs = b->options->jobs ? b->options->jobs : (size_t)get_nprocs();
	int r = 0;

	for (size_t i = 0; i < b->plan.n && r >= 0 && b->n_running < jobs; i++)
		if (is_ready(b, i))
			r = start_stage(b, i, err);
	return r;
}

static int stage_ended(struct build *b, struct worker *w, struct error *err)
{
	int r = worker_end(w, &b->done[w->stage], err);

	b->n_running--;
	if (r < 0) {
		b->run_status = w->run_status;
		return r;
	}
	b->status[w->stage] = STAGE_DONE;
	b->n_done++;
	if (w->stage == b->plan.target)
		b->image_id = TAKE_PTR(w->image_id);
	return 0;
}

static int interrupted(struct build *b, struct error *err)
{
	struct signalfd_siginfo info = {0};
	const struct build_event e = {.kind = BUILD_EVENT_FAILED,
				      .stage = b->plan.target,
				      .text = "interrupted"};

	if (read(b->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	b->signal = (int)info.ssi_signo;
	tell(b, &e);
	return error_set(err, ERR_UNAVAILABLE, EINTR, "build the image");
}

static int hear_all(struct build *b, struct error *err)
{
	cleanup_free struct pollfd *fds = xcalloc(b->plan.n + 1, sizeof(*fds));
	const struct build_event tick = {.kind = BUILD_EVENT_TICK};
	int r;

	fds[0] = (struct pollfd){.fd = b->signal_fd, .events = POLLIN};
	for (size_t i = 0; i < b->plan.n; i++)
		fds[i + 1] = (struct pollfd){
			.fd = b->status[i] == STAGE_RUNS ? b->workers[i].fd : -1,
			.events = POLLIN,
		};
	r = poll(fds, b->plan.n + 1, TICK_MSEC);
	if (r < 0 && errno != EINTR)
		return error_set(err, ERR_SYSTEM, errno, "wait for the stages");
	if (r == 0)
		tell(b, &tick);
	if (r <= 0)
		return 0;
	if (fds[0].revents)
		return interrupted(b, err);
	for (size_t i = 0; i < b->plan.n; i++) {
		struct worker *w = &b->workers[i];

		if (!fds[i + 1].revents || worker_hear(w, &b->plan, b->listener) ||
		    stage_ended(b, w, err) >= 0)
			continue;
		/* a terminal's ^C goes to all of us: it is why the stage ended */
		(void)!interrupted(b, err);
		return -EIO;
	}
	return 0;
}

static int run_stages(struct build *b, struct error *err)
{
	int r = 0;

	while (r >= 0 && b->n_done < b->plan.n_wanted) {
		r = start_stages(b, err);
		if (r >= 0)
			r = hear_all(b, err);
	}
	return r;
}

/* --- afterwards --- */

/* Stages that were still at work are ended; what they had begun goes. */
static void clean_up(struct build *b)
{
	for (size_t i = 0; i < b->plan.n && b->workers; i++)
		worker_kill(&b->workers[i]);
	sweep(b->engine);
}

static void take_result(struct build *b, struct build_result *ret)
{
	ret->image_id = TAKE_PTR(b->image_id);
	ret->state = b->done[b->plan.target];
	b->done[b->plan.target] = (struct build_state){0};
}

static int verify(struct build *b, struct build_result *ret, struct error *err)
{
	int r;

	take_result(b, ret);
	clear_stages(b);
	b->again = true;
	note(b, "Building again without the cache, to compare");
	r = run_stages(b, err);
	if (r >= 0 && b->options->omit_history) /* the first one's went with its image */
		history_drop(b->done[b->plan.target].config);
	if (r >= 0)
		r = verify_compare(b->engine, &ret->state, &b->done[b->plan.target],
				   &ret->differences, err);
	return r < 0 ? error_wrap(err, "--verify") : 0;
}

/* They go into the image's config, and JSON has no other text. */
static int check_values(const struct build_options *o, struct error *err)
{
	const struct {
		char *const *values;
		const char *option;
	} lists[] = {
		{o->build_args, "--build-arg"},
		{o->labels, "--label"},
		{o->annotations, "--annotation"},
		{o->env, "--env"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		strv_foreach (value, lists[i].values) {
			if (!str_is_utf8(*value))
				return error_set(err, ERR_INVALID, 0,
						 "%s %s: the value is not UTF-8",
						 lists[i].option, *value);
		}
	}
	return 0;
}

static int carry_out(struct build *b, struct build_result *ret, struct error *err)
{
	int r = run_options_check(b->options, err);

	if (r >= 0)
		r = check_values(b->options, err);
	if (r >= 0)
		r = prepare(b, err);
	if (r >= 0)
		r = catch_signals(b, err);
	if (r < 0)
		return r;
	r = run_stages(b, err);
	if (r >= 0) {
		if (b->options->verify)
			r = verify(b, ret, err);
		else
			take_result(b, ret);
	}
	if (r < 0) {
		ret->run_status = b->run_status;
		clean_up(b);
	}
	return r;
}

/*
 * Layers that nobody may need any more: what only --verify's second build had, what the cache had before. While somebody else builds they
 * may be below what he does: then the next prune takes them.
 */
static void drop_layers(const struct engine *e, char *const *layers)
{
	cleanup_error struct error err = ERROR_INIT;
	struct collected collected = {0};
	const struct image_record gone = {.layers = (char **)layers};
	cleanup_fd int lock_fd = layers ? collect_lock_alone(e, &err) : -EBADF;

	if (lock_fd >= 0)
		(void)!collect_image(e, &gone, &collected, &err);
	if (error_is_set(&err))
		error_drop(&err, "the next prune finds these layers");
}

void build_die_of(int sig)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};

	(void)sigaction(sig, &usual, NULL);
	(void)raise(sig);
}

int build_run(struct engine *e, const struct build_options *o,
	      const struct build_listener *listener, struct build_result *ret,
	      struct error *err)
{
	struct build b = {
		.engine = e,
		.options = o,
		.listener = listener,
		.signal_fd = -EBADF,
		.lock_fd = -EBADF,
	};
	cleanup_error struct error second = ERROR_INIT;
	cleanup_strv char **layers = NULL;
	int r, k, sig;

	*ret = (struct build_result){0};
	store_close(e->store);
	e->store = NULL;
	r = carry_out(&b, ret, err);
	sig = b.signal;
	build_release(&b);
	layers = TAKE_PTR(b.unneeded);
	ret->signal = sig;
	if (sig)
		return r;
	k = engine_open_store(e, &second);
	if (r >= 0 && k < 0)
		r = error_move(err, &second);
	if (k >= 0)
		drop_layers(e, layers);
	return r < 0 ? r : 0;
}
