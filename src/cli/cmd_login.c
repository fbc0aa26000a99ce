/* SPDX-License-Identifier: Apache-2.0 */
/* login and logout */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/registry_table.h"
#include "engine/image_send.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define DEFAULT_SERVER "docker.io" /* where short names are, too */

struct login_values {
	struct registry_values registry;
	const char *user, *password;
	bool password_stdin, get_login, verbose, all;
};

static const struct option_spec login_options[] = {
	OPT_STRING(struct login_values, user, "username", 'u', "USER", "user name"),
	OPT_STRING(struct login_values, password, "password", 'p', "PASSWORD",
		   "password; others can see it in the list of processes"),
	OPT_BOOL(struct login_values, password_stdin, "password-stdin", 0,
		 "read the password from stdin"),
	OPT_BOOL(struct login_values, get_login, "get-login", 0,
		 "print who is logged in there"),
	OPT_BOOL(struct login_values, verbose, "verbose", 'v',
		 "say where the login is kept"),
	OPT_INCLUDE_AT(struct login_values, registry, auth_table),
	OPT_INCLUDE_AT(struct login_values, registry, tls_table),
	OPT_NOT_YET("compat-auth-file", 0),
	OPT_NOT_YET("secret", 0),
	OPT_END,
};

static const struct option_spec logout_options[] = {
	OPT_BOOL(struct login_values, all, "all", 'a', "log out everywhere"),
	OPT_INCLUDE_AT(struct login_values, registry, auth_table),
	OPT_NOT_YET("compat-auth-file", 0),
	OPT_END,
};

static void defaults(void *values)
{
	registry_values_defaults(&((struct login_values *)values)->registry);
}

/* A registry as people type it, also as an address of the web. Caller frees. */
static char *server_of(const char *typed)
{
	const char *start = typed ? typed : DEFAULT_SERVER;
	size_t len;

	if (str_starts(start, "https://") || str_starts(start, "http://"))
		start = strstr(start, "://") + strlen("://");
	len = strlen(start);
	while (len && start[len - 1] == '/')
		len--;
	return xstrndup(start, len);
}

static struct json_object *new_request(const struct login_values *v, const char *server)
{
	struct transfer_registry_options registry;
	struct json_object *o = json_object_new_object();

	registry_values_fill(&v->registry, &registry);
	json_add(o, "registry", transfer_registry_options_to_json(&registry));
	json_add_str(o, "server", server);
	return o;
}

/* Who is logged in; NULL if nobody is. Caller frees. */
static int stored_user(const struct engine *e, const struct login_values *v,
		       const char *server, char **ret, struct error *err)
{
	cleanup_json struct json_object *request = new_request(v, server), *result = NULL;
	const char *user;
	int r;

	json_add_bool(request, "stored", true);
	r = image_registry_call(e, "login", request, &result, err);
	/* a file of logins that is yet to be made holds none */
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "nobody is logged in");
		r = 0;
	}
	user = json_get_str(result, "user");
	*ret = r >= 0 && !str_empty(user) ? xstrdup(user) : NULL;
	return r;
}

static int print_login(const struct engine *e, const struct login_values *v,
		       const char *server, struct error *err)
{
	cleanup_free char *user = NULL;
	int r = stored_user(e, v, server, &user, err);

	if (r < 0)
		return r;
	if (!user) {
		error_set(err, ERR_NOT_FOUND, 0, "not logged into %s", server);
		return error_hint(err, "Log in: cubby login %s", server);
	}
	printf("%s\n", user);
	return 0;
}

static int ask_user(const struct engine *e, const struct login_values *v,
		    const char *server, char **ret, struct error *err)
{
	cleanup_free char *before = NULL, *prompt = NULL;
	int r;

	if (!isatty(STDIN_FILENO)) {
		error_set(err, ERR_INVALID, 0,
			  "there is no user name, and stdin is no terminal");
		return error_hint(err, "Use --username and --password-stdin");
	}
	r = stored_user(e, v, server, &before, err);
	if (r < 0)
		return r;
	prompt = before ? xasprintf("Username (%s): ", before) : xstrdup("Username: ");
	r = ask_line(prompt, ret, err);
	if (r >= 0 && !**ret && before) {
		free(*ret);
		*ret = TAKE_PTR(before);
	}
	return r;
}

