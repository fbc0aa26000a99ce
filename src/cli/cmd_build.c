/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/build.h"
#include "build/context_source.h"
#include "build/dockerfile.h"
#include "build/git_source.h"
#include "build/named_context.h"
#include "cli/build_output.h"
#include "cli/build_table.h"
#include "cli/build_view.h"
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/manifest_list.h"
#include "cli/progress.h"
#include "engine/image.h"
#include "engine/image_send.h"
#include "engine/limits.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define STATUS_DIFFERS  1
#define STATUS_WARNINGS 1

struct job {
	const struct command_call *call;
	struct build_values *values;
	struct build_filled filled;
	struct build_outputs outputs;
	struct engine engine;
	struct context_source source;
	struct named_contexts contexts;
	struct manifest_list list; /* name NULL: none is asked for */
	int signal;                /* that ended it */
};

static void job_release(struct job *j)
{
	context_source_release(&j->source);
	named_contexts_release(&j->contexts);
	manifest_list_release(&j->list);
	build_outputs_release(&j->outputs);
	build_filled_release(&j->filled);
	engine_release(&j->engine);
}

static enum build_view_kind choose_view(const struct build_values *v)
{
	const char *term = getenv("TERM");

	if (v->quiet)
		return BUILD_VIEW_QUIET;
	switch ((enum build_progress)v->progress) {
	case BUILD_PROGRESS_JSON:
	case BUILD_PROGRESS_RAWJSON:
		return BUILD_VIEW_JSON;
	case BUILD_PROGRESS_QUIET:
		return BUILD_VIEW_QUIET;
	case BUILD_PROGRESS_TTY:
		return v->logfile ? BUILD_VIEW_PLAIN : BUILD_VIEW_TTY;
	case BUILD_PROGRESS_PLAIN:
		return BUILD_VIEW_PLAIN;
	case BUILD_PROGRESS_AUTO:
		break;
	}
	return !v->logfile && isatty(STDERR_FILENO) && !str_empty(term) &&
			       !str_eq(term, "dumb")
		       ? BUILD_VIEW_TTY
		       : BUILD_VIEW_PLAIN;
}

/* "build.log", or with --logsplit "build.log_linux_arm64"; several platforms go into one, one after the other. */
static int open_log(const struct build_values *v, const char *platform, bool first,
		    struct error *err)
{
	cleanup_free char *path = NULL;
	int fd;

	if (!v->logfile)
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	path = v->log_split && platform ? xasprintf("%s_%s", v->logfile, platform)
					: xstrdup(v->logfile);
	for (char *c = path + strlen(v->logfile); *c; c++)
		if (*c == '/')
			*c = '_';
	fd = open(path,
		  O_WRONLY | O_CREAT | O_CLOEXEC |
			  (first || v->log_split ? O_TRUNC : O_APPEND),
		  0644);
	return fd < 0 ? error_set(err, error_kind_of(errno), errno, "open %s", path) : fd;
}

/* Its own exit status is the command's, as with podman. */
static int fail(const struct job *j, const struct build_result *result, int r,
		struct error *err)
{
	if (result->run_status <= 0)
		return r;
	if (j->call->program->report)
		j->call->program->report(j->call, err);
	cli_print_error(stderr, err);
	error_release(err);
	return result->run_status;
}

static int write_id(const char *path, const char *prefix, const char *id,
		    struct error *err)
{
	cleanup_free char *text = xasprintf("%s%s", prefix, id);

	return path ? fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, 0, err)
		    : 0;
}

static int write_files(const struct job *j, const struct build_delivery *d,
		       struct error *err)
{
	const struct build_values *v = j->values;
	int r = write_id(v->iidfile, "sha256:", d->image->id, err);

	if (r >= 0)
		r = write_id(v->iidfile_raw, "", d->image->id, err);
	if (r >= 0 && v->metadata_file)
		r = build_write_metadata(d, v->metadata_file, err);
	return r;
}

