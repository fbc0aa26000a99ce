/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/human.h"
#include "engine/image.h"
#include "util/mem.h"
#include "util/str.h"

#define SHORT_DIGITS 12

struct tree_values {
	bool what_requires;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct tree_values, what_requires, "whatrequires", 0,
		 "show the layers that other images have on top of it"),
	OPT_END,
};

struct tree {
	struct image_records images;
	struct layer_records layers;
};

static void tree_release(struct tree *t)
{
	image_records_release(&t->images);
	layer_records_release(&t->layers);
}

static int64_t layer_size(const struct tree *t, const char *chain_id)
{
	for (size_t i = 0; i < t->layers.n; i++)
		if (str_eq(t->layers.items[i].chain_id, chain_id))
			return t->layers.items[i].tar_size;
	return 0;
}

/* The names of all images whose topmost layer it is; "" if there are none. */
static char *topped_names(const struct tree *t, const char *chain_id)
{
	cleanup_strv char **names = NULL;
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < t->images.n; i++) {
		const struct image_record *r = &t->images.items[i];
		size_t n = strv_len(r->layers);

		if (!n || !str_eq(r->layers[n - 1], chain_id))
			continue;
		if (!r->names)
			strv_addf(&names, "%.*s", SHORT_DIGITS, r->id);
		strv_foreach (name, r->names)
			strv_add(&names, *name);
	}
	if (!names)
		return xstrdup("");
	list = strv_join(names, " ");
	return xasprintf(" Top Layer of: [%s]", list);
}

static void print_layer(const struct tree *t, const char *before, bool last,
			const char *chain_id)
{
	cleanup_free char *names = topped_names(t, chain_id);
	const char *digits = strchr(chain_id, ':');
	char size[HUMAN_TEXT_MAX];

	printf("%s%s ID: %.*s Size: %7s%s\n", before, last ? "└──" : "├──", SHORT_DIGITS,
	       digits ? digits + 1 : chain_id,
	       human_size_exact(layer_size(t, chain_id), size), names);
}

/* Layers that lie directly on this one, each once. */
static char **layers_above(const struct tree *t, const char *chain_id)
{
	char **above = NULL;

	for (size_t i = 0; i < t->images.n; i++)
		strv_foreach (layer, t->images.items[i].layers)
			if (str_eq(*layer, chain_id) && layer[1] &&
			    !strv_has(above, layer[1]))
				strv_add(&above, layer[1]);
	return above;
}

/* An image has at most some hundred layers, so deep does it go. */
static void print_above(const struct tree *t, const char *before, const char *chain_id)
{
	cleanup_strv char **above = layers_above(t, chain_id);

	strv_foreach (layer, above) {
		bool last = !layer[1];
		cleanup_free char *deeper =
			xasprintf("%s%s", before, last ? "    " : "│   ");

		print_layer(t, before, last, *layer);
		print_above(t, deeper, *layer);
	}
}

static void print_tree(const struct tree *t, const struct image_record *r,
		       bool what_requires)
{
	cleanup_free char *names = strv_join(r->names, " ");
	size_t n = strv_len(r->layers);
	char size[HUMAN_TEXT_MAX];

	printf("Image ID: %.*s\nTags:     [%s]\nSize:     %s\n", SHORT_DIGITS, r->id,
	       names, human_size_exact(r->size, size));
	printf("Image Layers\n");
	if (what_requires && n) {
		print_layer(t, "", true, r->layers[n - 1]);
		print_above(t, "    ", r->layers[n - 1]);
		return;
	}
	strv_foreach (layer, r->layers)
		print_layer(t, "", !layer[1], *layer);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct tree_values *v = call->values;
	cleanup_image_record struct image_record record = {0};
	cleanup(tree_release) struct tree t = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, NULL, err);
	if (r >= 0)
		r = image_record_list(e.store, &t.images, err);
	if (r >= 0)
		r = layer_record_list(e.store, &t.layers, err);
	if (r >= 0)
		print_tree(&t, &record, v->what_requires);
	return r;
}

const struct command cmd_image_tree = {
	.name = "tree",
	.group = "Images",
	.usage = "[options] IMAGE",
	.summary = "show the layers of an image and who shares them",
	.examples = "cubby image tree debian:12\n"
		    "cubby image tree --whatrequires debian:12",
	.options = options,
	.values_size = sizeof(struct tree_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
