/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates that the host and the user keep for a registry. Local and trusted. Source:
 * containers-certs.d(5); Docker's /etc/docker/certs.d has the same form.
 */
#pragma once

#include "registry/http_tls.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * certs_load() - for host, "host[:port]", into *ret (what is there besides certificates stays). Looked
 * at is cert_dir itself (--cert-dir), which must be there, or else the first that there is of
 *   ~/.config/containers/certs.d/HOST, /etc/containers/certs.d/HOST, /etc/docker/certs.d/HOST.
 * *.crt are CA certificates, *.cert with the *.key of the same name the client's. None is no error.
 * ERR_NOT_FOUND: half of a client's pair is missing; ERR_INVALID: no PEM; ERR_UNSUPPORTED: several
 * client certificates, of which nobody says which to use.
 */
int certs_load(const char *host, const char *cert_dir, struct http_tls *ret,
	       struct error *err) _must_check_;