/* Both from the options, or asked for. Callers free. */
static int get_credentials(const struct engine *e, const struct login_values *v,
			   const char *server, char *ret[2], struct error *err)
{
	int r = 0;

	if (v->user)
		ret[0] = xstrdup(v->user);
	else
		r = ask_user(e, v, server, &ret[0], err);
	if (r >= 0 && v->password_stdin)
		r = ask_rest(&ret[1], err);
	else if (r >= 0 && v->password)
		ret[1] = xstrdup(v->password);
	else if (r >= 0)
		r = ask_secret("Password: ", &ret[1], err);
	if (r >= 0 && (!*ret[0] || !*ret[1]))
		r = error_set(err, ERR_INVALID, 0,
			      "user name and password can't be empty");
	return r;
}

static int log_in(const struct engine *e, const struct login_values *v,
		  const char *server, struct error *err)
{
	cleanup_json struct json_object *request = new_request(v, server), *result = NULL;
	char *credentials[2] = {NULL, NULL};
	int r = get_credentials(e, v, server, credentials, err);

	if (r >= 0) {
		json_add_str(request, "user", credentials[0]);
		json_add_str(request, "password", credentials[1]);
		r = image_registry_call(e, "login", request, &result, err);
	}
	free(credentials[0]);
	if (credentials[1])
		explicit_bzero(credentials[1], strlen(credentials[1]));
	free(credentials[1]);
	if (r < 0)
		return r;
	printf("Login Succeeded!\n");
	if (v->verbose && json_get_str(result, "where"))
		printf("Used: %s\n", json_get_str(result, "where"));
	return 0;
}

static int check(const struct login_values *v, struct error *err)
{
	if (v->password_stdin && v->password)
		return error_set(err, ERR_INVALID, 0,
				 "--password and --password-stdin exclude each other");
	if (v->password_stdin && !v->user)
		return error_set(err, ERR_INVALID, 0,
				 "must provide --username with --password-stdin");
	return 0;
}

static int run_login(const struct command_call *call, struct error *err)
{
	const struct login_values *v = call->values;
	cleanup_free char *server = server_of(call->args[0]);
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = check(v, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	return v->get_login ? print_login(&e, v, server, err)
			    : log_in(&e, v, server, err);
}

static int run_logout(const struct command_call *call, struct error *err)
{
	const struct login_values *v = call->values;
	cleanup_free char *server = v->all ? NULL : server_of(call->args[0]);
	cleanup_json struct json_object *request = new_request(v, server), *result = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->all && call->n_args)
		return error_set(err, ERR_INVALID, 0, "--all takes no registry");
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = image_registry_call(&e, "logout", request, &result, err);
	if (r < 0)
		return r;
	if (v->all)
		printf("Removed login credentials for all registries\n");
	else
		printf("Removed login credentials for %s\n", server);
	return 0;
}

const struct command cmd_login = {
	.name = "login",
	.group = "Images",
	.usage = "[options] [REGISTRY]",
	.summary = "log in to a registry (default docker.io)",
	.examples = "cubby login registry.example.com\n"
		    "cubby login -u me --password-stdin localhost:5000 <password.txt\n"
		    "cubby login --get-login registry.example.com",
	.settings = SETTINGS_FOR_ENGINE,
	.options = login_options,
	.values_size = sizeof(struct login_values),
	.defaults = defaults,
	.max_args = 1,
	.run = run_login,
};

const struct command cmd_logout = {
	.name = "logout",
	.group = "Images",
	.usage = "[options] [REGISTRY]",
	.summary = "log out of a registry (default docker.io)",
	.examples = "cubby logout registry.example.com\n"
		    "cubby logout --all",
	.options = logout_options,
	.values_size = sizeof(struct login_values),
	.defaults = defaults,
	.max_args = 1,
	.run = run_logout,
};
