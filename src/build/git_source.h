/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a git repository, by the program git: contexts, ADD. "URL#REF:SUBDIRECTORY"; REF is a branch, a tag or a commit, the
 * default branch without it. Source: Docker's documentation, "Build context", "Git repositories".
 */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

struct git_source { /* owned */
	char *url;  /* for git */
	char *ref,
		*subdirectory; /* NULL: none was named; the latter relative, without .. */
};
void git_source_release(struct git_source *g);
#define cleanup_git_source cleanup(git_source_release)

/* git_source_named() - whether the text is one: git://, ssh://, git@HOST:, http(s)://....git, github.com/... Pure. */
bool git_source_named(const char *text);
/* git_source_parse() - of such a text. ERR_INVALID. Pure. */
int git_source_parse(const char *text, struct git_source *ret,
		     struct error *err) _must_check_;

/* git_source_shown() - the text without the password that it may hold, for people. Caller frees. Pure. */
char *git_source_shown(const char *text);

/*
 * git_source_get() - the files of that commit and of its submodules come into the empty directory, without .git unless
 * keep_git. *ret_commit (may be NULL; caller frees): its id. No git is ERR_UNSUPPORTED.
 */
int git_source_get(const struct git_source *g, const char *directory, bool keep_git,
		   char **ret_commit, struct error *err) _must_check_;
