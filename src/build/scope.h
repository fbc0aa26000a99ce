/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ARG has which value: those of the command line, those before the first FROM, those of a stage, and those that are there without
 * being declared. Pure. Sources: Dockerfile reference, "Understand how ARG and FROM interact", "Predefined ARGs", "Automatic platform
 * ARGs"; Containerfile(5).
 */
#pragma once

#include <stdbool.h>

#include "build/expand.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_platform;

/* Where the value of an ARG comes from, the first that has one: the command line, its own default, the part before FROM. */
struct scope_sources {        /* nothing is owned */
	char *const *given;   /* strv "NAME=value": --build-arg; of two the last */
	char *const *globals; /* strv: ARGs before FROM, and scope_platform_args() */
};

/*
 * scope_declare() - word: "NAME" or "NAME=default", as typed, expanded in `vars` (escape: the file's). *args (strv "NAME=value") gets it in
 * place of an older one, if it has a value. A name that is none is ERR_INVALID.
 */
int scope_declare(const struct scope_sources *from, const char *word,
		  const struct expand_scope *scope, char ***args,
		  struct error *err) _must_check_;

/* scope_vars() - what words of a stage are expanded with: env beats args. Caller frees (strv). */
char **scope_vars(char *const *args, char *const *env);

/* scope_platform_args() - TARGETPLATFORM, TARGETOS, TARGETARCH, TARGETVARIANT, and BUILD... likewise, added to *ret. */
void scope_platform_args(const struct image_platform *target,
			 const struct image_platform *build, char ***ret);

/* scope_value() - of a name in a strv "NAME=value", the last one; NULL: none. */
const char *scope_value(char *const *vars, const char *name);

/* scope_not_consumed() - names of `given` that are neither predefined nor among `declared` (strv of names), each once, sorted. Caller frees. */
char **scope_not_consumed(char *const *given, char *const *declared);
