/* SPDX-License-Identifier: Apache-2.0 */
/* Which machine this is, as profiles name it, and what they say about its other tables.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* seccomp_default_arch_name() - this machine's architecture: libseccomp's name in lower
 * case
 * ("x86_64"). Static. */
const char *seccomp_default_arch_name(void);

/* seccomp_default_arch_in_list() - is `name` one of those in `list`, separated by commas?
 */
bool seccomp_default_arch_in_list(const char *list, const char *name);

/* seccomp_default_capabilities() - `capabilities` without those that make no difference
 * to the profile. */
uint64_t seccomp_default_capabilities(uint64_t capabilities);
