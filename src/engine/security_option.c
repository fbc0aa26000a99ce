/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/security_option.h"

#include <fnmatch.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "util/mem.h"
#include "util/str.h"

#define BIT(n) (UINT64_C(1) << (n))

static const char *const masked_paths[] = {
	"/proc/acpi",        "/proc/asound",    "/proc/interrupts",
	"/proc/kcore",       "/proc/keys",      "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi",      "/proc/timer_list",
	"/proc/timer_stats", "/sys/dev/block",  "/sys/devices/virtual/powercap",
	"/sys/firmware",     "/sys/fs/selinux", NULL,
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

const char *const *security_masked_paths(void)
{
	return masked_paths;
}

const char *const *security_readonly_paths(void)
{
	return readonly_paths;
}

void security_plan_release(struct security_plan *p)
{
	free(p->seccomp_file);
	free(p->apparmor);
	strv_free(p->mask);
	strv_free(p->unmask);
	strv_free(p->proc_options);
	*p = (struct security_plan){0};
}

uint64_t security_default_capabilities(void)
{
	return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |
	       BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) |
	       BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID) |
	       BIT(CAP_SYS_CHROOT);
}

uint64_t security_filter_capabilities(uint64_t bounding, uint64_t added, bool nested)
{
	if (!nested)
		return bounding;
	return (bounding & (~BIT(CAP_SYS_ADMIN) | added)) | SECCOMP_NESTED;
}

char **capability_names(uint64_t mask)
{
	char **names = NULL;

	for (int n = 0; n < 64; n++)
		if (mask & BIT(n) && capability_name(n))
			strv_add(&names, capability_name(n));
	return names;
}

/* The words of --cap-add or --cap-drop as a mask; *ret_all if "ALL" is among them. */
static int parse_capabilities(const char *option, char *const *words, uint64_t *ret,
			      bool *ret_all, struct error *err)
{
	strv_foreach (word, words) {
		int number;

		if (strcasecmp(*word, "all") == 0) {
			*ret_all = true;
			continue;
		}
		if (capability_parse(*word, &number) < 0) {
			error_set(err, ERR_INVALID, 0, "%s %s: unknown capability",
				  option, *word);
			return error_hint(
				err, "See capabilities(7) for the names, or say ALL");
		}
		*ret |= BIT(number);
	}
	return 0;
}

static int plan_capabilities(const struct security_request *request,
			     struct security_plan *p, struct error *err)
{
	uint64_t base, add = 0, drop = 0;
	bool add_all = false, drop_all = false, all = false;
	int r;

	r = parse_capabilities("--cap-add", request->cap_add, &add, &add_all, err);
	if (r < 0)
		return r;
	r = parse_capabilities("--cap-drop", request->cap_drop, &drop, &drop_all, err);
	if (r < 0)
		return r;
	if (add_all && drop_all)
		return error_set(
			err, ERR_INVALID, 0,
			"--cap-add ALL and --cap-drop ALL contradict each other");
	if (add & drop) {
		cleanup_strv char **both = capability_names(add & drop);

		return error_set(err, ERR_INVALID, 0,
				 "capability %s is both added and dropped", both[0]);
	}
	if (add_all)
		add = capabilities_all();
	base = request->privileged ? capabilities_all() : security_default_capabilities();
	if (request->capabilities && !request->privileged) {
		base = 0;
		r = parse_capabilities("containers.conf: default_capabilities",
				       request->capabilities, &base, &all, err);
		if (r < 0)
			return r;
		base = all ? capabilities_all() : base;
	}
	if (drop_all)
		base = 0;
	p->bounding = (base | add) & ~drop;
	p->added = add & ~drop;
	p->dropped = drop_all ? capabilities_all() & ~add : drop;
	return 0;
}

static int take_seccomp(struct security_plan *p, const char *value, struct error *err)
{
	free(p->seccomp_file);
	p->seccomp_file = NULL;
	if (str_empty(value))
		return error_set(
			err, ERR_INVALID, 0,
			"--security-opt seccomp: expected unconfined or a profile file");
	if (str_eq(value, "unconfined")) {
		p->seccomp = SECCOMP_CHOICE_NONE;
		return 0;
	}
	if (str_eq(value, "builtin")) { /* Docker's name for the default */
		p->seccomp = SECCOMP_CHOICE_DEFAULT;
		return 0;
	}
	p->seccomp = SECCOMP_CHOICE_FILE;
	p->seccomp_file = xstrdup(value);
	return 0;
}

