/* SPDX-License-Identifier: Apache-2.0 */
/* What is not free is looked at twice: in between, what killed containers left is swept away. */
#include "engine/network_lease.h"
#include "engine/settle.h"
#include "store/network_record.h"
#include "util/log.h"
#include "util/str.h"

/* Addresses in the hands of the dead are given back. */
static int sweep(const struct engine *e, const char *own_id, struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = address_record_holders(e->store, &ids, err);

	strv_foreach (id, ids) {
		cleanup_error struct error busy = ERROR_INIT;

		if (!str_eq(*id, own_id) && container_settle(e, *id, false, &busy) < 0)
			error_drop(&busy, "somebody is at it");
	}
	return r < 0 ? r : container_sweep(e, err);
}

int network_lease_take(const struct engine *e, const struct network_lease_request *q,
		       struct network_lease *ret, struct error *err)
{
	int r = network_lease_try(e, q, ret, err);

	if (r >= 0 || err->kind != ERR_CONFLICT)
		return r;
	log_debug("an address is not free: look for what killed containers left");
	error_release(err);
	r = sweep(e, q->id, err);
	return r < 0 ? r : network_lease_try(e, q, ret, err);
}
