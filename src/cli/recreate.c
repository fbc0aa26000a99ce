/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recreate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/create_tables.h"
#include "cli/cubby.h"
#include "engine/container_dir.h"
#include "engine/environment.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

void recreation_release(struct recreation *r)
{
	if (r->create)
		create_values_clear(r->create);
	if (r->limits)
		spec_resources_free(r->limits);
	if (r->values)
		options_release(r->command->options, r->values);
	free(r->values);
	free(r->args);
	free(r->global_args);
	strv_free(r->argv);
	*r = (struct recreation){0};
}

/* Over the options before the command, to "run" in "container run". */
static int find_command(const struct command_call *call, struct recreation *x,
			char *const **ret_words, struct error *err)
{
	const struct command *const *commands = call->program->commands;
	struct cubby_globals globals = {0};
	size_t n = 0;
	struct options_parse p = {
		.table = call->program->options,
		.values = &globals,
		.see = call->program->name,
		.stop_at_first = true,
		.ret_args = x->global_args,
		.ret_n_args = &n,
	};
	int r = options_parse(&p, (int)strv_len(x->argv + 1), x->argv + 1, err);
	char *const *word = x->global_args;

	options_release(call->program->options, &globals);
	if (r < 0)
		return r;
	while (commands && *word) {
		x->command = command_find(commands, *word++);
		commands = x->command ? x->command->commands : NULL;
	}
	*ret_words = word;
	return 0;
}

static int parse(const struct command_call *call, struct recreation *x,
		 char *const *words, struct error *err)
{
	const struct command *c = x->command;
	struct command_call again = {
		.program = call->program,
		.command = c,
		.globals = call->globals,
		.argv = x->argv,
	};
	enum help_wanted help = 0;
	struct options_parse p = {
		.table = c->options,
		.see = "cubby container clone",
		.stop_at_first = true,
		.ret_help = &help,
		.ret_args = x->args,
		.ret_n_args = &again.n_args,
	};
	int r = 0;

	x->values = xcalloc(1, c->values_size);
	c->defaults(x->values);
	again.values = p.values = x->values;
	if (c->settings && call->program->configure)
		r = call->program->configure(&again, err);
	if (r >= 0)
		r = options_parse(&p, (int)strv_len((char **)words), words, err);
	if (r >= 0 && again.n_args == 0)
		r = error_set(err, ERR_INVALID, 0, "its command line names no image");
	if (r < 0)
		return r;
	again.args = x->args;
	x->create = x->values;
	return create_values_fill(x->create, &again, err);
}

static int not_cloneable(const struct container *c, struct error *err)
{
	return error_set(
		err, ERR_UNSUPPORTED, 0,
		"container %s was not made by run or create: it can't be made again",
		c->record.name);
}

int recreate(const struct command_call *call, const struct container *c,
	     struct recreation *ret, struct error *err)
{
	const char *dir = c->config.create_dir;
	char *const *words = NULL;
	size_t n = strv_len(c->config.create_command);
	int r;

	if (n < 2)
		return not_cloneable(c, err);
	ret->argv = strv_copy(c->config.create_command);
	ret->args = xcalloc(n + 1, sizeof(*ret->args));
	ret->global_args = xcalloc(n + 1, sizeof(*ret->global_args));
	r = find_command(call, ret, &words, err);
	if (r < 0)
		return r;
	if (ret->command != &cmd_run && ret->command != &cmd_create)
		return not_cloneable(c, err);
	if (dir && chdir(dir) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "go to %s, where container %s was made", dir,
				 c->record.name);
	r = parse(call, ret, words, err);
	return r < 0 ? error_wrap(err, "read the command line that made container %s",
				  c->record.name)
		     : 0;
}

/* Texts of its own, as they are released with the recreation. */
static struct limit_options copy_limits(const struct limit_options *from)
{
	struct limit_options to = *from;

	to.blkio_weight_device = strv_copy(from->blkio_weight_device);
	to.read_bps = strv_copy(from->read_bps);
	to.write_bps = strv_copy(from->write_bps);
	to.read_iops = strv_copy(from->read_iops);
	to.write_iops = strv_copy(from->write_iops);
	to.device_rules = strv_copy(from->device_rules);
	to.conf = strv_copy(from->conf);
	return to;
}

/* -e NAME took the value that it had where the container was made. */
static void recall_environment(char **given, char *const *env)
{
	for (char **word = given; word && *word; word++) {
		const char *value =
			strchr(*word, '=') ? NULL : environment_get(env, *word);
		char *text = value ? xasprintf("%s=%s", *word, value) : NULL;

		if (!text)
			continue;
		free(*word);
		*word = text;
	}
}

int recreate_limits(const struct engine *e, const struct container *c,
		    const struct limit_options *more, struct recreation *ret,
		    struct error *err)
{
	struct limit_options *o = &ret->create->create.limits;
	bool was_free = o->pids_given && o->pids <= 0;
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = container_dir_spec(e, c->record.id, &spec, err);

	if (r < 0)
		return r;
	recall_environment(ret->create->create.env, spec->process->env);
	options_release(limits_table, o);
	*o = more ? copy_limits(more) : (struct limit_options){0};
	ret->limits = TAKE_PTR(spec->linux->resources);
	o->before = ret->limits;
	if (!o->before && !o->pids_given && was_free) {
		o->pids_given = true;
		o->pids = -1;
	}
	return 0;
}
