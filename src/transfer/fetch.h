/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the operation "fetch":
 *
 *   fetch_open     which source it is; what it needs is opened, then this process confines itself,
 *                  then the source is looked at for the first time
 *   fetch_resolve  from the source's index or manifest to one image for one platform
 *   fetch_layers   its layers, by several workers
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/source.h"
#include "image/transport.h"
#include "spec/image.h"
#include "transfer/protocol.h"

struct json_object;

struct fetch {
	struct transfer_fetch request;
	struct transport transport;
	struct image_platform wanted;
	bool platform_given; /* not only this host's */
	int data_fd, blobs_fd;
	struct image_source *source;
	bool remote; /* layers come over a network */
};
void fetch_release(struct fetch *f);
#define cleanup_fetch cleanup(fetch_release)

int fetch_open(struct fetch *f, struct error *err) _must_check_;

struct fetch_resolved {
	struct transfer_image image;
	struct image_manifest
		*manifest; /* owned: the layers' descriptors, as many as image.layers */
	bool unchanged;    /* it is request.known_digest: nothing else was found out */
};
void fetch_resolved_release(struct fetch_resolved *r);
#define cleanup_fetch_resolved cleanup(fetch_resolved_release)

/* fetch_resolve() - manifest, indexes and config are in the blobs afterwards. */
int fetch_resolve(struct fetch *f, const struct source_image *item,
		  struct fetch_resolved *ret, struct error *err) _must_check_;

/* fetch_put() - bytes in memory as a blob. */
int fetch_put(struct fetch *f, const char *digest, const void *data, size_t len,
	      struct error *err) _must_check_;

/* What the engine says of a layer. */
struct fetch_wish {
	bool unpack; /* its blob is to be announced ("blob") */
	bool spare; /* its blob is not wanted: the layer is there, and whoever wants a blob makes one */
};

/* fetch_layers() - all layers into the blobs; a wish a layer. */
int fetch_layers(struct fetch *f, const struct fetch_resolved *image,
		 const struct fetch_wish *wishes, struct error *err) _must_check_;
