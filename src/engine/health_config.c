/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health_config.h"

#include <string.h>

#include "spec/image.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define NSEC_PER_USEC     1000
#define DEFAULT_INTERVAL  (30 * USEC_PER_SEC)
#define DEFAULT_TIMEOUT   (30 * USEC_PER_SEC)
#define DEFAULT_RETRIES   3
#define DEFAULT_LOG_COUNT 5
#define DEFAULT_LOG_SIZE  500
#define TIME_MAX          (INT64_C(366) * 86400 * USEC_PER_SEC)

static const char *const action_words[] = {"none", "kill", "restart", "stop"};

const char *health_action_word(enum health_action action)
{
	return action_words[action];
}

void health_config_release(struct health_config *c)
{
	strv_free(c->test);
	strv_free(c->startup_test);
	free(c->log_destination);
	*c = (struct health_config){0};
}

void health_config_copy(const struct health_config *c, struct health_config *ret)
{
	*ret = *c;
	ret->test = strv_copy(c->test);
	ret->startup_test = strv_copy(c->startup_test);
	ret->log_destination = c->log_destination ? xstrdup(c->log_destination) : NULL;
}

static bool is_none(char *const *test)
{
	return !test || !test[0] || !*test[0] || str_eq(test[0], "NONE");
}

bool health_config_has_check(const struct health_config *c)
{
	return !is_none(c->test);
}

static char *upper(const char *s)
{
	char *copy = xstrdup(s);

	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return copy;
}

/* A JSON array of strings. false: it is something else, so words for the shell. */
static bool parse_array(const char *text, char ***ret)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	cleanup_strv char **words = NULL;
	bool is_array;

	if (text[strspn(text, " \t")] != '[')
		return false;
	is_array = json_parse(text, strlen(text), "--health-cmd", &o, &ignored) >= 0 &&
		   json_object_is_type(o, json_type_array) &&
		   json_to_strv(o, "--health-cmd", &words, &ignored) >= 0;
	error_release(&ignored);
	if (is_array)
		*ret = TAKE_PTR(words);
	return is_array;
}

/* Docker's words, or nothing but a command. */
static void complete(char **words, char ***ret)
{
	cleanup_free char *first = upper(words[0]);

	if (str_eq(first, "NONE")) {
		strv_add(ret, "NONE");
		return;
	}
	if (str_eq(first, "CMD") || str_eq(first, "CMD-SHELL")) {
		strv_add_take(ret, TAKE_PTR(first));
		words++;
	} else {
		strv_add(ret, strv_len(words) > 1 ? "CMD" : "CMD-SHELL");
	}
	strv_foreach (word, words)
		strv_add(ret, *word);
}

int health_test_parse(const char *option, const char *text, char ***ret,
		      struct error *err)
{
	cleanup_strv char **words = NULL, **test = NULL;
	cleanup_free char *word = upper(text);

	if (parse_array(text, &words)) {
		if (strv_len(words) > 0)
			complete(words, &test);
	} else if (str_eq(word, "NONE")) {
		strv_add(&test, "NONE");
	} else if (str_starts(word, "CMD ") || str_starts(word, "CMD-SHELL ")) {
		const char *rest = strchr(text, ' ') + 1;

		strv_add(&test, "CMD-SHELL");
		strv_add(&test, rest + strspn(rest, " "));
	} else if (*text) {
		strv_add(&test, "CMD-SHELL");
		strv_add(&test, text);
	}
	if (!test || (!is_none(test) && (strv_len(test) < 2 || str_empty(test[1])))) {
		error_set(err, ERR_INVALID, 0, "%s: must define a healthcheck command",
			  option);
		return error_hint(err, "For example: %s 'curl -f http://localhost/'",
				  option);
	}
	*ret = TAKE_PTR(test);
	return 0;
}

char **health_test_command(char *const *test)
{
	cleanup_free char *text = NULL;
	char **command = NULL;

	if (!str_eq(test[0], "CMD-SHELL"))
		return strv_copy(str_eq(test[0], "CMD") ? test + 1 : test);
	text = strv_join(test + 1, " ");
	strv_add(&command, "/bin/sh");
	strv_add(&command, "-c");
	strv_add(&command, text);
	return command;
}

struct span {
	const char *option, *text;
	int64_t min;
	int64_t *target;
};

static int take_span(const struct span *s, struct error *err)
{
	if (!s->text)
		return 0;
	if (time_parse_duration(s->text, s->target) < 0 || *s->target > TIME_MAX) {
		error_set(err, ERR_INVALID, 0, "%s %s: invalid duration", s->option,
			  s->text);
		return error_hint(err, "For example: 30s, 1m30s");
	}
	if (*s->target < s->min)
		return error_set(err, ERR_INVALID, 0, "%s %s: must be at least 1 second",
				 s->option, s->text);
	return 0;
}

/* "disable", or a time; so short that checks would do nothing else is not meant. */
static int take_interval(const char *option, const char *text, int64_t *ret,
			 struct error *err)
{
	const struct span s = {option, text, 0, ret};
	int r;

