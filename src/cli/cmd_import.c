/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "engine/image.h"
#include "engine/image_change.h"
#include "engine/image_fetch.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct import_values {
	struct platform_values platform;
	char **changes;
	const char *message;
	bool quiet, single_id;
};

static const struct option_spec options[] = {
	OPT_STRV(
		struct import_values, changes, "change", 'c', "INSTRUCTION",
		"set CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR"),
	OPT_STRING(struct import_values, message, "message", 'm', "TEXT",
		   "comment in the image's history"),
	OPT_BOOL(struct import_values, quiet, "quiet", 'q',
		 "say nothing while it is read"),
	OPT_SINGLE_ID(struct import_values, single_id),
	OPT_INCLUDE_AT(struct import_values, platform, platform_table),
	OPT_NOT_YET("signature-policy", 0),
	OPT_END,
};

/* What the image's config is besides its one layer. */
static int make_config(const struct import_values *v, const struct transfer_platform *p,
		       char **ret, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *config = json_object_new_object();
	int r;

	json_add(o, "config", config);
	json_add_str(o, "os", p->os);
	json_add_str(o, "architecture", p->architecture);
	json_add_str(o, "variant", p->variant);
	r = image_change_apply(v->changes, config, err);
	if (r >= 0)
		*ret = json_text(o, false);
	return r;
}

static int fetch(const struct command_call *call, struct image_fetch_options *o,
		 struct error *err)
{
	const struct import_values *v = call->values;
	cleanup_progress struct progress *p = progress_new(PROGRESS_FETCH, v->quiet);
	cleanup_image_fetched struct image_fetched fetched = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r < 0)
		return r;
	o->progress = progress_callbacks(p);
	r = image_fetch(&e, o, &fetched, err);
	progress_end(p, r >= 0);
	if (r >= 0 && fetched.ids)
		printf("sha256:%s\n", fetched.ids[0]);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct import_values *v = call->values;
	const char *path = call->args[0], *reference = call->args[1];
	bool is_stdin = str_eq(path, "-");
	cleanup_free char *source = xasprintf("tarball:%s", path), *config = NULL,
			  *name = NULL;
	char *names[2] = {NULL, NULL};
	struct image_fetch_options o = {
		.fetch = {.source = source,
			  .input_is_stdin = is_stdin,
			  .import_message = (char *)v->message,
			  .registry = {.tls_verify = -1,
				       .retry = -1,
				       .retry_delay_usec = -1}},
		.single_id = v->single_id,
	};
	int r = 0;

	if (is_stdin)
		r = cli_refuse_terminal(STDIN_FILENO,
					"cannot read an archive from a terminal",
					"Redirect stdin, or name a file", err);
	if (r >= 0 && reference)
		r = image_canonical_name(reference, &name, err);
	if (r >= 0)
		r = platform_values_fill(&v->platform, &o.fetch.platform, err);
	if (r >= 0)
		r = make_config(v, &o.fetch.platform, &config, err);
	names[0] = name;
	o.fetch.names = name ? names : NULL;
	o.fetch.import_config = config;
	if (r >= 0)
		r = fetch(call, &o, err);
	transfer_platform_clear(&o.fetch.platform);
	return r;
}

const struct command cmd_import = {
	.name = "import",
	.group = "Images",
	.usage = "[options] FILE|URL|- [REFERENCE]",
	.summary = "make an image of a tar archive of a root file system",
	.examples = "cubby import -c 'CMD [\"bash\"]' debian.tar debian:mine\n"
		    "mmdebstrap --variant=minbase stable | cubby import - debian:stable\n"
		    "cubby export web | cubby import - web:snapshot",
	.options = options,
	.values_size = sizeof(struct import_values),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
