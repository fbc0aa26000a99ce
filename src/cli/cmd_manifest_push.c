/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/manifest_list.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "cli/send_table.h"
#include "engine/image_send.h"
#include "image/reference.h"
#include "image/transport.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct push_values {
	struct registry_values registry;
	struct send_values send;
	bool all, remove;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct push_values, all, "all", 0, "the images too (default true)"),
	OPT_BOOL(struct push_values, remove, "rm", 0, "remove the list afterwards"),
	OPT_INCLUDE_AT(struct push_values, send, send_table),
	OPT_INCLUDE_AT(struct push_values, registry, registry_table),
	OPT_NOT_YET("add-compression", 0),
	OPT_END,
};

static void defaults(void *values)
{
	struct push_values *v = values;

	registry_values_defaults(&v->registry);
	send_values_defaults(&v->send);
	v->all = true;
}

/* Target and the name there, of the destination or else of the list. */
static int destination(const char *typed, char **ret_target, char **ret_name,
		       struct error *err)
{
	cleanup_transport struct transport t = {0};
	cleanup_reference struct reference ref = {0};
	bool named = transport_named(typed);
	int r = named ? transport_parse(typed, &t, err) : 0;

	if (r >= 0 && named && t.kind != TRANSPORT_REGISTRY) {
		*ret_target = xstrdup(typed);
		return 0;
	}
	if (r >= 0)
		r = reference_parse_complete(named ? t.reference : typed, &ref, err);
	if (r < 0)
		return r;
	*ret_name = reference_text(&ref);
	*ret_target = xasprintf("docker://%s", *ret_name);
	return 0;
}

static int push(const struct engine *e, const struct push_values *v,
		const struct manifest_list *list, const char *typed, struct error *err)
{
	cleanup_progress struct progress *p = progress_new(PROGRESS_SEND, v->send.quiet);
	cleanup_free char *target = NULL, *name = NULL, *digest = NULL, *text = NULL;
	cleanup_json struct json_object *index = image_index_to_json(list->index);
	char *names[2] = {NULL, NULL};
	const struct image_to_send image = {.names = names};
	struct image_send_options o = {
		.images = &image, .n_images = 1, .progress = progress_callbacks(p)};
	int r = send_values_fill(&v->send, &o.send, err);

	if (r >= 0)
		r = destination(typed, &target, &name, err);
	if (r < 0)
		return r;
	registry_values_fill(&v->registry, &o.send.registry);
	names[0] = name;
	o.send.target = target;
	text = json_text(index, false);
	r = manifest_list_send(e, text, &o, v->all, &digest, err);
	progress_end(p, r >= 0);
	return r < 0 ? r : send_write_digest(&v->send, digest, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct push_values *v = call->values;
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = manifest_list_open(&e, call->args[0], &list, err);
	if (r >= 0)
		r = push(&e, v, &list, call->args[1] ? call->args[1] : list.name, err);
	if (r >= 0 && v->remove)
		r = manifest_list_drop(e.store, list.name, err);
	return r;
}

const struct command cmd_manifest_push = {
	.name = "push",
	.group = "Images",
	.usage = "[options] LIST [DESTINATION]",
	.summary = "send a list and its images to a registry",
	.examples =
		"cubby manifest push app:1.2\n"
		"cubby manifest push app:1.2 docker://registry.example.com/team/app:1.2",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct push_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
