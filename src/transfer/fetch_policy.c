/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/fetch_policy.h"

#include "registry/policy.h"

void fetch_policy_release(struct fetch_policy *p)
{
	for (unsigned int i = 0; i < p->n; i++)
		error_release(&p->answers[i].refusal);
	p->n = 0;
}

static int ask(const struct policy *policy, const struct fetch *f, const char *transport,
	       struct error *err)
{
	const char *path = f->request.input_is_stdin ? NULL : f->transport.path;

	return policy_check_path(policy, transport, path, f->transport.reference, err);
}

static void keep(const struct policy *policy, const struct fetch *f,
		 enum transport_kind kind, const char *transport, struct fetch_policy *to)
{
	to->answers[to->n].kind = kind;
	to->answers[to->n].refusal = ERROR_INIT;
	(void)!ask(policy, f, transport, &to->answers[to->n].refusal);
	to->n++;
}

int fetch_policy_ask(const struct fetch *f, bool is_dir, struct fetch_policy *ret,
		     struct error *err)
{
	cleanup_policy struct policy *policy = NULL;

	ret->n = 0;
	if (f->request.is_commit)
		return 0;
	int r = policy_load(f->request.registry.policy, &policy, err);
	if (r < 0)
		return r;
	if (f->transport.kind != TRANSPORT_ARCHIVE)
		return ask(policy, f, transport_word(f->transport.kind), err);
	keep(policy, f, TRANSPORT_OCI_ARCHIVE, is_dir ? "oci" : "oci-archive", ret);
	if (is_dir)
		keep(policy, f, TRANSPORT_DIR, "dir", ret);
	else
		keep(policy, f, TRANSPORT_DOCKER_ARCHIVE, "docker-archive", ret);
	return 0;
}

int fetch_policy_check(struct fetch_policy *p, enum transport_kind kind,
		       struct error *err)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->answers[i].kind == kind && error_is_set(&p->answers[i].refusal))
			return error_move(err, &p->answers[i].refusal);
	return 0;
}
