/* SPDX-License-Identifier: Apache-2.0 */
/* Files of settings: cubby.conf, and one containers.conf on top of another; words of a shell's line. */
#include <stdint.h>
#include <stdlib.h>

#include "cli/complete.h"
#include "engine/containers_conf.h"
#include "engine/settings.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_conf(const char *text, size_t len)
{
	static const char first[] = "[containers]\nenv = [\"A=1\", {append=true}]\n";
	cleanup_json struct json_object *tree = json_object_new_object();
	cleanup_error struct error err = ERROR_INIT;

	if (containers_conf_merge(tree, first, sizeof(first) - 1, "first", &err) < 0)
		abort();
	if (containers_conf_merge(tree, text, len, "input", &err) < 0)
		return;
	for (const struct conf_key *k = conf_keys; k->table; k++)
		strv_free(conf_list(tree, k->table, k->key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xmemdup(data, size ? size : 1);
	cleanup_free char *string = xstrndup((const char *)data, size);
	cleanup_settings struct settings s = SETTINGS_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **words = complete_split(string);

	try_conf(text, size);
	if (settings_parse(string, "input", &s, &err) >= 0 && !words)
		abort();
	return 0;
}
