/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/audit_view.h"
#include "cli/create_table.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "engine/audit.h"
#include "engine/audit_json.h"
#include "util/json.h"
#include "util/str.h"

struct audit_values {
	struct create_values create;
	const char *format;
	bool detach;
};

static const struct option_spec options[] = {
	OPT_STRING(struct audit_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Level}}'"),
	OPT_BOOL(struct audit_values, detach, "detach", 'd',
		 "as in run; makes no difference here"),
	OPT_INCLUDE_AT(struct audit_values, create, create_values_table),
	OPT_END,
};

static void defaults(void *values)
{
	create_values_defaults(&((struct audit_values *)values)->create);
}

static size_t size_of(enum option_type type)
{
	switch (type) {
	case OPTION_BOOL:
		return sizeof(bool);
	case OPTION_STRING:
	case OPTION_STRV:
	case OPTION_LIST:
		return sizeof(char *);
	case OPTION_COUNT:
	case OPTION_WORD:
	case OPTION_INT:
		return sizeof(int);
	case OPTION_I64:
	case OPTION_U64:
	case OPTION_SIZE:
	case OPTION_DURATION:
		return sizeof(int64_t);
	case OPTION_END:
	case OPTION_GROUP:
	case OPTION_INCLUDE:
	case OPTION_CUSTOM:
	case OPTION_NOT_YET:
		break;
	}
	return 0;
}

struct comparison {
	const char *given, *untouched;
};

static int differs(const struct option_spec *spec, size_t base, void *data)
{
	const struct comparison *c = data;
	size_t at = base + spec->offset;

	return memcmp(c->given + at, c->untouched + at, size_of(spec->type)) != 0;
}

/* The words of a container to be made are only those of one that is there if nothing else was said. */
static bool may_be_container(const struct command_call *call)
{
	struct audit_values untouched = {0};
	const struct comparison c = {call->values, (const char *)&untouched};
	const struct audit_values *v = call->values;

	defaults(&untouched);
	untouched.format = v->format;
	return call->n_args == 1 && options_walk(options, differs, (void *)&c) == 0;
}

static int audit_new(const struct command_call *call, const struct engine *e,
		     struct audit_facts *ret, struct error *err)
{
	struct audit_values *v = call->values;
	int r = create_values_fill(&v->create, call, err);

	if (r >= 0)
		r = audit_options(e, &v->create.create, ret, err);
	create_values_clear(&v->create);
	return r;
}

static int no_such(const char *typed, struct error *err)
{
	error_set(err, ERR_NOT_FOUND, 0, "no container and no image is called \"%s\"",
		  typed);
	return error_hint(err, "'cubby ps -a' lists containers, 'cubby images' images; "
			       "'cubby pull' gets one");
}

/* A container goes before an image of the same name, as with inspect. */
static int audit(const struct command_call *call, const struct engine *e,
		 struct audit_facts *ret, struct error *err)
{
	cleanup_container struct container c = {0};
	bool maybe = may_be_container(call);
	int r;

	if (maybe) {
		r = container_find(e, call->args[0], &c, err);
		if (r >= 0)
			return audit_container(e, &c, ret, err);
		if (err->kind != ERR_NOT_FOUND)
			return r;
		error_drop(err, "it may be an image");
	}
	r = audit_new(call, e, ret, err);
	if (r < 0 && maybe && err->kind == ERR_NOT_FOUND)
		return no_such(call->args[0], err);
	return r;
}

static int print(const struct audit_values *v, const struct audit_facts *f,
		 const struct audit_verdict *verdict, struct error *err)
{
	cleanup_json struct json_object *o = NULL;

	if (!v->format) {
		audit_view_print(stdout, f, verdict);
		return 0;
	}
	o = audit_json(f, verdict);
	return format_is_json(v->format) ? format_print_json(o, err)
					 : format_print_object(v->format, o, err);
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_audit_facts struct audit_facts facts = {0};
	cleanup_audit_verdict struct audit_verdict verdict = {0};
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = audit(call, &e, &facts, err);
	if (r >= 0) {
		audit_judge(&facts, &verdict);
		r = print(call->values, &facts, &verdict, err);
	}
	/* 126 and 127 would be about a program, and none is run */
	if (r < 0 && error_exit_status(err) != 125)
		err->kind = ERR_INVALID;
	return r < 0 ? r : (int)verdict.level;
}

const struct command cmd_audit = {
	.name = "audit",
	.group = "Containers",
	.usage = "[options] CONTAINER | [run options] IMAGE",
	.summary = "say what a container's root could do on the host",
	.description =
		"Tells who a container's root is on the host, which files it can write there (tried "
		"with its ids, nothing is altered), which capabilities, devices, sockets and "
		"namespaces it has. With an image or --rootfs: the container that 'cubby run' with "
		"the same options would make; none is made.\n"
		"The verdict is the exit status. 0, isolated: no more than a stranger without an "
		"account could do. 1, your rights: somewhere it has those of you or of another "
		"account. 2, danger: it is the host's root, or can become it. 125: Cubby failed.",
	.examples = "cubby audit web\n"
		    "cubby audit -v ~/src:/src debian:12\n"
		    "cubby audit --format '{{.Level}}' web\n"
		    "cubby audit --privileged --rootfs ./busybox",
	.options = options,
	.values_size = sizeof(struct audit_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
