/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files in a "dir:". */
#pragma once

/* archive_dir_file() - the digits of a digest ("ALGORITHM-DIGITS" where that is not sha256) and the
 * suffix. Caller frees. */
char *archive_dir_file(const char *digest, const char *suffix);
