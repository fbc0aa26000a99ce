/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file from http or https, by the confined transfer program. Redirects, retries, proxies and bounds are those of
 * registry/http.h. It comes into memory of the kernel's or a file without a name: when its fd is closed it is gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define DOWNLOAD_MAX_BYTES (UINT64_C(16) << 30) /* where the caller has no idea */

struct transfer_registry_options;

struct download_request { /* nothing is owned */
	const char *url;
	uint64_t max_bytes; /* 0: DOWNLOAD_MAX_BYTES */
	/* what is here already, as an earlier download said; NULL: nothing is. If it is still that: unchanged */
	const char *etag, *last_modified;
	const struct transfer_registry_options
		*registry; /* retries, TLS; NULL: defaults */
	void (*on_progress)(void *data, int64_t done,
			    int64_t total); /* total -1: unknown; may be NULL */
	void *data;
};

struct download { /* owned */
	int fd;   /* at offset 0, for reading and writing; -EBADF if unchanged */
	bool unchanged;
	uint64_t size;                             /* bytes */
	char *digest;                              /* "sha256:..." of the content */
	char *url;                                 /* that answered, after redirects */
	char *etag, *last_modified, *content_type; /* headers; NULL: none */
	char *file_name; /* that Content-Disposition names, its last component; NULL: none */
	int64_t mtime_sec; /* of Last-Modified; -1: none */
};
#define DOWNLOAD_INIT ((struct download){.fd = -EBADF, .mtime_sec = -1})
void download_release(struct download *d);
#define cleanup_download cleanup(download_release)

/* download_is_url() - http:// or https://. */
bool download_is_url(const char *text);

/* download_get() - 404 is ERR_NOT_FOUND, another status or no answer ERR_UNAVAILABLE, too many bytes ERR_INVALID. */
int download_get(const struct engine *e, const struct download_request *request,
		 struct download *ret, struct error *err) _must_check_;
