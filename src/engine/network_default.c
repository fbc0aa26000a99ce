/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_default.h"

#include "engine/containers_conf.h"
#include "engine/names.h"
#include "engine/settings.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* Other words for the default network: podman's name for it, and Docker's. */
static const char *const other_names[] = {"default", "podman", NULL};

int network_conf(const struct engine *e, struct json_object **ret, struct error *err)
{
	cleanup_settings struct settings s = SETTINGS_INIT;
	int r = e->settings ? 0 : settings_read(NULL, &s, err);

	if (r >= 0)
		*ret = json_object_get(e->settings ? e->settings->conf : s.conf);
	return r;
}

static char *name_in(struct json_object *conf)
{
	const char *name = conf_string(conf, "network", "default_network");
	cleanup_error struct error err = ERROR_INIT;

	if (name && name_check(name, &err) < 0) {
		error_drop(&err, "it is no name of a network");
		name = NULL;
	}
	return xstrdup(name ? name : NETWORK_DEFAULT_NAME);
}

char *network_default_name(const struct engine *e)
{
	cleanup_json struct json_object *conf = NULL;
	cleanup_error struct error err = ERROR_INIT;

	if (network_conf(e, &conf, &err) < 0)
		error_drop(&err, "who makes something says so");
	return name_in(conf);
}

bool network_is_default_name(const struct engine *e, const char *name)
{
	cleanup_free char *own = NULL;

	if (strv_has((char *const *)other_names, name) ||
	    str_eq(name, NETWORK_DEFAULT_NAME))
		return true;
	own = network_default_name(e);
	return str_eq(own, name);
}
