/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_judge.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/str.h"

#define BIT(n) (UINT64_C(1) << (n))

/* In the user namespace of the host. The order is that of the verdict: what is easiest first. */
static const struct {
	int capability;
	const char *power;
} powers[] = {
	{CAP_SYS_ADMIN, "mount the host's disks and most else that root can"},
	{CAP_SYS_MODULE, "load kernel modules"},
	{CAP_SYS_RAWIO, "reach memory and disks past the kernel"},
	{CAP_DAC_READ_SEARCH, "read any file of a file system that it has a part of"},
	{CAP_SYS_PTRACE, "take over processes that it sees"},
	{CAP_MKNOD, "make the device nodes of disks"},
	{CAP_BPF, "load programs into the kernel"},
	{CAP_PERFMON, "watch the kernel and all processes"},
	{CAP_CHECKPOINT_RESTORE, "change what processes are made of"},
	{CAP_MAC_ADMIN, "change the security policy"},
	{CAP_MAC_OVERRIDE, "ignore the security policy"},
	{CAP_SYS_BOOT, "load another kernel"},
	{CAP_SYS_TIME, "set the clock"},
	{CAP_AUDIT_CONTROL, "switch the audit log off"},
	{CAP_SYSLOG, "read the kernel's log and addresses"},
	{CAP_LINUX_IMMUTABLE, "change files that are marked immutable"},
};

const char *audit_capability_power(int capability)
{
	for (size_t i = 0; i < ARRAY_SIZE(powers); i++)
		if (powers[i].capability == capability)
			return powers[i].power;
	return capability == CAP_NET_ADMIN ? "change the host's network" : NULL;
}

const char *audit_level_word(enum audit_level level)
{
	switch (level) {
	case AUDIT_ISOLATED:
		return "isolated";
	case AUDIT_USER:
		return "user";
	case AUDIT_ROOT:
		break;
	}
	return "root";
}

/* Root without capabilities keeps its ids where nothing is setuid. */
bool audit_reaches_all(const struct audit_facts *f)
{
	return !f->no_new_privileges || (f->effective & BIT(CAP_SETUID)) != 0;
}

const struct audit_who *audit_judged(const struct audit_facts *f)
{
	return audit_reaches_all(f) && f->root.is_mapped ? &f->root : &f->user;
}

uint64_t audit_judged_capabilities(const struct audit_facts *f)
{
	return audit_judged(f) == &f->root ? f->bounding : f->effective;
}

uint64_t audit_host_capabilities(const struct audit_facts *f)
{
	uint64_t held = audit_judged_capabilities(f), dangerous = 0;

	if (f->own_user_ns)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(powers); i++)
		dangerous |= BIT(powers[i].capability);
	if (f->shares_ns[NS_NETWORK])
		dangerous |= BIT(CAP_NET_ADMIN);
	return held & dangerous;
}

uint32_t audit_path_as(const struct audit_facts *f, const struct audit_path *p)
{
	const struct audit_who *who = audit_judged(f);

	if (p->idmapped)
		return p->disk_uid;
	return who->is_mapped && !audit_is_from_pool(f, who->host_uid) ? who->host_uid
								       : IDMAP_NONE;
}

/* Whoever may write there rules the host. */
static bool is_system_place(const char *path)
{
	static const char *const places[] = {
		"/",           "/etc",
		"/usr",        "/var",
		"/bin",        "/sbin",
		"/lib",        "/lib64",
		"/boot",       "/root",
		"/usr/bin",    "/usr/sbin",
		"/usr/lib",    "/usr/lib64",
		"/usr/local",  "/usr/local/bin",
		"/etc/cron.d", "/usr/local/sbin",
		"/dev",        "/etc/systemd/system",
		"/etc/passwd", "/etc/sudoers.d",
		"/etc/shadow", "/var/spool/cron/crontabs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (str_eq(path, places[i]))
			return true;
	return false;
}

static bool can_write(const struct audit_path *p)
{
	return p->writable || p->remountable;
}

/* A directory such as /tmp, which gives nobody a right that others don't have. */
static bool is_everybodys(const struct audit_facts *f, const struct audit_path *p)
{
	return (p->mode & S_IWOTH) != 0 && p->owner_known && p->owner != f->caller_uid;
}

static enum audit_level write_level(const struct audit_facts *f,
				    const struct audit_path *p)
{
	uint32_t as = audit_path_as(f, p);
	bool all = audit_reaches_all(f);

	if (!can_write(p))
		return AUDIT_ISOLATED;
	if (as == 0 || is_system_place(p->source) ||
	    (all && f->shares_root && p->owner_known && p->owner == 0))
		return AUDIT_ROOT;
	if (is_everybodys(f, p))
		return AUDIT_ISOLATED;
	if (as == f->caller_uid || (!p->idmapped && audit_judged(f)->user) ||
	    (all && f->shares_caller && p->owner_known && p->owner == f->caller_uid))
		return AUDIT_USER;
	return AUDIT_ISOLATED;
}

static enum audit_level power_level(const struct audit_path *p)
{
	switch (p->power) {
	case POWER_NONE:
		return AUDIT_ISOLATED;
	case POWER_OWNER:
		return p->owner_known && p->owner == 0 ? AUDIT_ROOT : AUDIT_USER;
	case POWER_USER:
		return AUDIT_USER;
	case POWER_ROOT:
		break;
	}
	return AUDIT_ROOT;
}

enum audit_level audit_path_level(const struct audit_facts *f, const struct audit_path *p)
{
	switch (p->kind) {
	case AUDIT_VOLUME:
		return write_level(f, p);
	case AUDIT_ROOTFS:
		return AUDIT_ISOLATED; /* it is there for the container to write */
	case AUDIT_DEVICE:
		return p->readable || p->writable ? power_level(p) : AUDIT_ISOLATED;
	case AUDIT_SOCKET:
		return p->writable ? power_level(p) : AUDIT_ISOLATED;
	case AUDIT_SECRET:
		break;
	}
	return p->readable ? power_level(p) : AUDIT_ISOLATED;
}

bool audit_path_setuid(const struct audit_facts *f, const struct audit_path *p)
{
	return (p->kind == AUDIT_VOLUME || p->kind == AUDIT_ROOTFS) && can_write(p) &&
	       audit_path_as(f, p) == 0 && !p->nosuid && p->open_to_all &&
	       (p->mode == 0 || S_ISDIR(p->mode));
}

enum audit_level audit_id_level(const struct audit_facts *f)
{
	bool all = audit_reaches_all(f);
	const struct audit_who *who = audit_judged(f);

	if (all ? f->shares_root : who->host_uid == 0)
		return AUDIT_ROOT;
	if (all ? f->shares_caller || f->accounts != NULL
		: who->host_uid == f->caller_uid || who->user != NULL)
		return AUDIT_USER;
	return AUDIT_ISOLATED;
}
