/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/secret.h"
#include "util/fd.h"
#include "util/str.h"

struct create_values {
	const char *driver;
	char **driver_options, **labels;
	bool env, replace, ignore;
};

static const struct option_spec options[] = {
	OPT_STRING(struct create_values, driver, "driver", 'd', "DRIVER",
		   "what keeps it: file"),
	OPT_LIST(struct create_values, driver_options, "driver-opts", 0, "KEY=VALUE",
		 "options of the driver (file has none)"),
	OPT_BOOL(struct create_values, env, "env", 0,
		 "FILE is the name of an environment variable that holds it"),
	OPT_BOOL(struct create_values, ignore, "ignore", 0,
		 "one that is there already is no error"),
	OPT_STRV(struct create_values, labels, "label", 'l', "KEY=VALUE",
		 "note something about it"),
	OPT_BOOL(struct create_values, replace, "replace", 0, "instead of an older one"),
	OPT_END,
};

static void defaults(void *values)
{
	((struct create_values *)values)->driver = SECRET_DRIVER;
}

static int read_env(const char *name, struct buf *ret, struct error *err)
{
	const char *value = getenv(name);

	if (!value)
		return error_set(
			err, ERR_NOT_FOUND, 0,
			"cannot create store secret data: environment variable %s is not set",
			name);
	return buf_add_str(ret, value) < 0
		       ? error_set(
				 err, ERR_INVALID, 0,
				 "secret data must be larger than 0 and less than %d bytes",
				 SECRET_DATA_MAX)
		       : 0;
}

static int read_file(const char *path, struct buf *ret, struct error *err)
{
	bool is_stdin = str_eq(path, "-");
	cleanup_fd int fd = -EBADF;
	int r = is_stdin
			? cli_refuse_terminal(
				  STDIN_FILENO,
				  "if `-` is used, data must be passed into stdin",
				  "For example: printf %s PASSWORD | cubby secret create NAME -",
				  err)
			: 0;

	if (r < 0)
		return r;
	if (!is_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!is_stdin && fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", path);
	r = fd_read_all(is_stdin ? STDIN_FILENO : fd, ret);
	if (r == -E2BIG)
		return error_set(
			err, ERR_INVALID, 0,
			"secret data must be larger than 0 and less than %d bytes",
			SECRET_DATA_MAX);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read %s", path) : 0;
}

static int create(const struct engine *e, const struct create_values *v,
		  const struct secret_new *asked, struct secret_record *rec,
		  struct error *err)
{
	int r = secret_create(e, asked, rec, err);

	if (r != -EEXIST || !v->ignore)
		return r;
	error_drop(err, "it is there");
	return secret_find(e, asked->name, rec, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct create_values *v = call->values;
	cleanup_secret_record struct secret_record rec = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_buf struct buf data = {0};
	struct secret_new asked = {
		.name = call->args[0],
		.driver = v->driver,
		.labels = v->labels,
		.options = v->driver_options,
		.replace = v->replace,
	};
	int r;

	buf_init(&data, SECRET_DATA_MAX);
	r = v->env ? read_env(call->args[1], &data, err)
		   : read_file(call->args[1], &data, err);
	asked.data = data.data;
	asked.len = data.len;
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = create(&e, v, &asked, &rec, err);
	if (r >= 0)
		printf("%s\n", rec.id);
	return r;
}

const struct command cmd_secret_create = {
	.name = "create",
	.group = "Secrets",
	.usage = "[options] NAME FILE|-",
	.summary = "keep a secret for containers: 'cubby run --secret NAME'",
	.description =
		"It is a file that only you can read; containers see it at /run/secrets/NAME, in memory, never "
		"in an image or a log.",
	.examples =
		"printf %s hunter2 | cubby secret create db-password -\n"
		"cubby secret create --replace tls ./server.key\n"
		"cubby run --rm --secret db-password debian cat /run/secrets/db-password",
	.options = options,
	.values_size = sizeof(struct create_values),
	.defaults = defaults,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