/* What is to be done with an image that was built. */
static int deliver(struct job *j, const char *id, struct error *err)
{
	static const struct manifest_entry_values as_it_is = {0};
	const struct build_values *v = j->values;
	cleanup_image_record struct image_record record = {0};
	const struct build_delivery d = {
		.engine = &j->engine,
		.image = &record,
		.names = j->filled.names,
		.registry = &v->registry,
		.quiet = v->quiet,
		.push = v->push,
	};
	int r = image_record_by_id(j->engine.store, id, &record, err);

	if (r >= 0)
		r = build_outputs_deliver(&j->outputs, &d, err);
	if (r >= 0 && j->list.name)
		r = manifest_list_add(&j->engine, &j->list, id, &as_it_is, err);
	if (r >= 0)
		r = write_files(j, &d, err);
	if (r >= 0 && !j->outputs.to_stdout)
		printf("%s\n", id);
	return r;
}

/* --verify */
static int tell_differences(const struct build_result *result)
{
	if (!result->differences)
		return 0;
	strv_foreach (line, result->differences)
		fprintf(stderr, "%s\n", *line);
	fprintf(stderr, "Built twice, the results differ\n");
	return STATUS_DIFFERS;
}

/* Of several. */
static void tell_platform(const struct job *j, struct build_view *view,
			  const char *platform)
{
	const struct build_listener *l = build_view_listener(view);
	cleanup_free char *text = platform ? xasprintf("For %s:", platform) : NULL;
	const struct build_event e = {
		.kind = BUILD_EVENT_NOTE, .text = text, .at_usec = time_monotonic_usec()};

	if (strv_len(j->filled.platforms) > 1)
		l->event(l->data, &e);
}

/* Return: exit status, or -errno with *err. */
static int build_one(struct job *j, const char *platform, bool first, struct error *err)
{
	cleanup_build_result struct build_result result = {0};
	cleanup_build_view struct build_view *view = NULL;
	cleanup_fd int fd = open_log(j->values, platform, first, err);
	int r = fd < 0 ? fd : build_filled_platform(&j->filled, platform, err);

	if (r < 0)
		return r;
	view = build_view_new(choose_view(j->values), fd);
	tell_platform(j, view, platform);
	r = build_run(&j->engine, &j->filled.options, build_view_listener(view), &result,
		      err);
	build_view_end(view, r >= 0);
	j->signal = result.signal;
	if (r < 0)
		return fail(j, &result, r, err);
	r = tell_differences(&result);
	if (r == 0 && result.image_id)
		r = deliver(j, result.image_id, err);
	return r;
}

