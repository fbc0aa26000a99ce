/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history of an image: an entry an instruction, in podman's words. The time of one that makes no files is that of the next that does, so
 * that it is the same whenever the image is built anew from the cache. Pure. Source: OCI image specification config.md ('history').
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build/dockerfile.h"

struct image_config;

/* history_text() - of an instruction that makes no files: "/bin/sh -c #(nop) ENV a=b". Caller frees, as all. */
char *history_text(const struct instruction *i);

/* history_run() - "/bin/sh -c apt-get update"; with ARGs (strv "NAME=value") "|2 A=1 B=2 /bin/sh -c ...". Predefined ones are in it
 * only if they were declared. */
char *history_run(const struct instruction *i, char *const *args);

/* history_copy() - "/bin/sh -c #(nop) COPY multi:DIGEST in /dest "; key: 64 digits. */
char *history_copy(const struct instruction *i, const char *key, const char *destination);

/*
 * history_add() - created_by: handed over. Its time is not known yet (created NULL). history_set_time() - of those from number `from` on
 * that have none; history_pending() - how many they are. Below it is the base image's, which may leave times out.
 */
void history_add(struct image_config *config, char *created_by, bool empty_layer);
void history_set_time(struct image_config *config, size_t from, int64_t usec);
size_t history_pending(const struct image_config *config, size_t from);
/* history_drop() - all of it. */
void history_drop(struct image_config *config);

/* history_as_one() - of the entries from number `from` on the last one stands for all files there are, if there are any. */
void history_as_one(struct image_config *config, size_t from, bool has_layer);
