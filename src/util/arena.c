/* SPDX-License-Identifier: Apache-2.0 */
#include "util/arena.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct arena_block {
	struct arena_block *next;
	void *taken; /* what arena_take() got, NULL: the data follows */
	_Alignas(max_align_t) char data[];
};

static struct arena_block *add_block(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (__builtin_add_overflow(a->used, size, &a->used))
		a->used = (size_t)-1;
	b = xcalloc(1, size < (size_t)-1 - sizeof(*b) ? sizeof(*b) + size : (size_t)-1);
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return add_block(a, size)->data;
}

char *arena_text(struct arena *a, const char *s, size_t len)
{
	char *text = arena_alloc(a, len + 1);

	if (len)
		memcpy(text, s, len);
	return text;
}

void *arena_take(struct arena *a, void *p, size_t size)
{
	add_block(a, 0)->taken = p;
	if (__builtin_add_overflow(a->used, size, &a->used))
		a->used = (size_t)-1;
	return p;
}

void arena_release(struct arena *a)
{
	int saved_errno = errno;

	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks->taken);
		free(a->blocks);
		a->blocks = next;
	}
	a->used = 0;
	errno = saved_errno;
}
