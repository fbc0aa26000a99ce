/* SPDX-License-Identifier: Apache-2.0 */
/* volume export, import, mount, unmount */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/volume_archive.h"
#include "engine/volume_remove.h"
#include "util/str.h"

struct export_values {
	const char *output;
};

static const struct option_spec export_options[] = {
	OPT_STRING(struct export_values, output, "output", 'o', "FILE",
		   "write this file, instead of to stdout"),
	OPT_END,
};

static int run_export(const struct command_call *call, struct error *err)
{
	const struct export_values *v = call->values;
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_fd int output_fd = -EBADF;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = volume_find(&e, call->args[0], &rec, err);
	if (r >= 0)
		r = cli_open_output(v->output, err);
	if (r < 0)
		return r;
	output_fd = r;
	r = volume_export(&e, &rec, output_fd, err);
	if (r < 0 && v->output)
		(void)!unlink(v->output);
	return r;
}

const struct command cmd_volume_export = {
	.name = "export",
	.group = "Volumes",
	.usage = "[options] VOLUME",
	.summary = "write a volume's files to a tar archive",
	.examples = "cubby volume export -o data.tar data\n"
		    "cubby volume export data | ssh host cubby volume import data -",
	.options = export_options,
	.values_size = sizeof(struct export_values),
	.min_args = 1,
	.max_args = 1,
	.run = run_export,
};

static int open_input(const char *path, struct error *err)
{
	int fd, r;

	if (str_eq(path, "-")) {
		r = cli_refuse_terminal(STDIN_FILENO,
					"cannot read an archive from a terminal",
					"Redirect stdin, or name a file", err);
		return r < 0 ? r : STDIN_FILENO;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd
		       : error_set(err, error_kind_of(errno), errno, "open %s", path);
}

static int run_import(const struct command_call *call, struct error *err)
{
	const char *path = call->args[1] ? call->args[1] : "-";
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_fd int input_fd = -EBADF;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = volume_find(&e, call->args[0], &rec, err);
	if (r >= 0)
		r = open_input(path, err);
	if (r < 0)
		return r;
	input_fd = r;
	return volume_import(&e, &rec, input_fd, err);
}

const struct command cmd_volume_import = {
	.name = "import",
	.group = "Volumes",
	.usage = "VOLUME [FILE|-]",
	.summary = "unpack a tar archive into a volume, over what is there",
	.examples = "cubby volume import data data.tar\n"
		    "tar -C ./site -c . | cubby volume import www -",
	.min_args = 1,
	.max_args = 2,
	.run = run_import,
};

static int mount_one(const struct engine *e, const char *name, bool undo,
		     struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_free char *path = NULL;
	int r = volume_find(e, name, &rec, err);

	if (r >= 0)
		r = undo ? volume_unmount(e, &rec, err)
			 : volume_mount(e, &rec, &path, err);
	if (r >= 0)
		printf("%s\n", undo ? rec.name : path);
	return r;
}

static int each(const struct command_call *call, bool undo, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_error struct error failure = ERROR_INIT;

		if (mount_one(&e, call->args[i], undo, &failure) >= 0)
			continue;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	return error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
}

static int run_mount(const struct command_call *call, struct error *err)
{
	return each(call, false, err);
}

static int run_unmount(const struct command_call *call, struct error *err)
{
	return each(call, true, err);
}

const struct command cmd_volume_mount = {
	.name = "mount",
	.group = "Volumes",
	.usage = "VOLUME [VOLUME...]",
	.summary = "mount volumes, and say where their files are",
	.description =
		"Root's volumes are mounted on the host; others' inside of 'cubby unshare'. One without --opt type or "
		"o=bind is there already.",
	.examples = "cubby unshare\n"
		    "cubby volume mount data",
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_mount,
};

static const char *const unmount_aliases[] = {"umount", NULL};

const struct command cmd_volume_unmount = {
	.name = "unmount",
	.aliases = unmount_aliases,
	.group = "Volumes",
	.usage = "VOLUME [VOLUME...]",
	.summary = "undo volume mount",
	.examples = "cubby volume unmount data\n"
		    "cubby volume umount data www",
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_unmount,
};
