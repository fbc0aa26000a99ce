/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/registry_call.h"

#include "transfer/control.h"

static void tell_engine(void *data, const char *id, const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	struct progress p = {.id = id ? id : "",
			     .state = "retry",
			     .done = 0,
			     .total = -1,
			     .text = text};

	if (control_progress(&p, &err) < 0)
		error_drop(&err, "without the engine this process ends anyway");
}

void registry_call_options(const struct transfer_registry_options *from,
			   struct registry_options *ret)
{
	*ret = (struct registry_options){
		.authfile = from->authfile,
		.cert_dir = from->cert_dir,
		.creds = from->creds,
		.registries_conf = from->registries_conf,
		.policy = from->policy,
		.tls_verify = from->tls_verify,
		.retry = from->retry,
		.retry_delay_usec = from->retry_delay_usec,
		.on_retry = tell_engine,
	};
}
