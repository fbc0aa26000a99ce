/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "cli/progress.h"
#include "engine/image.h"
#include "engine/image_send.h"
#include "util/mem.h"
#include "util/str.h"

enum save_format { DOCKER_ARCHIVE, OCI_ARCHIVE, OCI_DIR, DOCKER_DIR };

/* in the order of enum save_format */
static const char *const formats[] = {"docker-archive", "oci-archive", "oci-dir",
				      "docker-dir", NULL};
static const char *const transports[] = {"docker-archive", "oci-archive", "oci", "dir"};

struct save_values {
	int format;
	const char *output;
	bool multi, quiet;
};

static const struct option_spec options[] = {
	OPT_WORD(struct save_values, format, "format", 0, formats,
		 "what to make (default docker-archive)"),
	OPT_BOOL(struct save_values, multi, "multi-image-archive", 'm',
		 "further arguments are images, not more names of the first"),
	OPT_STRING(struct save_values, output, "output", 'o', "FILE",
		   "write this file or directory, instead of to stdout"),
	OPT_BOOL(struct save_values, quiet, "quiet", 'q', "say nothing meanwhile"),
	OPT_NOT_YET("compress", 0),
	OPT_NOT_YET("platform", 0),
	OPT_NOT_YET("signature-policy", 0),
	OPT_NOT_YET("uncompressed", 0),
	OPT_END,
};

struct saved {
	struct image_record *records;
	struct image_to_send *images;
	size_t n;
};

static void saved_release(struct saved *s)
{
	for (size_t i = 0; i < s->n; i++) {
		image_record_release(&s->records[i]);
		strv_free((char **)s->images[i].names);
	}
	free(s->records);
	free(s->images);
}

static int add_image(const struct engine *e, struct saved *s, const char *typed,
		     struct error *err)
{
	char *name = NULL, **names = NULL;
	int r = image_find(e, typed, &s->records[s->n], &name, err);

	if (r < 0)
		return r;
	if (name)
		strv_add_take(&names, name);
	s->images[s->n] =
		(struct image_to_send){.image = &s->records[s->n], .names = names};
	s->n++;
	return 0;
}

/* Another name that the first image gets in the archive. */
static int add_name(struct saved *s, const char *typed, struct error *err)
{
	char **names = (char **)s->images[0].names, *name;
	int r = image_canonical_name(typed, &name, err);

	if (r < 0)
		return r;
	strv_add_take(&names, name);
	s->images[0].names = names;
	return 0;
}

static int collect(const struct command_call *call, const struct engine *e,
		   struct saved *s, struct error *err)
{
	const struct save_values *v = call->values;
	int r = 0;

	s->records = xcalloc(call->n_args, sizeof(*s->records));
	s->images = xcalloc(call->n_args, sizeof(*s->images));
	for (size_t i = 0; r >= 0 && i < call->n_args; i++)
		r = i == 0 || v->multi ? add_image(e, s, call->args[i], err)
				       : add_name(s, call->args[i], err);
	return r;
}

static int check(const struct command_call *call, struct error *err)
{
	const struct save_values *v = call->values;
	bool directory = v->format == OCI_DIR || v->format == DOCKER_DIR;

	if (v->multi && v->format != DOCKER_ARCHIVE && call->n_args > 1)
		return error_set(err, ERR_INVALID, 0,
				 "unsupported format \"%s\" for saving multiple images "
				 "(only docker-archive)",
				 formats[v->format]);
	if (!v->output && directory)
		return error_set(err, ERR_INVALID, 0,
				 "--format %s makes a directory: --output must name it",
				 formats[v->format]);
	if (v->output && strchr(v->output, ':'))
		return error_set(err, ERR_INVALID, 0,
				 "--output %s: the name must not hold a colon",
				 v->output);
	return v->output ? 0
			 : cli_refuse_terminal(STDOUT_FILENO,
					       "refusing to save to terminal",
					       "Use --output, or redirect stdout", err);
}

static int save(const struct engine *e, const struct save_values *v,
		const struct saved *s, struct error *err)
{
	cleanup_progress struct progress *p = progress_new(PROGRESS_SEND, v->quiet);
	cleanup_free char *target =
		xasprintf("%s:%s", transports[v->format], v->output ? v->output : "-");
	const struct image_send_options o = {
		.send = {.target = target,
			 .output_is_stdout = !v->output,
			 .format = (char *)(v->format == DOCKER_DIR       ? "v2s2"
					    : v->format == DOCKER_ARCHIVE ? NULL
									  : "oci"),
			 .compression_level = -1,
			 .registry = {.tls_verify = -1,
				      .retry = -1,
				      .retry_delay_usec = -1}},
		.images = s->images,
		.n_images = s->n,
		.progress = progress_callbacks(p),
	};
	int r = image_send(e, &o, NULL, err);

	progress_end(p, r >= 0);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup(saved_release) struct saved saved = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = check(call, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = collect(call, &e, &saved, err);
	return r < 0 ? r : save(&e, call->values, &saved, err);
}

const struct command cmd_save = {
	.name = "save",
	.group = "Images",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "write images to an archive for load, docker or podman",
	.examples = "cubby save -o debian.tar debian:12\n"
		    "cubby save debian:12 | gzip >debian.tar.gz\n"
		    "cubby save -m -o both.tar debian:12 alpine\n"
		    "cubby save --format oci-archive -o debian.oci.tar debian:12",
	.options = options,
	.values_size = sizeof(struct save_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run,
};
