/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "build/run_parts.h"
#include "engine/environment.h"
#include "util/mem.h"
#include "util/str.h"

void run_command_release(struct run_command *c)
{
	strv_free(c->argv);
	*c = (struct run_command){0};
}

static void add_shell(const struct step *s, char ***argv)
{
	char *const *shell = s->state->config->config.shell;

	strv_foreach (word, shell)
		strv_add(argv, *word);
	if (*argv)
		return;
	strv_add(argv, "/bin/sh");
	strv_add(argv, "-c");
}

int run_command_build(const struct step *s, struct run_command *ret, struct error *err)
{
	const struct instruction *i = s->instruction;
	const char *text = i->args ? i->args[0] : NULL;

	if (i->is_exec) {
		ret->argv = strv_copy(i->args);
		if (ret->argv && ret->argv[0][0])
			return 0;
		return dockerfile_error(s->dockerfile, i, NULL, err,
					"RUN: no program is named");
	}
	if (str_empty(text))
		return dockerfile_error(s->dockerfile, i, NULL, err,
					"RUN: no command is given");
	if (instruction_is_script(i) && str_starts(i->heredocs[0].content, "#!")) {
		ret->script = i->heredocs[0].content;
		strv_addf(&ret->argv, RUN_SCRIPT_DIR "/%s", i->heredocs[0].name);
		return 0;
	}
	add_shell(s, &ret->argv);
	strv_add_take(&ret->argv, instruction_command(i));
	return 0;
}

static const char *const proxy_names[] = {
	"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY",
	"ftp_proxy",  "NO_PROXY",   "no_proxy",    "ALL_PROXY",   "all_proxy",
};

static bool is_proxy(const char *assignment)
{
	size_t n = strcspn(assignment, "=");

	for (size_t i = 0; i < ARRAY_SIZE(proxy_names); i++)
		if (strlen(proxy_names[i]) == n &&
		    strncmp(proxy_names[i], assignment, n) == 0)
			return true;
	return false;
}

char **run_environment(const struct step *s, bool proxies)
{
	const struct image_run_config *c = &s->state->config->config;
	char **env = NULL;

	if (proxies)
		strv_foreach (word, s->options->build_args)
			if (is_proxy(*word) && strchr(*word, '='))
				environment_set(&env, *word);
	strv_foreach (word, s->state->args) {
		cleanup_free char *name = xstrndup(*word, strcspn(*word, "="));

		if (!environment_get(c->env, name) && (proxies || !is_proxy(*word)))
			environment_set(&env, *word);
	}
	return env;
}
