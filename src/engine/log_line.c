/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define END_OF_LINE    "\\n\",\"stream\"" /* inside a string the quotes would be escaped */
#define PRIORITY_ERROR "3"                /* syslog(3): LOG_ERR */

void log_line_release(struct log_line *l)
{
	if (l->document)
		json_put(l->document);
	free(l->bytes);
	*l = (struct log_line){0};
}

static int take_time(struct log_record *r, const char *text, size_t len)
{
	if (len == 0 || len >= sizeof(r->time))
		return -EBADMSG;
	memcpy(r->time, text, len);
	r->time[len] = '\0';
	return time_parse(r->time, &r->usec) < 0 ? -EBADMSG : 0;
}

static int parse_object(const char *line, size_t len, struct log_line *keep)
{
	cleanup_error struct error ignored = ERROR_INIT;

	if (json_parse_own(line, len, "log", &keep->document, &ignored) >= 0 &&
	    json_object_is_type(keep->document, json_type_object))
		return 0;
	if (error_is_set(&ignored))
		error_drop(&ignored, "not a record of the log");
	return -EBADMSG;
}

static int parse_json_file(const char *line, size_t len, struct log_line *keep,
			   struct log_record *ret)
{
	cleanup_error struct error ignored = ERROR_INIT;
	const char *time, *stream;

	if (parse_object(line, len, keep) < 0)
		return -EBADMSG;
	time = json_get_str(keep->document, "time");
	stream = json_get_str(keep->document, "stream");
	if (!time || !stream)
		return -EBADMSG;
	if (json_to_bytes(json_get(keep->document, "log"), "log", &ret->text, &ret->len,
			  &ignored) < 0) {
		error_drop(&ignored, "not a record of the log");
		return -EBADMSG;
	}
	ret->is_error = str_eq(stream, "stderr");
	return take_time(ret, time, strlen(time));
}

/* The next word and the blank behind it. Return: past both, NULL if there is none. */
static const char *next_word(const char *p, const char *end, size_t *ret_len)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));

	if (!blank)
		return NULL;
	*ret_len = (size_t)(blank - p);
	return blank + 1;
}

/* "TIME STREAM TAG[:TAG...] TEXT". Return: the text; its tag begins with P if the line goes on. */
static const char *split_cri(const char *line, size_t len, size_t *ret_time_len,
			     const char **ret_stream, const char **ret_tag)
{
	const char *end = line + len, *p = next_word(line, end, ret_time_len);
	size_t word;

	*ret_stream = p;
	p = p ? next_word(p, end, &word) : NULL;
	*ret_tag = p;
	return p ? next_word(p, end, &word) : NULL;
}

static int parse_cri(const char *line, size_t len, struct log_record *ret)
{
	const char *stream, *tag;
	size_t time_len = 0;
	const char *text = split_cri(line, len, &time_len, &stream, &tag);

	if (!text || (*tag != 'P' && *tag != 'F'))
		return -EBADMSG;
	ret->is_error = strncmp(stream, "stderr ", strlen("stderr ")) == 0;
	ret->text = text;
	ret->len = (size_t)(line + len - text) + (*tag == 'F');
	return take_time(ret, line, time_len);
}

static int take_numbers(struct json_object *list, struct log_line *keep, size_t *ret_len)
{
	cleanup_error struct error ignored = ERROR_INIT;
	size_t n = json_object_array_length(list);
	uint64_t byte;

	keep->bytes = xmalloc(n + 1);
	for (size_t i = 0; i < n; i++) {
		if (json_to_u64(json_object_array_get_idx(list, i), "MESSAGE", &byte,
				&ignored) < 0) {
			error_drop(&ignored, "not a record of the log");
			return -EBADMSG;
		}
		keep->bytes[i] = (char)byte;
	}
	*ret_len = n;
	return 0;
}

/* MESSAGE: text, or an array of numbers if it is no proper text. */
static int take_message(struct log_line *keep, size_t *ret_len)
{
	cleanup_error struct error ignored = ERROR_INIT;
	struct json_object *o = json_get(keep->document, "MESSAGE");
	const char *text;

	if (json_object_is_type(o, json_type_array))
		return take_numbers(o, keep, ret_len);
	if (json_to_bytes(o, "MESSAGE", &text, ret_len, &ignored) < 0) {
		error_drop(&ignored, "not a record of the log");
		return -EBADMSG;
	}
	keep->bytes = xmalloc(*ret_len + 1);
	memcpy(keep->bytes, text, *ret_len);
	return 0;
}

static int parse_journal(const char *line, size_t len, struct log_line *keep,
			 struct log_record *ret)
{
	const char *stamp;
	uint64_t usec;

	if (parse_object(line, len, keep) < 0 || take_message(keep, &ret->len) < 0)
		return -EBADMSG;
	stamp = json_get_str(keep->document, "__REALTIME_TIMESTAMP");
	if (!stamp || str_to_u64(stamp, &usec) < 0 || usec > INT64_MAX)
		return -EBADMSG;
	ret->usec = (int64_t)usec;
	(void)time_rfc3339(ret->usec, ret->time);
	ret->is_error = str_eq(json_get_str(keep->document, "PRIORITY"), PRIORITY_ERROR);
	if (!json_get(keep->document, "CONTAINER_PARTIAL_MESSAGE"))
		keep->bytes[ret->len++] = '\n';
	ret->text = keep->bytes;
	return 0;
}

int log_line_parse(enum log_driver driver, const char *line, size_t len,
		   struct log_line *keep, struct log_record *ret)
{
	log_line_release(keep);
	*ret = (struct log_record){0};
	if (driver == LOG_DRIVER_K8S_FILE)
		return parse_cri(line, len, ret);
	if (driver == LOG_DRIVER_JOURNALD)
		return parse_journal(line, len, keep, ret);
	return parse_json_file(line, len, keep, ret);
}

bool log_line_ends(enum log_driver driver, const char *line, size_t len)
{
	const char *stream, *tag;
	size_t time_len;

	if (driver == LOG_DRIVER_K8S_FILE)
		return split_cri(line, len, &time_len, &stream, &tag) && *tag == 'F';
	return memmem(line, len, END_OF_LINE, strlen(END_OF_LINE)) != NULL;
}

const char *log_line_cursor(const struct log_line *l)
{
	return l->document ? json_get_str(l->document, "__CURSOR") : NULL;
}
