/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar as an image of one layer (`cubby import`): the layer is tarball_layer.h's, the config is the one
 * of the request, completed.
 */
#pragma once

#include "transfer/fetch.h"

/* fetch_tarball_open() - read all of input_fd, or of the URL that the transport names (input_fd < 0),
 * into the blobs. Afterwards *ret is a source that has everything. */
int fetch_tarball_open(struct fetch *f, int input_fd, struct image_source **ret,
		       struct error *err) _must_check_;

/* fetch_tarball_is_url() - what the transport names is one of http or https. */
bool fetch_tarball_is_url(const struct fetch *f);
