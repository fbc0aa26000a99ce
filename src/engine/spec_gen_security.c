/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "engine/create_plan.h"
#include "engine/spec_gen.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/*
 * podman's rule. Root holds all that its set allows. Another user holds nothing at first
 * (as after any su), unless a capability was added on purpose: then it must be ambient to
 * survive the exec. Inheritable is empty otherwise (CVE-2022-29162).
 */
static void set_names(char ***set, uint64_t mask)
{
	strv_free(*set);
	*set = capability_names(mask);
}

void spec_gen_capabilities(struct spec_capabilities *c, uint64_t bounding, uint64_t added,
			   uint32_t uid)
{
	uint64_t held = uid == 0 ? bounding : added;
	uint64_t ambient = uid == 0 ? 0 : added;

	set_names(&c->bounding, bounding);
	set_names(&c->effective, held);
	set_names(&c->permitted, held);
	set_names(&c->inheritable, ambient);
	set_names(&c->ambient, ambient);
}

static void gen_masks(const struct create_plan *p, struct spec_linux *l)
{
	const char *const *masked = security_masked_paths();
	const char *const *readonly = security_readonly_paths();

	for (; !p->options->privileged && *masked; masked++)
		if (!security_is_unmasked(&p->security, *masked))
			strv_add(&l->masked_paths, *masked);
	for (; !p->options->privileged && *readonly; readonly++)
		if (!security_is_unmasked(&p->security, *readonly))
			strv_add(&l->readonly_paths, *readonly);
	strv_foreach (path, p->security.mask)
		if (!strv_has(l->masked_paths, *path))
			strv_add(&l->masked_paths, *path);
}

/* A copy through JSON, as the plan keeps its own. */
static int copy_profile(const struct spec_seccomp *profile, struct spec_seccomp **ret,
			struct error *err)
{
	cleanup_json struct json_object *document = spec_seccomp_to_json(profile);
	cleanup_free char *text = json_text(document, false);

	return spec_seccomp_parse(text, strlen(text), ret, err);
}

int spec_gen_security(const struct create_plan *p, struct spec *spec, struct error *err)
{
	const struct security_plan *s = &p->security;

	spec->process->capabilities = xcalloc(1, sizeof(*spec->process->capabilities));
	spec_gen_capabilities(spec->process->capabilities, s->bounding, s->added,
			      p->user.uid);
	spec->process->no_new_privileges = s->no_new_privileges;
	if (s->apparmor)
		spec->process->apparmor_profile = xstrdup(s->apparmor);
	gen_masks(p, spec->linux);
	if (!p->seccomp)
		return 0;
	return copy_profile(p->seccomp, &spec->linux->seccomp, err);
}
