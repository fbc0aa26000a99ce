/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health_record.h"

#include <fcntl.h>
#include <string.h>

#include "engine/container_dir.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define HEALTH_FILE   "healthcheck.log"
#define HEALTH_LOCK   "healthcheck.lock"
#define FILE_MAX      (16 << 20)
/* Bounds where the user has none. */
#define LOG_COUNT_MAX 1000
#define LOG_BYTES_MAX (FILE_MAX / 8)

void health_result_release(struct health_result *r)
{
	free(r->output);
	*r = (struct health_result){0};
}

void health_record_release(struct health_record *r)
{
	if (r->log)
		json_put(r->log);
	*r = (struct health_record){0};
}

static char *file_path(const struct engine *e, const struct health_subject *c)
{
	const char *to = c->config->log_destination;
	cleanup_free char *name = NULL;

	if (!to || str_eq(to, HEALTH_DESTINATION_LOCAL) ||
	    str_eq(to, HEALTH_DESTINATION_EVENTS))
		return container_data_path(e, c->id, HEALTH_FILE);
	name = xasprintf("%s-" HEALTH_FILE, c->id);
	return fs_join(to, name);
}

static int parse_state(struct json_object *o, struct health_record *r, struct error *err)
{
	struct json_object *run = json_get(o, "Run");
	const char *status = json_get_str(o, "Status"), *init = json_get_str(run, "Init");
	int k;

	if (!status || health_status_parse(status, &r->state.status) < 0 || !init ||
	    strlen(init) >= sizeof(r->init))
		return error_set(err, ERR_INVALID, 0, "not a record of health");
	memcpy(r->init, init, strlen(init) + 1);
	k = json_to_i64(json_get(o, "FailingStreak"), "FailingStreak", &r->state.streak,
			err);
	if (k >= 0)
		k = json_to_bool(json_get(run, "Started"), "Started", &r->state.started,
				 err);
	if (k >= 0)
		k = json_to_i64(json_get(run, "Startup"), "Startup", &r->state.startup,
				err);
	return k;
}

int health_record_parse(const char *text, size_t len, const char *init,
			struct health_record *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_health_record struct health_record r = {0};
	cleanup_json struct json_object *o = NULL;
	struct json_object *log;
	int k = json_parse(text, len, HEALTH_FILE, &o, &err);

	if (k >= 0 && !json_object_is_type(o, json_type_object))
		k = -EBADMSG;
	if (k >= 0)
		k = parse_state(o, &r, &err);
	if (error_is_set(&err))
		error_drop(&err, "the container's health begins anew");
	if (k < 0 || (init && !str_eq(init, r.init)))
		return -EBADMSG;
	log = json_get(o, "Log");
	r.log = log && json_object_is_type(log, json_type_array)
			? json_object_get(log)
			: json_object_new_array();
	*ret = r;
	r = (struct health_record){0};
	return 0;
}

char *health_record_text(const struct health_record *r)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *run = json_object_new_object();

	json_add_str(o, "Status", health_status_word(r->state.status));
	json_add_i64(o, "FailingStreak", r->state.streak);
	json_add(o, "Log", json_object_get(r->log));
	json_add_str(run, "Init", r->init);
	json_add_bool(run, "Started", r->state.started);
	json_add_i64(run, "Startup", r->state.startup);
	json_add(o, "Run", run);
	return json_text(o, false);
}

void health_record_read(const struct engine *e, const struct health_subject *c,
			struct health_record *ret)
{
	cleanup_free char *path = file_path(e, c), *text = NULL;
	cleanup_error struct error err = ERROR_INIT;
	char init[PROC_ID_TEXT_MAX] = "";
	size_t len;

	if (c->init->pid)
		proc_id_format(c->init, init);
	*ret = (struct health_record){0};
	if (fs_read(AT_FDCWD, path, FILE_MAX, &text, &len, &err) < 0)
		error_drop(&err, "there is no record of its health yet");
	else if (health_record_parse(text, len, *init ? init : NULL, ret) >= 0)
		return;
	ret->state = health_state_begin(c->config);
	ret->log = json_object_new_array();
	memcpy(ret->init, init, sizeof(init));
}

static size_t entry_bytes(struct json_object *log, size_t i)
{
	const char *output = json_get_str(json_object_array_get_idx(log, i), "Output");

	return output ? strlen(output) : 0;
}

/* How many of the oldest must go. */
static size_t surplus(struct json_object *log, int64_t max_count)
{
	size_t n = json_object_array_length(log), bytes = 0;
	size_t keep = max_count > 0 && max_count < LOG_COUNT_MAX ? (size_t)max_count
								 : LOG_COUNT_MAX;

	for (size_t i = n; i-- > 0;) {
		bytes += entry_bytes(log, i);
		if (n - i > keep || bytes > LOG_BYTES_MAX)
			return i + 1;
	}
	return 0;
}

void health_record_add(struct health_record *r, const struct health_config *config,
		       const struct health_result *result)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *output = str_visible(result->output, "\n\t");
	char text[TIME_TEXT_MAX];
	size_t n;

	if (config->max_log_size > 0 && strlen(output) > (size_t)config->max_log_size)
		output[config->max_log_size] = '\0';
	json_add_str(o, "Start", time_rfc3339(result->start_usec, text));
	json_add_str(o, "End", time_rfc3339(result->end_usec, text));
	json_add_i64(o, "ExitCode", result->exit_code);
	json_add_str(o, "Output", output);
	json_object_array_add(r->log, o);
	n = surplus(r->log, config->max_log_count);
	if (n > 0)
		json_object_array_del_idx(r->log, 0, n);
}

int health_record_lock(const struct engine *e, const struct health_subject *c,
		       struct error *err)
{
	cleanup_free char *path = container_data_path(e, c->id, HEALTH_LOCK);

	return fs_lock(AT_FDCWD, path, true, true, err);
}

int health_record_write(const struct engine *e, const struct health_subject *c,
			const struct health_record *r, struct error *err)
{
	cleanup_free char *path = file_path(e, c), *text = health_record_text(r);
	int k = fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, err);

	return k < 0 ? error_wrap(err, "record the health of container %s", c->name) : 0;
}

const char *health_record_word(const struct engine *e, const struct health_subject *c)
{
	cleanup_health_record struct health_record r = {0};

	if (!health_config_has_check(c->config))
		return NULL;
	health_record_read(e, c, &r);
	return health_status_word(r.state.status);
}
