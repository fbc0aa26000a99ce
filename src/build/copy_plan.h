/* SPDX-License-Identifier: Apache-2.0 */
/* What a COPY or an ADD asks for, with variables put in. Nothing is looked up; pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/copy_mode.h"
#include "build/step.h"
#include "util/cleanup.h"
#include "util/error.h"

enum copy_word_kind {
	COPY_WORD_PATH,    /* below the source's top, with or without patterns */
	COPY_WORD_HEREDOC, /* text: its name */
	COPY_WORD_URL,     /* ADD */
	COPY_WORD_GIT,     /* ADD */
};

struct copy_word {
	enum copy_word_kind kind;
	char *text;  /* owned. A path: clean, no slash in front, "" the top */
	char *typed; /* owned: for messages */
	char *pivot; /* owned; --parents: what is left of "/./", which is not made; NULL: none */
	char *content; /* owned: of a heredoc */
};

struct copy_plan { /* all owned */
	bool is_add, link, parents, keep_git_dir;
	bool unpack,
		unpack_urls; /* archives of the context, and those that come from elsewhere */
	char *from;          /* NULL: the context */
	char *chown;         /* NULL */
	char *checksum;      /* a digest; NULL */
	struct copy_mode mode;
	char *chmod;    /* its text; NULL */
	char **exclude; /* strv of patterns */
	struct copy_word *words;
	size_t n_words;
	char *dest;       /* absolute and clean */
	bool dest_is_dir; /* it says so: it ends with a slash, or there are several sources */
};
void copy_plan_release(struct copy_plan *p);
#define cleanup_copy_plan cleanup(copy_plan_release)

/* copy_plan_make() - of a step whose instruction is one of the two. What makes no sense is ERR_INVALID with the place in the Dockerfile. */
int copy_plan_make(const struct step *s, struct copy_plan *ret,
		   struct error *err) _must_check_;

/* copy_fail() - an error that came about at the step: with the place in the Dockerfile, as dockerfile_error() has it; its hint stays. */
int copy_fail(const struct step *s, struct error *err);
