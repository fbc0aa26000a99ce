/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile is a file that people take from the network: read it, and compile
 * what was read. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/seccomp.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_seccomp_filter struct seccomp_filter filter = {0};
	cleanup(spec_seccomp_freep) struct spec_seccomp *profile = NULL;

	if (seccomp_profile_parse((const char *)data, size, size % 2 ? UINT64_MAX : 0,
				  &profile, &err) == 0)
		(void)!seccomp_compile(profile, -EBADF, &filter, &err);
	return 0;
}
