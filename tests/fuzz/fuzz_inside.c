/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of an image from which files of a container are made: /etc/hosts, /etc/passwd and /etc/group, and the words of
 * --add-host and --env-merge. The first byte says which. What comes out is one line for each of the things it says.
 */
#include <stdint.h>
#include <string.h>

#include "engine/environment.h"
#include "engine/etc_hosts.h"
#include "engine/etc_users.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_hosts(const char *text)
{
	const char *const add[] = {text, NULL};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf b = {0};
	bool good = etc_check_add_host(text, false, &err) >= 0;
	const struct etc_hosts hosts = {
		.add = good ? (char *const *)add : NULL,
		.base = text,
		.hostname = "box",
		.name = "web",
	};

	buf_init(&b, 1 << 20);
	if (etc_hosts_text(&hosts, &b) == 0 && (!b.len || b.data[b.len - 1] != '\n'))
		__builtin_trap();
}

static void try_resolv(const char *text)
{
	static const char *const servers[] = {"1.1.1.1", NULL};
	cleanup_buf struct buf b = {0};
	const struct etc_resolv resolv = {.base = text,
					  .servers = (char *const *)servers};

	buf_init(&b, 1 << 20);
	if (etc_resolv_text(&resolv, &b) == 0 &&
	    !str_ends(b.data, "nameserver 1.1.1.1\n"))
		__builtin_trap();
}

/* A name of the host's, whatever it is, makes no line of its own. */
static void try_users(char *text)
{
	const struct host_account account = {text, text, text, text, 1, 1};
	cleanup_free char *passwd = NULL, *group = NULL;

	etc_users_lines(
		&(struct etc_users){
			.files = {text, text},
			.caller = &account,
			.user = "77:88",
			.gid = 88,
			.home = "/",
		},
		&passwd, &group);
	for (const char *at = passwd; at && *at; at = strchr(at, '\n') + 1) {
		cleanup_free char *line = xstrndup(at, strcspn(at, "\n"));
		cleanup_strv char **fields = str_split(line, ':');

		if (strv_len(fields) != 7)
			__builtin_trap();
	}
}

static void try_merge(const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **env = NULL;

	strv_add(&env, "A=old");
	if (environment_merge(&env, text, &err) < 0 && !error_is_set(&err))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = NULL;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		try_hosts(text);
		break;
	case 1:
		try_resolv(text);
		break;
	case 2:
		try_users(text);
		break;
	default:
		try_merge(text);
	}
	return 0;
}
