/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_verdict.h"

#include <stdlib.h>

#include "engine/audit_words.h"
#include "util/mem.h"
#include "util/str.h"

void audit_verdict_release(struct audit_verdict *v)
{
	for (size_t i = 0; i < v->n_reasons; i++)
		free(v->reasons[i].text);
	free(v->reasons);
	free(v->text);
	free(v->remedy);
	strv_free(v->notes);
	*v = (struct audit_verdict){0};
}

static void add_reason(struct audit_verdict *v, enum audit_level level, char *text)
{
	size_t at = v->n_reasons;

	v->reasons = xreallocarray(v->reasons, v->n_reasons + 1, sizeof(*v->reasons));
	/* graver ones first, otherwise in the order in which they came */
	for (; at > 0 && v->reasons[at - 1].level < level; at--)
		v->reasons[at] = v->reasons[at - 1];
	v->reasons[at] = (struct audit_reason){.level = level, .text = text};
	v->n_reasons++;
	if (level > v->level)
		v->level = level;
}

static void judge_ids(const struct audit_facts *f, struct audit_verdict *v)
{
	enum audit_level level = audit_id_level(f);

	if (level != AUDIT_ISOLATED)
		add_reason(v, level, audit_words_ids(f));
}

static void judge_paths(const struct audit_facts *f, struct audit_verdict *v)
{
	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];
		enum audit_level level = audit_path_level(f, p);

		if (level != AUDIT_ISOLATED)
			add_reason(v, level, audit_words_path(p));
		if (audit_path_setuid(f, p))
			add_reason(v, AUDIT_ROOT,
				   xasprintf("it can leave setuid-root programs in %s "
					     "for anybody on the host",
					     p->source));
	}
}

static void judge_capabilities(const struct audit_facts *f, struct audit_verdict *v)
{
	uint64_t held = audit_host_capabilities(f);

	for (int n = 0; n < 64; n++)
		if (held & UINT64_C(1) << n)
			add_reason(v, AUDIT_ROOT,
				   xasprintf("it can %s", audit_capability_power(n)));
}

void audit_judge(const struct audit_facts *f, struct audit_verdict *ret)
{
	*ret = (struct audit_verdict){0};
	judge_ids(f, ret);
	judge_paths(f, ret);
	judge_capabilities(f, ret);
	ret->text = audit_words_verdict(f, ret->level);
	ret->notes = audit_words_notes(f);
	ret->remedy = audit_words_remedy(f, ret->level);
}
