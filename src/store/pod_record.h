/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record per pod. A container's record says which pod it is in (container_record.h). `config` is JSON text of the
 * engine's own, opaque here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

struct pod_record {
	char *id, *name; /* owned, as all strings here */
	int64_t created_usec;
	char *config;
	char *infra; /* id of its infra container; NULL: it has none */
};
void pod_record_release(struct pod_record *r); /* safe on a zeroed struct */
#define cleanup_pod_record cleanup(pod_record_release)

struct pod_records {
	struct pod_record *items; /* owned */
	size_t n;
};
void pod_records_release(struct pod_records *list);
#define cleanup_pod_records cleanup(pod_records_release)

/* pod_record_insert() - a name in use, by a pod or a container, is ERR_CONFLICT with code EEXIST. */
int pod_record_insert(struct store *s, const struct pod_record *r,
		      struct error *err) _must_check_;

/* pod_record_find() - by whole id or name, else by the beginning of an id. None is ERR_NOT_FOUND, several is
 * ERR_CONFLICT. */
int pod_record_find(struct store *s, const char *name_or_id, struct pod_record *ret,
		    struct error *err) _must_check_;

/* pod_record_list() - all, oldest first. */
int pod_record_list(struct store *s, struct pod_records *ret,
		    struct error *err) _must_check_;

/* pod_record_members() - ids of the containers in it, oldest first (strv, caller frees). */
int pod_record_members(struct store *s, const char *id, char ***ret,
		       struct error *err) _must_check_;

/* pod_record_strays() - ids of containers that say they are in a pod that does not exist (strv, caller frees). */
int pod_record_strays(struct store *s, char ***ret, struct error *err) _must_check_;

/* pod_record_delete() - one with containers other than its infra container is ERR_CONFLICT; gone already is fine. */
int pod_record_delete(struct store *s, const char *id, struct error *err) _must_check_;
