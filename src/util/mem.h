/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation for short-lived commands: out of memory ends the process with a sentence
 * (exit status 125). The monitor allocates nothing and does not use this.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);                /* zeroed; overflow-checked */
void *xreallocarray(void *p, size_t n, size_t size); /* overflow-checked */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t size);
char *xasprintf(const char *fmt, ...) _printf_(1, 2);