	if (text && str_eq(text, "disable")) {
		*ret = 0;
		return 0;
	}
	r = take_span(&s, err);
	if (r >= 0 && *ret > 0 && *ret < USEC_PER_SEC / 10)
		return error_set(err, ERR_INVALID, 0, "%s %s: must be at least 100ms",
				 option, text);
	return r;
}

static int64_t clip(int64_t value, int64_t max)
{
	return value < 0 ? 0 : value > max ? max : value;
}

static void take_image(const struct image_healthcheck *image, struct health_config *c)
{
	if (!image || is_none(image->test))
		return;
	c->test = strv_copy(image->test);
	if (image->interval > 0)
		c->interval = clip(image->interval / NSEC_PER_USEC, TIME_MAX);
	if (image->timeout > 0)
		c->timeout = clip(image->timeout / NSEC_PER_USEC, TIME_MAX);
	if (image->start_period > 0)
		c->start_period = clip(image->start_period / NSEC_PER_USEC, TIME_MAX);
	if (image->start_interval > 0)
		c->start_interval = clip(image->start_interval / NSEC_PER_USEC, TIME_MAX);
	if (image->retries > 0)
		c->retries = image->retries;
}

/* Which option was given that only means something with a check; NULL: none. */
static const char *needs_check(const struct health_options *o)
{
	const struct {
		const char *name;
		bool given;
	} list[] = {
		{"--health-interval", o->interval},
		{"--health-timeout", o->timeout},
		{"--health-retries", o->retries >= 0},
		{"--health-start-period", o->start_period},
		{"--health-start-interval", o->start_interval},
		{"--health-on-failure", o->on_failure && !str_eq(o->on_failure, "none")},
		{"--health-startup-cmd", o->startup_cmd},
		{"--health-log-destination", o->log_destination},
		{"--health-max-log-count", o->max_log_count >= 0},
		{"--health-max-log-size", o->max_log_size >= 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i].given)
			return list[i].name;
	return NULL;
}

static const char *needs_startup(const struct health_options *o)
{
	if (o->startup_interval)
		return "--health-startup-interval";
	if (o->startup_timeout)
		return "--health-startup-timeout";
	if (o->startup_retries >= 0)
		return "--health-startup-retries";
	return o->startup_success >= 0 ? "--health-startup-success" : NULL;
}

static int take_numbers(const struct health_options *o, struct health_config *c,
			struct error *err)
{
	if (o->retries == 0)
		return error_set(err, ERR_INVALID, 0,
				 "--health-retries: must be greater than 0");
	if (o->retries > 0)
		c->retries = o->retries;
	if (o->startup_retries >= 0)
		c->startup_retries = o->startup_retries;
	if (o->startup_success >= 0)
		c->startup_success = o->startup_success;
	if (o->max_log_count >= 0)
		c->max_log_count = o->max_log_count;
	if (o->max_log_size >= 0)
		c->max_log_size = o->max_log_size;
	return 0;
}

static int take_times(const struct health_options *o, struct health_config *c,
		      struct error *err)
{
	const struct span spans[] = {
		{"--health-timeout", o->timeout, USEC_PER_SEC, &c->timeout},
		{"--health-start-period", o->start_period, 0, &c->start_period},
		{"--health-startup-timeout", o->startup_timeout, USEC_PER_SEC,
		 &c->startup_timeout},
	};
	int r = take_interval("--health-interval", o->interval, &c->interval, err);

	if (r >= 0)
		r = take_interval("--health-startup-interval", o->startup_interval,
				  &c->startup_interval, err);
	if (r >= 0)
		r = take_interval("--health-start-interval", o->start_interval,
				  &c->start_interval, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(spans); i++)
		r = take_span(&spans[i], err);
	return r;
}

static int take_action(const struct health_options *o, struct health_config *c,
		       struct error *err)
{
	if (!o->on_failure)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(action_words); i++) {
		if (!str_eq(o->on_failure, action_words[i]))
			continue;
		c->on_failure = (int64_t)i;
		return 0;
	}
	return error_set(err, ERR_INVALID, 0,
			 "--health-on-failure %s: expected none, kill, restart or stop",
			 o->on_failure);
}

static int take_destination(const struct health_options *o, struct health_config *c,
			    struct error *err)
{
	const char *text =
		o->log_destination ? o->log_destination : HEALTH_DESTINATION_LOCAL;

	if (str_eq(text, HEALTH_DESTINATION_LOCAL) ||
	    str_eq(text, HEALTH_DESTINATION_EVENTS)) {
		c->log_destination = xstrdup(text);
		return 0;
	}
	c->log_destination = str_empty(text) ? NULL : fs_absolute(text);
	if (!c->log_destination)
		return error_set(
			err, ERR_INVALID, 0,
			"--health-log-destination: expected local, events_logger or a "
			"directory");
	return 0;
}

