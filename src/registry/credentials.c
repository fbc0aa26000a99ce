/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credentials.h"

#include <string.h>
#include <unistd.h>

#include "registry/auth_file.h"
#include "registry/credential_helper.h"
#include "registry/credential_places.h"
#include "util/mem.h"
#include "util/str.h"

/* The key itself, then the namespaces that it lies in, and the host last. */
static int find_in_auths(const struct auth_file *f, const char *key,
			 struct credentials *ret, struct error *err)
{
	cleanup_free char *at = xstrdup(key);

	for (;;) {
		int r = auth_file_find(f, at, ret, err);
		char *slash = strrchr(at, '/');
		if (r != 0 || !slash)
			return r;
		*slash = '\0';
	}
}

static int find_in_file(const char *path, const char *key, struct credentials *ret,
			struct error *err)
{
	cleanup_auth_file struct auth_file f = AUTH_FILE_INIT;
	cleanup_free char *host = xstrndup(key, strcspn(key, "/"));
	cleanup_free char *server = auth_key_server(host);

	int r = auth_file_read(path, &f, err);
	if (r <= 0)
		return r;
	const char *helper = auth_file_helper(&f, host);
	if (helper) {
		r = helper_get(helper, server, ret, err);
		if (r != 0)
			return r < 0 ? error_wrap(err, "%s", path) : r;
	}
	r = find_in_auths(&f, key, ret, err);
	/* Docker notes in the file for which registries the default helper has something. Others are
	 * not asked for: a keyring that is locked or gone is no matter when the image is anybody's. */
	helper = auth_file_default_helper(&f);
	if (r != 0 || !helper || !auth_file_has(&f, host))
		return r;
	r = helper_get(helper, server, ret, err);
	return r < 0 ? error_wrap(err, "%s", path) : r;
}

static int find_in_files(const char *authfile, const char *key, struct credentials *ret,
			 struct error *err)
{
	cleanup_strv char **paths = credential_places(authfile);
	bool named = credential_place_named(authfile);

	if (named && access(paths[0], F_OK) < 0) {
		error_set(err, ERR_NOT_FOUND, errno, "read the credentials in %s",
			  paths[0]);
		return error_hint(err, "log in first, or leave out --authfile and "
				       "REGISTRY_AUTH_FILE");
	}
	strv_foreach (path, paths) {
		int r = find_in_file(*path, key, ret, err);
		if (r != 0)
			return r;
	}
	return 0;
}

int credentials_find(const struct credentials_config *config, const char *registry,
		     const char *repository, struct credentials *ret, struct error *err)
{
	static char files[] = CREDENTIAL_FILES;
	char *const only_files[] = {files, NULL};
	cleanup_free char *host = auth_key(registry), *server = auth_key_server(host);
	cleanup_free char *key = xasprintf("%s%s%s", host, repository ? "/" : "",
					   repository ? repository : "");

	strv_foreach (helper, config->helpers ? config->helpers : only_files) {
		int r = str_eq(*helper, CREDENTIAL_FILES)
				? find_in_files(config->authfile, key, ret, err)
				: helper_get(*helper, server, ret, err);
		if (r != 0)
			return r;
	}
	return 0;
}
