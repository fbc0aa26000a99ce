/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of RUN, in files by subject. Private to run*.c. */
#pragma once

#include "build/key.h"
#include "build/step.h"
#include "engine/volume_option.h"
#include "util/cleanup.h"
#include "util/error.h"

/* What a RUN executes (run_command.c). */
struct run_command {
	char **argv; /* strv, owned */
	const char *
		script; /* a file that argv[0] names, of a heredoc that begins with #!; NULL: none. Borrowed */
};
void run_command_release(struct run_command *c);
#define cleanup_run_command cleanup(run_command_release)

/*
 * run_command_build() - shell form: the words of SHELL, then the text. A heredoc that is all there is is the shell's text itself, or, where
 * it begins with #!, a file; others go to the shell as they were typed. Source: Dockerfile reference, "Here-Documents".
 */
int run_command_build(const struct step *s, struct run_command *ret,
		      struct error *err) _must_check_;

#define RUN_SCRIPT_DIR "/dev/pipes" /* where such a file is */

/*
 * run_environment() - the ARGs that no ENV hides (strv "NAME=value"; caller frees), for the container besides the image's own. With
 * proxies: also proxy variables that --build-arg has without being declared; they are in no key.
 */
char **run_environment(const struct step *s, bool proxies);

/* The root's own files that say who is who (run_users.c): of the topmost of the directories that has them. */
struct run_users {
	char *passwd, *group; /* owned; NULL: none */
};
void run_users_release(struct run_users *u);
#define cleanup_run_users cleanup(run_users_release)

int run_users_read(const struct step *s, char *const *dirs, struct run_users *ret,
		   struct error *err) _must_check_;
