/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Included before every file that clang-tidy looks at, and by nothing else: tells the
 * analyzer what it cannot see across files, that an error function always returns a
 * negative number. Without it each `return error_set(...)` seems to have a path that
 * succeeds with nothing set.
 */
#pragma once

#include "util/error.h"

#define error_set(...)  ((void)(error_set)(__VA_ARGS__), -22)
#define error_wrap(...) ((void)(error_wrap)(__VA_ARGS__), -22)
#define error_hint(...) ((void)(error_hint)(__VA_ARGS__), -22)
#define error_move(...) ((void)(error_move)(__VA_ARGS__), -22)
