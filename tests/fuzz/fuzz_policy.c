/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that was taken answers every question. */
#include <stdint.h>

#include "registry/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"docker.io/library/debian:12",
					    "a.example.com:5000/x"};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_policy struct policy *p = NULL;

	if (policy_parse((const char *)data, size, "input", &p, &err) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_reference struct reference r = {0};
		if (reference_parse_complete(names[i], &r, &err) < 0)
			__builtin_trap();
		if (policy_check_registry(p, &r, &err) < 0 && err.kind != ERR_DENIED &&
		    err.kind != ERR_UNSUPPORTED)
			__builtin_trap();
	}
	if (policy_check_path(p, "oci", "/", "x", &err) < 0 && !error_is_set(&err))
		__builtin_trap();
	return 0;
}
