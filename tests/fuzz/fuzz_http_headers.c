/* SPDX-License-Identifier: Apache-2.0 */
/* Every parser of a response header gets the same bytes; what it hands out must be in bounds. */
#include <stdint.h>
#include <string.h>

#include "registry/challenge.h"
#include "registry/header.h"
#include "util/cleanup.h"
#include "util/mem.h"

#define NOW_USEC (INT64_C(1700000000) * 1000 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void numbers(const char *value)
{
	int64_t a = 0, b = 0, c = 0;

	if (header_retry_after(value, NOW_USEC, &a) == 0)
		check(a >= 0 && a <= HEADER_RETRY_AFTER_MAX_USEC);
	if (header_content_range(value, &a, &b, &c) == 0)
		check(a >= 0 && a <= b && (c == -1 || b < c));
	if (header_upload_range(value, &a) == 0)
		check(a >= 0);
	if (header_number(value, &a) == 0)
		check(a >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *value = xstrndup((const char *)data, size);
	cleanup_free char *next = header_link_next(value);
	cleanup_free char *type = header_media_type(value);
	cleanup_challenges struct challenges c = {0};

	numbers(value);
	check(!next || *next);
	check(!type || strchr(type, '/'));
	challenges_add(&c, value);
	challenges_add(&c, value);
	check(c.n <= CHALLENGES_MAX);
	return 0;
}
