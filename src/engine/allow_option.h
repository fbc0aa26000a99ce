/* SPDX-License-Identifier: Apache-2.0 */
/* --allow-net WORD[,WORD...] as typed; network/allow.h has the words. Pure. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * allow_option_parse() - each text, split at commas, into *ret (a strv of words, each once). "" is a list of nothing:
 * the container reaches nobody. A word that can't be is ERR_INVALID with what it may look like.
 */
int allow_option_parse(char *const *texts, char ***ret, struct error *err) _must_check_;
