/* SPDX-License-Identifier: Apache-2.0 */
/* A .dockerignore; its last line is a path. A directory that is left out and holds what is not must be looked into. */
#include <stdint.h>
#include <string.h>

#include "build/ignore.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_empty_part(const char *path)
{
	return *path == '/' || strstr(path, "//") || str_ends(path, "/");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_ignore struct ignore *i = NULL;
	char *path = strrchr(text, '\n');
	size_t len = path ? (size_t)(path++ - text) : 0;

	if (!path)
		return 0;
	if (ignore_parse(text, len, "ignore", &i, &err) < 0) {
		if (!error_is_set(&err) || i)
			__builtin_trap();
		return 0;
	}
	bool out = ignore_matches(i, path);
	ignore_glob(text, path);
	if (out || has_empty_part(path))
		return 0;
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (ignore_matches(i, path) && !ignore_may_hold(i, path))
			__builtin_trap();
	}
	return 0;
}
