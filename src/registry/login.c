/* SPDX-License-Identifier: Apache-2.0 */
/* The writing side of credentials.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "registry/auth_file.h"
#include "registry/credential_helper.h"
#include "registry/credential_places.h"
#include "registry/credentials.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* The one file that is written. */
static int written_file(const struct credentials_config *config, char **ret,
			struct error *err)
{
	cleanup_strv char **paths = credential_places(config->authfile);

	if (!paths) {
		error_set(err, ERR_NOT_FOUND, 0,
			  "find a place for credentials: neither HOME nor "
			  "XDG_RUNTIME_DIR is set");
		return error_hint(err, "say where: --authfile FILE");
	}
	*ret = xstrdup(paths[0]);
	return 0;
}

static int check_key(const char *text, char **ret, struct error *err)
{
	cleanup_free char *key = auth_key(text);

	if (*key == '\0' || *key == '/' || strpbrk(key, " \t\r\n\"\\@"))
		return error_set(err, ERR_INVALID, 0,
				 "expected a registry, HOST[:PORT][/NAMESPACE], got "
				 "\"%.100s\"",
				 key);
	*ret = TAKE_PTR(key);
	return 0;
}

/* A helper knows servers only. */
static int check_server(const char *helper, const char *key, struct error *err)
{
	if (!strchr(key, '/'))
		return 0;
	return error_set(err, ERR_UNSUPPORTED, 0,
			 "%s: docker-credential-%s can keep credentials only for a whole "
			 "registry",
			 key, helper);
}

static int store_with(const char *helper, const char *key, const struct credentials *c,
		      char **ret_where, struct error *err)
{
	cleanup_free char *server = auth_key_server(key);

	int r = check_server(helper, key, err);
	if (r == 0)
		r = helper_store(helper, server, c, err);
	if (r == 0 && ret_where)
		*ret_where = xasprintf("docker-credential-%s", helper);
	return r;
}

static int store_in_file(const char *path, const char *key, const struct credentials *c,
			 char **ret_where, struct error *err)
{
	cleanup_auth_file struct auth_file f = AUTH_FILE_INIT;
	cleanup_free char *host = xstrndup(key, strcspn(key, "/"));

	int r = auth_file_edit(path, &f, err);
	if (r < 0)
		return r;
	const char *helper = auth_file_helper(&f, host);
	bool noted = !helper;
	if (!helper)
		helper = auth_file_default_helper(&f);
	if (helper) {
		r = store_with(helper, key, c, ret_where, err);
		if (r < 0 || !noted)
			return r;
		auth_file_set(&f, key, NULL); /* so that one knows that it has it */
		return auth_file_save(&f, err);
	}
	auth_file_set(&f, key, c);
	r = auth_file_save(&f, err);
	if (r == 0 && ret_where)
		*ret_where = xstrdup(f.path);
	return r;
}

int credentials_store(const struct credentials_config *config, const char *key_text,
		      const struct credentials *c, char **ret_where, struct error *err)
{
	const char *first = config->helpers ? config->helpers[0] : NULL;
	cleanup_free char *key = NULL, *path = NULL;

	int r = check_key(key_text, &key, err);
	if (r < 0)
		return r;
	if (!str_eq(first ? first : CREDENTIAL_FILES, CREDENTIAL_FILES))
		return store_with(first, key, c, ret_where, err);
	r = written_file(config, &path, err);
	return r < 0 ? r : store_in_file(path, key, c, ret_where, err);
}

/* Return: 1 something went, 0 there was nothing. */
static int erase_in_file(const char *path, const char *key, struct error *err)
{
	cleanup_auth_file struct auth_file f = AUTH_FILE_INIT;
	cleanup_free char *host = xstrndup(key, strcspn(key, "/"));
	cleanup_free char *server = auth_key_server(host);
	bool whole = !strchr(key, '/');
	int erased = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	int r = auth_file_edit(path, &f, err);
	if (r < 0)
		return r;
	const char *helper = auth_file_helper(&f, host);
	if (!helper && auth_file_has(&f, key))
		helper = auth_file_default_helper(&f);
	if (helper && whole) {
		erased = helper_erase(helper, server, err);
		if (erased < 0)
			return erased;
	}
	if (!auth_file_remove(&f, key))
		return erased;
	r = auth_file_save(&f, err);
	return r < 0 ? r : 1;
}

/* Said when there was nothing to forget: maybe another program remembers. */
static int not_logged_in(const struct credentials_config *config, const char *key,
			 struct error *err)
{
	cleanup_strv char **paths = credential_places(config->authfile);

	int r = error_set(err, ERR_NOT_FOUND, 0, "not logged in to %s", key);
	for (size_t i = 1; i < strv_len(paths); i++) {
		cleanup_auth_file struct auth_file f = AUTH_FILE_INIT;
		cleanup_error struct error ignored = ERROR_INIT;
		if (auth_file_read(paths[i], &f, &ignored) > 0 && auth_file_has(&f, key))
			return error_hint(err,
					  "%s has credentials for it, which another "
					  "program has put there: --authfile %s",
					  paths[i], paths[i]);
	}
	return r;
}

int credentials_erase(const struct credentials_config *config, const char *key_text,
		      struct error *err)
{
	static char files[] = CREDENTIAL_FILES;
	char *const only_files[] = {files, NULL};
	cleanup_free char *key = NULL, *path = NULL;
	bool erased = false;

	int r = check_key(key_text, &key, err);
	if (r == 0)
		r = written_file(config, &path, err);
	if (r < 0)
		return r;
	cleanup_free char *server = auth_key_server(key);
	strv_foreach (helper, config->helpers ? config->helpers : only_files) {
		if (str_eq(*helper, CREDENTIAL_FILES))
			r = erase_in_file(path, key, err);
		else
			r = strchr(key, '/') ? 0 : helper_erase(*helper, server, err);
		if (r < 0)
			return r;
		erased = erased || r > 0;
	}
	return erased ? 0 : not_logged_in(config, key, err);
}

/* What the file's helpers have, by what the file says. */
static int erase_in_helpers(const struct auth_file *f, struct error *err)
{
	struct json_object *helpers = json_get(f->document, "credHelpers");
	struct json_object *auths = json_get(f->document, "auths");
	const char *standard = auth_file_default_helper(f);
	int r = 0;

	if (helpers) {
		json_object_object_foreach (helpers, name, unused) {
			(void)unused;
			cleanup_free char *host = auth_key(name);
			cleanup_free char *server = auth_key_server(host);
			const char *helper = auth_file_helper(f, host);
			r = helper ? helper_erase(helper, server, err) : 0;
			if (r < 0)
				return r;
		}
	}
	if (!standard || !auths)
		return 0;
	json_object_object_foreach (auths, name, unused) {
		(void)unused;
		cleanup_free char *key = auth_key(name);
		cleanup_free char *server = auth_key_server(key);
		r = strchr(key, '/') ? 0 : helper_erase(standard, server, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int credentials_erase_all(const struct credentials_config *config, struct error *err)
{
	cleanup_auth_file struct auth_file f = AUTH_FILE_INIT;
	cleanup_free char *path = NULL;

	int r = written_file(config, &path, err);
	if (r < 0)
		return r;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = auth_file_edit(path, &f, err);
	if (r == 0)
		r = erase_in_helpers(&f, err);
	if (r < 0)
		return r;
	json_add(f.document, "auths", json_object_new_object());
	return auth_file_save(&f, err);
}