static int open_list(struct job *j, struct error *err)
{
	const char *typed = j->values->manifest;
	cleanup_free char *name = NULL;
	int r;

	if (!typed)
		return 0;
	r = manifest_list_open(&j->engine, typed, &j->list, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it is made");
	r = image_canonical_name(typed, &name, err);
	if (r >= 0)
		manifest_list_new(name, &j->list);
	return r;
}

static int push_list(const struct job *j, struct error *err)
{
	cleanup_progress struct progress *p =
		progress_new(PROGRESS_SEND, j->values->quiet);
	cleanup_json struct json_object *index = image_index_to_json(j->list.index);
	cleanup_free char *text = json_text(index, false),
			  *target = xasprintf("docker://%s", j->list.name);
	char *names[] = {j->list.name, NULL};
	const struct image_to_send image = {.names = names};
	struct image_send_options o = {
		.send = {.target = target, .compression_level = -1},
		.images = &image,
		.n_images = 1,
		.progress = progress_callbacks(p),
	};
	int r;

	registry_values_fill(&j->values->registry, &o.send.registry);
	r = manifest_list_send(&j->engine, text, &o, true, NULL, err);
	progress_end(p, r >= 0);
	return r;
}

static int finish_list(const struct job *j, struct error *err)
{
	int r = j->list.name ? manifest_list_save(&j->engine, &j->list, err) : 0;

	return r >= 0 && j->list.name && j->values->push ? push_list(j, err) : r;
}

static int build_all(struct job *j, struct error *err)
{
	char *const *platforms = j->filled.platforms;
	int r = open_list(j, err);

	if (r == 0 && !platforms)
		r = build_one(j, NULL, true, err);
	for (size_t i = 0; r == 0 && platforms && platforms[i]; i++)
		r = build_one(j, platforms[i], i == 0, err);
	return r == 0 ? finish_list(j, err) : r;
}

/* That may take its time. */
static void tell_fetch(const struct build_values *v, const char *context)
{
	cleanup_free char *shown = NULL;

	if (!context || !context_is_remote(context) || !isatty(STDERR_FILENO) ||
	    choose_view(v) == BUILD_VIEW_QUIET || choose_view(v) == BUILD_VIEW_JSON)
		return;
	shown = git_source_shown(context);
	fprintf(stderr, "Fetching %s\n", shown);
}

static int open_source(struct job *j, struct error *err)
{
	struct build_options *o = &j->filled.options;
	const struct context_request q = {
		.context = j->call->args[0],
		.files = j->values->files,
		.ignore_file = j->values->ignore_file,
		.stdin_fd = STDIN_FILENO,
		.registry = &o->fetch.registry,
	};
	int r;

	tell_fetch(j->values, q.context);
	r = context_source_open(&j->engine, &q, &j->source, err);
	if (r >= 0)
		r = named_contexts_open(&j->engine, j->values->build_contexts,
					&o->fetch.registry, &j->contexts, err);
	o->build_contexts = j->contexts.list;
	o->context = j->source.directory;
	o->dockerfile_text = j->source.text;
	o->dockerfile_len = j->source.len;
	o->dockerfile_name = j->source.name;
	o->ignore_file = j->source.ignore_file;
	return r;
}

/* --check; warnings are a failure, as with Docker */
static int check_only(const struct job *j, struct error *err)
{
	const struct context_source *s = &j->source;
	cleanup_dockerfile struct dockerfile *d = NULL;
	int r = dockerfile_parse(s->text, s->len, s->name, &d, err);

	if (r < 0)
		return r;
	strv_foreach (warning, d->warnings)
		printf("%s\n", *warning);
	if (d->warnings && d->warnings[0])
		return STATUS_WARNINGS;
	printf("%s: no mistakes in its lines\n", s->name);
	return 0;
}

/* If the build fails nobody shall take an older one's ID for its. */
static void drop_old_id(const char *path)
{
	struct stat st;

	if (path && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		(void)unlink(path);
}

static int carry_out(struct job *j, struct error *err)
{
	int r = build_outputs_parse(j->values->outputs, &j->outputs, err);

	if (!j->values->check) {
		drop_old_id(j->values->iidfile);
		drop_old_id(j->values->iidfile_raw);
	}
	if (r >= 0)
		r = build_values_fill(j->values, &j->filled, err);
	if (r >= 0)
		r = cubby_open(j->call, &j->engine, err);
	if (r >= 0)
		r = limits_check(&j->engine, &j->values->run.limits,
				 &j->values->run.cgroup, err);
	if (r >= 0)
		r = open_source(j, err);
	if (r < 0)
		return r;
	return j->values->check ? check_only(j, err) : build_all(j, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct job j = {
		.call = call,
		.values = call->values,
		.engine = ENGINE_INIT,
		.source = CONTEXT_SOURCE_INIT,
	};
	int r = carry_out(&j, err);

	job_release(&j);
	if (j.signal)
		build_die_of(j.signal);
	return r;
}

static void defaults(void *values)
{
	build_values_defaults(values);
}

const struct command cmd_build = {
	.name = "build",
	.common = true,
	.group = "Images",
	.usage = "[options] [DIR|URL|-]",
	.summary = "make an image as a Dockerfile says",
	.description =
		"The word is the context, whose files COPY and ADD take: a directory (default: this one), a git or "
		"other URL, or - for a tar or a Dockerfile on stdin. What goes on is told on stderr, the image's ID on "
		"stdout.\n"
		"Steps that were done before with the same files come from the cache, which cubby build prune "
		"empties.\n"
		"The exit status is that of a RUN that fails; 125: anything else failed.",
	.examples = "cubby build -t app:1.2 .\n"
		    "cubby build -t app --build-arg VERSION=1.2 --target test src\n"
		    "cubby build -o out .\n"
		    "git archive HEAD | cubby build -t app -\n"
		    "cubby build --push -t registry.example.com/team/app:1.2 .",
	.settings = SETTINGS_FOR_BUILDS,
	.options = build_table,
	.values_size = sizeof(struct build_values),
	.defaults = defaults,
	.min_args = 0,
	.max_args = 1,
	.first_words = cmd_build_words,
	.run = run,
};
