/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is typed as a word of an allow list, and whatever a packet begins with: what comes out is in bounds, and only
 * addresses get into rules. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "network/allow.h"
#include "network/firewall_log.h"
#include "network/firewall_text.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *word)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **allow = NULL;
	cleanup_buf struct buf text = {0};
	const struct network_member m = {.id = (char *)"0123456789abcdef",
					 .name = (char *)"web",
					 .is_limited = true,
					 .allow = NULL};
	struct network_member with = m;

	strv_add(&allow, word);
	with.allow = allow;
	buf_init(&text, FIREWALL_TEXT_MAX);
	if (firewall_text_member(&text, "cubby", &with, NULL, NULL, &err) < 0)
		return;
	/* the list's chain is the last thing; a word can't have ended it */
	if (strchr(text.data, ';') && strstr(text.data, "accept;"))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *word = xstrndup((const char *)data, size);
	cleanup_error struct error err = ERROR_INIT;
	struct firewall_packet packet;
	struct allow_rule rule;

	if (firewall_packet_parse(data, size, &packet) && packet.family != AF_INET &&
	    packet.family != AF_INET6)
		__builtin_trap();
	if (allow_parse(word, &rule, &err) < 0) {
		if (!err.text || !err.hint)
			__builtin_trap();
		return 0;
	}
	if (rule.prefix > (rule.family == AF_INET6 ? 128 : 32))
		__builtin_trap();
	if (rule.family == AF_UNSPEC && !rule.is_wildcard &&
	    !allow_matches_name(&rule, rule.name))
		__builtin_trap();
	check_text(word);
	return 0;
}
