/* SPDX-License-Identifier: Apache-2.0 */
/* pod start, stop, restart, kill, pause, unpause */
#include <signal.h>
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/pod_select.h"
#include "engine/pod_act.h"
#include "util/signals.h"

struct state_values {
	struct pod_select select;
	int64_t timeout_sec;
	const char *signal;
	int number;
};

static const struct option_spec select_options[] = {
	OPT_INCLUDE_AT(struct state_values, select, pod_select_table),
	OPT_END,
};

static const struct option_spec start_options[] = {
	OPT_INCLUDE_AT(struct state_values, select, pod_select_table),
	OPT_STRV(struct state_values, select.id_files, "pod-id-file", 0, "FILE",
		 "read the pod's ID from a file"),
	OPT_END,
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec stop_options[] = {
	OPT_INCLUDE_AT(struct state_values, select, pod_select_table),
	OPT_INCLUDE_AT(struct state_values, select, pod_ignore_table),
	OPT_I64(struct state_values, timeout_sec, "time", 't', "SECONDS",
		"how long to wait before killing (default: each one's --stop-timeout)",
		.max = 1000000000, .min = -1, .aliases = timeout_alias),
	OPT_END,
};

static const struct option_spec kill_options[] = {
	OPT_INCLUDE_AT(struct state_values, select, pod_select_table),
	OPT_STRING(struct state_values, signal, "signal", 's', "SIGNAL",
		   "signal to send (default KILL)"),
	OPT_END,
};

static void defaults(void *values)
{
	struct state_values *v = values;

	v->timeout_sec = -1;
	v->signal = "KILL";
}

static const struct pod_talk talk = {.report = pod_select_report,
				     .start = {.warn = cubby_warn}};

static int said(int r, const char *text)
{
	if (r >= 0)
		printf("%s\n", text);
	return r;
}

static int start(const struct engine *e, const struct pod *p, const char *typed,
		 void *data, struct error *err)
{
	(void)data;
	return said(pod_start(e, p, &talk, err), typed);
}

static int stop(const struct engine *e, const struct pod *p, const char *typed,
		void *data, struct error *err)
{
	const struct state_values *v = data;

	return said(pod_stop(e, p, v->timeout_sec, &talk, err), typed);
}

static int restart(const struct engine *e, const struct pod *p, const char *typed,
		   void *data, struct error *err)
{
	(void)typed;
	(void)data;
	return said(pod_restart(e, p, &talk, err), p->record.id);
}

static int send_signal(const struct engine *e, const struct pod *p, const char *typed,
		       void *data, struct error *err)
{
	const struct state_values *v = data;

	(void)typed;
	return said(pod_kill(e, p, v->number, &talk, err), p->record.id);
}

static int pause_pod(const struct engine *e, const struct pod *p, const char *typed,
		     void *data, struct error *err)
{
	(void)typed;
	(void)data;
	return said(pod_pause(e, p, &talk, err), p->record.id);
}

static int unpause(const struct engine *e, const struct pod *p, const char *typed,
		   void *data, struct error *err)
{
	(void)typed;
	(void)data;
	return said(pod_unpause(e, p, &talk, err), p->record.id);
}

static int act(const struct command_call *call,
	       int (*fn)(const struct engine *, const struct pod *, const char *, void *,
			 struct error *),
	       struct error *err)
{
	struct state_values *v = call->values;
	const struct pod_job job = {.select = &v->select, .act = fn, .data = v};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	return r < 0 ? r : pod_select_each(call, &e, &job, err);
}

static int run_start(const struct command_call *call, struct error *err)
{
	return act(call, start, err);
}

static int run_stop(const struct command_call *call, struct error *err)
{
	return act(call, stop, err);
}

static int run_restart(const struct command_call *call, struct error *err)
{
	return act(call, restart, err);
}

static int run_pause(const struct command_call *call, struct error *err)
{
	return act(call, pause_pod, err);
}

static int run_unpause(const struct command_call *call, struct error *err)
{
	return act(call, unpause, err);
}

static int run_kill(const struct command_call *call, struct error *err)
{
	struct state_values *v = call->values;
	int r = signal_parse(v->signal, &v->number);

	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "invalid signal: %s", v->signal);
	return act(call, send_signal, err);
}

#define POD_COMMAND(word, table, text, help_examples)       \
	const struct command cmd_pod_##word = {             \
		.name = #word,                              \
		.group = "Pods",                            \
		.usage = "[options] POD [POD...]",          \
		.summary = (text),                          \
		.examples = (help_examples),                \
		.options = (table),                         \
		.values_size = sizeof(struct state_values), \
		.defaults = defaults,                       \
		.max_args = COMMAND_ANY,                    \
		.run = run_##word,                          \
	}

POD_COMMAND(start, start_options, "start the containers of pods",
	    "cubby pod start shop\n"
	    "cubby pod start --all");
POD_COMMAND(stop, stop_options, "stop the containers of pods",
	    "cubby pod stop shop\n"
	    "cubby pod stop -t 2 shop\n"
	    "cubby pod stop --all");
POD_COMMAND(restart, select_options, "stop the containers of pods, and start them",
	    "cubby pod restart shop\n"
	    "cubby pod restart --latest");
POD_COMMAND(kill, kill_options, "send a signal to the containers of pods",
	    "cubby pod kill shop\n"
	    "cubby pod kill -s HUP shop");
POD_COMMAND(pause, select_options, "stop all processes of pods for a while",
	    "cubby pod pause shop\n"
	    "cubby pod pause --all");
POD_COMMAND(unpause, select_options, "let the processes of paused pods go on",
	    "cubby pod unpause shop\n"
	    "cubby pod unpause --all");
