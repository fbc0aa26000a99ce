/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp: profiles (the default, Docker's format, OCI's format) become a BPF program
 * that is kept in a cache; loading it is the last act before exec. Compiling costs
 * milliseconds and needs libseccomp; a cached program is one small file. The program is
 * laid out as a balanced tree: the kernel walks it once for each system call number when
 * it is loaded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/seccomp_filter.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec_seccomp;

/* Beside the capabilities of the default profile: namespaces and mounts may be made (--nested). */
#define SECCOMP_NESTED (UINT64_C(1) << 63)

/*
 * seccomp_compile() - OCI profile to BPF, through the cache. cache_dirfd: directory of
 * the cache (owner checked by the caller), or -EBADF for none; a cache that can't be read
 * or written is no error. Unknown system call names are skipped, as the specification
 * wants. Keyed by the profile, architecture and libseccomp's version.
 */
int seccomp_compile(const struct spec_seccomp *profile, int cache_dirfd,
		    struct seccomp_filter *ret, struct error *err) _must_check_;

/*
 * seccomp_compile_default() - the built-in profile (same effect as Docker's for these
 * capabilities: bit N is CAP number N of the bounding set, and SECCOMP_NESTED). The cache hit does not build
 * the profile at all. Unknown system calls give ENOSYS, not EPERM.
 */
int seccomp_compile_default(uint64_t capabilities, int cache_dirfd,
			    struct seccomp_filter *ret, struct error *err) _must_check_;

/*
 * seccomp_profile_parse() - a profile file in Docker's format (archMap, includes/excludes
 * by capability, architecture, kernel version) or in OCI's; told apart by its members.
 */
int seccomp_profile_parse(const char *text, size_t len, uint64_t capabilities,
			  struct spec_seccomp **ret, struct error *err) _must_check_;

/*
 * seccomp_filter_load() - install the filter in this process. Needs no_new_privs or
 * CAP_SYS_ADMIN. With filter->notifies, the listener's fd must reach the process at
 * listener_socket_fd's other end although the filter may already stop sendmsg(2): a
 * helper process that shares the fd table and was made before sends it, with `message`
 * (len bytes) as the data, and is gone afterwards. Otherwise listener_socket_fd is -EBADF
 * and message NULL.
 */
int seccomp_filter_load(const struct seccomp_filter *filter, int listener_socket_fd,
			const char *message, size_t len, struct error *err) _must_check_;
