/* SPDX-License-Identifier: Apache-2.0 */
/* A whole document as a struct on the heap: decoded and checked by its descriptor. */
#pragma once

#include "spec/descriptor.h"
#include "spec/json_path.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* document_read() - *ret is a struct of d's, for descriptor_free(). ERR_INVALID only. */
int document_read(const struct descriptor *d, struct json_object *document,
		  const struct json_path *root, void **ret,
		  struct error *err) _must_check_;
