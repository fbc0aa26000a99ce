/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source of the rules: capabilities(7), "Effect of user ID changes on capabilities",
 * "Ambient". The raw system calls are used instead of libcap: the sets are 64-bit masks
 * throughout, and cap_set_proc() of a program that isn't threaded does nothing more.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>

#include "runtime/process.h"
#include "runtime/process_parts.h"
#include "spec/spec.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/str.h"
#include "util/sys.h"

static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int capability_parse(const char *name, int *ret)
{
	if (!strncasecmp(name, "CAP_", 4))
		name += 4;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcasecmp(name, names[i] + 4)) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *capability_name(int number)
{
	return number >= 0 && number < (int)ARRAY_SIZE(names) ? names[number] : NULL;
}

int capability_last(void)
{
	int last = -1;

	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	return last;
}

uint64_t capabilities_all(void)
{
	return UINT64_MAX >> (63 - capability_last());
}

/* What the kernel or we don't know can't be given: runtime-spec config.md, "SHOULD NOT
 * fail". */
static uint64_t mask_plan(char *const *list, const char *set, uint64_t known)
{
	uint64_t mask = 0;

	strv_foreach (name, list) {
		int number;

		if (capability_parse(*name, &number) < 0)
			log_debug(
				"process.capabilities.%s: unknown capability %s, ignored",
				set, *name);
		else if (known >> number & 1)
			mask |= 1ULL << number;
		else
			log_debug("%s is newer than this kernel, dropped", *name);
	}
	return mask;
}

int capabilities_plan(const struct spec_capabilities *spec,
		      struct process_capabilities *ret, struct error *err)
{
	const struct {
		char *const *list;
		const char *name;
		uint64_t *mask;
	} sets[] = {
		{spec->bounding, "bounding", &ret->bounding},
		{spec->effective, "effective", &ret->effective},
		{spec->inheritable, "inheritable", &ret->inheritable},
		{spec->permitted, "permitted", &ret->permitted},
		{spec->ambient, "ambient", &ret->ambient},
	};
	uint64_t known = capabilities_all(), excess;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		*sets[i].mask = mask_plan(sets[i].list, sets[i].name, known);
	excess = ret->effective & ~ret->permitted;
	if (excess)
		return error_set(err, ERR_INVALID, 0,
				 "process.capabilities.effective: %s is not in permitted",
				 names[__builtin_ctzll(excess)]);
	if (ret->ambient & ~(ret->permitted & ret->inheritable))
		log_debug(
			"ambient capabilities that are not both permitted and inheritable have "
			"no effect");
	ret->ambient &= ret->permitted & ret->inheritable;
	return 0;
}

int capabilities_limit(struct process_capabilities *caps, struct error *err)
{
	int last = capability_last();

	for (int cap = 0; cap <= last; cap++) {
		uint64_t bit = 1ULL << cap;

		/* Nobody can get back what the bounding set lacks: not asking for it is
		 * all that can be done (CVE-2022-29162 came from doing otherwise). */
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0) {
			caps->bounding &= ~bit;
			caps->effective &= ~bit;
			caps->inheritable &= ~bit;
			caps->permitted &= ~bit;
			caps->ambient &= ~bit;
		} else if (!(caps->bounding & bit) &&
			   prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			return error_set(err, ERR_SYSTEM, errno,
					 "drop capability %s from the bounding set",
					 capability_name(cap) ? capability_name(cap)
							      : "");
		}
	}
	return 0;
}

int capabilities_keep(bool keep, struct error *err)
{
	if (prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "keep capabilities over the user change");
	return 0;
}

static int raw_get(uint64_t sets[static 3])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (sys_capget(&header, data) < 0)
		return -errno;
	sets[0] = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets[1] = data[0].effective | (uint64_t)data[1].effective << 32;
	sets[2] = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int raw_set(uint64_t permitted, uint64_t effective, uint64_t inheritable,
		   struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.permitted = permitted,
		 .effective = effective,
		 .inheritable = inheritable},
		{.permitted = permitted >> 32,
		 .effective = effective >> 32,
		 .inheritable = inheritable >> 32},
	};
	uint64_t now[3] = {0}, missing;

	if (sys_capset(&header, data) == 0)
		return 0;
	error_set(err, ERR_SYSTEM, errno, "set capabilities");
	missing = raw_get(now) == 0 ? permitted & ~now[0] : 0;
	if (missing)
		error_hint(err, "this process does not have %s itself",
			   capability_name(__builtin_ctzll(missing)));
	return -err->code;
}

int capabilities_get(struct process_capabilities *ret, struct error *err)
{
	uint64_t sets[3];
	int r = raw_get(sets);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read capabilities");
	*ret = (struct process_capabilities){
		.permitted = sets[0], .effective = sets[1], .inheritable = sets[2]};
	for (int cap = capability_last(); cap >= 0; cap--) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			ret->bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ret->ambient |= 1ULL << cap;
	}
	return 0;
}

static int ambient_set(uint64_t ambient, struct error *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "clear ambient capabilities");
	for (int cap = 0; ambient >> cap; cap++) {
		if (ambient >> cap & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "raise ambient capability %s",
					 capability_name(cap));
		if (cap == 63)
			break;
	}
	return 0;
}

int capabilities_hold(const struct process_capabilities *caps, struct error *err)
{
	struct process_capabilities now;
	int r = capabilities_get(&now, err);

	if (r == 0)
		r = raw_set(now.permitted, now.permitted, caps->inheritable, err);
	return r < 0 ? r : ambient_set(caps->ambient, err);
}

int capabilities_set(const struct process_capabilities *caps, struct error *err)
{
	/* What is ambient already stays so: it is permitted and inheritable in both. */
	return raw_set(caps->permitted, caps->effective, caps->inheritable, err);
}
