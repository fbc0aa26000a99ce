/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers said of URLs that builds have added: <data>/build/urls holds a small file for each, named by the SHA-256 of the URL. So a server is
 * asked whether it has something new, instead of for all of it. The bytes are not kept. What no build asked for in 30 days goes. It is only a
 * memory: a file of it that is damaged or can't be written is none.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"

#define URL_MEMORY_KEEP_DAYS 30

struct url_memory {                 /* all owned */
	char *etag, *last_modified; /* NULL: the server didn't say */
	char *digest;               /* of the content; NULL: nothing is known */
};
void url_memory_release(struct url_memory *m);
#define cleanup_url_memory cleanup(url_memory_release)

void url_memory_get(const struct engine *e, const char *url, struct url_memory *ret);

/* url_memory_put() - one without etag and last_modified is of no use, and forgotten. */
void url_memory_put(const struct engine *e, const char *url, const struct url_memory *m);