static int take_no_new_privileges(struct security_plan *p, const char *value,
				  struct error *err)
{
	if (!value || str_eq(value, "true") || str_eq(value, "1")) {
		p->no_new_privileges = true;
		return 0;
	}
	if (str_eq(value, "false") || str_eq(value, "0")) {
		p->no_new_privileges = false;
		return 0;
	}
	return error_set(
		err, ERR_INVALID, 0,
		"--security-opt no-new-privileges: expected true or false, got \"%s\"",
		value);
}

static int take_paths(char ***list, const char *option, const char *value,
		      struct error *err)
{
	cleanup_strv char **paths = str_split(value ? value : "", ':');

	strv_foreach (path, paths) {
		if (strcasecmp(*path, "all") != 0 && (*path)[0] != '/')
			return error_set(
				err, ERR_INVALID, 0,
				"--security-opt %s: expected absolute paths, got \"%s\"",
				option, *path);
		strv_add(list, *path);
	}
	return 0;
}

/* A label has a meaning for SELinux only: where that is off podman takes all of them as well. */
static int check_label(const char *value, struct error *err)
{
	static const char *const words[] = {
		"user:", "role:", "type:", "level:", "filetype:", "disable", "nested"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!value || !str_starts(value, words[i]))
			continue;
		if (str_eq(value, "disable") ||
		    access("/sys/fs/selinux/enforce", F_OK) < 0)
			return 0;
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"--security-opt label=%s: SELinux labels are not supported yet",
			value);
	}
	error_set(err, ERR_INVALID, 0, "--security-opt label=%s: unknown option",
		  value ? value : "");
	return error_hint(
		err, "Known: disable, nested, user:, role:, type:, level:, filetype:");
}

static int take_system_paths(struct security_plan *p, const char *value,
			     struct error *err)
{
	if (!str_eq(value, "unconfined"))
		return error_set(
			err, ERR_INVALID, 0,
			"--security-opt systempaths: expected unconfined, got \"%s\"",
			value ? value : "");
	strv_add(&p->unmask, "ALL");
	return 0;
}

static int take_proc_options(struct security_plan *p, const char *value,
			     struct error *err)
{
	if (str_empty(value))
		return error_set(
			err, ERR_INVALID, 0,
			"--security-opt proc-opts: expected options of /proc, such as hidepid=2");
	strv_free(p->proc_options);
	p->proc_options = str_split(value, ',');
	return 0;
}

static int take_option(struct security_plan *p, const char *text, struct error *err)
{
	cleanup_free char *key = xstrndup(text, strcspn(text, "=:"));
	const char *value = text[strlen(key)] ? text + strlen(key) + 1 : NULL;

	if (str_eq(key, "seccomp"))
		return take_seccomp(p, value, err);
	if (str_eq(key, "no-new-privileges"))
		return take_no_new_privileges(p, value, err);
	if (str_eq(key, "mask"))
		return take_paths(&p->mask, key, value, err);
	if (str_eq(key, "unmask"))
		return take_paths(&p->unmask, key, value, err);
	if (str_eq(key, "systempaths"))
		return take_system_paths(p, value, err);
	if (str_eq(key, "proc-opts"))
		return take_proc_options(p, value, err);
	if (str_eq(key, "label"))
		return check_label(value, err);
	if (str_eq(key, "apparmor")) {
		free(p->apparmor);
		p->apparmor = str_empty(value) || str_eq(value, "unconfined")
				      ? NULL
				      : xstrdup(value);
		return 0;
	}
	error_set(err, ERR_INVALID, 0, "--security-opt %s: unknown option", text);
	return error_hint(
		err,
		"Known: seccomp=, no-new-privileges, mask=, unmask=, systempaths=, proc-opts=, apparmor=, label=");
}

int security_plan_build(const struct security_request *request, struct security_plan *ret,
			struct error *err)
{
	cleanup_security_plan struct security_plan p = {
		.seccomp = request->privileged ? SECCOMP_CHOICE_NONE
					       : SECCOMP_CHOICE_DEFAULT,
	};
	int r;

	strv_foreach (text, request->security_opt) {
		r = take_option(&p, *text, err);
		if (r < 0)
			return r;
	}
	r = plan_capabilities(request, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct security_plan){0};
	return 0;
}

static bool covers(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	if (strcasecmp(pattern, "all") == 0 || fnmatch(pattern, path, FNM_PATHNAME) == 0)
		return true;
	return strncmp(pattern, path, len) == 0 && path[len] == '/';
}

bool security_is_unmasked(const struct security_plan *p, const char *path)
{
	strv_foreach (pattern, p->unmask)
		if (covers(*pattern, path))
			return true;
	return false;
}