static int take_startup(const struct health_options *o, struct health_config *c,
			struct error *err)
{
	const char *option = needs_startup(o);

	if (!o->startup_cmd && option)
		return error_set(err, ERR_INVALID, 0, "%s needs --health-startup-cmd",
				 option);
	return o->startup_cmd ? health_test_parse("--health-startup-cmd", o->startup_cmd,
						  &c->startup_test, err)
			      : 0;
}

static int refuse(const struct health_options *o, struct error *err)
{
	const char *option = needs_check(o);

	if (!option)
		return 0;
	error_set(err, ERR_INVALID, 0, "%s: there is no health check", option);
	return error_hint(err, "--health-cmd COMMAND makes one");
}

int health_config_make(const struct health_options *o,
		       const struct image_healthcheck *image, struct health_config *ret,
		       struct error *err)
{
	cleanup_health_config struct health_config c = {
		.interval = DEFAULT_INTERVAL,
		.timeout = DEFAULT_TIMEOUT,
		.retries = DEFAULT_RETRIES,
		.startup_interval = DEFAULT_INTERVAL,
		.startup_timeout = DEFAULT_TIMEOUT,
		.max_log_count = DEFAULT_LOG_COUNT,
		.max_log_size = DEFAULT_LOG_SIZE,
	};
	int r = 0;

	if (o->none && o->cmd)
		return error_set(err, ERR_INVALID, 0,
				 "cannot specify both --no-healthcheck and --health-cmd");
	if (o->cmd)
		r = health_test_parse("--health-cmd", o->cmd, &c.test, err);
	if (r < 0)
		return r;
	if (!o->none && !o->cmd)
		take_image(image, &c);
	if (is_none(c.test)) {
		if (o->none || o->cmd)
			strv_add(&ret->test, "NONE");
		return refuse(o, err);
	}
	r = take_startup(o, &c, err);
	if (r >= 0)
		r = take_times(o, &c, err);
	if (r >= 0)
		r = take_numbers(o, &c, err);
	if (r >= 0)
		r = take_action(o, &c, err);
	if (r >= 0)
		r = take_destination(o, &c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct health_config){0};
	return 0;
}

/* The check itself; *c has one afterwards. */
static int update_tests(const struct health_options *o, struct health_config *c,
			struct error *err)
{
	const char *option = needs_startup(o);
	char **test = NULL;
	int r = 0;

	if (!c->startup_test && !o->startup_cmd && option)
		return error_set(err, ERR_INVALID, 0, "%s needs --health-startup-cmd",
				 option);
	if (o->cmd) {
		r = health_test_parse("--health-cmd", o->cmd, &test, err);
		if (r < 0)
			return r;
		strv_free(c->test);
		c->test = test;
	}
	if (!o->startup_cmd)
		return 0;
	r = health_test_parse("--health-startup-cmd", o->startup_cmd, &test, err);
	if (r < 0)
		return r;
	strv_free(c->startup_test);
	c->startup_test = test;
	return 0;
}

static int update_rest(const struct health_options *o, struct health_config *c,
		       struct error *err)
{
	int r = update_tests(o, c, err);

	if (r >= 0)
		r = take_times(o, c, err);
	if (r >= 0)
		r = take_numbers(o, c, err);
	if (r >= 0)
		r = take_action(o, c, err);
	if (r < 0 || !o->log_destination)
		return r;
	free(TAKE_PTR(c->log_destination));
	return take_destination(o, c, err);
}

int health_config_update(const struct health_options *o, struct health_config *c,
			 struct error *err)
{
	cleanup_health_config struct health_config made = {0};
	int r;

	if (is_none(c->test) || o->none) {
		r = health_config_make(o, NULL, &made, err);
		if (r < 0)
			return r;
	} else {
		health_config_copy(c, &made);
		r = update_rest(o, &made, err);
		if (r < 0)
			return r;
	}
	health_config_release(c);
	*c = made;
	made = (struct health_config){0};
	return 0;
}

struct json_object *health_config_json(const struct health_config *c, bool startup)
{
	char *const *test = startup ? c->startup_test : c->test;
	struct json_object *o;

	if (!test)
		return NULL;
	o = json_object_new_object();
	json_add_strv(o, "Test", test);
	if (!startup && is_none(test))
		return o;
	if (!startup)
		json_add_i64(o, "StartPeriod", c->start_period * NSEC_PER_USEC);
	json_add_i64(o, "Interval",
		     (startup ? c->startup_interval : c->interval) * NSEC_PER_USEC);
	if (!startup && c->start_interval)
		json_add_i64(o, "StartInterval", c->start_interval * NSEC_PER_USEC);
	json_add_i64(o, "Timeout",
		     (startup ? c->startup_timeout : c->timeout) * NSEC_PER_USEC);
	json_add_i64(o, "Retries", startup ? c->startup_retries : c->retries);
	if (startup)
		json_add_i64(o, "Successes", c->startup_success);
	return o;
}
