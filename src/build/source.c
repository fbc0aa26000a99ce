/* SPDX-License-Identifier: Apache-2.0 */
#include "build/source.h"

#include <stdlib.h>
#include <strings.h>

#include "build/base.h"
#include "build/layers.h"
#include "engine/image_view.h"
#include "util/mem.h"
#include "util/str.h"

struct found_source { /* owned */
	char *name, *directory, *key;
	char **layer_paths;
};

static void found_free(struct found_source *f)
{
	free(f->name);
	free(f->directory);
	free(f->key);
	strv_free(f->layer_paths);
	free(f);
}
DEFINE_CLEANUP(struct found_source *, found_free)

void source_list_release(struct source_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		found_free(l->items[i]);
	free(l->items);
	*l = (struct source_list){0};
}

static int find_stage(const struct source_list *l, size_t stage, struct found_source *f,
		      struct error *err)
{
	const struct build_state *state = &l->job->done[stage];
	const char *top;

	if (!state->config) {
		error_set(err, ERR_NOT_FOUND, 0, "stage %s is not complete", f->name);
		return error_hint(err,
				  "An ONBUILD of the base image names it: have a "
				  "COPY --from=%s in this stage as well",
				  f->name);
	}
	top = layers_top(state);
	f->layer_paths =
		image_layer_paths(l->job->engine, state->layers, l->job->single_id);
	f->key = xstrdup(top ? top : "");
	return 0;
}

static int find_image(const struct source_list *l, struct found_source *f,
		      struct error *err)
{
	const struct base_request q = {
		.engine = l->job->engine,
		.options = l->job->options,
		.single_id = l->job->single_id,
		.name = f->name,
		.progress = l->progress,
	};
	cleanup_image_record struct image_record record = {0};
	int r = base_image(&q, &record, NULL, err);
	size_t n;

	if (r < 0)
		return error_wrap(err, "no stage or image found with that name: %s",
				  f->name);
	n = strv_len(record.layers);
	f->layer_paths =
		image_layer_paths(l->job->engine, record.layers, l->job->single_id);
	f->key = xstrdup(n > 0 ? record.layers[n - 1] : "");
	return 0;
}

static int find(const struct source_list *l, struct found_source *f, struct error *err)
{
	const char *context = base_context(l->job->options, f->name);
	size_t stage = PLAN_NO_STAGE;

	if (context && context[0] == '/') {
		f->directory = xstrdup(context);
		return 0;
	}
	if (!context)
		stage = plan_find(l->job->plan, l->job->index, f->name);
	return stage == PLAN_NO_STAGE ? find_image(l, f, err)
				      : find_stage(l, stage, f, err);
}

static void give(const struct found_source *f, struct step_source *ret)
{
	*ret = (struct step_source){
		.name = f->name,
		.layer_paths = f->layer_paths,
		.directory = f->directory,
		.key = f->key,
	};
}

int source_find(void *data, const char *name, struct step_source *ret, struct error *err)
{
	struct source_list *l = data;
	cleanup(found_freep) struct found_source *f = NULL;
	int r;

	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->items[i]->name, name) == 0) {
			give(l->items[i], ret);
			return 0;
		}
	f = xcalloc(1, sizeof(*f));
	f->name = xstrdup(name);
	r = find(l, f, err);
	if (r < 0)
		return r;
	l->items = xreallocarray(l->items, l->n + 1, sizeof(*l->items));
	l->items[l->n++] = f;
	give(TAKE_PTR(f), ret);
	return 0;
}
