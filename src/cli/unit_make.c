/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/unit_make.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command_line.h"
#include "cli/cubby.h"
#include "cli/unit_file.h"
#include "engine/container_dir.h"
#include "engine/environment.h"
#include "engine/restart_policy.h"
#include "engine/start_plan.h"
#include "runtime/self.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_FILE     "%t/%n.ctr-id"
#define AFTER_STOP  60 /* seconds that systemd waits longer than `stop` does */
#define DATE_MAX    64
#define RESTART_DUE "on-failure"

extern char **environ;

void made_units_release(struct made_units *u)
{
	for (size_t i = 0; i < u->n; i++) {
		free(u->items[i].name);
		free(u->items[i].text);
	}
	free(u->items);
	*u = (struct made_units){0};
}

/* A unit that is being put together: the struct, and what its texts belong to. */
struct draft {
	const struct unit_request *request;
	const struct container *container; /* of a pod: its infra container */
	const struct pod *pod;             /* that it goes with; NULL: none */
	struct unit_file file;
	struct command_line line; /* that made it */
	char *self;               /* quoted, with the global options */
	char *directory;
	char *name, *mounts, *binds_to, *pidfile, *start_limit, *pod_id_file;
	char **environment;
	char date[DATE_MAX];
	int64_t stop_sec;
};

static void draft_release(struct draft *d)
{
	command_line_release(&d->line);
	free(d->self);
	free(d->name);
	free(d->mounts);
	free(d->directory);
	free(d->binds_to);
	free(d->pidfile);
	free(d->start_limit);
	free(d->pod_id_file);
	strv_free(d->environment);
	for (size_t i = 0; i < ARRAY_SIZE(d->file.start_pre); i++)
		strv_free(d->file.start_pre[i]);
	strv_free(d->file.start);
	strv_free(d->file.stop);
	strv_free(d->file.stop_post);
	strv_free(d->file.members);
}
#define cleanup_draft cleanup(draft_release)

static char *container_unit(const struct unit_options *o, const struct container *c)
{
	return xasprintf("%s%s%s%s", o->container_prefix, o->separator,
			 o->names ? c->record.name : c->record.id,
			 o->is_template ? "@" : "");
}

static char *pod_unit(const struct unit_options *o, const struct pod *p)
{
	return xasprintf("%s%s%s", o->pod_prefix, o->separator,
			 o->names ? p->record.name : p->record.id);
}

/* A directory that systemd has a specifier for is written with it, so that the unit fits another user too. */
static char *with_specifier(const char *path, const char *base, const char *specifier)
{
	size_t len = base ? strlen(base) : 0;

	if (len > 0 && str_starts(path, base) && path[len] == '/') {
		cleanup_free char *rest = unit_quote_assignment(path + len);

		return xasprintf("%s%s", specifier, rest);
	}
	return unit_quote_assignment(path);
}

static char *mounts_of(const struct engine *e)
{
	cleanup_free char *run = with_specifier(
				  e->paths.run,
				  e->rootless ? getenv("XDG_RUNTIME_DIR") : "/run", "%t"),
			  *data = with_specifier(e->paths.data,
						 e->rootless ? getenv("HOME") : NULL,
						 "%h");

	return xasprintf("%s %s", run, data);
}

/* The user's words are of the day, and what is not a policy of systemd's becomes one. */
static int fill_restart(struct draft *d, struct error *err)
{
	const struct unit_options *o = d->request->options;
	const char *typed =
		d->line.command ? command_line_value(&d->line, "restart") : NULL;
	struct restart_policy policy = {0};

	d->file.restart = o->restart ? o->restart : RESTART_DUE;
	if (o->restart || str_empty(typed))
		return 0;
	if (restart_policy_parse(typed, &policy, err) < 0)
		return -EINVAL;
	if (policy.when == RESTART_ALWAYS || policy.when == RESTART_UNLESS_STOPPED)
		d->file.restart = "always";
	else if (policy.when == RESTART_NO)
		d->file.restart = "no";
	else if (policy.max > 0)
		d->file.start_limit = d->start_limit =
			xasprintf("%lld", (long long)policy.max);
	return 0;
}

