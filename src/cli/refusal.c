/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/refusal.h"

#include "util/str.h"

int option_refuse(const struct option_refusal *list, const struct option_match *match,
		  struct error *err)
{
	for (const struct option_refusal *r = list; r->name; r++) {
		cleanup_strv char **taken = str_split(r->taken ? r->taken : "", ' ');

		if (!str_eq(r->name, match->spec->name))
			continue;
		if (r->taken && strv_has(taken, match->value))
			return 0;
		error_set(err, ERR_UNSUPPORTED, 0, "%s is not supported: %s",
			  match->typed, r->reason);
		return r->hint ? error_hint(err, "%s", r->hint) : -EINVAL;
	}
	return 0;
}
