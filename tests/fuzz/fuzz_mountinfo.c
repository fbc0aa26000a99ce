/* SPDX-License-Identifier: Apache-2.0 */
/* A container chooses the paths that stand in its mountinfo. */
#include <stdint.h>
#include <string.h>

#include "runtime/mountinfo.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_mountinfos struct mountinfos list = {0};

	mountinfo_parse(text, &list);
	for (size_t i = 0; i < list.n; i++) {
		const struct mountinfo *m = &list.items[i], *host = NULL;
		cleanup_free char *path = mountinfo_host_path(m, &list, &host);

		/* itself is among the host's */
		if (!path || !host || host->major != m->major)
			__builtin_trap();
		(void)mountinfo_of_path(&list, m->point);
	}
	return 0;
}
