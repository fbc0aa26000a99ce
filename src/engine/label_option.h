/* SPDX-License-Identifier: Apache-2.0 */
/* --label, --annotation, --sysctl: words of a key and a value. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

/* label_option_collect() - "key=value" words, each key once, sorted, into *ret (strv). `option` starts a message. */
int label_option_collect(const char *option, char *const *words, bool optional_value,
			 char ***ret, struct error *err) _must_check_;
