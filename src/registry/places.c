/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/places.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/mem.h"

#define PASSWD_MAX 4096

static bool is_absolute(const char *path)
{
	return path && *path == '/';
}

char *places_home(void)
{
	char buf[PASSWD_MAX];
	struct passwd entry, *found = NULL;
	const char *home = getenv("HOME");

	if (is_absolute(home))
		return xstrdup(home);
	if (getpwuid_r(geteuid(), &entry, buf, sizeof(buf), &found) != 0 || !found ||
	    !is_absolute(found->pw_dir))
		return NULL;
	return xstrdup(found->pw_dir);
}

char *places_in_home(const char *below)
{
	cleanup_free char *home = places_home();

	return home ? fs_join(home, below) : NULL;
}

char *places_in_config(const char *below)
{
	const char *base = getenv("XDG_CONFIG_HOME");
	cleanup_free char *usual = NULL;

	if (is_absolute(base))
		return fs_join(base, below);
	usual = places_in_home(".config");
	return usual ? fs_join(usual, below) : NULL;
}

char *places_in_runtime(const char *below)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *usual = NULL;
	struct stat st;

	if (is_absolute(base))
		return fs_join(base, below);
	usual = xasprintf("/run/user/%u", geteuid());
	if (stat(usual, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return NULL;
	return fs_join(usual, below);
}
