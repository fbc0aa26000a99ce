/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/environment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define ENV_FILE_MAX (1 << 20)

static char **find(char **env, const char *name, size_t len)
{
	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return env;
	return NULL;
}

void environment_set(char ***env, const char *assignment)
{
	char **old = find(*env, assignment, strcspn(assignment, "="));

	if (!old) {
		strv_add(env, assignment);
		return;
	}
	free(*old);
	*old = xstrdup(assignment);
}

const char *environment_get(char *const *env, const char *name)
{
	size_t len = strlen(name);
	char **entry = find((char **)env, name, len);

	return entry ? *entry + len + 1 : NULL;
}

void environment_unset(char ***env, const char *name)
{
	char **entry = find(*env, name, strlen(name));

	if (!entry)
		return;
	free(*entry);
	for (; *entry; entry++)
		entry[0] = entry[1];
}

static void add_prefixed(char ***env, const char *prefix, size_t len,
			 char *const *host_env)
{
	strv_foreach (entry, host_env)
		if (strncmp(*entry, prefix, len) == 0)
			environment_set(env, *entry);
}

int environment_add(char ***env, const char *text, char *const *host_env,
		    struct error *err)
{
	size_t len = strlen(text);
	char **from_host;

	if (text[0] == '\0' || text[0] == '=')
		return error_set(err, ERR_INVALID, 0,
				 "environment \"%s\": expected NAME=VALUE", text);
	if (strchr(text, '=')) {
		environment_set(env, text);
		return 0;
	}
	if (text[len - 1] == '*') {
		add_prefixed(env, text, len - 1, host_env);
		return 0;
	}
	from_host = find((char **)host_env, text, len);
	if (from_host)
		environment_set(env, *from_host);
	return 0;
}

int environment_add_file(char ***env, const char *path, char *const *host_env,
			 struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_strv char **lines = NULL;
	int r;

	r = fs_read(AT_FDCWD, path, ENV_FILE_MAX, &text, NULL, err);
	if (r < 0)
		return error_wrap(err, "--env-file");
	lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		char *start = *line + strspn(*line, " \t");

		start[strcspn(start, "\r")] = '\0';
		if (*start == '\0' || *start == '#')
			continue;
		r = environment_add(env, start, host_env, err);
		if (r < 0)
			return error_wrap(err, "--env-file %s", path);
	}
	return 0;
}
