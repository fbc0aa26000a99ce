/* SPDX-License-Identifier: Apache-2.0 */
/* Files of one cgroup directory. Private to cgroup*.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define CGROUP_MOUNT    "/sys/fs/cgroup"
#define CGROUP_TEXT_MAX (1024 * 1024)

/* cgroup_file_write() - one write(2) of the whole text. 0 or -errno. */
int cgroup_file_write(int dirfd, const char *file, const char *text) _must_check_;
/* cgroup_file_read() - the text; caller frees. 0 or -errno. */
int cgroup_file_read(int dirfd, const char *file, char **ret) _must_check_;
/* cgroup_file_u64() - a single number; "max" is UINT64_MAX. 0 or -errno. */
int cgroup_file_u64(int dirfd, const char *file, uint64_t *ret) _must_check_;
/* cgroup_text_value() - the number after `key` at the start of a line of a flat-keyed
 * file
 * ("populated 0\nfrozen 1\n"); false if there is none. */
bool cgroup_text_value(const char *text, const char *key, uint64_t *ret);

/* cgroup_wait_event() - wait until `key` of cgroup.events has this value. 0, -ETIMEDOUT
 * or -errno. */
int cgroup_wait_event(int dirfd, const char *key, uint64_t value,
		      int timeout_msec) _must_check_;

/* cgroup_root_open() - the hierarchy's top directory; ERR_UNSUPPORTED, with the remedy,
 * where CGROUP_MOUNT is not version 2. Return: O_PATH fd. */
int cgroup_root_open(struct error *err) _must_check_;
