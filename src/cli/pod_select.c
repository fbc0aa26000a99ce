/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pod_select.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_FILE_MAX 4096

const struct option_spec pod_latest_table[] = {
	OPT_BOOL(struct pod_select, latest, "latest", 'l', "the pod made last"),
	OPT_END,
};

const struct option_spec pod_select_table[] = {
	OPT_BOOL(struct pod_select, all, "all", 'a', "all pods"),
	OPT_INCLUDE(pod_latest_table),
	OPT_END,
};

const struct option_spec pod_ignore_table[] = {
	OPT_BOOL(struct pod_select, ignore, "ignore", 'i',
		 "no error if a pod does not exist"),
	OPT_STRV(struct pod_select, id_files, "pod-id-file", 0, "FILE",
		 "read the pod's ID from a file"),
	OPT_END,
};

void pod_select_report(const struct error *err)
{
	cli_print_error(stderr, err);
}

static int find_latest(const struct engine *e, struct pod *ret, struct error *err)
{
	cleanup_pods struct pods all = {0};
	int r = pod_list(e, &all, err);

	if (r < 0)
		return r;
	if (all.n == 0)
		return error_set(err, ERR_NOT_FOUND, 0, "there are no pods: no such pod");
	*ret = all.items[all.n - 1];
	all.items[all.n - 1] = (struct pod){0};
	return 0;
}

int pod_select_one(const struct command_call *call, const struct engine *e, bool latest,
		   struct pod *ret, struct error *err)
{
	if (latest)
		return find_latest(e, ret, err);
	if (call->n_args)
		return pod_find(e, call->args[0], ret, err);
	error_set(err, ERR_INVALID, 0, "%s pod %s needs the name or ID of a pod",
		  call->program->name, call->command->name);
	return error_hint(err, "'cubby pod ps' lists them");
}

static int check_choice(const struct command_call *call, const struct pod_select *s,
			struct error *err)
{
	if ((s->all || s->latest) && (call->n_args || s->id_files))
		return error_set(err, ERR_INVALID, 0,
				 "--all and --latest cannot be used together with pods");
	if (s->all && s->latest)
		return error_set(err, ERR_INVALID, 0,
				 "--all and --latest cannot be used together");
	if (s->all || s->latest || call->n_args || s->id_files)
		return 0;
	error_set(err, ERR_INVALID, 0, "you must provide at least one pod name or id");
	return error_hint(err, "'cubby pod ps' lists the pods");
}

/* The words that mean pods, in order. */
static int collect(const struct command_call *call, const struct pod_select *s,
		   const struct pods *all, char ***ret, struct error *err)
{
	size_t first = s->latest && all->n ? all->n - 1 : 0;

	for (size_t i = first; i < all->n; i++)
		strv_add(ret, all->items[i].record.id);
	for (size_t i = 0; i < call->n_args; i++)
		strv_add(ret, call->args[i]);
	strv_foreach (path, s->id_files) {
		cleanup_free char *text = NULL;
		int r = fs_read(AT_FDCWD, *path, ID_FILE_MAX, &text, NULL, err);

		if (r < 0 && err->kind == ERR_NOT_FOUND && s->ignore) {
			error_drop(err, "--ignore");
			continue;
		}
		if (r < 0)
			return error_wrap(err, "--pod-id-file");
		text[strcspn(text, "\n")] = '\0';
		strv_add(ret, text);
	}
	return 0;
}

static int act_on(const struct engine *e, const struct pod_job *job, const char *word,
		  struct error *err)
{
	cleanup_pod struct pod p = {0};
	int r = pod_find(e, word, &p, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && job->select->ignore) {
		error_drop(err, "--ignore");
		return 0;
	}
	return r < 0 ? r : job->act(e, &p, word, job->data, err);
}

int pod_select_each(const struct command_call *call, const struct engine *e,
		    const struct pod_job *job, struct error *err)
{
	cleanup_strv char **words = NULL;
	cleanup_pods struct pods all = {0};
	int r = check_choice(call, job->select, err);

	if (r >= 0 && (job->select->all || job->select->latest))
		r = pod_list(e, &all, err);
	if (r >= 0)
		r = collect(call, job->select, &all, &words, err);
	if (r < 0)
		return r;
	strv_foreach (word, words) {
		cleanup_error struct error failure = ERROR_INIT;

		if (act_on(e, job, *word, &failure) >= 0)
			continue;
		if (error_is_set(err))
			pod_select_report(err);
		error_release(err);
		r = error_move(err, &failure);
	}
	return r < 0 ? r : 0;
}
