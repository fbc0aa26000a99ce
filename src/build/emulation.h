/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs for another machine: RUN in an image of another architecture works where the kernel hands them to an interpreter.
 * Source: kernel documentation, admin-guide/binfmt-misc.
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct image_config;

#define EMULATION_DIR "/proc/sys/fs/binfmt_misc"

/* emulation_check() - this machine runs the image's programs, or an interpreter does that works in a container (flag F). Otherwise
 * ERR_UNSUPPORTED with the remedy. */
int emulation_check(const struct image_config *config, struct error *err) _must_check_;

/* emulation_find() - whether an entry of the directory is for the ELF files of an architecture in Go's words. */
enum emulation { EMULATION_NONE, EMULATION_NOT_FIXED, EMULATION_WORKS };
enum emulation emulation_find(const char *directory, const char *architecture);
