/* SPDX-License-Identifier: Apache-2.0 */
/* Step of create_plan_build(): its health check. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/create_image.h"
#include "engine/health_config.h"
#include "engine/sdnotify.h"
#include "spec/image.h"
#include "util/str.h"

static int check_destination(const char *path, struct error *err)
{
	if (!path || path[0] != '/')
		return 0;
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "--health-log-destination %s", path);
	return 0;
}

int create_plan_health(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct image_healthcheck *image =
		p->image ? p->image->config->config.healthcheck : NULL;
	int r = health_config_make(&p->options->health, image, &p->health, err);

	(void)e;
	if (r >= 0)
		r = check_destination(p->health.log_destination, err);
	if (r >= 0 && p->options->sdnotify == SDNOTIFY_HEALTHY &&
	    !health_config_has_check(&p->health))
		return error_set(
			err, ERR_INVALID, 0,
			"sdnotify policy \"healthy\" requires a healthcheck to be set");
	return r;
}
