/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "cli/send_table.h"
#include "engine/image.h"
#include "engine/image_send.h"
#include "image/reference.h"
#include "image/transport.h"
#include "util/mem.h"
#include "util/str.h"

struct push_values {
	struct registry_values registry;
	struct send_values send;
	bool all_tags;
};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct push_values, send, send_table),
	OPT_INCLUDE_AT(struct push_values, registry, registry_table),
	OPT_NOT_YET("all-tags", 'a'),
	OPT_NOT_YET("platform", 0),
	OPT_END,
};

static void defaults(void *values)
{
	struct push_values *v = values;

	registry_values_defaults(&v->registry);
	send_values_defaults(&v->send);
}

/* Where to, and the image's name there. */
struct destination {
	char *target, *name; /* owned; name may be NULL */
};

static void destination_release(struct destination *d)
{
	free(d->target);
	free(d->name);
}

static int registry_destination(const char *text, struct destination *ret,
				struct error *err)
{
	cleanup_reference struct reference ref = {0};
	int r = reference_parse_complete(text, &ref, err);

	if (r < 0)
		return r;
	ret->name = reference_text(&ref);
	ret->target = xasprintf("docker://%s", ret->name);
	return 0;
}

/* own_name: of the image, NULL if it was found by its ID. */
static int find_destination(const struct command_call *call, const char *own_name,
			    struct destination *ret, struct error *err)
{
	const char *typed = call->args[1];
	cleanup_transport struct transport t = {0};
	int r;

	if (!typed && !own_name) {
		error_set(err, ERR_INVALID, 0, "push %s: an ID does not say where to",
			  call->args[0]);
		return error_hint(err, "cubby push %s REGISTRY/NAME:TAG", call->args[0]);
	}
	if (!typed || !transport_named(typed))
		return registry_destination(typed ? typed : own_name, ret, err);
	r = transport_parse(typed, &t, err);
	if (r < 0)
		return r;
	if (t.kind == TRANSPORT_REGISTRY)
		return registry_destination(t.reference, ret, err);
	ret->target = xstrdup(typed);
	if (own_name && !t.reference)
		ret->name = xstrdup(own_name);
	return 0;
}

static int push(const struct engine *e, const struct push_values *v,
		const struct image_record *record, const struct destination *d,
		struct error *err)
{
	cleanup_progress struct progress *p = progress_new(PROGRESS_SEND, v->send.quiet);
	char *names[] = {d->name, NULL};
	const struct image_to_send image = {.image = record, .names = names};
	struct image_send_options o = {
		.send = {.target = d->target},
		.images = &image,
		.n_images = 1,
		.progress = progress_callbacks(p),
	};
	cleanup_free char *digest = NULL;
	int r = send_values_fill(&v->send, &o.send, err);

	registry_values_fill(&v->registry, &o.send.registry);
	if (r < 0)
		return r;
	r = image_send(e, &o, &digest, err);
	progress_end(p, r >= 0);
	return r < 0 ? r : send_write_digest(&v->send, digest, err);
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup(destination_release) struct destination destination = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *name = NULL;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, &name, err);
	if (r >= 0)
		r = find_destination(call, name, &destination, err);
	return r < 0 ? r : push(&e, call->values, &record, &destination, err);
}

const struct command cmd_push = {
	.name = "push",
	.common = true,
	.group = "Images",
	.usage = "[options] IMAGE [DESTINATION]",
	.summary = "send an image to a registry or an archive",
	.description =
		"Without a destination it goes where its name says. Others: docker://NAME, "
		"docker-archive:FILE, oci-archive:FILE, oci:DIR, dir:DIR.",
	.examples = "cubby push registry.example.com/team/app:1.2\n"
		    "cubby push --tls-verify=false app localhost:5000/app:latest\n"
		    "cubby push app oci-archive:app.tar",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct push_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
