/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AppArmor and SELinux labels. They are written to files of a procfs that we opened
 * ourselves, one component after the other without following a link: a container that has
 * put something else into its place must not make us write the label there
 * (CVE-2019-16884, CVE-2025-52881).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "runtime/process_parts.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define PID_TEXT_MAX  16
#define PROC_MAGIC    0x9fa0 /* statfs(2) */
#define SELINUX_MAGIC 0xf97cff8cU

int proc_open_pid(int proc_dirfd, pid_t pid, const char *file, int flags,
		  struct error *err)
{
	char text[PID_TEXT_MAX] = "";
	cleanup_free char *path = NULL;
	struct statfs st;

	if (fstatfs(proc_dirfd, &st) < 0 || st.f_type != PROC_MAGIC)
		return error_set(err, ERR_SYSTEM, 0,
				 "open proc/%s: not on a proc file system", file);
	/* The link "self" of this very procfs, read and not followed, is our pid in its
	 * pid namespace. */
	if (pid)
		snprintf(text, sizeof(text), "%d", pid);
	else if (readlinkat(proc_dirfd, "self", text, sizeof(text) - 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read proc/self");
	path = xasprintf("%s/%s", text, file);
	return path_open_nolink(proc_dirfd, path, flags, true, err);
}

static bool apparmor_enabled(void)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len;

	return fs_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &text,
		       &len, &ignored) == 0 &&
	       text[0] == 'Y';
}

static bool selinux_enabled(void)
{
	struct statfs st;

	return statfs("/sys/fs/selinux", &st) == 0 &&
	       (unsigned int)st.f_type == (unsigned int)SELINUX_MAGIC;
}

int lsm_plan(const struct spec_process *process, struct process_plan *ret,
	     struct error *err)
{
	const char *profile = process->apparmor_profile, *label = process->selinux_label;

	if (!str_empty(profile) && !apparmor_enabled()) {
		/* Without AppArmor everything is unconfined. */
		if (!str_eq(profile, "unconfined")) {
			error_set(
				err, ERR_UNSUPPORTED, 0,
				"use AppArmor profile \"%s\": this host has no AppArmor",
				profile);
			return error_hint(
				err, "remove process.apparmorProfile or --security-opt "
				     "apparmor=...");
		}
		profile = NULL;
	}
	if (!str_empty(label) && !selinux_enabled()) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "use SELinux label \"%s\": this host has no SELinux", label);
		return error_hint(
			err, "remove process.selinuxLabel or --security-opt label=...");
	}
	ret->apparmor_profile = str_empty(profile) ? NULL : profile;
	ret->selinux_label = str_empty(label) ? NULL : label;
	return 0;
}

static int label_write(int proc_dirfd, const char *file, const char *label,
		       struct error *err)
{
	cleanup_fd int fd = proc_open_pid(proc_dirfd, 0, file, O_WRONLY, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_write_all(fd, label, strlen(label));
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write \"%s\" to %s", label, file)
		     : 0;
}

static int apparmor_apply(const char *profile, int proc_dirfd, struct error *err)
{
	cleanup_free char *text = xasprintf("exec %s", profile);
	cleanup_error struct error ignored = ERROR_INIT;
	int r;

	/* The file of its own is there since Linux 5.8; attr/exec belongs to the first of
	 * the LSMs. */
	r = label_write(proc_dirfd, "attr/apparmor/exec", text, &ignored);
	if (r == -ENOENT && ignored.kind == ERR_NOT_FOUND)
		r = label_write(proc_dirfd, "attr/exec", text, err);
	else if (r < 0)
		error_move(err, &ignored);
	if (r < 0) {
		error_wrap(err, "use AppArmor profile \"%s\"", profile);
		if (r == -ENOENT)
			error_hint(err,
				   "is it loaded? 'aa-status' lists the loaded profiles");
	}
	return r;
}

int lsm_apply(const struct process_plan *plan, int proc_dirfd, struct error *err)
{
	int r = 0;

	if (plan->apparmor_profile)
		r = apparmor_apply(plan->apparmor_profile, proc_dirfd, err);
	if (r == 0 && plan->selinux_label) {
		r = label_write(proc_dirfd, "attr/exec", plan->selinux_label, err);
		if (r < 0)
			error_wrap(err, "use SELinux label \"%s\"", plan->selinux_label);
	}
	return r;
}
