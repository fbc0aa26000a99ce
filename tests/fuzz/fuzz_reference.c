/* SPDX-License-Identifier: Apache-2.0 */
/* A reference that was taken is taken again as it is written, also when it was completed. */
#include <stdint.h>

#include "image/reference.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct reference *r)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_reference struct reference again = {0};
	cleanup_free char *text = reference_text(r);

	if (reference_parse(text, &again, &err) < 0 ||
	    !str_eq(r->registry, again.registry) ||
	    !str_eq(r->repository, again.repository) || !str_eq(r->tag, again.tag) ||
	    !str_eq(r->digest, again.digest))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_reference struct reference r = {0};
	cleanup_free char *text = xstrndup((const char *)data, size);

	if (reference_parse(text, &r, &err) < 0)
		return 0;
	check_written(&r);
	reference_complete(&r);
	check_written(&r);
	if (reference_is_short(&r) || (!r.tag && !r.digest))
		__builtin_trap();
	return 0;
}
