/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/http_tls.h"

#include <string.h>

void http_tls_release(struct http_tls *t)
{
	if (t->key)
		explicit_bzero(t->key, t->key_len);
	free(t->ca);
	free(t->cert);
	free(t->key);
	*t = (struct http_tls){0};
}
