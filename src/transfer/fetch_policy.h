/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an archive or a directory may be a source at all, by policy.json. The file is read before this
 * process confines itself, but what an archive is may be known only afterwards: so the answer for
 * each kind that it could be is found beforehand and kept.
 */
#pragma once

#include <stdbool.h>

#include "transfer/fetch.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FETCH_POLICY_KINDS 2

struct fetch_policy {
	struct {
		enum transport_kind kind; /* as of archive_kind() */
		struct error refusal;     /* not set: it may be fetched */
	} answers[FETCH_POLICY_KINDS];
	unsigned int n;
};
void fetch_policy_release(struct fetch_policy *p);
#define cleanup_fetch_policy cleanup(fetch_policy_release)

/* fetch_policy_ask() - about the source of f. Where its kind is known a refusal is an error now. */
int fetch_policy_ask(const struct fetch *f, bool is_dir, struct fetch_policy *ret,
		     struct error *err) _must_check_;

/* fetch_policy_check() - once the kind is known. */
int fetch_policy_check(struct fetch_policy *p, enum transport_kind kind,
		       struct error *err) _must_check_;
