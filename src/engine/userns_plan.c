/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/userns_plan.h"

#include <stdlib.h>

void userns_plan_release(struct userns_plan *u)
{
	userns_option_release(&u->option);
	idmap_release(&u->fixed_uids);
	idmap_release(&u->fixed_gids);
	free(u->words);
	free(u->default_user);
	free(u->path);
	*u = (struct userns_plan){0};
}
