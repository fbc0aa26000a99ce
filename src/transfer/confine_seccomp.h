/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filters of confine.c. no_new_privs must be set already. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define CONFINE_SANITIZED true
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED false
#endif

/* Everything but what a network client can't need: that fails with EPERM. */
int confine_seccomp_network(struct error *err) _must_check_;
/* Only what handling files below a directory needs (reading only, if not writable): anything else
 * kills the process. */
int confine_seccomp_tree(bool writable, struct error *err) _must_check_;
/* Only reading, writing, memory and time: anything else kills the process. */
int confine_seccomp_stream(struct error *err) _must_check_;
