/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/image_args.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "engine/image.h"
#include "engine/image_fetch.h"
#include "util/mem.h"
#include "util/str.h"

struct pull_values {
	struct registry_values registry;
	struct platform_values platform;
	bool all_tags, quiet, content_trust, single_id;
	int policy;
};

/* in the order of enum pull_policy */
static const char *const policies[] = {"missing", "always", "never", "newer", NULL};
static const char *const policy_alias[] = {"pull", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct pull_values, all_tags, "all-tags", 'a',
		 "all images of the repository"),
	OPT_WORD(struct pull_values, policy, "policy", 0, policies,
		 "when to fetch (default always)", .aliases = policy_alias),
	OPT_BOOL(struct pull_values, quiet, "quiet", 'q', "print the ID only"),
	OPT_SINGLE_ID(struct pull_values, single_id),
	OPT_INCLUDE_AT(struct pull_values, platform, platform_table),
	OPT_INCLUDE_AT(struct pull_values, registry, registry_table),
	OPT_BOOL(struct pull_values, content_trust, "disable-content-trust", 0,
		 "Docker's, without effect", .hidden = true),
	OPT_NOT_YET("decryption-key", 0),
	OPT_END,
};

static void defaults(void *values)
{
	struct pull_values *v = values;

	registry_values_defaults(&v->registry);
	v->policy = PULL_ALWAYS;
}

static int pull_tags(const struct engine *e, const char *text,
		     struct image_fetch_options *o, struct error *err)
{
	cleanup_image_fetched struct image_fetched fetched = {0};
	int r;

	o->fetch.source = (char *)text;
	o->fetch.all_tags = true;
	r = image_fetch(e, o, &fetched, err);
	strv_foreach (id, fetched.ids)
		printf("%s\n", *id);
	return r;
}

static int pull_one(const struct engine *e, const struct pull_values *v, const char *text,
		    struct image_fetch_options *o, struct error *err)
{
	cleanup_progress struct progress *p = progress_new(PROGRESS_FETCH, v->quiet);
	cleanup_image_record struct image_record record = {0};
	int r;

	o->progress = progress_callbacks(p);
	r = v->all_tags ? pull_tags(e, text, o, err)
			: image_get(e, text, (enum pull_policy)v->policy, o, &record,
				    NULL, err);
	progress_end(p, r >= 0);
	if (r >= 0 && record.id)
		printf("%s\n", record.id);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct pull_values *v = call->values;
	struct image_fetch_options o = {.single_id = v->single_id};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = platform_values_fill(&v->platform, &o.fetch.platform, err);

	registry_values_fill(&v->registry, &o.fetch.registry);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	for (size_t i = 0; r >= 0 && i < call->n_args; i++) {
		r = pull_one(&e, v, call->args[i], &o, err);
		(void)!fflush(stdout);
	}
	transfer_platform_clear(&o.fetch.platform);
	return r;
}

const struct command cmd_pull = {
	.name = "pull",
	.common = true,
	.group = "Images",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "get images from a registry or an archive",
	.description =
		"A short name is one of docker.io, unless registries.conf says otherwise. Other sources: "
		"docker-archive:FILE, oci-archive:FILE, oci:DIR, dir:DIR. The ID goes to stdout.",
	.examples = "cubby pull debian:12\n"
		    "cubby pull --platform linux/arm64 docker.io/library/debian\n"
		    "cubby pull --tls-verify=false localhost:5000/team/app:1.2\n"
		    "cubby pull oci-archive:app.tar",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct pull_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run,
};
