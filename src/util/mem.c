/* SPDX-License-Identifier: Apache-2.0 */
#include "util/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* No stdio here: it would want the memory that there is none of. */
static _noreturn_ void out_of_memory(void)
{
	static const char text[] = "out of memory\n";
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(125);
}

static void *checked(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	/* Never size 0: realloc would free p and return NULL. */
	return checked(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

void *xmemdup(const void *p, size_t size)
{
	void *copy = xmalloc(size);
	if (size > 0)
		memcpy(copy, p, size);
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		out_of_memory();
	return text;
}
