/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that do something to each image that is named, where one failure does not stop the
 * rest, and small things that commands on images share. */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_job {
	/* act() - name: the canonical one that was meant, NULL if it was found by id. */
	int (*act)(const struct engine *e, const struct image_record *r,
		   const char *typed, const char *name, void *data, struct error *err);
	void *data;
	bool ignore;        /* missing ones are no error */
	int missing_status; /* exit status if only missing ones failed; 0: as any failure */
	int conflict_status; /* exit status if the last failure was ERR_CONFLICT; 0: the same */
};

/* image_args_each() - failures but the last are printed here, the last is *err (printed as well where
 * a status of its own is returned). Return: exit status, or -errno with *err. */
int image_args_each(const struct command_call *call, const struct engine *e,
		    const struct image_job *job, struct error *err) _must_check_;

/* cli_confirm() - the warning and "Are you sure you want to continue? [y/N] " on stdout, as podman
 * asks; only an answer that begins with y is yes. */
bool cli_confirm(const char *warning);

/* cli_refuse_terminal() - ERR_INVALID if fd is a terminal: archives are not for reading. */
int cli_refuse_terminal(int fd, const char *what, const char *hint,
			struct error *err) _must_check_;

/* cli_open_output() - the file of --output, emptied; NULL: stdout, which must be no terminal. Return: fd. */
int cli_open_output(const char *path, struct error *err) _must_check_;

/* SINGLE_ID: the option --single-id of commands that unpack. */
#define OPT_SINGLE_ID(s, m)            \
	OPT_BOOL(s, m, "single-id", 0, \
		 "unpack all files as your own: for users with no subordinate ids")
