/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of etc_files.h say, as far as it was said when the container was made: plain data, so that it can
 * be kept and the files be made again at each start.
 */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"

struct etc_words {        /* all owned */
	char *hosts_base; /* a file of the host's; NULL: none */
	char *hosts_text; /* the base itself: the image's */
	char **dns, **dns_searches,
		**dns_options; /* of /etc/resolv.conf, instead of the host's */
	char *passwd, *group;  /* the whole files, where they are mounted */
	char *passwd_more,
		*group_more; /* lines for the container's own files, where they can grow */
	char *localtime;     /* a zone file of the host's */
	bool graph_root_mounted; /* a volume shows this Cubby's own data */
};
void etc_words_release(struct etc_words *w);
void etc_words_copy(const struct etc_words *from, struct etc_words *ret);
