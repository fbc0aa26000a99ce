/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry's name means in a layer. Pure. Source: OCI image specification, layer.md. */
#pragma once

#include <stddef.h>

#include "image/tar.h"
#include "util/error.h"

enum layer_name_kind {
	LAYER_NAME_PLAIN,
	LAYER_NAME_ROOT,     /* the layer's directory itself */
	LAYER_NAME_WHITEOUT, /* the lower layers' file of that name is hidden */
	LAYER_NAME_OPAQUE,   /* so is what they have in the directory of that name */
	LAYER_NAME_IGNORED,  /* aufs wrote it for itself */
};

struct layer_name {
	enum layer_name_kind kind;
	char path[TAR_PATH_MAX + 1]; /* relative, clean; "" is the layer's directory */
	size_t len;
	size_t dir_len; /* of its parent's path; 0: the layer's directory */
	char *base;     /* last component; in path */
};

/* layer_name_parse() - raw as in the archive. ERR_INVALID: "..", a component of more than 255 bytes,
 * a malformed whiteout. */
int layer_name_parse(const char *raw, struct layer_name *ret,
		     struct error *err) _must_check_;
