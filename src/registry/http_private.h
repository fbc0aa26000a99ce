/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the http module share. */
#pragma once

#include "registry/http.h"

const struct http_options *http_get_options(const struct http *h);
