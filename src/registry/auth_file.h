/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of credentials: auth.json, Docker's config.json. Reading, looking up, changing; a change
 * is made under a lock of its directory and leaves alone what it is not about.
 */
#pragma once

#include <stdbool.h>

#include "registry/credential.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

#define AUTH_FILE_MAX (1 << 20)

struct auth_file {
	char *path;                   /* owned */
	struct json_object *document; /* owned */
	int dir_fd;                   /* locked, while it is being changed; else -EBADF */
};
#define AUTH_FILE_INIT ((struct auth_file){.dir_fd = -EBADF})
void auth_file_close(struct auth_file *f);
#define cleanup_auth_file cleanup(auth_file_close)

/* auth_file_read() - Return: 1, 0 if there is no such file, or -errno. */
int auth_file_read(const char *path, struct auth_file *ret,
		   struct error *err) _must_check_;

/* auth_file_edit() - for changing; an empty document if there is no such file yet (its directory is
 * made, 0700). Waits for others who change it. */
int auth_file_edit(const char *path, struct auth_file *ret,
		   struct error *err) _must_check_;

/* auth_file_save() - what auth_file_edit() gave, changed; mode 0600, atomically. */
int auth_file_save(struct auth_file *f, struct error *err) _must_check_;

/*
 * A key is "host[:port][/namespace]", or a URL of a host as Docker has them. All names of docker.io
 * are the same. auth_key() - "docker.io/a" from "https://index.docker.io/v1/" and the like. Caller
 * frees.
 */
char *auth_key(const char *text);
/* auth_key_server() - of such a key's host, as helpers know it: "https://index.docker.io/v1/" for
 * docker.io. Caller frees. */
char *auth_key_server(const char *key);

/* auth_file_find() - the entry of exactly this key (as of auth_key()) with something in it. Return:
 * 1, 0 or -errno. */
int auth_file_find(const struct auth_file *f, const char *key, struct credentials *ret,
		   struct error *err) _must_check_;

/* auth_file_has() - there is an entry, be there something in it or not. */
bool auth_file_has(const struct auth_file *f, const char *key);

/* auth_file_helper() - the helper for this host in credHelpers, or NULL;
 * auth_file_default_helper() - credsStore, or NULL. Both point into the document. */
const char *auth_file_helper(const struct auth_file *f, const char *host);
const char *auth_file_default_helper(const struct auth_file *f);

/* auth_file_set() - c NULL: an entry with nothing in it. auth_file_remove() - whether there was one. */
void auth_file_set(struct auth_file *f, const char *key, const struct credentials *c);
bool auth_file_remove(struct auth_file *f, const char *key);
