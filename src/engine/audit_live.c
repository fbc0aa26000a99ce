/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a running container: it may differ from what was asked for. */
#include "engine/audit_steps.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/cgroup_usage.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define PROC_TEXT_MAX 65536

static char *read_proc(pid_t pid, const char *name)
{
	cleanup_free char *path = pid ? xasprintf("/proc/%d/%s", pid, name)
				      : xasprintf("/proc/self/%s", name);
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, path, PROC_TEXT_MAX, &text, NULL, &err) < 0)
		error_drop(&err, "then the spec's word counts");
	return text;
}

/* The word after "Name:\t". */
static char *status_word(const char *text, const char *name)
{
	cleanup_free char *key = xasprintf("\n%s:", name);
	const char *at = strstr(text, key);

	if (!at)
		return NULL;
	at += strlen(key);
	at += strspn(at, "\t ");
	return xstrndup(at, strcspn(at, "\t \n"));
}

static void take_mask(const char *text, const char *name, uint64_t *ret)
{
	cleanup_free char *word = status_word(text, name);
	char *end;
	uint64_t mask;

	if (!word || !*word)
		return;
	mask = strtoull(word, &end, 16);
	if (*end == '\0')
		*ret = mask;
}

void audit_status_parse(const char *text, struct audit_facts *f)
{
	cleanup_free char *no_new = status_word(text, "NoNewPrivs");
	cleanup_free char *seccomp = status_word(text, "Seccomp");

	take_mask(text, "CapBnd", &f->bounding);
	take_mask(text, "CapEff", &f->effective);
	if (no_new)
		f->no_new_privileges = str_eq(no_new, "1");
	if (seccomp && str_eq(seccomp, "0")) {
		free(f->seccomp);
		f->seccomp = xstrdup("unconfined");
	}
}

static void compare_namespaces(pid_t pid, struct audit_facts *f)
{
	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++) {
		cleanup_free char *theirs =
			xasprintf("/proc/%d/ns/%s", pid, namespace_proc_name(kind));
		cleanup_free char *ours =
			xasprintf("/proc/self/ns/%s", namespace_proc_name(kind));
		struct stat a, b;

		if (kind == NS_TIME || stat(theirs, &a) < 0 || stat(ours, &b) < 0)
			continue;
		f->shares_ns[kind] = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	}
	f->own_user_ns = !f->shares_ns[NS_USER];
}

/* The label of whichever module has one: "docker-default (enforce)", "system_u:...". */
static void take_label(pid_t pid, struct audit_facts *f)
{
	cleanup_free char *label = read_proc(pid, "attr/current");

	if (!label)
		return;
	label[strcspn(label, "\n")] = '\0';
	if (!*label || str_eq(label, "unconfined"))
		return;
	if (strchr(label, ':')) {
		free(f->selinux);
		f->selinux = TAKE_PTR(label);
	} else {
		free(f->apparmor);
		f->apparmor = TAKE_PTR(label);
	}
}

int audit_live_facts(pid_t pid, struct audit_facts *f, struct error *err)
{
	cleanup_free char *uid_file = xasprintf("/proc/%d/uid_map", pid);
	cleanup_free char *gid_file = xasprintf("/proc/%d/gid_map", pid);
	cleanup_free char *status = read_proc(pid, "status");
	int r = 0;

	compare_namespaces(pid, f);
	if (f->own_user_ns) {
		idmap_release(&f->uids);
		idmap_release(&f->gids);
		r = idmap_read(uid_file, &f->uids, err);
		if (r >= 0)
			r = idmap_read(gid_file, &f->gids, err);
	}
	if (r < 0)
		return r;
	if (status)
		audit_status_parse(status, f);
	take_label(pid, f);
	return 0;
}

/* The path after "0::" of cgroup v2, "/" at the least. */
static char *cgroup_of(pid_t pid)
{
	cleanup_free char *text = read_proc(pid, "cgroup");
	const char *at = text ? strstr(text, "0::/") : NULL;

	if (!at)
		return NULL;
	at += strlen("0::");
	return xstrndup(at, strcspn(at, "\n"));
}

static void find_limit(const char *cgroup, const char *file, struct audit_limit *limit)
{
	uint64_t value;

	limit->is_known = cgroup_limit_find(cgroup, file, &value);
	limit->is_set = value != CGROUP_NO_LIMIT;
	limit->value = limit->is_set ? value : 0;
}

/* Of one that does not run: what it will have. */
static void take_asked(int64_t asked, struct audit_limit *limit)
{
	if (asked <= 0 || (limit->is_set && (uint64_t)asked >= limit->value))
		return;
	*limit = (struct audit_limit){
		.is_known = true, .is_set = true, .value = (uint64_t)asked};
}

void audit_limit_facts(pid_t pid, const struct spec_resources *asked,
		       struct audit_facts *f)
{
	cleanup_free char *own = cgroup_of(0), *theirs = cgroup_of(pid);

	if (theirs) {
		find_limit(theirs, "pids.max", &f->pids);
		find_limit(theirs, "memory.max", &f->memory);
		f->pids.is_shared = f->memory.is_shared = str_eq(own, theirs);
	}
	if (pid || !asked)
		return;
	if (asked->pids)
		take_asked(asked->pids->limit, &f->pids);
	if (asked->memory && asked->memory->has_limit)
		take_asked(asked->memory->limit, &f->memory);
}
