/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call, by the kernel's convention for the architecture. Return: as the kernel
 * gives it, a negative errno on failure. Source: syscall(2), "Architecture calling
 * conventions".
 */
#pragma once

#include <sys/syscall.h>

#if defined(__x86_64__)
static inline long bare_syscall6(long number, const long a[static 6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long bare_syscall6(long number, const long a[static 6])
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a[0];
	register long x1 __asm__("x1") = a[1];
	register long x2 __asm__("x2") = a[2];
	register long x3 __asm__("x3") = a[3];
	register long x4 __asm__("x4") = a[4];
	register long x5 __asm__("x5") = a[5];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
// cppcheck-suppress preprocessorErrorDirective
#error "no system calls for this architecture: build with the C library (see meson.build)"
#endif

/* bare_syscall(SYS_name, up to six arguments, each cast to long) */
#define bare_syscall(number, ...) bare_syscall6(number, (const long[6]){__VA_ARGS__})
