/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of --allow-net: what one limited container may reach. Pure; the engine checks what was typed with it, the
 * name server and the rules obey it.
 *
 *   example.org   example.org:443   *.example.org   any subdomain, not the name itself
 *   192.0.2.7     192.0.2.0/24      192.0.2.7:53    192.0.2.0/24:53
 *   2001:db8::1   2001:db8::/32     [2001:db8::1]:443   [2001:db8::/32]:443
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define ALLOW_NAME_MAX 253 /* RFC 1035: a name in text, without the last dot */

struct allow_rule {
	int family; /* AF_INET, AF_INET6; AF_UNSPEC: a name */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
	unsigned prefix;               /* 0 to 32 or 128 */
	char name[ALLOW_NAME_MAX + 1]; /* lower case, without "*." and the last dot */
	bool is_wildcard;              /* "*.NAME" */
	uint16_t port; /* 0: all ports and protocols; else TCP and UDP of that port */
};

/* allow_parse() - one word. ERR_INVALID says what is wrong with it and shows the right form. */
int allow_parse(const char *word, struct allow_rule *ret, struct error *err) _must_check_;

/* allow_matches_name() - the rule speaks of this name (any case, with or without a last dot). */
bool allow_matches_name(const struct allow_rule *rule, const char *name);

/* allow_has_name() - any word of a list (strv; words that can't be read count as none) speaks of it. */
bool allow_has_name(char *const *allow, const char *name);
