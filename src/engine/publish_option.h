/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --publish, --expose and --publish-all as text, and ports as people see them. Pure. Source: podman-run(1); what can't be
 * is told in podman's words where scripts look for them.
 */
#pragma once

#include <stddef.h>

#include "engine/network_config.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct publish_options {
	char *const *publish;       /* each as typed; NULL: none */
	char *const *expose;        /* likewise */
	char *const *image_exposed; /* of the image's configuration: "80/tcp" */
	bool publish_all;
};

/*
 * publish_options_parse() - into ret's ports, exposed and publish_all, which are replaced. Adjoining and repeated mappings
 * become one range; two that want one port of the host for different ports of the container are ERR_INVALID. With
 * publish_all every exposed port that is not published has a host_port 0.
 */
int publish_options_parse(const struct publish_options *o, struct network_config *ret,
			  struct error *err) _must_check_;

/* publish_parse() - one "[[ip:][hostPort]:]containerPort[/protocol]", appended to a list. */
int publish_parse(struct port_mapping **list, size_t *n, const char *text,
		  struct error *err) _must_check_;

/* publish_discard() - the ports and publish_all go, what is exposed stays. */
void publish_discard(struct network_config *c);

/* publish_text() - as podman's ps has them: "0.0.0.0:8080->80/tcp, 127.0.0.1:53->53/udp"; ranges stay ranges. Caller
 * frees. */
char *publish_text(const struct port_mapping *ports, size_t n);
