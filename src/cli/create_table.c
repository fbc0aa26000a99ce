/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create_table.h"

#include "cli/create_tables.h"
#include "cli/cubby.h"
#include "engine/log_option.h"
#include "util/str.h"

/* one a line, however many there are */
/* clang-format off */
const struct option_spec create_table[] = {
	OPT_INCLUDE(create_table_process),
	OPT_INCLUDE(create_table_user),
	OPT_INCLUDE(create_table_files),
	OPT_INCLUDE(create_table_network),
	OPT_INCLUDE(create_table_namespaces),
	OPT_INCLUDE(create_table_security),
	OPT_INCLUDE(create_table_limits),
	OPT_INCLUDE(create_table_health),
	OPT_INCLUDE(create_table_life),
	OPT_INCLUDE(create_table_monitor),
	OPT_INCLUDE(create_table_refused),
	OPT_INCLUDE(create_table_settings),
	OPT_END,
};
/* clang-format on */

static const char *const pull_words[] = {"missing", "always", "never", "newer", NULL};

const struct option_spec create_values_table[] = {
	OPT_INCLUDE_AT(struct create_values, create, create_table),
	OPT_GROUP("Image"),
	OPT_WORD(struct create_values, create.pull_policy, "pull", 0, pull_words,
		 "when to fetch it", .common = true),
	OPT_BOOL(struct create_values, quiet, "quiet", 'q',
		 "say nothing but what the program says, or why there is none"),
	OPT_BOOL(struct create_values, single_id, "single-id", 0,
		 "all its files are your own; the same as --uidmap 0:0:1"),
	OPT_INCLUDE_AT(struct create_values, platform, platform_table),
	OPT_INCLUDE_AT(struct create_values, registry, registry_table),
	OPT_END,
};

void create_options_defaults(struct create_options *o)
{
	o->read_only_tmpfs = true;
	o->shm_size = 64 << 20;
	o->stop_timeout_sec = 10;
	o->log_driver = LOG_DRIVER_JSON_FILE;
	o->inside.passwd = true;
	o->inside.http_proxy = true;
	o->inside.content_trust = true;
	o->health = HEALTH_OPTIONS_INIT;
}

void create_values_defaults(struct create_values *v)
{
	create_options_defaults(&v->create);
	registry_values_defaults(&v->registry);
}

static int check_attach(const struct create_options *o, struct error *err)
{
	static const char *const known[] = {"stdin", "stdout", "stderr", NULL};

	strv_foreach (stream, o->attach)
		if (!strv_has((char *const *)known, *stream))
			return error_set(
				err, ERR_INVALID, 0,
				"invalid stream \"%s\" for --attach - must be one of "
				"stdin, stdout, or stderr: invalid argument",
				*stream);
	return 0;
}

static int check(const struct create_options *o, const struct cubby_globals *g,
		 struct error *err)
{
	if (o->replace && !o->name)
		return error_set(err, ERR_INVALID, 0, "--replace needs --name");
	if (o->auto_remove && o->restart.when != RESTART_NO)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: --rm and --restart");
	/* or it would be some file of ours that goes into the container */
	if (o->preserve_fds > g->n_inherited_fds)
		return error_set(err, ERR_INVALID, 0,
				 "--preserve-fds %d: file descriptor %d is not open",
				 o->preserve_fds, 3 + g->n_inherited_fds);
	return check_attach(o, err);
}

int create_values_fill(struct create_values *v, const struct command_call *call,
		       struct error *err)
{
	struct create_options *o = &v->create;
	int r;

	if (o->rootfs_given)
		o->rootfs = call->args[0];
	else
		o->image_name = call->args[0];
	o->command = call->args + 1;
	o->create_command = call->argv;
	if (v->single_id && !o->uidmap)
		strv_add(&o->uidmap, "0:0:1");
	r = check(o, call->globals, err);
	if (r >= 0)
		r = cubby_fds(o->preserve_fd_list, v->preserve_fd, &o->n_preserve_fd,
			      err);
	if (r < 0)
		return r;
	o->preserve_fd = v->preserve_fd;
	r = cubby_listen_fds(call, o->preserve_fds, &o->listen_fds, err);
	if (r < 0)
		return r;
	registry_values_fill(&v->registry, &o->fetch.registry);
	return platform_values_fill(&v->platform, &o->fetch.platform, err);
}

void create_values_clear(struct create_values *v)
{
	transfer_platform_clear(&v->create.fetch.platform);
}
