/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential_places.h"

#include <stdlib.h>
#include <unistd.h>

#include "registry/places.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define AUTH_JSON "containers/auth.json"

static const char *named_file(const char *authfile)
{
	return str_empty(authfile) ? getenv("REGISTRY_AUTH_FILE") : authfile;
}

bool credential_place_named(const char *authfile)
{
	return !str_empty(named_file(authfile));
}

static void add(char ***paths, char *path)
{
	if (path && !strv_has(*paths, path))
		strv_add(paths, path);
	free(path);
}

static char *docker_config(void)
{
	const char *dir = getenv("DOCKER_CONFIG");

	return str_empty(dir) ? places_in_home(".docker/config.json")
			      : fs_join(dir, "config.json");
}

char **credential_places(const char *authfile)
{
	char **paths = NULL;

	if (credential_place_named(authfile)) {
		strv_add(&paths, named_file(authfile));
		return paths;
	}
	char *runtime = places_in_runtime(AUTH_JSON);
	if (!runtime && geteuid() == 0)
		runtime = xstrdup("/run/containers/0/auth.json");
	add(&paths, runtime);
	add(&paths, places_in_config(AUTH_JSON));
	add(&paths, docker_config());
	return paths;
}
