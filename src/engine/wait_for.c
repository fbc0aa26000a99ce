/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/wait_for.h"

#include "util/str.h"

/* What podman knows besides has its counterpart here; what passes too quickly to be seen counts as what comes
 * after it. */
static const struct {
	const char *word;
	enum container_status status;
} words[] = {
	{"configured", CONTAINER_CREATED},      {"created", CONTAINER_CREATED},
	{"initialized", CONTAINER_INITIALIZED}, {"running", CONTAINER_RUNNING},
	{"paused", CONTAINER_PAUSED},           {"stopping", CONTAINER_EXITED},
	{"stopped", CONTAINER_EXITED},          {"exited", CONTAINER_EXITED},
};

static int unknown(const char *word, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "unknown container state: %s", word);
	return error_hint(
		err,
		"Known: created configured initialized running paused stopping stopped "
		"exited removing healthy unhealthy");
}

int wait_condition_add(const char *word, struct wait_conditions *w, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].word, word)) {
			w->statuses[words[i].status] = true;
			return 0;
		}
	if (str_eq(word, "removing"))
		w->removed = true;
	else if (str_eq(word, "healthy"))
		w->healthy = true;
	else if (str_eq(word, "unhealthy"))
		w->unhealthy = true;
	else
		return unknown(word, err);
	return 0;
}

bool wait_conditions_only_end(const struct wait_conditions *w)
{
	for (int i = 0; i < CONTAINER_STATUSES; i++)
		if (w->statuses[i] != (i == CONTAINER_EXITED))
			return false;
	return !w->removed && !w->healthy && !w->unhealthy;
}

int wait_look(const struct engine *e, const char *id, const struct wait_conditions *w,
	      int *ret_exit_code, struct error *err)
{
	cleanup_container struct container c = {0};
	int r = container_find(e, id, &c, err);

	*ret_exit_code = WAIT_NO_EXIT_CODE;
	if (r < 0 && err->kind == ERR_NOT_FOUND &&
	    (w->removed || w->statuses[CONTAINER_EXITED])) {
		error_drop(err, "it has been removed");
		return 1;
	}
	if (r < 0)
		return r;
	if (c.status == CONTAINER_EXITED && w->statuses[CONTAINER_EXITED])
		*ret_exit_code = c.record.exit_code;
	if (status_is_up(c.status) && ((w->healthy && str_eq(c.health, "healthy")) ||
				       (w->unhealthy && str_eq(c.health, "unhealthy"))))
		return 1;
	return w->statuses[c.status];
}
