/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/commit_config.h"

#include <fcntl.h>
#include <string.h>

#include "engine/environment.h"
#include "engine/image_change.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define CONFIG_FILE_MAX (1 << 20)
#define CREATED_BY      "/bin/sh" /* podman's word for what has no instruction */

/* --- --config --- */

enum merge { MERGE_REPLACE, MERGE_LIST, MERGE_MAP };

/* Docker's "Config" of schema 2, as far as an image has it. */
static const struct {
	const char *name;
	enum merge how;
} members[] = {
	{"Hostname", MERGE_REPLACE},
	{"Domainname", MERGE_REPLACE},
	{"User", MERGE_REPLACE},
	{"ExposedPorts", MERGE_MAP},
	{"Env", MERGE_LIST},
	{"Cmd", MERGE_REPLACE},
	{"Healthcheck", MERGE_REPLACE},
	{"ArgsEscaped", MERGE_REPLACE},
	{"Volumes", MERGE_MAP},
	{"WorkingDir", MERGE_REPLACE},
	{"Entrypoint", MERGE_REPLACE},
	{"OnBuild", MERGE_LIST},
	{"Labels", MERGE_MAP},
	{"StopSignal", MERGE_REPLACE},
	{"StopTimeout", MERGE_REPLACE},
	{"Shell", MERGE_REPLACE},
};

static int wrong_type(const char *name, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "--config: %s is of the wrong type", name);
}

static int merge_list(struct json_object *config, const char *name,
		      struct json_object *more, struct error *err)
{
	cleanup_strv char **all = NULL, **added = NULL;
	struct json_object *old = json_get(config, name);
	int r = old ? json_to_strv(old, name, &all, err) : 0;

	if (r >= 0)
		r = json_to_strv(more, name, &added, err);
	if (r < 0)
		return error_wrap(err, "--config");
	strv_foreach (word, added) {
		if (str_eq(name, "Env"))
			environment_set(&all, *word);
		else
			strv_add(&all, *word);
	}
	json_add_strv(config, name, all);
	return 0;
}

static int merge_map(struct json_object *config, const char *name,
		     struct json_object *more, struct error *err)
{
	struct json_object *old = json_get(config, name);

	if (!json_object_is_type(more, json_type_object))
		return wrong_type(name, err);
	if (!json_object_is_type(old, json_type_object)) {
		old = json_object_new_object();
		json_add(config, name, old);
	}
	json_object_object_foreach (more, key, value) {
		json_add(old, key, json_object_get(value));
	}
	return 0;
}

static bool says_nothing(struct json_object *o)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *text;

	return !o || (json_object_is_type(o, json_type_string) &&
		      (json_to_str(o, "", &text, &err) < 0 || str_empty(text)));
}

int commit_config_merge(struct json_object *config, struct json_object *more,
			struct error *err)
{
	if (!json_object_is_type(more, json_type_object))
		return error_set(err, ERR_INVALID, 0, "--config: it is no JSON object");
	json_object_object_foreach (more, key, value) {
		size_t i = 0;
		int r = 0;

		while (i < ARRAY_SIZE(members) && !str_eq(members[i].name, key))
			i++;
		if (i == ARRAY_SIZE(members))
			return error_set(err, ERR_INVALID, 0,
					 "--config: %s is nothing that an image has",
					 key);
		if (says_nothing(value))
			continue;
		if (members[i].how == MERGE_LIST)
			r = merge_list(config, key, value, err);
		else if (members[i].how == MERGE_MAP)
			r = merge_map(config, key, value, err);
		else
			json_add(config, key, json_object_get(value));
		if (r < 0)
			return r;
	}
	return 0;
}

static int merge_file(const char *path, struct json_object *config, struct error *err)
{
	cleanup_json struct json_object *more = NULL;
	cleanup_free char *text = NULL;
	size_t len;
	int r = fs_read(AT_FDCWD, path, CONFIG_FILE_MAX, &text, &len, err);

	if (r >= 0)
		r = json_parse(text, len, path, &more, err);
	return r < 0 ? error_wrap(err, "--config")
		     : commit_config_merge(config, more, err);
}

/* --- what the container says --- */

/* These every container is given by itself. */
static bool is_given(const char *pair)
{
	static const char *const names[] = {
		"HOME=",       "HOSTNAME=",    "TERM=",      "container=",
		"http_proxy=", "https_proxy=", "ftp_proxy=", "no_proxy=",
		"HTTP_PROXY=", "HTTPS_PROXY=", "FTP_PROXY=", "NO_PROXY="};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(pair, names[i]))
			return true;
	return false;
}

static int set_env(struct json_object *config, const struct spec *spec, struct error *err)
{
	struct json_object *old = json_get(config, "Env");
	cleanup_strv char **env = NULL;
	int r = old ? json_to_strv(old, "Env", &env, err) : 0;

	strv_foreach (pair, spec->process->env)
		if (!is_given(*pair))
			environment_set(&env, *pair);
	if (r >= 0 && env)
		json_add_strv(config, "Env", env);
	return r;
}

