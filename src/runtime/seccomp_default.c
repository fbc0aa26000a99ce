/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_default.h"

#include <ctype.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "runtime/seccomp_table.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

const char *seccomp_default_arch_name(void)
{
	static const struct {
		uint32_t token;
		const char *name;
	} names[] = {
		{SCMP_ARCH_X86_64, "x86_64"},
		{SCMP_ARCH_X86, "x86"},
		{SCMP_ARCH_X32, "x32"},
		{SCMP_ARCH_ARM, "arm"},
		{SCMP_ARCH_AARCH64, "aarch64"},
		{SCMP_ARCH_MIPS, "mips"},
		{SCMP_ARCH_MIPSEL, "mipsel"},
		{SCMP_ARCH_MIPS64, "mips64"},
		{SCMP_ARCH_MIPSEL64, "mipsel64"},
		{SCMP_ARCH_MIPS64N32, "mips64n32"},
		{SCMP_ARCH_MIPSEL64N32, "mipsel64n32"},
		{SCMP_ARCH_PPC, "ppc"},
		{SCMP_ARCH_PPC64, "ppc64"},
		{SCMP_ARCH_PPC64LE, "ppc64le"},
		{SCMP_ARCH_S390, "s390"},
		{SCMP_ARCH_S390X, "s390x"},
		{SCMP_ARCH_RISCV64, "riscv64"},
#ifdef SCMP_ARCH_LOONGARCH64
		{SCMP_ARCH_LOONGARCH64, "loongarch64"},
#endif
	};
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].token == native)
			return names[i].name;
	}
	return "unknown";
}

bool seccomp_default_arch_in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p && *p;
	     p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		if (!strncmp(p, name, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

uint64_t seccomp_default_capabilities(uint64_t capabilities)
{
	return capabilities & seccomp_table_capabilities;
}

static void add_archs(struct spec_seccomp *profile, const char *native)
{
	for (const char *const *row = seccomp_table_archs; *row; row++) {
		if (!str_eq(*row, native))
			continue;
		for (const char *name = *row; *name; name += strlen(name) + 1) {
			char *word = xasprintf("SCMP_ARCH_%s", name);

			for (char *c = word; *c; c++)
				*c = toupper((unsigned char)*c);
			strv_add_take(&profile->architectures, word);
		}
	}
}

static void add_rule(struct spec_seccomp *profile,
		     const struct seccomp_table_group *group,
		     const struct seccomp_table_arg *arg)
{
	struct spec_syscall_rule *rule =
		SPEC_APPEND(&profile->syscalls, &profile->n_syscalls);

	for (const char *name = group->names; *name; name += strlen(name) + 1)
		strv_add(&rule->names, name);
	rule->action = xstrdup(group->errno_ret ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW");
	rule->has_errno_ret = group->errno_ret;
	rule->errno_ret = group->errno_ret;
	if (arg) {
		struct spec_seccomp_arg *a = SPEC_APPEND(&rule->args, &rule->n_args);

		*a = (struct spec_seccomp_arg){.index = arg->index,
					       .value = arg->value,
					       .value_two = arg->value_two,
					       .op = xstrdup(arg->op)};
	}
}

int seccomp_default_profile(uint64_t capabilities, struct spec_seccomp **ret,
			    struct error *err)
{
	const char *native = seccomp_default_arch_name();
	struct spec_seccomp *profile = xcalloc(1, sizeof(*profile));

	profile->default_action = xstrdup("SCMP_ACT_ERRNO");
	profile->has_default_errno_ret = true;
	profile->default_errno_ret = EPERM;
	add_archs(profile, native);
	for (const struct seccomp_table_group *g = seccomp_table_groups; g->names; g++) {
		if ((g->caps & capabilities) != g->caps || g->not_caps & capabilities)
			continue;
		if ((g->on && !seccomp_default_arch_in_list(g->on, native)) ||
		    seccomp_default_arch_in_list(g->not_on, native))
			continue;
		if (!g->n_args)
			add_rule(profile, g, NULL);
		for (size_t i = 0; i < g->n_args; i++)
			add_rule(profile, g, &g->args[i]);
	}
	*ret = profile;
	return 0;
}
