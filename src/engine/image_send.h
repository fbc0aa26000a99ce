/* SPDX-License-Identifier: Apache-2.0 */
/* Giving images away: push and save, through the transfer program; login, logout and search too. */
#pragma once

#include <stdint.h>

#include "engine/engine.h"
#include "engine/image_fetch.h"
#include "store/image_record.h"
#include "transfer/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_to_send {
	const struct image_record *image;
	char *const *names; /* canonical, at the target */
};

struct image_send_options {
	struct transfer_send send; /* borrowed; images are filled in from `images` */
	const struct image_to_send *images;
	size_t n_images;
	const struct image_progress *progress;
};

/* image_send() - mount_from is found out if it is NULL. *ret_manifest (may be NULL; caller frees): digest of the last manifest as it was
 * sent. */
int image_send(const struct engine *e, const struct image_send_options *o,
	       char **ret_manifest, struct error *err) _must_check_;

/*
 * manifest_list_send() - an index. all: the images that it names too, which must be here. o->images is
 * one, for its names at the target; its image is not looked at.
 */
int manifest_list_send(const struct engine *e, const char *index,
		       const struct image_send_options *o, bool all, char **ret_manifest,
		       struct error *err) _must_check_;

/*
 * image_registry_call() - another operation of the transfer program ("login", "logout", "search"):
 * the request and its "result" event are JSON (their members: transfer/protocol.h). Caller owns
 * *ret (NULL if there was no result).
 */
struct json_object;
int image_registry_call(const struct engine *e, const char *operation,
			struct json_object *request, struct json_object **ret,
			struct error *err) _must_check_;

/* container_export() - a tar of the container's files to out_fd. */
int container_export(const struct engine *e, const char *id, int out_fd,
		     struct error *err) _must_check_;
