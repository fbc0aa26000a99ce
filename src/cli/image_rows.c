/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image_rows.h"

#include <stdlib.h>
#include <string.h>

#include "cli/human.h"
#include "engine/image.h"
#include "image/reference.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define NONE         "<none>"
#define SHORT_DIGITS 12

void image_rows_release(struct image_rows *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].repository);
		free(l->items[i].tag);
	}
	free(l->items);
	image_records_release(&l->all);
	*l = (struct image_rows){0};
}

/* name: NULL, or "repository:tag", or "repository@digest". */
static void add_row(struct image_rows *l, const struct image_record *r, const char *name)
{
	cleanup_reference struct reference ref = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct image_row row = {.image = r};

	if (name && reference_parse(name, &ref, &err) >= 0) {
		row.repository = reference_repository(&ref);
		row.tag = ref.tag ? xstrdup(ref.tag) : NULL;
	}
	row.repository = row.repository ? row.repository : xstrdup(name ? name : NONE);
	row.tag = row.tag ? row.tag : xstrdup(NONE);
	l->items = xreallocarray(l->items, l->n + 1, sizeof(*l->items));
	l->items[l->n++] = row;
}

static void add_rows(struct image_rows *l, const struct image_filters *filters,
		     const struct image_record *r)
{
	strv_foreach (name, r->names)
		if (image_filters_match_name(filters, r, *name))
			add_row(l, r, *name);
	if (!r->names || !r->names[0])
		add_row(l, r, r->digests ? r->digests[0] : NULL);
}

static int order_of(const struct image_row *a, const struct image_row *b,
		    enum image_sort sort)
{
	const struct image_record *x = a->image, *y = b->image;

	switch (sort) {
	case IMAGE_SORT_ID:
		return strcmp(x->id, y->id);
	case IMAGE_SORT_REPOSITORY:
		return strcmp(a->repository, b->repository);
	case IMAGE_SORT_SIZE:
		return (x->size > y->size) - (x->size < y->size);
	case IMAGE_SORT_TAG:
		return strcmp(a->tag, b->tag);
	case IMAGE_SORT_CREATED:
		break;
	}
	/* the newest first */
	return (x->created_usec < y->created_usec) - (x->created_usec > y->created_usec);
}

/* What is equal stays in one order: newest, then by name. */
static int compare(const void *a, const void *b, void *sort)
{
	int order = order_of(a, b, *(const enum image_sort *)sort);

	if (order == 0)
		order = order_of(a, b, IMAGE_SORT_CREATED);
	if (order == 0)
		order = strcmp(((const struct image_row *)a)->image->id,
			       ((const struct image_row *)b)->image->id);
	if (order == 0)
		order = order_of(a, b, IMAGE_SORT_REPOSITORY);
	return order ? order : order_of(a, b, IMAGE_SORT_TAG);
}

int image_rows_list(const struct engine *e, const struct image_rows_options *o,
		    struct image_rows *ret, struct error *err)
{
	cleanup_image_filters struct image_filters filters = {0};
	enum image_sort sort = o->sort;
	int r = image_record_list(e->store, &ret->all, err);

	if (r >= 0)
		r = image_filters_prepare(e, o->filters, &ret->all, &filters, err);
	if (r < 0)
		return r;
	ret->now_usec = time_now_usec();
	for (size_t i = 0; i < ret->all.n; i++) {
		const struct image_record *image = &ret->all.items[i];

		if (image_filters_match(&filters, image) &&
		    (o->intermediate || !image_is_intermediate(&ret->all, image)))
			add_rows(ret, &filters, image);
	}
	if (ret->n)
		qsort_r(ret->items, ret->n, sizeof(*ret->items), compare, &sort);
	return 0;
}

char *image_row_id(const struct image_record *r, bool whole)
{
	return whole ? xasprintf("sha256:%s", r->id) : xstrndup(r->id, SHORT_DIGITS);
}

char *image_created_text(int64_t created_usec, int64_t now_usec)
{
	char text[HUMAN_TEXT_MAX];

	if (created_usec == 0)
		return xstrdup("N/A");
	return xstrdup(human_ago(created_usec, now_usec, text));
}

static struct json_object *labels_of(const struct image_record *r)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_config struct image_config *c = NULL;
	struct json_object *o = json_object_new_object();

	if (image_config_of(r, &c, &err) < 0) {
		error_drop(&err, "then it has no labels");
		return o;
	}
	for (size_t i = 0; i < c->config.n_labels; i++)
		json_add_str(o, c->config.labels[i].key, c->config.labels[i].value);
	return o;
}

static int64_t count_containers(const struct engine *e, const struct image_record *r)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **users = NULL;

	if (image_record_users(e->store, r->id, &users, &err) < 0)
		error_drop(&err, "then there are none");
	return (int64_t)strv_len(users);
}

struct json_object *image_row_json(const struct engine *e, const struct image_rows *l,
				   const struct image_row *row)
{
	const struct image_record *r = row->image, *parent = image_parent(&l->all, r);
	struct json_object *o = json_object_new_object();
	cleanup_strv char **digests = image_repo_digests(r);
	char created[TIME_TEXT_MAX];

	json_add_str(o, "Id", r->id);
	json_add_str(o, "ParentId", parent ? parent->id : "");
	json_add_strv(o, "RepoTags", r->names);
	json_add_strv(o, "RepoDigests", digests);
	json_add_i64(o, "Size", r->size);
	json_add_i64(o, "SharedSize", 0);
	json_add_i64(o, "VirtualSize", r->size);
	json_add(o, "Labels", labels_of(r));
	json_add_i64(o, "Containers", count_containers(e, r));
	json_add_bool(o, "ReadOnly", false);
	json_add_bool(o, "Dangling", !r->names || !r->names[0]);
	json_add_strv(o, "Names", r->names);
	json_add_str(o, "Digest", r->manifest);
	json_add_strv(o, "History", r->names);
	json_add_i64(o, "Created", r->created_usec / USEC_PER_SEC);
	json_add_str(o, "CreatedAt", time_rfc3339(r->created_usec, created));
	return o;
}

struct json_object *image_row_template(const struct engine *e, const struct image_rows *l,
				       const struct image_row *row, bool whole_id)
{
	const struct image_record *r = row->image;
	struct json_object *o = image_row_json(e, l, row);
	cleanup_free char *id = image_row_id(r, whole_id),
			  *age = image_created_text(r->created_usec, l->now_usec),
			  *history = strv_join(r->names, ", ");
	char size[HUMAN_TEXT_MAX], created[HUMAN_TEXT_MAX];

	human_go_time(r->created_usec, created);
	json_add_str(o, "Repository", row->repository);
	json_add_str(o, "Tag", row->tag);
	json_add_str(o, "ID", id);
	json_add_str(o, "Created", age);
	json_add_str(o, "CreatedSince", age);
	json_add_str(o, "CreatedAt", created);
	json_add_str(o, "CreatedTime", created);
	json_add_str(o, "Size", human_size(r->size, size));
	json_add_str(o, "History", history);
	return o;
}
