/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cubby top`: a container's processes as a table. Names of users are those of its own /etc/passwd and
 * /etc/group; descriptors that begin with h are the host's. Source: podman-top(1), ps(1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/process_list.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct top_view;
struct top_column {
	const char *name;    /* "pcpu" */
	const char *code;    /* "%C", NULL: none */
	const char *heading; /* "%CPU" */
	/* cell() - caller frees; any bytes. */
	char *(*cell)(const struct top_view *v, const struct process_info *p);
};

/* top_column_find() - by name or code, NULL if there is none. */
const struct top_column *top_column_find(const char *word);
/* top_column_names() - all, "args, capamb, ...". Caller frees. */
char *top_column_names(void);

/* What the cells are made from. */
struct top_view {
	struct process_list processes;
	struct idmap uids, gids; /* of the container, to ids of the host */
	char *passwd, *group;    /* texts; NULL: there is none */
	int64_t now_usec;        /* wall clock */
	int64_t uptime_usec;     /* of the host */
};
void top_view_release(struct top_view *v);
#define cleanup_top_view cleanup(top_view_release)

/* top_view_read() - of a running container; others are ERR_CONFLICT. */
int top_view_read(const struct container *c, struct top_view *ret,
		  struct error *err) _must_check_;
