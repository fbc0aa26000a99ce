/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image_args.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/image.h"
#include "util/str.h"

static int act_on(const struct engine *e, const struct image_job *job, const char *typed,
		  struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_free char *name = NULL;
	int r = image_find(e, typed, &record, &name, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && job->ignore) {
		error_drop(err, "missing ones are ignored");
		return 0;
	}
	return r < 0 ? r : job->act(e, &record, typed, name, job->data, err);
}

int image_args_each(const struct command_call *call, const struct engine *e,
		    const struct image_job *job, struct error *err)
{
	bool only_missing = true;
	int status = 0;

	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_error struct error failure = ERROR_INIT;

		if (act_on(e, job, call->args[i], &failure) >= 0)
			continue;
		only_missing = only_missing && failure.kind == ERR_NOT_FOUND;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	if (!error_is_set(err))
		return 0;
	if (only_missing)
		status = job->missing_status;
	else if (err->kind == ERR_CONFLICT)
		status = job->conflict_status;
	if (status == 0)
		return err->code ? -err->code : -EINVAL;
	cli_print_error(stderr, err);
	return status;
}

bool cli_confirm(const char *warning)
{
	char answer[16] = "";

	printf("%s\nAre you sure you want to continue? [y/N] ", warning);
	(void)!fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

int cli_refuse_terminal(int fd, const char *what, const char *hint, struct error *err)
{
	if (!isatty(fd))
		return 0;
	error_set(err, ERR_INVALID, 0, "%s", what);
	return error_hint(err, "%s", hint);
}

int cli_open_output(const char *path, struct error *err)
{
	int fd, r;

	if (!path) {
		r = cli_refuse_terminal(STDOUT_FILENO, "refusing to export to terminal",
					"Use --output, or redirect stdout", err);
		return r < 0 ? r : STDOUT_FILENO;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return fd >= 0 ? fd
		       : error_set(err, error_kind_of(errno), errno, "--output: open %s",
				   path);
}