/* Variables of the unit, and those that the command line takes from where it is run. */
static int fill_environment(struct draft *d, struct error *err)
{
	const struct unit_options *o = d->request->options;
	cleanup_strv char **words = NULL;
	cleanup(spec_freep) struct spec *spec = NULL;

	strv_foreach (text, o->env) {
		int r = environment_add(&words, *text, environ, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < d->line.n_options; i++) {
		const struct line_option *l = &d->line.options[i];
		const char *value;
		int r = 0;

		if (!l->spec || !str_eq(l->spec->name, "env") || str_empty(l->value) ||
		    strchr(l->value, '='))
			continue;
		if (!spec)
			r = container_dir_spec(d->request->engine,
					       d->container->record.id, &spec, err);
		if (r < 0)
			return r;
		value = environment_get(spec->process->env, l->value);
		if (!value || environment_get(words, l->value))
			continue;
		strv_addf(&words, "%s=%s", l->value, value);
	}
	strv_foreach (word, words)
		strv_add_take(&d->environment, unit_quote_assignment(*word));
	d->file.environment = d->environment;
	return 0;
}

/* With the options before the command that this command line has, or that one which made it. */
static void fill_self(struct draft *d, char *const *globals)
{
	cleanup_free char *path = self_path(), *quoted = unit_quote(path),
			  *options = unit_quote_words(globals);

	d->self = xasprintf("%s%s%s", quoted, *options ? " " : "", options);
}

static void command(const struct draft *d, const char *words, char ***ret)
{
	strv_addf(ret, "%s %s", d->self, words);
}

static int own_globals(struct draft *d, struct error *err)
{
	cleanup_command_line struct command_line own = {0};
	int r = command_line_parse(d->request->call->program, d->request->call->argv,
				   &own, err);

	if (r >= 0)
		fill_self(d, own.globals);
	return r;
}

static void begin(struct draft *d, char *name)
{
	const struct unit_options *o = d->request->options;
	time_t now = time(NULL);
	struct tm tm;

	d->name = name;
	d->stop_sec =
		o->stop_sec >= 0 ? o->stop_sec : d->container->config.stop_timeout_sec;
	d->mounts = mounts_of(d->request->engine);
	d->file.name = d->name;
	d->file.for_instance = o->is_template ? " for %I" : "";
	d->file.mounts = d->mounts;
	d->file.wants = o->wants;
	d->file.after = o->after;
	d->file.requires = o->requires;
	d->file.restart_sec = o->restart_sec;
	d->file.start_sec = o->start_sec;
	d->file.stop_sec = d->stop_sec + AFTER_STOP;
	if (o->no_header)
		return;
	(void)strftime(d->date, sizeof(d->date), "%a %b %e %H:%M:%S UTC %Y",
		       gmtime_r(&now, &tm));
	d->file.program = "Cubby " CUBBY_VERSION;
	d->file.date = d->date;
}

static int finish(struct draft *d, struct made_units *ret, struct error *err)
{
	struct made_unit *grown = xreallocarray(ret->items, ret->n + 1, sizeof(*grown));
	int r = fill_restart(d, err);

	ret->items = grown;
	if (r >= 0)
		r = fill_environment(d, err);
	if (r < 0)
		return r;
	grown[ret->n++] = (struct made_unit){xstrdup(d->name), unit_file_text(&d->file)};
	return 0;
}

/* ------------------------------------------------------------- what exists is started */

static int existing(struct draft *d, struct error *err)
{
	const struct container *c = d->container;
	bool infra = c->config.is_infra;
	const char *name =
		d->request->options->names || infra ? c->record.name : c->record.id;
	cleanup_free char *start = xasprintf("start %s", name),
			  *stop = xasprintf("stop -t %lld %s", (long long)d->stop_sec,
					    name),
			  *path = container_dir_path(d->request->engine, c->record.id,
						     SERVICE_PIDFILE);
	cleanup_start_plan struct start_plan plan = START_PLAN_INIT;
	int r = own_globals(d, err);

	if (r >= 0)
		r = start_plan_read(d->request->engine, c->record.id, &plan, err);
	if (r < 0)
		return r;
	command(d, start, &d->file.start);
	command(d, stop, &d->file.stop);
	command(d, stop, &d->file.stop_post);
	d->file.pidfile = d->pidfile =
		unit_path(plan.monitor_pidfile ? plan.monitor_pidfile : path);
	return 0;
}

/* ------------------------------------------------------- it is made anew at each start */

static int parse_line(struct draft *d, char *const *argv, const char *kind,
		      const char *name, struct error *err)
{
	int r = strv_len((char **)argv) < 2
			? error_set(err, ERR_UNSUPPORTED, 0,
				    "nothing is known of the command line that made it")
			: command_line_parse(d->request->call->program, argv, &d->line,
					     err);

	return r < 0 ? error_wrap(err, "make a unit that makes %s %s anew", kind, name)
		     : 0;
}

static int unlike(const char *kind, const char *name, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "%s %s was not made by a command that makes only it", kind, name);
	return error_hint(err, "Without --new the unit starts the one that exists");
}

