/* SPDX-License-Identifier: Apache-2.0 */
/* Services written where systemd looks for what generators make. */
#pragma once

#include "quadlet/quadlet.h"

/* place_text() - a service as the text of its file. Caller frees. */
char *place_text(const struct quadlet_unit *u);

/* place_services() - all services of the set, with their links, into the directory. A file that is there already is another
 * generator's, and stays: that is told, and counts as failed. */
void place_services(struct quadlet_set *s, const char *directory);
