/* SPDX-License-Identifier: Apache-2.0 */
/* What `cubby audit` says besides the verdict: weaknesses, and a way to better it. */
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/audit_words.h"
#include "util/mem.h"
#include "util/str.h"

#define BIT(n) (UINT64_C(1) << (n))

static void note_user(const struct audit_facts *f, char ***notes)
{
	if (f->user.uid != 0 && audit_judged(f) == &f->root)
		strv_addf(notes,
			  "its program starts as user %" PRIu32
			  ", but a setuid program in it makes root of that: "
			  "--security-opt no-new-privileges prevents it",
			  f->user.uid);
	if (f->keeps_groups)
		strv_add(notes, "it keeps your supplementary groups");
	if (f->containers) {
		cleanup_free char *names = strv_join(f->containers, ", ");

		strv_addf(notes,
			  "it has ids in common with %s: if one breaks out, it can "
			  "change the files of the other",
			  names);
	}
}

static void note_kernel(const struct audit_facts *f, char ***notes)
{
	uint64_t held = audit_judged_capabilities(f);

	if (str_eq(f->seccomp, "unconfined"))
		strv_add(notes,
			 "no seccomp filter: it reaches every system call, so a hole in "
			 "the kernel is a way out");
	if (f->own_user_ns && held & (BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN)))
		strv_add(
			notes,
			"its capabilities count in its own user namespace only, yet they "
			"reach more of the kernel's code");
	if (f->nested)
		strv_add(
			notes,
			"it may make namespaces and mounts for containers of its own, and "
			"sees /proc and /sys once more without masks");
	if (!f->masked_paths)
		strv_add(notes, "nothing of /proc and /sys is masked");
}

static void note_namespaces(const struct audit_facts *f, char ***notes)
{
	static const struct {
		enum namespace_kind kind;
		const char *text;
	} shared[] = {
		{NS_NETWORK,
		 "it is in the host's network: it reaches services on 127.0.0.1 and "
		 "abstract sockets"},
		{NS_PID, "it sees the host's processes"},
		{NS_IPC, "it shares System V IPC and POSIX message queues with the host"},
		{NS_UTS, "it shares the host's name"},
		{NS_CGROUP, "it sees the host's control groups"},
		{NS_MOUNT, "it is in the host's mount namespace"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (f->shares_ns[shared[i].kind])
			strv_add(notes, shared[i].text);
}

/* Takes text. The same place may be mounted twice. */
static void add_once(char ***notes, char *text)
{
	if (strv_has(*notes, text))
		free(text);
	else
		strv_add_take(notes, text);
}

static void note_paths(const struct audit_facts *f, char ***notes)
{
	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];
		bool anybody = (p->mode & S_IWOTH) != 0;

		if (p->kind != AUDIT_VOLUME || audit_path_level(f, p) != AUDIT_ISOLATED)
			continue;
		if (p->writable)
			add_once(notes,
				 xasprintf("it can write %s, as %s", p->source,
					   anybody ? "anybody can"
						   : "its ids were given the right to"));
		else if (p->remountable)
			add_once(notes,
				 xasprintf("%s is read-only, but its CAP_SYS_ADMIN can "
					   "change that",
					   p->source));
	}
	if (f->untried)
		strv_addf(notes, "files could not be tried: %s", f->untried);
}

static void note_limits(const struct audit_facts *f, char ***notes)
{
	if (f->memory.is_known && !f->memory.is_set)
		strv_add(notes, "no memory limit: it can use up all that the host has");
	if (f->shares_quotas)
		strv_add(notes,
			 "its processes, inotify watches and keys are counted as yours");
}

char **audit_words_notes(const struct audit_facts *f)
{
	char **notes = NULL;

	note_user(f, &notes);
	note_paths(f, &notes);
	note_namespaces(f, &notes);
	note_kernel(f, &notes);
	note_limits(f, &notes);
	return notes;
}

/* The first socket or device that is a reason. */
static const char *worst_path(const struct audit_facts *f, enum audit_level level)
{
	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];

		if ((p->kind == AUDIT_SOCKET || p->kind == AUDIT_DEVICE) &&
		    audit_path_level(f, p) == level)
			return p->source;
	}
	return NULL;
}

char *audit_words_remedy(const struct audit_facts *f, enum audit_level level)
{
	const char *worst = worst_path(f, level);
	bool by_ids = audit_id_level(f) != AUDIT_ISOLATED;

	if (level == AUDIT_ISOLATED)
		return NULL;
	if (by_ids && worst)
		return xasprintf(
			"--userns=auto gives it ids that are nobody's; leave %s out "
			"of it",
			worst);
	if (by_ids)
		return xstrdup("--userns=auto gives it ids that are nobody's");
	if (worst)
		return xasprintf("leave %s out of it", worst);
	for (size_t i = 0; i < f->paths.n; i++)
		if (audit_path_setuid(f, &f->paths.items[i]))
			return xasprintf(
				"let nobody else get to %s: chmod 700 the directory "
				"above it",
				f->paths.items[i].source);
	return xstrdup(
		"mount with :ro what it need not write, and leave out what it need not "
		"read");
}
