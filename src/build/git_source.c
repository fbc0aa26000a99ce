/* SPDX-License-Identifier: Apache-2.0 */
/* git is asked for one commit without its history; servers that can't are asked for everything. */
#include "build/git_source.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define OUTPUT_MAX 65536

void git_source_release(struct git_source *g)
{
	free(g->url);
	free(g->ref);
	free(g->subdirectory);
	*g = (struct git_source){0};
}

/* Up to the "#". */
static size_t url_length(const char *text)
{
	return strcspn(text, "#");
}

static bool ends_with_git(const char *text)
{
	size_t n = url_length(text);

	return n > 4 && memcmp(text + n - 4, ".git", 4) == 0;
}

/* "git@host:path", whoever the user is. */
static bool is_scp_like(const char *text)
{
	const char *at = strchr(text, '@'), *colon = at ? strchr(at, ':') : NULL;

	if (!str_starts(text, "git@"))
		return false;
	return at && colon && colon > at + 1 && colon[1] && !strchr(text, ' ');
}

bool git_source_named(const char *text)
{
	if (str_starts(text, "git://") || str_starts(text, "ssh://") ||
	    str_starts(text, "github.com/") || is_scp_like(text))
		return true;
	return (str_starts(text, "http://") || str_starts(text, "https://")) &&
	       ends_with_git(text);
}

static bool has_parent(const char *path)
{
	cleanup_strv char **parts = str_split(path, '/');

	return strv_has(parts, "..");
}

char *git_source_shown(const char *text)
{
	const char *scheme = strstr(text, "://"),
		   *start = scheme ? scheme + strlen("://") : NULL;
	size_t authority = start ? strcspn(start, "/?#") : 0;
	const char *at = start ? memrchr(start, '@', authority) : NULL,
		   *colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;

	if (!colon)
		return xstrdup(text);
	return xasprintf("%.*s:***%s", (int)(colon - text), text, at);
}

int git_source_parse(const char *text, struct git_source *ret, struct error *err)
{
	size_t n = url_length(text);
	const char *ref = text[n] ? text + n + 1 : "", *colon = strchr(ref, ':');
	size_t ref_len = colon ? (size_t)(colon - ref) : strlen(ref);
	cleanup_free char *url = xstrndup(text, n);
	cleanup_free char *shown = git_source_shown(text);
	const char *sub = colon ? colon + 1 : "";

	if (!git_source_named(text))
		return error_set(err, ERR_INVALID, 0, "%s: not a git repository's URL",
				 shown);
	/* git would take it for an option */
	if (ref[0] == '-' || url[0] == '-')
		return error_set(err, ERR_INVALID, 0,
				 "%s: a branch, tag or commit can't begin with -", shown);
	sub += strspn(sub, "/");
	if (has_parent(sub))
		return error_set(err, ERR_INVALID, 0,
				 "%s: the directory must be one of the repository",
				 shown);
	ret->url = str_starts(text, "github.com/") ? xasprintf("https://%s", url)
						   : TAKE_PTR(url);
	ret->ref = ref_len ? xstrndup(ref, ref_len) : NULL;
	ret->subdirectory = *sub ? xstrdup(sub) : NULL;
	return 0;
}

/* What git said last, on one line. */
static char *last_line(struct buf *output)
{
	cleanup_free char *all = buf_take(output);
	size_t n = strlen(all);
	const char *start;

	while (n > 0 && (all[n - 1] == '\n' || all[n - 1] == '\r'))
		all[--n] = '\0';
	start = strrchr(all, '\n');
	return str_visible(start ? start + 1 : all, "");
}

/* Without what says that another repository is meant, as in a hook of that one. Source: git rev-parse --local-env-vars. */
static char **environment(void)
{
	static const char *const others[] = {
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=",
		"GIT_COMMON_DIR=",
		"GIT_DIR=",
		"GIT_GRAFT_FILE=",
		"GIT_IMPLICIT_WORK_TREE=",
		"GIT_INDEX_FILE=",
		"GIT_NAMESPACE=",
		"GIT_OBJECT_DIRECTORY=",
		"GIT_PREFIX=",
		"GIT_QUARANTINE_PATH=",
		"GIT_SHALLOW_FILE=",
		"GIT_WORK_TREE=",
	};
	char **env = NULL;

	strv_foreach (entry, environ) {
		bool is_other = false;

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			is_other = is_other || str_starts(*entry, others[i]);
		if (!is_other)
			strv_add(&env, *entry);
	}
	return env;
}

