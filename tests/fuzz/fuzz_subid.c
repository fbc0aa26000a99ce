/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever stands in /etc/subuid, the map made of it is one that the kernel takes, and what is found wrong is
 * a sentence. */
#include <stdint.h>
#include <string.h>

#include "runtime/subid.h"
#include "runtime/subid_check.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Four files, one after the other. */
static void check(char *text)
{
	cleanup_subid_report struct subid_report report = {0}, own = {0};
	char *files[4] = {text};
	struct subid_check_input in = {0};

	for (size_t i = 1; i < ARRAY_SIZE(files) && files[i - 1]; i++) {
		files[i] = strchr(files[i - 1], '\v');
		if (files[i])
			*files[i]++ = '\0';
	}
	for (int kind = 0; kind < SUBID_KINDS; kind++) {
		in.subids[kind] = files[kind];
		in.accounts[kind] = files[2 + kind];
	}
	subid_check(&in, &report);
	in.user = "a";
	in.has_usermod = true;
	subid_check(&in, &own);
	for (size_t i = 0; i < report.n_findings; i++)
		if (!report.findings[i].problem)
			__builtin_trap();
}

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
	check(text);
	return 0;
}
