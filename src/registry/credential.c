/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void credentials_release(struct credentials *c)
{
	free(c->username);
	wipe(c->password);
	wipe(c->identity_token);
	free(c->source);
	*c = (struct credentials){0};
}

int credentials_parse(const char *text, struct credentials *ret, struct error *err)
{
	size_t len = strcspn(text, ":");

	if (len == 0)
		return error_set(
			err, ERR_INVALID, 0,
			"--creds: expected USER[:PASSWORD], but the user is missing");
	*ret = (struct credentials){.username = xstrndup(text, len)};
	if (text[len] == ':')
		ret->password = xstrdup(text + len + 1);
	ret->source = xstrdup("--creds");
	return 0;
}
