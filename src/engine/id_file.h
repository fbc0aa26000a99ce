/* SPDX-License-Identifier: Apache-2.0 */
/* A file that somebody asks about, found on the host and in the container. */
#pragma once

#include "engine/id_facts.h"
#include "util/cleanup.h"
#include "util/error.h"

struct id_found_file {
	struct id_file file;
	char *host_path, *container_path; /* owned; what file points to */
};
void id_found_file_release(struct id_found_file *f);
#define cleanup_id_found_file cleanup(id_found_file_release)

/* id_file_on_host() - a path of the host's, absolute or not; a link itself, not where it leads. */
int id_file_on_host(const struct container_ids *ids, const char *path,
		    struct id_found_file *ret, struct error *err) _must_check_;

/* id_file_in_container() - an absolute path of the container's. What is only there while it runs (a tmpfs, /proc) is
 * ERR_NOT_FOUND when it does not. */
int id_file_in_container(const struct container_ids *ids, const char *path,
			 struct id_found_file *ret, struct error *err) _must_check_;
