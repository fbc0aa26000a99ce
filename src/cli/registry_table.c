/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/registry_table.h"

#include <stdlib.h>

#include "image/platform.h"
#include "util/mem.h"
#include "util/str.h"

#define R struct registry_values
#define P struct platform_values

const struct option_spec auth_table[] = {
	OPT_STRING(R, authfile, "authfile", 0, "FILE",
		   "where logins are kept (default: podman's and Docker's places)"),
	OPT_END,
};

const struct option_spec tls_table[] = {
	OPT_STRING(R, cert_dir, "cert-dir", 0, "DIR",
		   "certificates to trust (*.crt) and to show (*.cert, *.key)"),
	OPT_BOOL(R, tls_verify, "tls-verify", 0,
		 "insist on HTTPS with a certificate that is trusted (default true)",
		 .given = OPT_GIVEN(R, tls_verify_given)),
	OPT_END,
};

const struct option_spec registry_table[] = {
	OPT_GROUP("Registry"),
	OPT_INCLUDE(auth_table),
	OPT_STRING(R, creds, "creds", 0, "USER[:PASSWORD]", "who to be at the registry"),
	OPT_INCLUDE(tls_table),
	OPT_I64(R, retry, "retry", 0, "N", "attempts after the first (default 3)",
		.max = 1000),
	OPT_DURATION(R, retry_delay_usec, "retry-delay", 0, "TIME",
		     "time between attempts (default: growing from 1s)"),
	OPT_END,
};

const struct option_spec platform_table[] = {
	OPT_STRING(P, platform, "platform", 0, "OS/ARCH[/VARIANT]",
		   "the image for this platform (default: this host's)"),
	OPT_STRING(P, os, "os", 0, "OS", "the image for this OS"),
	OPT_STRING(P, arch, "arch", 0, "ARCH", "the image for this architecture"),
	OPT_STRING(P, variant, "variant", 0, "VARIANT",
		   "the image for this variant of the architecture"),
	OPT_END,
};

void registry_values_defaults(struct registry_values *v)
{
	v->retry = -1;
	v->retry_delay_usec = -1;
}

void registry_values_fill(const struct registry_values *v,
			  struct transfer_registry_options *ret)
{
	*ret = (struct transfer_registry_options){
		.authfile = (char *)v->authfile,
		.creds = (char *)v->creds,
		.cert_dir = (char *)v->cert_dir,
		.tls_verify = v->tls_verify_given ? v->tls_verify : -1,
		.retry = v->retry,
		.retry_delay_usec = v->retry_delay_usec,
	};
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int platform_values_fill(const struct platform_values *v, struct transfer_platform *ret,
			 struct error *err)
{
	struct image_platform p = {0};
	int r;

	if (v->platform && (v->os || v->arch || v->variant))
		return error_set(
			err, ERR_INVALID, 0,
			"--platform does not go with --os, --arch and --variant");
	*ret = (struct transfer_platform){
		.os = copy(v->os),
		.architecture = copy(v->arch),
		.variant = copy(v->variant),
	};
	if (!v->platform)
		return 0;
	r = platform_parse(v->platform, &p, err);
	if (r < 0)
		return error_wrap(err, "--platform %s", v->platform);
	ret->os = copy(p.os);
	ret->architecture = copy(p.architecture);
	ret->variant = copy(p.variant);
	image_platform_release(&p);
	return 0;
}

void transfer_platform_clear(struct transfer_platform *p)
{
	free(p->os);
	free(p->architecture);
	free(p->variant);
	*p = (struct transfer_platform){0};
}
