/* SPDX-License-Identifier: Apache-2.0 */
#include "build/run_check.h"

#include "build/secret_option.h"
#include "build/ssh_option.h"
#include "util/mem.h"
#include "util/str.h"

static int check_secrets(const struct build_options *o, struct error *err)
{
	cleanup_build_secrets struct build_secrets secrets = {0};
	int r = build_secrets_parse(o->secrets, &secrets, err);

	return r < 0 ? r : build_secrets_check(&secrets, err);
}

static int check_ssh(const struct build_options *o, struct error *err)
{
	cleanup_build_sshs struct build_sshs list = {0};
	int r = build_sshs_parse(o->ssh, &list, err);

	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		cleanup_free char *socket = NULL;

		r = build_ssh_socket(&list.items[i], &socket, err);
	}
	return r;
}

/* Source: docker-buildx-build(1), --allow. */
static int check_allowed(const struct build_options *o, struct error *err)
{
	static const char *const known[] = {"network.host", "security.insecure", NULL};

	strv_foreach (words, o->allow) {
		cleanup_strv char **list = str_split(*words, ',');

		strv_foreach (word, list) {
			if (strv_has((char *const *)known, *word))
				continue;
			error_set(err, ERR_INVALID, 0,
				  "--allow %s: there is no such word", *word);
			return error_hint(err, "There are network.host and "
					       "security.insecure");
		}
	}
	return 0;
}

int run_options_check(const struct build_options *o, struct error *err)
{
	int r = check_secrets(o, err);

	if (r >= 0)
		r = check_ssh(o, err);
	return r < 0 ? r : check_allowed(o, err);
}
