/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/doctor.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/doctor_rules.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define LINGER_SAYS_MAX 1024

static const struct doctor_subject *const subjects[] = {
	&doctor_ids,    &doctor_kernel,  &doctor_storage,  &doctor_session,
	&doctor_limits, &doctor_network, &doctor_programs,
};

/* What is lost, each once. */
static char *losses(const struct doctor_report *r)
{
	cleanup_strv char **all = NULL;

	for (size_t i = 0; i < r->n_checks; i++)
		if (r->checks[i].status == DOCTOR_MISSING &&
		    !strv_has(all, r->checks[i].loss))
			strv_add(&all, r->checks[i].loss);
	return strv_join(all, ", ");
}

static char *verdict(const struct doctor_report *r)
{
	cleanup_free char *lost = NULL;

	for (size_t i = 0; i < r->n_checks; i++)
		if (r->checks[i].status == DOCTOR_MISSING && r->checks[i].essential)
			return xstrdup("containers do not run here");
	if (r->counts[DOCTOR_MISSING] == 0)
		return xstrdup(r->counts[DOCTOR_DEGRADED]
				       ? "containers run, some things less well"
				       : "containers run");
	lost = losses(r);
	return xasprintf("containers run, but %s", lost);
}

static void summarize(struct doctor_report *r)
{
	static const enum doctor_status order[] = {DOCTOR_OK, DOCTOR_DEGRADED,
						   DOCTOR_MISSING, DOCTOR_UNTRIED};
	cleanup_free char *said = verdict(r), *list = NULL;
	cleanup_strv char **counts = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (r->counts[order[i]])
			strv_addf(&counts, "%zu %s", r->counts[order[i]],
				  doctor_status_word(order[i]));
	list = strv_join(counts, ", ");
	r->summary = xasprintf("%s: %s", list, said);
}

static void judge_rule(const struct doctor_facts *f, const char *subject,
		       const struct doctor_rule *rule, struct doctor_report *r)
{
	struct doctor_check *c = &r->checks[r->n_checks++];

	*c = (struct doctor_check){
		.id = rule->id,
		.subject = subject,
		.name = rule->name,
		.why = rule->why,
		.loss = rule->loss,
	};
	rule->judge(f, c);
	if (!c->detail && c->status == DOCTOR_UNTRIED && rule->needs)
		c->detail = xasprintf("needs %s", rule->needs);
	else if (!c->detail)
		c->detail = xstrdup("");
	r->counts[c->status]++;
}

void doctor_judge(const struct doctor_facts *f, struct doctor_report *ret)
{
	struct doctor_report r = {0};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		n += subjects[i]->n_rules;
	r.checks = xcalloc(n, sizeof(*r.checks));
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		for (size_t j = 0; j < subjects[i]->n_rules; j++)
			judge_rule(f, subjects[i]->name, &subjects[i]->rules[j], &r);
	summarize(&r);
	*ret = r;
}

void doctor_report_release(struct doctor_report *r)
{
	for (size_t i = 0; i < r->n_checks; i++)
		doctor_check_release(&r->checks[i]);
	free(r->checks);
	free(r->summary);
	*r = (struct doctor_report){0};
}

static int mend_mode(const struct doctor_dir *d, struct error *err)
{
	mode_t mode = (d->mode & ~(mode_t)(S_IWGRP | S_IWOTH)) | S_IRWXU;

	if (chmod(d->path, mode) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "change the mode of %s", d->path);
	return 0;
}

static int enable_linger(struct error *err)
{
	char *const argv[] = {(char *)"loginctl", (char *)"enable-linger", NULL};
	cleanup_buf struct buf said = {0};
	int r;

	buf_init(&said, LINGER_SAYS_MAX);
	r = proc_run(argv[0], argv, &said, err);
	if (r <= 0)
		return r;
	if (said.data)
		said.data[strcspn(said.data, "\n")] = '\0';
	return error_set(err, ERR_DENIED, 0, "%s",
			 said.data && *said.data ? said.data : "it failed");
}

int doctor_fix(const struct doctor_facts *f, const struct doctor_check *check,
	       struct error *err)
{
	switch (check->fix) {
	case DOCTOR_FIX_DATA_MODE:
		return mend_mode(&f->data, err);
	case DOCTOR_FIX_RUN_MODE:
		return mend_mode(&f->run, err);
	case DOCTOR_FIX_LINGER:
		return enable_linger(err);
	case DOCTOR_FIX_NONE:
		break;
	}
	return 0;
}
