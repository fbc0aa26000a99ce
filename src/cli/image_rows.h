/* SPDX-License-Identifier: Apache-2.0 */
/* Images as `images` shows them: a row a name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/image_filter.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct image_row {
	const struct image_record *image; /* borrowed */
	char *repository, *tag;           /* owned; "<none>" */
};

struct image_rows {
	struct image_records all; /* owned */
	struct image_row *items;  /* owned */
	size_t n;
	int64_t now_usec;
};
void image_rows_release(struct image_rows *l);
#define cleanup_image_rows cleanup(image_rows_release)

enum image_sort {
	IMAGE_SORT_CREATED,
	IMAGE_SORT_ID,
	IMAGE_SORT_REPOSITORY,
	IMAGE_SORT_SIZE,
	IMAGE_SORT_TAG
};

struct image_rows_options {
	char *const *filters;
	bool intermediate; /* those too that are only the lower part of another image */
	enum image_sort sort;
};
int image_rows_list(const struct engine *e, const struct image_rows_options *o,
		    struct image_rows *ret, struct error *err) _must_check_;

/* image_row_id() - 12 digits, or "sha256:" and all of them. Caller frees. */
char *image_row_id(const struct image_record *r, bool whole);

/* image_row_json() - podman's members of `images --format json`; for_template: with what its
 * templates see. Caller owns. */
struct json_object *image_row_json(const struct engine *e, const struct image_rows *l,
				   const struct image_row *row);
struct json_object *image_row_template(const struct engine *e, const struct image_rows *l,
				       const struct image_row *row, bool whole_id);

/* image_created_text() - "3 weeks ago", "N/A" if it is not known. Caller frees. */
char *image_created_text(int64_t created_usec, int64_t now_usec);
