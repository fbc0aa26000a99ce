/* SPDX-License-Identifier: Apache-2.0 */
/* What users say about how registries are to be spoken to, once for all who do. */
#pragma once

#include <stdint.h>

struct registry_options { /* strings are the caller's */
	const char *authfile, *cert_dir,
		*creds; /* NULL: not given; creds "USER[:PASSWORD]" */
	const char *registries_conf, *policy; /* NULL: the usual places */
	int tls_verify;                       /* 1, 0; -1: not given */
	int64_t retry;            /* attempts after the first; -1: the default */
	int64_t retry_delay_usec; /* -1: the default, exponential from 1 s */

	/* A request is about to be done again, after a while. id: the digest of the blob that it is
	 * for, or NULL; text: why and how long, one line. May be NULL. */
	void (*on_retry)(void *data, const char *id, const char *text);
	void *data;
};
#define REGISTRY_OPTIONS_INIT \
	((struct registry_options){.tls_verify = -1, .retry = -1, .retry_delay_usec = -1})
