/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry_login.h"

#include <errno.h>
#include <string.h>

#include "registry/credentials.h"
#include "registry/setup.h"
#include "util/mem.h"
#include "util/str.h"

/* "https://localhost:5000/a/b" as people write it: "localhost:5000" and "a/b". */
static int split_key(const char *key, char **ret_host, char **ret_namespace,
		     struct error *err)
{
	const char *p = str_starts(key, "https://")  ? key + 8
			: str_starts(key, "http://") ? key + 7
						     : key;
	size_t len = strcspn(p, "/");

	if (!len || strpbrk(p, " \t\r\n\"\\@?#"))
		return error_set(err, ERR_INVALID, 0,
				 "expected a registry, HOST[:PORT][/NAMESPACE], got "
				 "\"%.100s\"",
				 key);
	*ret_host = xstrndup(p, len);
	if (str_eq(*ret_host, "index.docker.io")) {
		free(*ret_host);
		*ret_host = xstrdup("docker.io");
	}
	*ret_namespace = p[len] && p[len + 1] ? xstrdup(p + len + 1) : NULL;
	return 0;
}

struct registry_login {
	char *host;
	struct setup *setup;
	struct endpoint endpoint;
};

void registry_login_close(struct registry_login *l)
{
	if (!l)
		return;
	endpoint_release(&l->endpoint);
	setup_close(l->setup);
	free(l->host);
	free(l);
}

int registry_login_open(const struct registry_options *options, const struct login *login,
			struct registry_login **ret, struct error *err)
{
	cleanup_registry_login struct registry_login *l = xcalloc(1, sizeof(*l));
	cleanup_free char *namespace = NULL;
	struct credentials credentials = {
		.username = (char *)login->user,
		.password = (char *)login->password,
	}; /* borrowed, not released */

	int r = split_key(login->key, &l->host, &namespace, err);
	if (r == 0)
		r = setup_open(options, &l->setup, err);
	if (r < 0)
		return r;
	struct setup_registry registry = {.host = l->host, .credentials = &credentials};
	r = setup_registry(l->setup, &registry, &l->endpoint, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(l);
	return 0;
}

int registry_login_check(struct registry_login *l, struct error *err)
{
	int r = client_ping(l->endpoint.client, err);

	if (r < 0 && err->kind == ERR_DENIED && err->hint &&
	    str_starts(err->hint, "cubby login"))
		error_hint(err, "check name and password");
	return r < 0 ? error_wrap(err, "log in to %s", l->host) : 0;
}

int registry_login_store(const struct registry_options *options,
			 const struct login *login, char **ret_where, struct error *err)
{
	cleanup_setup struct setup *setup = NULL;
	struct credentials credentials = {
		.username = (char *)login->user,
		.password = (char *)login->password,
	};

	int r = setup_open(options, &setup, err);
	if (r < 0)
		return r;
	struct credentials_config config = setup_credentials_config(setup);
	return credentials_store(&config, login->key, &credentials, ret_where, err);
}

int registry_login_stored(const struct registry_options *options, const char *key,
			  char **ret_user, struct error *err)
{
	cleanup_setup struct setup *setup = NULL;
	cleanup_credentials struct credentials found = {0};
	cleanup_free char *host = NULL, *namespace = NULL;

	*ret_user = NULL;
	int r = split_key(key, &host, &namespace, err);
	if (r == 0)
		r = setup_open(options, &setup, err);
	if (r < 0)
		return r;
	struct credentials_config config = setup_credentials_config(setup);
	r = credentials_find(&config, host, namespace, &found, err);
	if (r > 0 && found.username)
		*ret_user = xstrdup(found.username);
	return r < 0 ? r : 0;
}

int registry_logout(const struct registry_options *options, const char *key,
		    struct error *err)
{
	cleanup_setup struct setup *setup = NULL;

	int r = setup_open(options, &setup, err);
	if (r < 0)
		return r;
	struct credentials_config config = setup_credentials_config(setup);
	return key ? credentials_erase(&config, key, err)
		   : credentials_erase_all(&config, err);
}
