/* SPDX-License-Identifier: Apache-2.0 */
/* Which files credentials lie in; see credentials.h. */
#pragma once

#include <stdbool.h>

/* In a list of helpers: the files. */
#define CREDENTIAL_FILES "containers-auth.json"

/* credential_place_named() - the caller or the environment names the file: there is no other. */
bool credential_place_named(const char *authfile);

/* credential_places() - those to be read, in order (strv; caller frees); the first is the one that is
 * written. Never empty unless there is neither a home nor a runtime directory. */
char **credential_places(const char *authfile);
