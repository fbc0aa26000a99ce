/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_url.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define PREFIX_MIN 7 /* digits of a commit that mean one */

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	const char *at = lower ? strchr(digits, lower) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* In place. */
static void decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '%' && digit(at[1]) >= 0 && digit(at[2]) >= 0) {
			*to++ = (char)(digit(at[1]) * 16 + digit(at[2]));
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

char *copy_url_name(const char *url)
{
	const char *host = strstr(url, "://");
	cleanup_free char *path = NULL, *name = NULL;
	const char *slash;

	host = host ? host + 3 : url;
	path = xstrndup(host, strcspn(host, "?#"));
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	name = xstrdup(slash + 1);
	decode(name);
	if (str_empty(name) || str_eq(name, ".") || str_eq(name, "..") ||
	    strchr(name, '/'))
		return NULL;
	return TAKE_PTR(name);
}

int copy_url_check_commit(const char *commit, const char *checksum, struct error *err)
{
	if (strlen(checksum) >= PREFIX_MIN && str_starts(commit, checksum))
		return 0;
	return error_set(err, ERR_INVALID, 0, "the commit is %s, and --checksum says %s",
			 commit, checksum);
}
