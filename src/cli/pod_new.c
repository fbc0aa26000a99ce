/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pod_new.h"

#include <string.h>

#include "cli/create_table.h"
#include "cli/cubby.h"
#include "engine/log_option.h"
#include "engine/pod_create.h"
#include "util/mem.h"
#include "util/str.h"

#define PREFIX "new:"

void pod_new_infra_options(struct create_options *o)
{
	struct create_values v = {0};

	create_values_defaults(&v);
	*o = v.create;
	o->log_driver = LOG_DRIVER_NONE;
}

int pod_new(struct engine *e, struct create_options *o, struct error *err)
{
	struct pod_request request = {
		.engine = e,
		.infra = true,
		.config = {.create_command = (char **)o->create_command,
			   .exit_policy = (char *)"continue"},
		.warn = cubby_warn,
	};
	cleanup_strv char **share = NULL;
	cleanup_free char *id = NULL;
	int r;

	if (!o->namespaces.pod || !str_starts(o->namespaces.pod, PREFIX))
		return 0;
	request.name = o->namespaces.pod + strlen(PREFIX);
	if (str_empty(request.name))
		return error_set(err, ERR_INVALID, 0, "--pod %s: a name is missing",
				 o->namespaces.pod);
	pod_new_infra_options(&request.infra_options);
	request.infra_options.create_command = o->create_command;
	/* who shares a network has none of its own: what is asked for is the pod's */
	request.infra_options.net = o->net;
	o->net = (struct network_options){0};
	r = pod_share_parse(NULL, &share, err);
	request.config.share = share;
	if (r >= 0 && !e->store)
		r = engine_open_store(e, err);
	if (r >= 0)
		r = pod_create(&request, &id, err);
	o->namespaces.pod = request.name;
	return r;
}
