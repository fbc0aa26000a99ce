/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers.conf, the settings that podman, buildah and Cubby share: TOML, several files, each on top of those
 * before it. Source: containers.conf(5).
 *
 *   /usr/share/containers/containers.conf, /etc/containers/containers.conf, /etc/containers/containers.conf.d/X.conf,
 *   ~/.config/containers/containers.conf, ~/.config/containers/containers.conf.d/X.conf; or $CONTAINERS_CONF alone;
 *   then the modules of --module, then $CONTAINERS_CONF_OVERRIDE
 *
 * The result is one tree, TABLE -> KEY -> value, in which the last file that has a key has won; a list that
 * ends with {append=true} was added to. Keys that nobody here knows stay in it and mean nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

enum conf_type { CONF_BOOL, CONF_NUMBER, CONF_STRING, CONF_LIST, CONF_TABLES };

/* A key that means something here. */
struct conf_key {
	const char *table, *key;
	enum conf_type type;
	const char *
		option; /* it is the default of this option of a new container; NULL: see help */
	const char *prefix; /* goes before the value: "apparmor=" */
	const char *
		only; /* values that count, separated by blanks; others are for podman; NULL: all */
	const char *help; /* one sentence without its full stop */
};

/* Sorted by table and key; the last one's table is NULL. */
extern const struct conf_key conf_keys[];

/* containers_conf_merge() - a file's text on top of *tree (an object). `what` names it. A text that is no TOML and
 * a known key with a value of another type are ERR_INVALID. Pure. */
int containers_conf_merge(struct json_object *tree, const char *text, size_t len,
			  const char *what, struct error *err) _must_check_;

/* containers_conf_read() - all of them. modules: words of --module (strv), may be NULL. *ret is NULL if there is
 * no file at all; the caller owns it. */
int containers_conf_read(char *const *modules, struct json_object **ret,
			 struct error *err) _must_check_;

/* conf_find() - the value of a key, NULL if nobody has set it; conf may be NULL. conf_string(): also NULL if it is
 * empty. conf_flag(), conf_number(): `otherwise` if it is not set. */
struct json_object *conf_find(struct json_object *conf, const char *table,
			      const char *key);
const char *conf_string(struct json_object *conf, const char *table, const char *key);
bool conf_flag(struct json_object *conf, const char *table, const char *key,
	       bool otherwise);
long long conf_number(struct json_object *conf, const char *table, const char *key,
		      long long otherwise);
/* conf_texts() - a value of any of the types as texts: "true", "12", each of a list. Caller frees (strv). */
char **conf_texts(struct json_object *value);
/* conf_list() - caller frees (strv); NULL: not set. */
char **conf_list(struct json_object *conf, const char *table, const char *key);
