/* SPDX-License-Identifier: Apache-2.0 */
#include "util/digest.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define SHORT_DIGITS 12

bool digest_valid(const char *digest)
{
	static const struct {
		const char *prefix;
		size_t n_digits;
	} forms[] = {{"sha256:", 64}, {"sha512:", 128}};

	if (!digest)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *digits = digest + strlen(forms[i].prefix);

		if (str_starts(digest, forms[i].prefix))
			return strlen(digits) == forms[i].n_digits &&
			       strspn(digits, "0123456789abcdef") == forms[i].n_digits;
	}
	return false;
}

const char *digest_hex(const char *digest)
{
	return strchr(digest, ':') + 1;
}

char *digest_path(const char *digest)
{
	char *path = xstrdup(digest);

	*strchr(path, ':') = '/';
	return path;
}

char *digest_short(const char *digest)
{
	return xstrndup(digest_hex(digest), SHORT_DIGITS);
}
