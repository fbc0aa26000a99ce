/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/seccomp_cache.h"
#include "runtime/seccomp_default.h"
#include "runtime/seccomp_plan.h"
#include "runtime/seccomp_table.h"
#include "spec/spec.h"
#include "util/str.h"

/* Changes whenever the same profile would be compiled to another program. */
#define COMPILER_VERSION 1
#define KEY_MAX          (512 << 10)

void seccomp_filter_release(struct seccomp_filter *filter)
{
	free(filter->insns);
	*filter = (struct seccomp_filter){0};
}

static int compile(const struct spec_seccomp *profile, struct seccomp_filter *ret,
		   struct error *err)
{
	cleanup_seccomp_plan struct seccomp_plan plan = {0};
	int r;

	r = seccomp_plan_build(profile, &plan, err);
	if (r < 0)
		return r;
	*ret = (struct seccomp_filter){.flags = plan.flags, .notifies = plan.notifies};
	return bpf_compile(&plan.bpf, &ret->insns, &ret->n_insns, err);
}

/*
 * The key holds everything that the program depends on. Every field has a fixed size or a
 * length in front, so that no two profiles have one key. buf_add() fails only past
 * KEY_MAX, which is looked at in the end.
 */
static void key_add(struct buf *key, const void *data, size_t len)
{
	(void)!buf_add(key, data, len);
}

static void key_add_u64(struct buf *key, uint64_t value)
{
	key_add(key, &value, sizeof(value));
}

static void key_add_str(struct buf *key, const char *s)
{
	key_add_u64(key, s ? strlen(s) + 1 : 0);
	if (s)
		key_add(key, s, strlen(s));
}

static void key_add_strv(struct buf *key, char *const *v)
{
	key_add_u64(key, strv_len(v));
	strv_foreach (s, v)
		key_add_str(key, *s);
}

static void key_begin(struct buf *key, const char *kind)
{
	const struct scmp_version *version = seccomp_version();

	buf_init(key, KEY_MAX);
	key_add_str(key, kind);
	key_add_u64(key, COMPILER_VERSION);
	key_add_u64(key, seccomp_table_identity);
	key_add_str(key, seccomp_default_arch_name());
	key_add_u64(key, version->major);
	key_add_u64(key, version->minor);
	key_add_u64(key, version->micro);
}

static void key_add_profile(struct buf *key, const struct spec_seccomp *profile)
{
	key_add_str(key, profile->default_action);
	key_add_u64(key, profile->has_default_errno_ret);
	key_add_u64(key, profile->default_errno_ret);
	key_add_strv(key, profile->architectures);
	key_add_strv(key, profile->flags);
	key_add_u64(key, profile->n_syscalls);
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		const struct spec_syscall_rule *rule = &profile->syscalls[i];

		key_add_strv(key, rule->names);
		key_add_str(key, rule->action);
		key_add_u64(key, rule->has_errno_ret);
		key_add_u64(key, rule->errno_ret);
		key_add_u64(key, rule->n_args);
		for (size_t j = 0; j < rule->n_args; j++) {
			key_add_u64(key, rule->args[j].index);
			key_add_u64(key, rule->args[j].value);
			key_add_u64(key, rule->args[j].value_two);
			key_add_str(key, rule->args[j].op);
		}
	}
}

int seccomp_compile(const struct spec_seccomp *profile, int cache_dirfd,
		    struct seccomp_filter *ret, struct error *err)
{
	cleanup_buf struct buf key = {0};
	bool cached;
	int r;

	*ret = (struct seccomp_filter){0};
	if (cache_dirfd < 0)
		return compile(profile, ret, err);
	key_begin(&key, "profile");
	key_add_profile(&key, profile);
	cached = !key.overflow;
	if (cached && seccomp_cache_read(cache_dirfd, &key, ret) == 0)
		return 0;
	r = compile(profile, ret, err);
	if (r == 0 && cached)
		seccomp_cache_write(cache_dirfd, &key, ret);
	return r;
}

int seccomp_compile_default(uint64_t capabilities, int cache_dirfd,
			    struct seccomp_filter *ret, struct error *err)
{
	cleanup(spec_seccomp_freep) struct spec_seccomp *profile = NULL;
	cleanup_buf struct buf key = {0};
	int r;

	*ret = (struct seccomp_filter){0};
	if (cache_dirfd >= 0) {
		key_begin(&key, "default");
		key_add_u64(&key, seccomp_default_capabilities(capabilities));
		if (seccomp_cache_read(cache_dirfd, &key, ret) == 0)
			return 0;
	}
	r = seccomp_default_profile(capabilities, &profile, err);
	if (r == 0)
		r = compile(profile, ret, err);
	if (r == 0 && cache_dirfd >= 0)
		seccomp_cache_write(cache_dirfd, &key, ret);
	return r;
}
