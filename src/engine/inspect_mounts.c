/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/inspect_mounts.h"

#include "engine/container_config.h"
#include "engine/mount_record.h"
#include "engine/secret_option.h"
#include "engine/volume_driver.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static bool is_propagation(const char *word)
{
	static const char *const words[] = {"private",    "rprivate",   "shared",
					    "rshared",    "slave",      "rslave",
					    "unbindable", "runbindable"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

static const char *propagation(const struct volume *v)
{
	strv_foreach (word, v->options)
		if (is_propagation(*word))
			return *word;
	return "";
}

/* How Cubby does it, not what was asked for. */
static bool is_internal(const struct volume *v, const char *word)
{
	return (v->source && str_starts(word, "tmpcopyup")) ||
	       str_starts(word, "subpath=") || str_starts(word, "lowerdir+=") ||
	       str_starts(word, "upperdir=") || str_starts(word, "workdir=") ||
	       str_eq(word, "rro");
}

static char **plain_options(const struct volume *v, bool all)
{
	char **words = NULL;

	strv_foreach (word, v->options) {
		bool told = str_eq(*word, "ro") || str_eq(*word, "rw") ||
			    is_propagation(*word);

		if (!is_internal(v, *word) && (all || !told))
			strv_add(&words, *word);
	}
	return words;
}

static struct json_object *describe(const struct volume *v)
{
	static const char *const types[] = {"bind", "volume", "image"};
	cleanup_strv char **words = plain_options(v, false);
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Type", types[v->kind]);
	if (v->kind == VOLUME_NAMED)
		json_add_str(o, "Name", v->name);
	json_add_str(o, "Source", v->kind == VOLUME_IMAGE ? v->name : v->source);
	json_add_str(o, "Destination", v->destination);
	json_add_str(o, "Driver", v->kind == VOLUME_NAMED ? VOLUME_DRIVER : "");
	json_add_str(o, "Mode", v->overlay && v->kind != VOLUME_IMAGE ? "O" : "");
	json_add_strv(o, "Options", words);
	json_add_bool(o, "RW", v->writable);
	json_add_str(o, "Propagation", propagation(v));
	if (v->subpath)
		json_add_str(o, "SubPath", v->subpath);
	return o;
}

struct json_object *inspect_mounts(const struct container_config *c)
{
	struct json_object *list = json_object_new_array();
	cleanup_volumes struct volumes all = {0};

	mount_records(c, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].kind <= VOLUME_IMAGE)
			json_object_array_add(list, describe(&all.items[i]));
	return list;
}

struct json_object *inspect_binds(const struct container_config *c)
{
	struct json_object *list = json_object_new_array();
	cleanup_volumes struct volumes all = {0};

	mount_records(c, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct volume *v = &all.items[i];
		cleanup_strv char **words = plain_options(v, true);
		cleanup_free char *options = strv_join(words, ","), *text = NULL;

		if (v->kind > VOLUME_NAMED)
			continue;
		text = xasprintf("%s:%s:%s", volume_shown(v), v->destination, options);
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

struct json_object *inspect_tmpfs(const struct container_config *c)
{
	struct json_object *o = json_object_new_object();
	cleanup_volumes struct volumes all = {0};

	mount_records(c, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct volume *v = &all.items[i];
		cleanup_free char *options = strv_join(v->options, ",");

		if (v->kind == VOLUME_FS && !v->type)
			json_add_str(o, v->destination, options);
	}
	return o;
}

struct json_object *inspect_secrets(const struct container_config *c)
{
	struct json_object *list = json_object_new_array();
	cleanup_secret_uses struct secret_uses uses = {0};

	strv_foreach (line, c->secrets)
		(void)secret_use_read(&uses, *line);
	for (size_t i = 0; i < uses.n; i++) {
		const struct secret_use *u = &uses.items[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "Name", u->name);
		json_add_str(o, "ID", u->id);
		json_add_u64(o, "UID", u->uid);
		json_add_u64(o, "GID", u->gid);
		json_add_u64(o, "Mode", u->is_env ? 0 : u->mode);
		json_object_array_add(list, o);
	}
	return list;
}