static void add_option(const struct line_option *o, char ***ret)
{
	strv_add_take(ret, unit_quote_words(o->words));
}

/* A template's containers have names of their own. */
static void add_name(const struct draft *d, const struct line_option *o, char ***ret)
{
	cleanup_free char *text = unit_quote_words(o->words);

	strv_addf(ret, "%s%s", text, d->request->options->is_template ? "-%i" : "");
}

/* Paths on the command line may mean something only where it was typed. */
static bool is_relative(const struct command_line *l)
{
	for (size_t i = 0; i < l->n_options; i++)
		if (l->options[i].value && l->options[i].value[0] == '.')
			return true;
	return command_line_value(l, "rootfs") && l->args[0] && l->args[0][0] != '/';
}

static bool is_dropped(const struct draft *d, const struct line_option *o)
{
	static const char *const always[] = {
		"rm", "cidfile", "conmon-pidfile", "restart", "detach", "replace", NULL};
	static const char *const in_pod[] = {"pod", "pod-id-file", NULL};
	const char *name = o->spec ? o->spec->name : NULL;

	if (!name)
		return false;
	if (str_eq(name, "cgroups"))
		return str_eq(o->value, "enabled") || str_eq(o->value, "no-conmon");
	/* nothing would tell systemd that it has started */
	if (str_eq(name, "sdnotify"))
		return str_eq(o->value, "ignore");
	return strv_has((char *const *)always, name) ||
	       (d->pod && strv_has((char *const *)in_pod, name));
}

static bool is_given(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->line.n_options; i++)
		if (d->line.options[i].spec &&
		    str_eq(d->line.options[i].spec->name, name) &&
		    !is_dropped(d, &d->line.options[i]))
			return true;
	return false;
}

static void fill_run(struct draft *d)
{
	char ***start = &d->file.start;
	cleanup_free char *args = unit_quote_words(d->line.args);

	command(d, "run", start);
	strv_add(start, "--cidfile=" ID_FILE);
	if (!is_given(d, "cgroups"))
		strv_add(start, "--cgroups=no-conmon");
	strv_add(start, "--rm");
	if (d->pod)
		strv_addf(start, "--pod-id-file %s", d->pod_id_file);
	if (!is_given(d, "sdnotify"))
		strv_add(start, "--sdnotify=conmon");
	strv_add(start, "-d");
	if (command_line_value(&d->line, "name"))
		strv_add(start, "--replace");
	for (size_t i = 0; i < d->line.n_options; i++) {
		const struct line_option *o = &d->line.options[i];

		if (is_dropped(d, o))
			continue;
		if (o->spec && str_eq(o->spec->name, "name"))
			add_name(d, o, start);
		else
			add_option(o, start);
	}
	strv_add(start, args);
}

static int anew(struct draft *d, struct error *err)
{
	const struct container *c = d->container;
	cleanup_free char *stop = xasprintf("stop --ignore -t %lld --cidfile=%s",
					    (long long)d->stop_sec, ID_FILE),
			  *rm = xasprintf("rm -f --ignore -t %lld --cidfile=%s",
					  (long long)d->stop_sec, ID_FILE);
	int r = parse_line(d, c->config.create_command, "container", c->record.name, err);

	if (r < 0)
		return r;
	if (d->line.command != &cmd_run && d->line.command != &cmd_create)
		return unlike("container", c->record.name, err);
	fill_self(d, d->line.globals);
	if (c->config.create_dir && is_relative(&d->line))
		d->file.directory = d->directory = unit_path(c->config.create_dir);
	strv_add(&d->file.start_pre[0], "/bin/rm -f " ID_FILE);
	fill_run(d);
	command(d, stop, &d->file.stop);
	command(d, rm, &d->file.stop_post);
	return 0;
}

static int make_container(const struct unit_request *request, const struct container *c,
			  const struct pod *pod, struct made_units *ret,
			  struct error *err)
{
	const struct unit_options *o = request->options;
	cleanup_draft struct draft d = {.request = request, .container = c, .pod = pod};
	cleanup_free char *pod_name = pod ? pod_unit(o, pod) : NULL;
	int r;

	begin(&d, container_unit(o, c));
	if (pod) {
		d.file.binds_to = d.binds_to = xasprintf("%s.service", pod_name);
		d.pod_id_file = xasprintf("%%t/%s.pod-id", pod_name);
	}
	r = o->is_new ? anew(&d, err) : existing(&d, err);
	return r < 0 ? r : finish(&d, ret, err);
}

