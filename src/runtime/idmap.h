/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ID mappings: lists of lines "inside outside count", as in user_namespaces(7). Pure
 * arithmetic in 64 bits; nothing here touches the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_id_mapping;

#define IDMAP_NONE      UINT32_MAX /* (uid_t)-1: never a valid id */
#define IDMAP_NOBODY    65534U     /* shown for ids that are not mapped; proc_sys_fs(5) */
#define IDMAP_LINES_MAX 340        /* the kernel's UID_GID_MAP_MAX_EXTENTS */

struct idmap_line {
	uint32_t inside, outside, count;
};

struct idmap {
	struct idmap_line *lines; /* owned */
	size_t n_lines;
};

void idmap_release(struct idmap *map); /* safe on a zeroed struct */
#define cleanup_idmap cleanup(idmap_release)

void idmap_add(struct idmap *map, uint32_t inside, uint32_t outside, uint32_t count);
void idmap_copy(struct idmap *to, const struct idmap *from);
void idmap_from_spec(struct idmap *map, const struct spec_id_mapping *lines, size_t n);

/*
 * idmap_parse_line() - "container:host:count", the option --uidmap; strict decimal
 * numbers; count defaults to 1 when absent. Adds the line. ERR_INVALID with the form
 * expected.
 */
int idmap_parse_line(struct idmap *map, const char *text, struct error *err) _must_check_;

/* idmap_check() - not empty, no zero counts, nothing at or past 2^32-1, no overlap on
 * either side, at most IDMAP_LINES_MAX lines. `what` ("--uidmap", "linux.uidMappings")
 * starts the message. */
int idmap_check(const struct idmap *map, const char *what,
		struct error *err) _must_check_;

/* idmap_normalize() - sort by inside id and join neighbours. */
void idmap_normalize(struct idmap *map);

/* The id on the other side, IDMAP_NONE if the map doesn't hold it. */
uint32_t idmap_to_outside(const struct idmap *map, uint32_t inside);
uint32_t idmap_to_inside(const struct idmap *map, uint32_t outside);

/*
 * idmap_compose() - inner's outside ids are outer's inside ids: the map from inner's
 * inside to outer's outside. An id of inner that outer can't hold is ERR_INVALID, with
 * the largest count that would fit in the hint.
 */
int idmap_compose(const struct idmap *inner, const struct idmap *outer, struct idmap *ret,
		  struct error *err) _must_check_;

/*
 * idmap_relative() - map's outside ids, which are outer's outside ids as well, become outer's inside
 * ids: the map as who is inside of outer writes it. An id that outer does not hold is ERR_INVALID.
 */
int idmap_relative(const struct idmap *map, const struct idmap *outer, struct idmap *ret,
		   struct error *err) _must_check_;

/* idmap_is_single() - one line of one id, which is `own` outside: needs no privilege to
 * write. */
bool idmap_is_single(const struct idmap *map, uint32_t own);

/* idmap_equal() - the same lines in the same order. */
bool idmap_equal(const struct idmap *a, const struct idmap *b);

uint64_t idmap_size(const struct idmap *map); /* ids held */

/* idmap_text() - the lines as uid_map(5) takes them, "0 100000 65536\n...". Caller frees.
 */
char *idmap_text(const struct idmap *map);

/* idmap_identity() - 0..2^32-2 onto itself. */
void idmap_identity(struct idmap *map);

/* idmap_read() - a process's map from /proc/PID/uid_map or gid_map ("self" for one's
 * own). */
int idmap_read(const char *proc_file, struct idmap *ret, struct error *err) _must_check_;
