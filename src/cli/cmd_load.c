/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "cli/progress.h"
#include "engine/image.h"
#include "engine/image_fetch.h"
#include "util/mem.h"
#include "util/str.h"

struct load_values {
	const char *input;
	bool quiet, single_id;
};

static const struct option_spec options[] = {
	OPT_STRING(struct load_values, input, "input", 'i', "FILE",
		   "read this archive, instead of stdin"),
	OPT_BOOL(struct load_values, quiet, "quiet", 'q', "say nothing while it is read"),
	OPT_SINGLE_ID(struct load_values, single_id),
	OPT_NOT_YET("platform", 0),
	OPT_END,
};

/* Whether the image got one of the names; then that has been said. */
static bool is_told(const struct engine *e, const char *id, char *const *names)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (image_record_by_id(e->store, id, &record, &err) < 0) {
		error_drop(&err, "then its ID is told");
		return false;
	}
	strv_foreach (name, record.names)
		if (strv_has(names, *name))
			return true;
	return false;
}

static void tell(const struct engine *e, const struct image_fetched *fetched)
{
	strv_foreach (name, fetched->names)
		printf("Loaded image: %s\n", *name);
	strv_foreach (id, fetched->ids)
		if (!is_told(e, *id, fetched->names))
			printf("Loaded image: sha256:%s\n", *id);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct load_values *v = call->values;
	cleanup_progress struct progress *p = NULL;
	cleanup_image_fetched struct image_fetched fetched = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	bool is_stdin = !v->input || str_eq(v->input, "-");
	cleanup_free char *source = xasprintf("archive:%s", is_stdin ? "-" : v->input);
	struct image_fetch_options o = {
		.fetch = {.source = source,
			  .input_is_stdin = is_stdin,
			  .registry = {.tls_verify = -1,
				       .retry = -1,
				       .retry_delay_usec = -1}},
		.single_id = v->single_id,
	};
	int r = 0;

	if (is_stdin)
		r = cli_refuse_terminal(
			STDIN_FILENO, "cannot read an archive from a terminal",
			"Redirect stdin, or name it: cubby load -i FILE", err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	p = progress_new(PROGRESS_FETCH, v->quiet);
	o.progress = progress_callbacks(p);
	r = image_fetch(&e, &o, &fetched, err);
	progress_end(p, r >= 0);
	if (r >= 0)
		tell(&e, &fetched);
	return r;
}

const struct command cmd_load = {
	.name = "load",
	.group = "Images",
	.usage = "[options]",
	.summary = "get images from an archive that save or another program made",
	.description =
		"Reads what `docker save`, `podman save`, `cubby save` and skopeo write: "
		"docker-archives and OCI archives, compressed or not, and OCI directories.",
	.examples = "cubby load -i debian.tar\n"
		    "docker save debian | cubby load",
	.options = options,
	.values_size = sizeof(struct load_values),
	.run = run,
};
