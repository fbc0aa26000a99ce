/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/volume_store.h"
#include "util/str.h"

struct create_values {
	struct volume_new asked;
	char **labels, **options;
	bool ignore;
};

static const struct option_spec options[] = {
	OPT_STRING(struct create_values, asked.driver, "driver", 'd', "DRIVER",
		   "what keeps it: local"),
	OPT_STRV(struct create_values, labels, "label", 'l', "KEY=VALUE",
		 "note something about it"),
	OPT_STRV(
		struct create_values, options, "opt", 'o', "KEY=VALUE",
		"type=, device=, o=: mount this file system in the containers; nocopy: begin empty"),
	OPT_BOOL(struct create_values, ignore, "ignore", 0,
		 "one that is there already is no error"),
	OPT_I64(struct create_values, asked.uid, "uid", 0, "UID",
		"owner of its directory", .max = UINT32_MAX - 1),
	OPT_I64(struct create_values, asked.gid, "gid", 0, "GID",
		"group of its directory", .max = UINT32_MAX - 1),
	OPT_END,
};

static void defaults(void *values)
{
	((struct create_values *)values)->asked = VOLUME_NEW_INIT;
}

static int create(const struct engine *e, const struct create_values *v,
		  struct volume_record *rec, struct error *err)
{
	int r = volume_create(e, &v->asked, rec, err);

	if (r != -EEXIST || !v->ignore)
		return r;
	error_drop(err, "it is there");
	return volume_record_get(e->store, v->asked.name, rec, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct create_values *v = call->values;
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	v->asked.name = call->args[0];
	v->asked.labels = v->labels;
	v->asked.options = v->options;
	if (r >= 0)
		r = create(&e, v, &rec, err);
	if (r < 0)
		return r;
	printf("%s\n", rec.name ? rec.name : v->asked.name);
	return 0;
}

const struct command cmd_volume_create = {
	.name = "create",
	.group = "Volumes",
	.usage = "[options] [NAME]",
	.summary = "make a volume: a directory that outlives containers",
	.description =
		"'cubby run -v NAME:/path' makes one too. With a type or o=bind a volume is mounted in each "
		"container when it starts; one in memory (type=tmpfs) each container has for itself.",
	.examples =
		"cubby volume create data\n"
		"cubby volume create -l app=web --opt o=uid=1000 uploads\n"
		"cubby volume create -o type=tmpfs -o device=tmpfs -o o=size=64m scratch\n"
		"cubby volume create -o o=bind -o device=/srv/www www",
	.options = options,
	.values_size = sizeof(struct create_values),
	.defaults = defaults,
	.max_args = 1,
	.run = run,
};
