/* SPDX-License-Identifier: Apache-2.0 */
/* --ulimit NAME=SOFT[:HARD] and --sysctl, --label, --annotation KEY=VALUE as text. Pure.
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct spec_rlimit;

/* ulimit_parse() - "nofile=1024:2048", "core=-1"; a later one of the same name replaces
 * the earlier. */
int ulimit_parse(struct spec_rlimit **list, size_t *n, const char *text,
		 struct error *err) _must_check_;

/*
 * key_value_split() - "KEY=VALUE". `option` ("--sysctl") starts the message. Both owned
 * by the caller. optional_value: "KEY" alone gives an empty value.
 */
int key_value_split(const char *option, const char *text, bool optional_value,
		    char **ret_key, char **ret_value, struct error *err) _must_check_;
