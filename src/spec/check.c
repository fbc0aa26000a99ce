/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/check.h"

#include <inttypes.h>

#include "spec/spec.h"
#include "util/str.h"

/* user_namespaces(7): lines in a uid_map or gid_map */
#define ID_MAP_LINES_MAX 340

/* The largest errno that a filter can return: seccomp(2), the kernel's MAX_ERRNO */
#define ERRNO_MAX 4095

int check_rlimit(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_rlimit *l = object;

	if (l->soft <= l->hard)
		return 0;
	return json_path_error(
		at, err, "the soft limit %" PRIu64 " is above the hard limit %" PRIu64,
		l->soft, l->hard);
}

int check_process(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_process *p = object;
	struct json_path list = {.up = at, .name = "rlimits"};

	/* Each type is a known one, so this ends after as many rounds as there are types.
	 */
	for (size_t i = 1; i < p->n_rlimits; i++) {
		for (size_t k = 0; k < i; k++) {
			struct json_path here = {.up = &list, .index = i};
			if (str_eq(p->rlimits[i].type, p->rlimits[k].type))
				return json_path_error(&here, err, "%s stands twice",
						       p->rlimits[i].type);
		}
	}
	return 0;
}

static bool overlap(uint32_t a, uint32_t n_a, uint32_t b, uint32_t n_b)
{
	return a < (uint64_t)b + n_b && b < (uint64_t)a + n_a;
}

static int check_id_line(const struct spec_id_mapping *map, size_t i,
			 const struct json_path *list, struct error *err)
{
	struct json_path at = {.up = list, .index = i};
	const struct spec_id_mapping *line = &map[i];
	const uint64_t end = UINT32_MAX; /* the last id, (uid_t)-1, is none */

	if (!line->size)
		return json_path_error(&at, err, "the size is 0");
	if ((uint64_t)line->container_id + line->size > end)
		return json_path_error(&at, err, "container ids beyond %u",
				       UINT32_MAX - 1);
	if ((uint64_t)line->host_id + line->size > end)
		return json_path_error(&at, err, "host ids beyond %u", UINT32_MAX - 1);
	for (size_t k = 0; k < i; k++) {
		if (overlap(line->container_id, line->size, map[k].container_id,
			    map[k].size))
			return json_path_error(&at, err,
					       "container ids overlap those of [%zu]", k);
		if (overlap(line->host_id, line->size, map[k].host_id, map[k].size))
			return json_path_error(&at, err,
					       "host ids overlap those of [%zu]", k);
	}
	return 0;
}

static int check_id_map(const struct spec_id_mapping *map, size_t n, const char *name,
			const struct json_path *up, struct error *err)
{
	struct json_path list = {.up = up, .name = name};

	if (n > ID_MAP_LINES_MAX)
		return json_path_error(&list, err,
				       "%zu entries, the kernel takes at most %d", n,
				       ID_MAP_LINES_MAX);
	for (size_t i = 0; i < n; i++) {
		int r = check_id_line(map, i, &list, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int check_mount(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_mount *m = object;

	if (!m->n_uid_mappings != !m->n_gid_mappings) {
		bool uid = m->n_uid_mappings != 0;
		return json_path_error(at, err, "%s without %s",
				       uid ? "uidMappings" : "gidMappings",
				       uid ? "gidMappings" : "uidMappings");
	}
	int r = check_id_map(m->uid_mappings, m->n_uid_mappings, "uidMappings", at, err);
	return r < 0 ? r
		     : check_id_map(m->gid_mappings, m->n_gid_mappings, "gidMappings", at,
				    err);
}

static int check_namespaces(const struct spec_linux *l, const struct json_path *at,
			    struct error *err)
{
	struct json_path list = {.up = at, .name = "namespaces"};

	for (size_t i = 1; i < l->n_namespaces; i++) {
		for (size_t k = 0; k < i; k++) {
			struct json_path here = {.up = &list, .index = i};
			if (str_eq(l->namespaces[i].type, l->namespaces[k].type))
				return json_path_error(&here, err,
						       "the %s namespace stands twice",
						       l->namespaces[i].type);
		}
	}
	return 0;
}

int check_linux(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_linux *l = object;

	int r = check_id_map(l->uid_mappings, l->n_uid_mappings, "uidMappings", at, err);
	if (r < 0)
		return r;
	r = check_id_map(l->gid_mappings, l->n_gid_mappings, "gidMappings", at, err);
	return r < 0 ? r : check_namespaces(l, at, err);
}

int check_device(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_device *d = object;
	struct json_path here = {.up = at, .name = d->has_major ? "minor" : "major"};

	if ((d->has_major && d->has_minor) || str_eq(d->type, "p"))
		return 0;
	return json_path_error(&here, err, "missing");
}

int check_weight_device(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_weight_device *d = object;

	if (d->has_weight || d->has_leaf_weight)
		return 0;
	return json_path_error(at, err, "neither weight nor leafWeight is there");
}

int check_rdma(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_rdma *r = object;

	if (r->has_hca_handles || r->has_hca_objects)
		return 0;
	return json_path_error(at, err, "neither hcaHandles nor hcaObjects is there");
}

/* An errno for an action that returns none is an error by the specification. */
static int check_errno(const char *action, uint32_t value, const struct json_path *at,
		       struct error *err)
{
	if (str_eq(action, "SCMP_ACT_TRACE")) /* 16 bits for the tracer, not an errno */
		return 0;
	if (!str_eq(action, "SCMP_ACT_ERRNO"))
		return json_path_error(at, err, "%s returns no errno", action);
	if (value > ERRNO_MAX)
		return json_path_error(at, err, "expected a number from 0 to %d, got %u",
				       ERRNO_MAX, value);
	return 0;
}

int check_syscall_rule(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_syscall_rule *rule = object;
	struct json_path here = {.up = at, .name = "errnoRet"};

	return rule->has_errno_ret
		       ? check_errno(rule->action, rule->errno_ret, &here, err)
		       : 0;
}

int check_seccomp(const void *object, const struct json_path *at, struct error *err)
{
	const struct spec_seccomp *s = object;

	if (!str_empty(s->listener_metadata) && str_empty(s->listener_path)) {
		struct json_path here = {.up = at, .name = "listenerMetadata"};
		return json_path_error(&here, err, "there is no listenerPath");
	}
	struct json_path here = {.up = at, .name = "defaultErrnoRet"};
	return s->has_default_errno_ret
		       ? check_errno(s->default_action, s->default_errno_ret, &here, err)
		       : 0;
}
