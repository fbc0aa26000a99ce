/* SPDX-License-Identifier: Apache-2.0 */
/* [Install] of a service that systemd cannot enable, since it is made anew each time. Pure. */
#pragma once

#include "quadlet/quadlet.h"

/*
 * install_links() - the links that `systemctl enable` would make, from the generator's directory on: link, target, link, target ... (strv, caller
 * frees). A name that would lead elsewhere is told and left out. A template is enabled as its DefaultInstance=, or not.
 */
char **install_links(const struct quadlet_set *s, const struct quadlet_unit *u);
