/* SPDX-License-Identifier: Apache-2.0 */
#include "network/program.h"

#include <stddef.h>

#include "network/forward.h"
#include "network/gateway.h"
#include "network/tool.h"
#include "util/str.h"

struct role {
	const char *word;
	int (*main)(int argc, char **argv);
};

static const struct role roles[] = {
	{"forward", forward_main},
	{"gateway", gateway_main},
	{"tool", tool_main},
	{NULL, NULL},
};

int network_main(int argc, char **argv)
{
	for (const struct role *r = roles; argc > 1 && r->word; r++)
		if (str_eq(argv[1], r->word))
			return r->main(argc - 1, argv + 1);
	return 2;
}
