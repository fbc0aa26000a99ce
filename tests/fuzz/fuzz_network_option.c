/* SPDX-License-Identifier: Apache-2.0 */
/* --network, --allow-net and the options of slirp4netns and pasta: words with blanks between them, the first byte says
 * which. What is accepted goes into a record and comes out of it as it was. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/network_option.h"
#include "engine/network_tool.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct network_config *c)
{
	cleanup_json struct json_object *o = network_config_json(c), *p = NULL;
	cleanup_network_config struct network_config again = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = json_text(o, false), *other = NULL;

	if (network_config_read(o, &again, &err) < 0)
		__builtin_trap();
	p = network_config_json(&again);
	other = json_text(p, false);
	if (!str_eq(text, other))
		__builtin_trap();
}

static void try_tool(const struct network_config *c)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **args = NULL;
	char *dns = network_tool_dns(c->tool, c->options);

	free(dns);
	if (network_tool_args(c->tool, c->options, &args, &err) < 0 &&
	    !error_is_set(&err))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_namespace_option struct namespace_option mode = {0};
	cleanup_network_config struct network_config c = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	cleanup_strv char **words = NULL;
	char *bridge[] = {(char *)"bridge", NULL};
	struct network_options o = {0};

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	words = str_split(text, ' ');
	o.networks = data[0] == 'n' ? words : bridge;
	if (data[0] == 'a')
		o.allow = words;
	if (data[0] == 'l')
		o.aliases = words;
	if (data[0] == 'm')
		o.mac = text;
	if (network_option_parse(&o, NULL, &mode, &c, &err) < 0) {
		if (!error_is_set(&err))
			__builtin_trap();
		return 0;
	}
	check_record(&c);
	if (c.tool)
		try_tool(&c);
	return 0;
}
