/* SPDX-License-Identifier: Apache-2.0 */
/* What a user asks of a new container's network. A part of struct create_options; strings are borrowed. */
#pragma once

#include <stdbool.h>

struct network_options {
	char **networks; /* each --network as typed: a mode, or NAME[:KEY=VALUE,...]; NULL: the default */
	const char *ip, *ip6, *mac;
	char **aliases;
	char **publish, **expose; /* as typed */
	bool publish_all;
	char **allow; /* --allow-net, comma-separated words in each */
};
