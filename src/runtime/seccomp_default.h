/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in profile, and which machine this is, as profiles name it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_seccomp;

/* seccomp_default_arch_name() - this machine's architecture: libseccomp's name in lower
 * case ("x86_64"). Static. */
const char *seccomp_default_arch_name(void);

/* seccomp_default_arch_in_list() - is `name` one of those in `list`, separated by commas? */
bool seccomp_default_arch_in_list(const char *list, const char *name);

/* seccomp_default_capabilities() - `capabilities` without those that make no difference
 * to the profile. */
uint64_t seccomp_default_capabilities(uint64_t capabilities);

/* seccomp_default_profile() - the built-in profile in OCI form; caller frees. */
int seccomp_default_profile(uint64_t capabilities, struct spec_seccomp **ret,
			    struct error *err) _must_check_;