/* git in the directory with these words (NULL-terminated); *ret: what it printed, may be NULL. */
static int git(const char *directory, const char *const *words, char **ret,
	       struct error *err)
{
	cleanup_strv char **argv = NULL, **env = environment();
	cleanup_buf struct buf output = {0};
	cleanup_free char *said = NULL;
	int r;

	strv_add(&argv, "git");
	strv_add(&argv, "-C");
	strv_add(&argv, directory);
	strv_add(&argv, "-c");
	strv_add(&argv, "advice.detachedHead=false");
	for (; *words; words++)
		strv_add(&argv, *words);
	buf_init(&output, OUTPUT_MAX);
	r = proc_run_env("git", argv, env, &output, err);
	if (r < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return r;
		error_set(err, ERR_UNSUPPORTED, 0, "git is not installed");
		return error_hint(err, "On Debian: apt install git");
	}
	said = last_line(&output);
	if (r > 0)
		return error_set(err, ERR_UNAVAILABLE, 0, "git: %s",
				 *said ? said : "it failed without a word");
	if (ret)
		*ret = TAKE_PTR(said);
	return 0;
}
#define GIT(directory, err, ...) \
	git(directory, (const char *const[]){__VA_ARGS__, NULL}, NULL, err)

/* Everything, for a commit's id that is no ref, and for servers that know no shallow copies. */
static int fetch_all(const struct git_source *g, const char *directory, struct error *err)
{
	int r = GIT(directory, err, "fetch", "-q", "--tags", "origin",
		    "+refs/heads/*:refs/remotes/origin/*", "+HEAD:refs/cubby/head");
	cleanup_free char *branch = g->ref ? xasprintf("origin/%s", g->ref) : NULL;

	if (r < 0)
		return r;
	if (!g->ref)
		return GIT(directory, err, "checkout", "-q", "--detach",
			   "refs/cubby/head");
	r = GIT(directory, err, "checkout", "-q", "--detach", branch);
	if (r >= 0)
		return r;
	error_drop(err, "it is a tag or a commit");
	return GIT(directory, err, "checkout", "-q", "--detach", g->ref);
}

static int fetch(const struct git_source *g, const char *directory, struct error *err)
{
	int r = GIT(directory, err, "init", "-q", "--template=");

	if (r >= 0)
		r = GIT(directory, err, "remote", "add", "origin", g->url);
	if (r < 0)
		return r;
	r = GIT(directory, err, "fetch", "-q", "--depth=1", "origin",
		g->ref ? g->ref : "HEAD");
	if (r >= 0)
		return GIT(directory, err, "checkout", "-q", "--detach", "FETCH_HEAD");
	error_drop(err, "all of it is fetched");
	return fetch_all(g, directory, err);
}

static int fetch_submodules(const char *directory, struct error *err)
{
	cleanup_free char *file = fs_join(directory, ".gitmodules");

	return fs_exists(AT_FDCWD, file) ? GIT(directory, err, "submodule", "-q",
					       "update", "--init", "--recursive")
					 : 0;
}

static int drop_git(const char *directory, struct error *err)
{
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, directory, false, 0, err);

	return fd < 0 ? fd : fs_remove_tree(fd, ".git", err);
}

int git_source_get(const struct git_source *g, const char *directory, bool keep_git,
		   char **ret_commit, struct error *err)
{
	static const char *const head[] = {"rev-parse", "HEAD", NULL};
	cleanup_free char *shown = NULL;
	int r = fetch(g, directory, err);

	if (r >= 0)
		r = fetch_submodules(directory, err);
	if (r >= 0 && ret_commit)
		r = git(directory, head, ret_commit, err);
	if (r >= 0 && !keep_git)
		r = drop_git(directory, err);
	if (r >= 0)
		return 0;
	shown = git_source_shown(g->url);
	/* git itself may tell the URL as it was given */
	if (!str_eq(shown, g->url) && err->text && strstr(err->text, g->url))
		error_set(err, err->kind, err->code, "git failed");
	return error_wrap(err, "get %s", shown);
}
