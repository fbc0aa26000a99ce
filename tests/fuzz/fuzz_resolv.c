/* SPDX-License-Identifier: Apache-2.0 */
/* The host's resolv.conf, which a VPN's or a DHCP client's server may have a word in. */
#include <stdint.h>

#include "network/names_resolv.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct resolv_conf c;

	resolv_conf_parse(text, &c);
	if (c.servers.n < 1 || c.servers.n > NAMES_SERVERS_MAX || c.attempts < 1 ||
	    c.timeout_sec < 1)
		__builtin_trap();
	return 0;
}
