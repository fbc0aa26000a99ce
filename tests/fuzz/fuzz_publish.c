/* SPDX-License-Identifier: Apache-2.0 */
/* --publish and --expose, words with blanks between them; the first byte says which: whatever is accepted can be bound. */
#include <stdint.h>

#include "engine/publish_option.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT_MAX 65535

static void check(const struct port_mapping *m)
{
	if (m->n_ports == 0 || m->container_port == 0 ||
	    m->container_port + m->n_ports - 1 > PORT_MAX)
		__builtin_trap();
	if (m->host_port && m->host_port + m->n_ports - 1 > PORT_MAX)
		__builtin_trap();
	if (!str_eq(m->protocol, "tcp") && !str_eq(m->protocol, "udp"))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_network_config struct network_config c = {0};
	cleanup_free char *text = NULL, *shown = NULL;
	cleanup_strv char **words = NULL;
	struct publish_options o = {0};

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	words = str_split(text, ' ');
	o.publish_all = data[0] == 'a';
	if (data[0] == 'p')
		o.publish = words;
	else
		o.expose = words;
	if (publish_options_parse(&o, &c, &err) < 0) {
		if (!error_is_set(&err))
			__builtin_trap();
		return 0;
	}
	for (size_t i = 0; i < c.n_ports; i++)
		check(&c.ports[i]);
	shown = publish_text(c.ports, c.n_ports);
	return 0;
}
