/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms, "OS/ARCHITECTURE[/VARIANT]" in Go's words, and which image of an index is for one. The
 * variant always counts as given: without one arm is v7, arm64 is v8, amd64 is v1. Pure but for
 * platform_host(). Sources: OCI image specification image-index.md ('platform'), config.md; GOARCH,
 * GOARM, GOAMD64 of the Go documentation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/image.h"
#include "util/cleanup.h"
#include "util/error.h"

/* platform_host() - this machine's, from uname(2). Caller releases (image_platform_release()). */
void platform_host(struct image_platform *ret);

/* platform_of_machine() - likewise, of a machine as uname(2) names it: "x86_64", "armv7l". */
void platform_of_machine(const char *machine, struct image_platform *ret);

/*
 * platform_parse() - "linux/arm/v7", "linux/amd64", "arm64" (an architecture: this OS), "linux" (an
 * OS: this architecture); also words such as x86_64 and aarch64. ERR_INVALID. Caller releases.
 */
int platform_parse(const char *text, struct image_platform *ret,
		   struct error *err) _must_check_;

/* platform_text() - "linux/arm/v7"; the usual variants of amd64 and arm64 are left out. Caller
 * frees. */
char *platform_text(const struct image_platform *p);

/*
 * platform_rank() - how well programs made for `offered` run on `wanted`: 0 exactly that, higher
 * numbers less well (an older variant of the architecture), -1 not at all. An offered OS or
 * architecture that is not given fits, but less well than any that is.
 */
int platform_rank(const struct image_platform *wanted,
		  const struct image_platform *offered);

/*
 * platform_candidates() - the entries of the index that may lead to an image for `wanted`, the best
 * first: those whose platform fits, then those that name none (an index in the index has to be
 * looked through, and an image's config says what it is). Attestations and what is neither an image
 * nor an index are left out. *ret is an array (caller frees) of pointers into the index. None at all
 * is ERR_NOT_FOUND, with the platforms that there are.
 */
int platform_candidates(const struct image_index *index,
			const struct image_platform *wanted,
			const struct image_descriptor ***ret, size_t *ret_n,
			struct error *err) _must_check_;

/* platform_choose() - the best of them; points into the index. */
int platform_choose(const struct image_index *index, const struct image_platform *wanted,
		    const struct image_descriptor **ret, struct error *err) _must_check_;
