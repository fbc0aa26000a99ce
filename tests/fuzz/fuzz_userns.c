/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --userns, --uidmap and cubby.conf. The first byte says which; whatever was typed, a map that is accepted is one
 * that the kernel takes, of ids that the user has.
 */
#include <stdint.h>

#include "engine/idmap_option.h"
#include "engine/settings.h"
#include "engine/userns_maps.h"
#include "engine/userns_option.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_map(const struct idmap *map, const struct idmap *whole)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap composed = {0};

	if (map->n_lines == 0)
		return;
	if (idmap_check(map, "map", &err) < 0)
		__builtin_trap();
	if (whole && idmap_compose(map, whole, &composed, &err) >= 0 &&
	    idmap_size(&composed) != idmap_size(map))
		__builtin_trap();
}

static void try_mode(const char *text, const struct idmap *whole)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_userns_option struct userns_option o = {0};
	cleanup_idmap struct idmap map = {0}, range = {0}, none = {0};

	if (userns_option_parse(text, &o, &err) < 0) {
		if (!error_is_set(&err))
			__builtin_trap();
		return;
	}
	if (o.mode == USERNS_KEEP_ID &&
	    userns_map_keep_id(whole, o.uid, o.size, &map, &err) >= 0)
		check_map(&map, NULL);
	if (o.mode == USERNS_AUTO && o.size) {
		userns_map_range(0, o.size, &none, &range);
		check_map(&range, NULL);
	}
}

static void try_maps(const char *text, bool rootless, const struct idmap *whole)
{
	cleanup_strv char **lines = str_split(text, ' ');

	for (int i = 0; i < 4; i++) {
		const struct idmap_option o = {
			.name = "--uidmap",
			.lines = lines,
			.for_groups = i & 1,
			.ignore_flags = i & 2,
			.whole = rootless ? whole : NULL,
		};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_idmap struct idmap map = {0};

		if (idmap_option_build(&o, &map, &err) >= 0)
			check_map(&map, o.whole);
		else if (!error_is_set(&err))
			__builtin_trap();
	}
	(void)idmap_option_needs_whole(lines);
}

static void try_settings(const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_settings struct settings s = SETTINGS_INIT;

	if (settings_parse(text, "f", &s, &err) < 0)
		return;
	if (s.auto_min_size == 0 || s.auto_min_size > s.auto_max_size)
		__builtin_trap();
	if (s.has_auto_pool && s.auto_pool_first > s.auto_pool_last)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_idmap struct idmap whole = {0};
	cleanup_free char *text = NULL;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	idmap_add(&whole, 0, 1000, 1);
	idmap_add(&whole, 1, 100000, 65536);
	idmap_add(&whole, 65537, 4294960000, 5000);
	switch (data[0]) {
	case 'u':
		try_mode(text, &whole);
		break;
	case 'm':
	case 'M':
		try_maps(text, data[0] == 'm', &whole);
		break;
	default:
		try_settings(text);
	}
	return 0;
}
