/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): what of the host goes into the container, and what is kept from it. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "runtime/seccomp.h"
#include "spec/image.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define PROFILE_MAX         (4 << 20)
#define IMAGE_SECCOMP_LABEL "io.containers.seccomp.profile"

/* --seccomp-policy image: the profile is a label of the image's, unless --security-opt names another. */
static int plan_image_seccomp(struct create_plan *p, struct error *err)
{
	const struct image_run_config *c = p->image ? &p->image->config->config : NULL;
	const char *text =
		c ? image_annotation(c->labels, c->n_labels, IMAGE_SECCOMP_LABEL) : NULL;
	int r;

	if (!text) {
		error_set(err, ERR_INVALID, 0,
			  "--seccomp-policy image: no seccomp policy defined by image");
		return error_hint(err, "It would be the label " IMAGE_SECCOMP_LABEL);
	}
	r = seccomp_profile_parse(text, strlen(text), p->security.bounding, &p->seccomp,
				  err);
	if (r < 0)
		return error_wrap(err, "the image's label " IMAGE_SECCOMP_LABEL);
	p->security.seccomp = SECCOMP_CHOICE_FILE;
	p->security.seccomp_file = xstrdup("image");
	return 0;
}

static int plan_seccomp(struct create_plan *p, struct error *err)
{
	const char *file = p->security.seccomp_file;
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (p->security.seccomp == SECCOMP_CHOICE_DEFAULT &&
	    p->options->inside.seccomp_policy == SECCOMP_POLICY_IMAGE)
		return plan_image_seccomp(p, err);
	if (p->security.seccomp != SECCOMP_CHOICE_FILE)
		return 0;
	r = fs_read(AT_FDCWD, file, PROFILE_MAX, &text, &len, err);
	if (r < 0)
		return error_wrap(err, "--security-opt seccomp");
	r = seccomp_profile_parse(text, len, p->security.bounding, &p->seccomp, err);
	return r < 0 ? error_wrap(err, "--security-opt seccomp=%s", file) : 0;
}

int create_plan_security(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const struct security_request request = {
		.privileged = o->privileged,
		.security_opt = o->security_opt,
		.cap_add = o->cap_add,
		.cap_drop = o->cap_drop,
		.capabilities = o->conf.capabilities,
	};
	int r;

	r = security_plan_build(&request, &p->security, err);
	return r < 0 ? r : plan_seccomp(p, err);
}

int create_plan_devices(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r;

	strv_foreach (text, p->options->devices) {
		r = device_parse(&p->devices, *text, err);
		if (r < 0)
			return r;
	}
	if (!p->options->privileged || e->rootless)
		return 0;
	return device_add_host(&p->devices, err);
}