/* How many of the first words are the same. */
static size_t common_words(char *const *a, char *const *b)
{
	size_t n = 0;

	while (a && b && a[n] && b[n] && str_eq(a[n], b[n]))
		n++;
	return n;
}

/* What runs begins with the entry point, which is the container's own or the image's. */
static int set_command(struct json_object *config, const struct container_config *c,
		       struct error *err)
{
	struct json_object *old = json_get(config, "Entrypoint");
	cleanup_strv char **entrypoint = NULL;
	size_t n;
	int r = 0;

	if (c->entrypoint)
		entrypoint = strv_copy(c->entrypoint);
	else if (old)
		r = json_to_strv(old, "Entrypoint", &entrypoint, err);
	if (r < 0)
		return r;
	n = common_words(entrypoint, c->command);
	if (n < strv_len(entrypoint))
		n = 0;
	if (c->entrypoint)
		json_add_strv(config, "Entrypoint", entrypoint);
	if (strv_len(c->command) > n)
		json_add_strv(config, "Cmd", c->command + n);
	else
		json_object_object_del(config, "Cmd");
	return 0;
}

static void set_labels(struct json_object *config, const struct container_config *c)
{
	if (c->labels)
		json_add(config, "Labels", container_config_pairs(c->labels));
}

/* "SOURCE:DESTINATION:OPTIONS" */
static void set_volumes(struct json_object *config, const struct container_config *c)
{
	struct json_object *volumes = json_get(config, "Volumes");

	if (!c->binds)
		return;
	if (!json_object_is_type(volumes, json_type_object)) {
		volumes = json_object_new_object();
		json_add(config, "Volumes", volumes);
	}
	strv_foreach (bind, c->binds) {
		cleanup_strv char **parts = str_split(*bind, ':');

		if (strv_len(parts) >= 2)
			json_add(volumes, parts[1], json_object_new_object());
	}
}

static int set_run_config(struct json_object *config, const struct container *c,
			  const struct spec *spec, const struct commit_options *o,
			  struct error *err)
{
	int r = set_env(config, spec, err);

	if (r >= 0)
		r = set_command(config, &c->config, err);
	if (r < 0)
		return r;
	set_labels(config, &c->config);
	if (!str_empty(c->config.user))
		json_add_str(config, "User", c->config.user);
	if (!str_empty(spec->process->cwd) &&
	    (!str_eq(spec->process->cwd, "/") || json_get(config, "WorkingDir")))
		json_add_str(config, "WorkingDir", spec->process->cwd);
	if (o->include_volumes)
		set_volumes(config, &c->config);
	if (o->config_file)
		r = merge_file(o->config_file, config, err);
	return r < 0 ? r : image_change_apply(o->changes, config, err);
}

/* --- the document --- */

static void copy_member(struct json_object *to, struct json_object *from,
			const char *name)
{
	struct json_object *member = json_get(from, name);

	if (member)
		json_add(to, name, json_object_get(member));
}

static struct json_object *make_history(const struct commit_options *o,
					const char *created)
{
	struct json_object *entry = json_object_new_object();

	json_add_str(entry, "created", created);
	json_add_str(entry, "created_by", CREATED_BY);
	if (o->author)
		json_add_str(entry, "author", o->author);
	if (o->message)
		json_add_str(entry, "comment", o->message);
	return entry;
}

static int make_document(const struct container *c, const struct spec *spec,
			 struct json_object *base, const struct commit_options *o,
			 struct json_object *document, struct error *err)
{
	static const char *const kept[] = {"architecture", "os", "variant", "os.version",
					   "os.features"};
	struct json_object *old = json_get(base, "config"), *config = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		copy_member(document, base, kept[i]);
	if (o->author)
		json_add_str(document, "author", o->author);
	else
		copy_member(document, base, "author");
	if (o->docker && o->message)
		json_add_str(document, "comment", o->message);
	if (json_object_is_type(old, json_type_object) &&
	    json_object_deep_copy(old, &config, NULL) < 0)
		return error_set(err, ERR_SYSTEM, ENOMEM, "copy the image's config");
	if (!config)
		config = json_object_new_object();
	json_add(document, "config", config);
	return set_run_config(config, c, spec, o, err);
}

int commit_config(const struct container *c, const struct spec *spec,
		  const struct image_record *base, const struct commit_options *options,
		  char **ret, char **ret_history, struct error *err)
{
	cleanup_json struct json_object *document = json_object_new_object(), *old = NULL,
					*history = NULL;
	char now[TIME_TEXT_MAX];
	int r = json_parse(base->config, strlen(base->config), "the image's config", &old,
			   err);

	time_rfc3339(time_now_usec(), now);
	json_add_str(document, "created", now);
	if (r >= 0)
		r = make_document(c, spec, old, options, document, err);
	if (r < 0)
		return r;
	history = make_history(options, now);
	*ret = json_text(document, false);
	*ret_history = json_text(history, false);
	return 0;
}
