/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/outer_container.h"

#include <fcntl.h>
#include <string.h>

#include "util/fs.h"

#define FILE_MAX 65536
#define OURS     "engine=\"cubby-"

static bool has_line(const char *text, const char *start)
{
	size_t len = strlen(start);

	while (text && *text) {
		if (strncmp(text, start, len) == 0)
			return true;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

const char *outer_container_remedy(const char *containerenv, bool has_dockerenv)
{
	if (has_line(containerenv, OURS))
		return has_line(containerenv, "nested=1")
			       ? NULL
			       : "this is inside of a container: start that one with "
				 "cubby run --nested";
	if (containerenv)
		return "this is inside of a container: start that one with "
		       "podman run --security-opt seccomp=unconfined "
		       "--security-opt unmask=ALL -v /var/lib/cubby";
	if (has_dockerenv)
		return "this is inside of a container: start that one with "
		       "docker run --security-opt seccomp=unconfined "
		       "--security-opt systempaths=unconfined -v /var/lib/cubby";
	return NULL;
}

/* NULL: no container of podman's or ours. Caller frees. */
static char *read_containerenv(void)
{
	cleanup_error struct error none = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, "/run/.containerenv", FILE_MAX, &text, NULL, &none) < 0)
		error_drop(&none, "no container of podman's or ours");
	return text;
}

static bool hint(struct error *err, const char *containerenv, bool has_dockerenv)
{
	const char *remedy = outer_container_remedy(containerenv, has_dockerenv);

	if (remedy)
		(void)error_hint(err, "%s", remedy);
	return remedy != NULL;
}

bool outer_container_hint(struct error *err)
{
	cleanup_free char *text = read_containerenv();

	return hint(err, text, fs_exists(AT_FDCWD, "/.dockerenv"));
}

bool outer_container_hint_ids(struct error *err)
{
	cleanup_free char *text = read_containerenv();

	return has_line(text, OURS) && hint(err, text, false);
}
