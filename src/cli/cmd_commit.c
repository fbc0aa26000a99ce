/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/progress.h"
#include "engine/commit.h"
#include "engine/image.h"
#include "util/fs.h"

struct commit_values {
	const char *author, *message, *iidfile, *config;
	char **changes;
	int format;
	bool include_volumes, pause, quiet, squash;
};

enum commit_format { FORMAT_OCI, FORMAT_DOCKER };
static const char *const formats[] = {"oci", "docker", NULL};

static const struct option_spec options[] = {
	OPT_STRING(struct commit_values, author, "author", 'a', "NAME",
		   "who made it, in the image"),
	OPT_STRV(
		struct commit_values, changes, "change", 'c', "INSTRUCTION",
		"set CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR"),
	OPT_STRING(struct commit_values, config, "config", 0, "FILE",
		   "JSON that is merged into the image's config"),
	OPT_WORD(struct commit_values, format, "format", 'f', formats,
		 "of manifest and config (default oci)"),
	OPT_STRING(struct commit_values, iidfile, "iidfile", 0, "FILE",
		   "write the image's ID here"),
	OPT_BOOL(struct commit_values, include_volumes, "include-volumes", 0,
		 "what is mounted with --volume becomes a VOLUME"),
	OPT_STRING(struct commit_values, message, "message", 'm', "TEXT",
		   "comment in the image's history"),
	OPT_BOOL(struct commit_values, pause, "pause", 'p',
		 "the container stands still meanwhile (default: it runs on)"),
	OPT_BOOL(struct commit_values, quiet, "quiet", 'q', "print nothing but the ID"),
	OPT_BOOL(struct commit_values, squash, "squash", 's',
		 "all files in one layer, the image's too"),
	OPT_END,
};

static int write_id(const char *path, const char *id, struct error *err)
{
	return fs_write_atomic(AT_FDCWD, path, id, strlen(id), 0644, 0, err);
}

static int commit(const struct command_call *call, struct commit_options *o,
		  struct error *err)
{
	const struct commit_values *v = call->values;
	/* without a terminal there is nothing to be seen of it but that it went well */
	cleanup_progress struct progress *p =
		progress_new(PROGRESS_FETCH, v->quiet || !isatty(STDERR_FILENO));
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *id = NULL;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r < 0)
		return r;
	o->progress = progress_callbacks(p);
	r = container_commit(&e, &c, o, &id, err);
	progress_end(p, r >= 0);
	if (r >= 0 && v->iidfile)
		r = write_id(v->iidfile, id, err);
	if (r >= 0)
		printf("%s\n", id);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct commit_values *v = call->values;
	cleanup_free char *name = NULL;
	struct commit_options o = {
		.author = v->author,
		.message = v->message,
		.changes = v->changes,
		.config_file = v->config,
		.docker = v->format == FORMAT_DOCKER,
		.include_volumes = v->include_volumes,
		.pause = v->pause,
		.squash = v->squash,
	};
	int r = call->args[1] ? image_canonical_name(call->args[1], &name, err) : 0;

	if (r < 0)
		return r;
	o.name = name;
	return commit(call, &o, err);
}

const struct command cmd_commit = {
	.name = "commit",
	.group = "Containers",
	.usage = "[options] CONTAINER [IMAGE]",
	.summary = "make an image of what a container has become",
	.description =
		"The container's changes become a layer on top of its image; its command, "
		"user, environment, labels and working directory are the new image's. What "
		"lies in volumes is not part of it.",
	.examples =
		"cubby commit web web:changed\n"
		"cubby commit -c 'CMD [\"nginx\"]' -c 'ENV MODE=test' -m 'with nginx' web\n"
		"cubby commit -q --squash web registry.example.com/web:small",
	.options = options,
	.values_size = sizeof(struct commit_values),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
