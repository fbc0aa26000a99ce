/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever stands in /etc/subuid, the map made of it is one that the kernel takes. */
#include <stdint.h>

#include "runtime/subid.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0}, composed = {0}, all = {0};
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_free struct subid_range *ranges = NULL;
	size_t n = 0;

	(void)subid_free_start(text);
	(void)subid_source_is_files(text);
	subid_parse(text, "a", 7, &ranges, &n);
	subid_map_from_ranges(7, ranges, n, &map);
	idmap_identity(&all);
	if (idmap_check(&map, "map", &err) < 0 ||
	    idmap_compose(&map, &all, &composed, &err) < 0 ||
	    idmap_size(&map) != idmap_size(&composed))
		__builtin_trap();
	return 0;
}