static void warn_of_policy(const struct unit_request *request, const struct container *c)
{
	cleanup_free char *text = NULL;

	if (!c->config.restart || request->options->is_new || !request->warn)
		return;
	text = xasprintf(
		"container %s has restart policy \"%s\" which can lead to issues on "
		"shutdown: consider recreating the container without a restart "
		"policy and use systemd's restart mechanism instead",
		c->record.name, c->config.restart);
	request->warn(text);
}

int unit_make_container(const struct unit_request *r, const struct container *c,
			struct made_units *ret, struct error *err)
{
	if (c->config.is_infra) {
		error_set(err, ERR_INVALID, 0,
			  "container %s is the infra container of a pod", c->record.name);
		return error_hint(err, "Units for the pod: cubby generate systemd %s",
				  c->config.pod_name ? c->config.pod_name : "POD");
	}
	warn_of_policy(r, c);
	return make_container(r, c, NULL, ret, err);
}

/* -------------------------------------------------------------------------- pods */

static int pod_anew(struct draft *d, struct error *err)
{
	static const char *const dropped[] = {"infra-conmon-pidfile", "pod-id-file",
					      "exit-policy", "replace", NULL};
	const struct pod *p = d->pod;
	char ***create = &d->file.start_pre[1];
	cleanup_free char *args = NULL, *stop = NULL, *rm = NULL, *start = NULL;
	int r = parse_line(d, p->config.create_command, "pod", p->record.name, err);

	if (r < 0)
		return r;
	if (d->line.command != &cmd_pod_create)
		return unlike("pod", p->record.name, err);
	fill_self(d, d->line.globals);
	d->pod_id_file = xasprintf("%%t/%s.pod-id", d->name);
	d->file.pidfile = d->pidfile = xasprintf("%%t/%s.pid", d->name);
	strv_addf(&d->file.start_pre[0], "/bin/rm -f %s %s", d->pidfile, d->pod_id_file);
	command(d, "pod create", create);
	strv_addf(create, "--infra-conmon-pidfile %s", d->pidfile);
	strv_addf(create, "--pod-id-file %s", d->pod_id_file);
	strv_add(create, "--exit-policy=stop");
	for (size_t i = 0; i < d->line.n_options; i++) {
		const struct line_option *o = &d->line.options[i];

		if (!o->spec || !strv_has((char *const *)dropped, o->spec->name))
			add_option(o, create);
	}
	if (d->line.args[0] || command_line_value(&d->line, "name"))
		strv_add(create, "--replace");
	args = unit_quote_words(d->line.args);
	if (*args)
		strv_add(create, args);
	start = xasprintf("pod start --pod-id-file %s", d->pod_id_file);
	stop = xasprintf("pod stop --ignore --pod-id-file %s -t %lld", d->pod_id_file,
			 (long long)d->stop_sec);
	rm = xasprintf("pod rm --ignore -f --pod-id-file %s", d->pod_id_file);
	command(d, start, &d->file.start);
	command(d, stop, &d->file.stop);
	command(d, rm, &d->file.stop_post);
	return 0;
}

static const struct container *infra_of(const struct pod *p)
{
	for (size_t i = 0; i < p->members.n; i++)
		if (pod_is_infra(p, &p->members.items[i]))
			return &p->members.items[i];
	return NULL;
}

static int make_pod(const struct unit_request *request, const struct pod *p,
		    const struct container *infra, struct made_units *ret,
		    struct error *err)
{
	const struct unit_options *o = request->options;
	cleanup_draft struct draft d = {.request = request, .container = infra, .pod = p};
	int r;

	begin(&d, pod_unit(o, p));
	for (size_t i = 0; i < p->members.n; i++) {
		cleanup_free char *name = container_unit(o, &p->members.items[i]);

		if (&p->members.items[i] != infra)
			strv_addf(&d.file.members, "%s.service", name);
	}
	r = o->is_new ? pod_anew(&d, err) : existing(&d, err);
	return r < 0 ? r : finish(&d, ret, err);
}

int unit_make_pod(const struct unit_request *r, const struct pod *p,
		  struct made_units *ret, struct error *err)
{
	const struct container *infra = infra_of(p);
	int k;

	if (r->options->is_template)
		return error_set(err, ERR_INVALID, 0,
				 "--template is not supported for pods");
	if (!infra) {
		error_set(err, ERR_INVALID, 0, "pod %s has no infra container",
			  p->record.name);
		return error_hint(err, "Its unit is that container: make the pod with "
				       "cubby pod create --infra");
	}
	k = make_pod(r, p, infra, ret, err);
	for (size_t i = 0; k >= 0 && i < p->members.n; i++) {
		if (&p->members.items[i] == infra)
			continue;
		warn_of_policy(r, &p->members.items[i]);
		k = make_container(r, &p->members.items[i], p, ret, err);
	}
	return k;
}
