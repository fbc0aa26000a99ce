/* SPDX-License-Identifier: Apache-2.0 */
/* What the store has of an image besides its record: the blobs, its manifest. */
#pragma once

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_manifest;

/* image_blobs_open() - Return: O_PATH fd of the directory of blobs (image/blobs.h). */
int image_blobs_open(const struct engine *e, struct error *err) _must_check_;

/* image_manifest_of() - parsed. Caller frees (image_manifest_free). A missing one is ERR_NOT_FOUND. */
int image_manifest_of(const struct engine *e, const struct image_record *r,
		      struct image_manifest **ret, struct error *err) _must_check_;
