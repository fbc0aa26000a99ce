/* SPDX-License-Identifier: Apache-2.0 */
/* What files of settings say, as defaults of options. */
#include "cli/configure.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cubby_globals.h"
#include "engine/containers_conf.h"
#include "engine/engine.h"
#include "engine/event_kind.h"
#include "runtime/cgroup_manager.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

int cubby_settings(struct cubby_globals *g, const struct settings **ret,
		   struct error *err)
{
	if (!g->has_settings) {
		int r = settings_read(g->modules, &g->settings, err);

		if (r < 0)
			return r;
		g->has_settings = true;
	}
	*ret = &g->settings;
	return 0;
}

/* One value of one key. Texts live as long as the program. */
static int apply(const struct command_call *call, const struct conf_key *k,
		 const char *text, struct error *err)
{
	struct cubby_globals *g = call->globals;
	cleanup_free char *typed =
		xasprintf("containers.conf: [%s] %s", k->table, k->key);
	cleanup_strv char **allowed = str_split(k->only ? k->only : "", ' ');
	const char *value;
	int r;

	if (k->only && !strv_has(allowed, text)) {
		log_debug("%s = %s: not for cubby", typed, text);
		return 0;
	}
	strv_addf(&g->words, "%s%s", k->prefix ? k->prefix : "", text);
	value = g->words[strv_len(g->words) - 1];
	r = options_set(call->command->options, call->values, k->option, value, typed,
			err);
	if (r > 0)
		log_debug("%s: --%s is not supported yet", typed, k->option);
	return r < 0 ? r : 0;
}

static int apply_key(const struct command_call *call, const struct conf_key *k,
		     struct json_object *value, struct error *err)
{
	cleanup_strv char **texts = conf_texts(value);

	/* of podman's own: nothing, no limit */
	if (k->type == CONF_STRING && texts && str_empty(texts[0]))
		return 0;
	if (k->type == CONF_NUMBER && k->prefix && texts &&
	    (texts[0][0] == '-' || str_eq(texts[0], "0")))
		return 0;
	strv_foreach (text, texts) {
		int r = apply(call, k, *text, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Proxies, mostly: what is started inherits them. */
static int set_environment(struct json_object *conf, struct error *err)
{
	cleanup_strv char **list = conf_list(conf, "engine", "env");

	strv_foreach (entry, list) {
		char *equals = strchr(*entry, '=');

		if (!equals || equals == *entry)
			return error_set(err, ERR_INVALID, 0,
					 "containers.conf: [engine] env: expected "
					 "NAME=VALUE, not %s",
					 *entry);
		*equals = '\0';
		if (setenv(*entry, equals + 1, 1) < 0)
			return error_set(err, ERR_SYSTEM, errno, "set %s", *entry);
	}
	return 0;
}

static int set_label(const struct command_call *call, struct json_object *conf,
		     struct error *err)
{
	static const struct conf_key key = {"containers", "label", CONF_BOOL,
					    .option = "security-opt"};

	return conf_flag(conf, "containers", "label", true)
		       ? 0
		       : apply(call, &key, "label=disable", err);
}

int cubby_configure(const struct command_call *call, struct error *err)
{
	bool builds = call->command->settings == SETTINGS_FOR_BUILDS;
	bool makes = call->command->settings == SETTINGS_FOR_CONTAINERS || builds;
	const struct settings *s;
	int r = cubby_settings(call->globals, &s, err);

	if (r < 0 || !s->conf)
		return r;
	r = set_environment(s->conf, err);
	for (const struct conf_key *k = conf_keys; r >= 0 && k->table; k++) {
		struct json_object *value =
			k->option && (makes || str_eq(k->table, "engine"))
				? conf_find(s->conf, k->table, k->key)
				: NULL;

		if (value && !(builds && str_eq(k->option, "annotation")))
			r = apply_key(call, k, value, err);
	}
	return r >= 0 && makes ? set_label(call, s->conf, err) : r;
}

static int set_events(const struct cubby_globals *g, struct engine *e, struct error *err)
{
	struct json_object *conf = e->settings->conf;
	const char *word = conf_string(conf, "engine", "events_logger"),
		   *size = conf_string(conf, "engine", "events_logfile_max_size");
	uint64_t bytes = 0;

	if (word && !g->events_given && event_backend_parse(word, &e->events) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"containers.conf: [engine] events_logger: there is no %s", word);
	if (size && (str_to_size(size, &bytes) < 0 || bytes > INT64_MAX))
		return error_set(err, ERR_INVALID, 0,
				 "containers.conf: [engine] events_logfile_max_size: "
				 "expected a size such as 1m, not %s",
				 size);
	e->events_max_size = (int64_t)bytes;
	e->no_health_events = !conf_flag(conf, "engine", "healthcheck_events", true);
	return 0;
}

/* From a file it is a wish, from the command line an order. */
static int set_cgroup_manager(const struct cubby_globals *g, struct engine *e,
			      struct error *err)
{
	const char *word = conf_string(e->settings->conf, "engine", "cgroup_manager");

	e->cgroup_manager_named = g->cgroup_manager_given;
	if (g->cgroup_manager_given)
		e->cgroup_manager = CGROUP_MANAGER_SYSTEMD + g->cgroup_manager;
	else if (str_eq(word, "cgroupfs"))
		e->cgroup_manager = CGROUP_MANAGER_CGROUPFS;
	else if (word && !str_eq(word, "systemd"))
		return error_set(err, ERR_INVALID, 0,
				 "containers.conf: [engine] cgroup_manager: there is no "
				 "%s, only systemd and cgroupfs",
				 word);
	return 0;
}

int cubby_configure_engine(const struct command_call *call, struct engine *e,
			   struct error *err)
{
	struct cubby_globals *g = call->globals;
	int r = cubby_settings(g, &e->settings, err);

	/* who looks and who tidies up is not held up by a file that is wrong */
	if (r < 0 && call->command->settings == SETTINGS_FOR_NOBODY) {
		log_warn("%s", err->text);
		error_release(err);
		e->events = (enum event_backend)g->events;
		return 0;
	}
	if (r < 0)
		return r;
	e->events = (enum event_backend)g->events;
	r = set_events(g, e, err);
	return r < 0 ? r : set_cgroup_manager(g, e, err);
}
