/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "unit.h"
#include "util/arena.h"

START_TEST(test_allocations)
{
	cleanup_arena struct arena a = {0};
	char *zeroed = arena_alloc(&a, 100), *text, *taken = strdup("taken");

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(zeroed[i], 0);
	ck_assert_uint_eq((uintptr_t)zeroed % _Alignof(max_align_t), 0);
	text = arena_text(&a, "a\0bcd", 4);
	ck_assert_int_eq(memcmp(text, "a\0bc\0", 5), 0);
	ck_assert_ptr_eq(arena_take(&a, taken, 6), taken);
	ck_assert_ptr_nonnull(arena_alloc(&a, 0));
	ck_assert_ptr_nonnull(arena_text(&a, NULL, 0));
	ck_assert_uint_eq(a.used, 100 + 5 + 6 + 0 + 1);
	arena_release(&a);
	ck_assert_uint_eq(a.used, 0);
	ck_assert_ptr_null(a.blocks);
}
END_TEST

UNIT_MAIN("arena", test_allocations)
