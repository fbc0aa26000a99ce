/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby_globals.h"

#include <fcntl.h>

#include "util/str.h"

void cubby_globals_init(struct cubby_globals *g)
{
	*g = (struct cubby_globals){0};
	while (fcntl(3 + g->n_inherited_fds, F_GETFD) >= 0)
		g->n_inherited_fds++;
}

void cubby_globals_release(struct cubby_globals *g)
{
	if (g->has_settings)
		settings_release(&g->settings);
	strv_free(g->words);
	g->words = NULL;
}
