/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clean-up by attribute. A variable declared with one of these gives its resource back
 * when it leaves its scope; TAKE_PTR and TAKE_FD hand the resource on instead. Every
 * destructor used here accepts NULL, -EBADF and half-built objects and keeps errno.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _must_check_   __attribute__((warn_unused_result))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _noreturn_     __attribute__((noreturn))
#define _unused_       __attribute__((unused))
#define cleanup(fn)    __attribute__((cleanup(fn)))

/* DEFINE_CLEANUP(struct spec *, spec_free) defines spec_freep(), for a cleanup(). */
#define DEFINE_CLEANUP(type, fn)                   \
	static inline _unused_ void fn##p(type *p) \
	{                                          \
		int saved_errno = errno;           \
		if (*p)                            \
			fn(*p);                    \
		errno = saved_errno;               \
	}

#define TAKE_PTR(p)                     \
	({                              \
		typeof(p) taken_ = (p); \
		(p) = NULL;             \
		taken_;                 \
	})
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -EBADF;     \
		taken_;            \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void free_cleanup_(void *p)
{
	int saved_errno = errno;
	free(*(void **)p);
	errno = saved_errno;
}

static inline void fd_cleanup_(int *fd)
{
	int saved_errno = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF; /* closed early, and again at the end of its scope: no harm */
	errno = saved_errno;
}

DEFINE_CLEANUP(FILE *, fclose)
DEFINE_CLEANUP(DIR *, closedir)

#define cleanup_free cleanup(free_cleanup_)
#define cleanup_fd   cleanup(fd_cleanup_)
#define cleanup_file cleanup(fclosep)
#define cleanup_dir  cleanup(closedirp)
