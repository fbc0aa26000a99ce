/* SPDX-License-Identifier: Apache-2.0 */
/* RUN --mount, --secret and --ssh: none of them may crash, and what was understood is whole. */
#include <stdlib.h>
#include <string.h>

#include "build/run_mount_option.h"
#include "build/secret_option.h"
#include "build/ssh_option.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void mount(const char *text)
{
	static const char *const vars[] = {"A=/a", "B=b,c", NULL};
	const struct expand_scope scope = {(char *const *)vars, '\\'};
	struct error err = ERROR_INIT;
	struct run_mount m = {0};

	if (run_mount_parse(text, "/work", &scope, &m, &err) < 0) {
		if (!error_is_set(&err))
			abort();
		error_release(&err);
		return;
	}
	if (m.target && (m.target[0] != '/' || !m.target[1]))
		abort();
	if (!m.target && m.type != RUN_MOUNT_SECRET && m.type != RUN_MOUNT_SSH)
		abort();
	if (m.type == RUN_MOUNT_SECRET && !m.target && !m.env)
		abort();
	run_mount_release(&m);
}

static void options(const char *text)
{
	const char *const one[] = {text, NULL};
	cleanup_build_secrets struct build_secrets secrets = {0};
	cleanup_build_sshs struct build_sshs sshs = {0};
	struct error err = ERROR_INIT;

	if (build_secrets_parse((char *const *)one, &secrets, &err) >= 0 &&
	    (!secrets.items[0].path == !secrets.items[0].env))
		abort();
	error_release(&err);
	(void)!build_sshs_parse((char *const *)one, &sshs, &err);
	error_release(&err);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);

	mount(text);
	options(text);
	return 0;
}
