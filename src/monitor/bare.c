/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The monitor and the init need some fifty functions of the C
 * library, nearly all of them bare system calls. What else a static glibc brings is paid
 * for by each container: half a millisecond of start-up (it asks the processor for its
 * caches, and each question traps in a virtual machine), 650 KiB of program, and its
 * pages. So on the architectures of bare_syscall.h the two programs are linked with this
 * file instead. The headers, and so the types and the names, are the C library's own;
 * elsewhere, and in sanitizer and coverage builds, the same code is linked with the C
 * library.
 *
 * Rules: only what the two programs use; the same result and errno as the original; one
 * thread. Where a structure of the C library is not the kernel's, bare_system.c converts
 * it. This file: the start, and bytes.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"

/* for each byte of a word */
#define ONES UINT64_C(0x0101010101010101)

static int error_number;
char **environ;
uintptr_t __stack_chk_guard;

int main(int argc, char **argv);
_noreturn_ void __stack_chk_fail(void);
_noreturn_ void bare_start(long *stack);

int *__errno_location(void)
{
	return &error_number;
}

_noreturn_ void __stack_chk_fail(void)
{
	__builtin_trap();
}

/* ---- start ---- */

#if defined(__x86_64__)
__asm__(".pushsection .text._start,\"ax\",@progbits\n"
	".globl _start\n"
	".type _start,@function\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call bare_start\n"
	"	hlt\n"
	".popsection\n");
#else
__asm__(".pushsection .text._start,\"ax\",@progbits\n"
	".globl _start\n"
	".type _start,@function\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	bl bare_start\n"
	"	brk #1\n"
	".popsection\n");
#endif

/* Sixteen random bytes from the kernel: getauxval(3). */
static __attribute__((no_stack_protector)) const void *random_bytes(
	const unsigned long *auxiliary)
{
	while (auxiliary[0] != AT_NULL && auxiliary[0] != AT_RANDOM)
		auxiliary += 2;
	return (const void *)auxiliary[1];
}

/* The stack as execve(2) leaves it: argc, argv, NULL, environment, NULL, auxiliary
 * vector. */
__attribute__((no_stack_protector)) _noreturn_ void bare_start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	char **p = environ = argv + argc + 1;

	while (*p)
		p++;
	memcpy(&__stack_chk_guard, random_bytes((const unsigned long *)(p + 1)),
	       sizeof(__stack_chk_guard));
	/* a string that runs over cannot write it: its first byte is NUL */
	__stack_chk_guard &= ~(uintptr_t)0xff;
	_exit(main(argc, argv));
}

/* ---- bytes ---- */

/* Eight bytes wherever they are: no alignment, any type behind them. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	for (; len >= sizeof(word);
	     t += sizeof(word), f += sizeof(word), len -= sizeof(word))
		*(word *)t = *(const word *)f;
	while (len-- > 0)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	const word pattern = ONES * (unsigned char)byte;
	unsigned char *t = to;

	for (; len >= sizeof(word); t += sizeof(word), len -= sizeof(word))
		*(word *)t = pattern;
	while (len-- > 0)
		*t++ = (unsigned char)byte;
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if ((uintptr_t)t - (uintptr_t)f >= len)
		return memcpy(to, from, len);
	while (len-- > 0)
		t[len] = f[len];
	return to;
}

void *memchr(const void *in, int byte, size_t len)
{
	const unsigned char *p = in;
	const word pattern = ONES * (unsigned char)byte;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		word differs = *(const word *)p ^ pattern;

		/* some byte of it is zero */
		if ((differs - ONES) & ~differs & (ONES << 7))
			break;
	}
	for (; len > 0; p++, len--)
		if (*p == (unsigned char)byte)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}
