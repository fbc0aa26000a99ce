/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How TLS is spoken with one registry: whom it believes, who it is itself. Everything is in memory,
 * read before a process confines itself. Source: containers-certs.d(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

struct http_tls { /* buffers owned; NULL where there are none */
	char *ca; /* PEM, certificates one behind the other, believed besides the system's */
	size_t ca_len;
	char *cert, *key; /* PEM: the client's */
	size_t cert_len, key_len;
	bool insecure; /* believe everybody, and take plain HTTP */
};

void http_tls_release(struct http_tls *t);
#define cleanup_http_tls cleanup(http_tls_release)
