/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/environment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define FILE_MAX (1 << 20)

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
	const char *name = text + strspn(text, " \t");
	size_t len = strlen(name);
	char **from_host;

	if (text[0] == '\0') /* -e "$MAYBE" */
		return 0;
	if (text[0] == '=')
		return error_set(err, ERR_INVALID, 0,
				 "environment \"%s\": expected NAME=VALUE", text);
	if (strchr(name, '=')) {
		environment_set(env, name);
		return 0;
	}
	if (len && name[len - 1] == '*') {
		add_prefixed(env, name, len - 1, host_env);
		return 0;
	}
	from_host = find((char **)host_env, name, len);
	if (from_host)
		environment_set(env, *from_host);
	return 0;
}

int environment_lines(const char *option, const char *path, char ***ret,
		      struct error *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	cleanup_free char *text = NULL;
	cleanup_strv char **lines = NULL;
	const char *start;
	size_t len;
	int r;

	r = fs_read(AT_FDCWD, path, FILE_MAX, &text, &len, err);
	if (r < 0)
		return error_wrap(err, "%s", option);
	if (strlen(text) != len)
		return error_set(err, ERR_INVALID, 0, "%s %s: it is no text", option,
				 path);
	start = str_starts(text, mark) ? text + strlen(mark) : text;
	lines = str_split(start, '\n');
	strv_foreach (line, lines) {
		const char *word = *line + strspn(*line, " \t");
		size_t end = strlen(*line);

		if (end && (*line)[end - 1] == '\r')
			(*line)[end - 1] = '\0';
		if (*word && *word != '#')
			strv_add(ret, word);
	}
	return 0;
}

int environment_add_file(char ***env, const char *path, char *const *host_env,
			 struct error *err)
{
	cleanup_strv char **lines = NULL;
	int r = environment_lines("--env-file", path, &lines, err);

	strv_foreach (line, lines) {
		if (r < 0)
			return r;
		r = environment_add(env, *line, host_env, err);
		if (r < 0)
			return error_wrap(err, "--env-file %s", path);
	}
	return r;
}

void environment_add_proxy(char ***env, char *const *host_env)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "ftp_proxy",
					    "no_proxy",   "HTTP_PROXY",  "HTTPS_PROXY",
					    "FTP_PROXY",  "NO_PROXY"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char **entry = find((char **)host_env, names[i], strlen(names[i]));

		if (entry)
			environment_set(env, *entry);
	}
}
