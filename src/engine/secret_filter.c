/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/secret_filter.h"

#include <regex.h>
#include <stddef.h>
#include <string.h>

#include "util/str.h"

#define NAME_KEY "name="
#define ID_KEY   "id="

static bool matches_regex(const char *pattern, const char *text, bool *ret_valid)
{
	regex_t regex;
	bool matches;

	*ret_valid = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0;
	if (!*ret_valid)
		return false;
	matches = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

int secret_filter_check(char *const *filters, struct error *err)
{
	bool valid = true;

	strv_foreach (filter, filters) {
		if (str_starts(*filter, ID_KEY))
			continue;
		if (!str_starts(*filter, NAME_KEY)) {
			error_set(err, ERR_INVALID, 0, "invalid filter \"%s\"", *filter);
			return error_hint(err, "The filters are name=, id=");
		}
		(void)matches_regex(*filter + strlen(NAME_KEY), "", &valid);
		if (!valid)
			return error_set(err, ERR_INVALID, 0,
					 "filter \"%s\": not a regular expression",
					 *filter);
	}
	return 0;
}

/* Whether there is none of the key, or one that holds. */
static bool any_holds(char *const *filters, const char *key,
		      const struct secret_record *r)
{
	bool asked = false, valid;

	strv_foreach (filter, filters) {
		const char *value = *filter + strlen(key);

		if (!str_starts(*filter, key))
			continue;
		asked = true;
		if (str_eq(key, ID_KEY) ? str_starts(r->id, value)
					: matches_regex(value, r->name, &valid))
			return true;
	}
	return !asked;
}

bool secret_filter_matches(char *const *filters, const struct secret_record *r)
{
	return any_holds(filters, NAME_KEY, r) && any_holds(filters, ID_KEY, r);
}
