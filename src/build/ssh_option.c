/* SPDX-License-Identifier: Apache-2.0 */
#include "build/ssh_option.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/mem.h"
#include "util/str.h"

#define AGENT_VARIABLE "SSH_AUTH_SOCK"

static void ssh_release(struct build_ssh *s)
{
	free(s->id);
	strv_free(s->paths);
	*s = (struct build_ssh){0};
}

void build_sshs_release(struct build_sshs *s)
{
	for (size_t i = 0; i < s->n; i++)
		ssh_release(&s->items[i]);
	free(s->items);
	*s = (struct build_sshs){0};
}

const struct build_ssh *build_ssh_find(const struct build_sshs *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->items[i].id, id))
			return &s->items[i];
	return NULL;
}

static int parse_one(const char *text, struct build_ssh *ret, struct error *err)
{
	const char *equals = strchr(text, '=');

	if (!text[0] || equals == text || (equals && !equals[1])) {
		error_set(err, ERR_INVALID, 0, "--ssh %s: expected ID or ID=PATH", text);
		return error_hint(err,
				  "--ssh default, or --ssh default=~/.ssh/id_ed25519");
	}
	ret->id = xstrndup(text, strcspn(text, "="));
	ret->paths = equals ? str_split(equals + 1, ',') : NULL;
	strv_foreach (path, ret->paths)
		if (!(*path)[0])
			return error_set(err, ERR_INVALID, 0, "--ssh %s: an empty path",
					 text);
	return 0;
}

int build_sshs_parse(char *const *texts, struct build_sshs *ret, struct error *err)
{
	cleanup_build_sshs struct build_sshs list = {0};

	strv_foreach (text, texts) {
		struct build_ssh s = {0};
		int r = parse_one(*text, &s, err);

		if (r >= 0 && build_ssh_find(&list, s.id))
			r = error_set(err, ERR_INVALID, 0,
				      "--ssh %s: this id is there already", *text);
		if (r < 0) {
			ssh_release(&s);
			return r;
		}
		list.items = xreallocarray(list.items, list.n + 1, sizeof(s));
		list.items[list.n++] = s;
	}
	*ret = list;
	list = (struct build_sshs){0};
	return 0;
}

static int check_path(const struct build_ssh *s, const char *path, bool *ret_socket,
		      struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set(err, error_kind_of(errno), errno, "--ssh %s: %s", s->id,
				 path);
	*ret_socket = S_ISSOCK(st.st_mode);
	return *ret_socket || S_ISREG(st.st_mode)
		       ? 0
		       : error_set(err, ERR_INVALID, 0,
				   "--ssh %s: %s is neither a socket nor a file", s->id,
				   path);
}

int build_ssh_socket(const struct build_ssh *s, char **ret_socket, struct error *err)
{
	const char *own = getenv(AGENT_VARIABLE);
	bool is_socket = false;

	*ret_socket = NULL;
	if (!s->paths && str_empty(own)) {
		error_set(err, ERR_NOT_FOUND, 0,
			  "--ssh %s: there is no agent: " AGENT_VARIABLE " is not set",
			  s->id);
		return error_hint(err,
				  "eval $(ssh-agent) && ssh-add, or name a key: "
				  "--ssh %s=KEYFILE",
				  s->id);
	}
	if (!s->paths) {
		*ret_socket = xstrdup(own);
		return 0;
	}
	strv_foreach (path, s->paths) {
		int r = check_path(s, *path, &is_socket, err);

		if (r < 0)
			return r;
		if (is_socket && strv_len(s->paths) > 1)
			return error_set(err, ERR_INVALID, 0,
					 "--ssh %s: a socket stands alone", s->id);
	}
	if (is_socket)
		*ret_socket = xstrdup(s->paths[0]);
	return 0;
}
