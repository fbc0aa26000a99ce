/* SPDX-License-Identifier: Apache-2.0 */
/* What lives only as long as the user is logged in, or the host is up. */
#include <linux/magic.h>

#include "engine/doctor_rules.h"
#include "util/cleanup.h"

static bool is_in_memory(const struct doctor_dir *d)
{
	return d->fs_magic == TMPFS_MAGIC || d->fs_magic == RAMFS_MAGIC;
}

static void how_to_get_run_dir(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->namespaced) {
		check_remedy(c, "Keep it on a tmpfs: cubby --runroot DIR ...");
		return;
	}
	if (!f->rootless) {
		check_command(c, true,
			      "mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run");
		check_remedy(
			c,
			"Before anything runs that keeps files there, so best in /etc/fstab.");
		return;
	}
	if (f->systemd && f->user)
		check_command(c, true, "loginctl enable-linger %s", f->user);
	else
		check_command(c, true, "install -d -m 0700 -o %u /run/user/%u", f->uid,
			      f->uid);
	check_remedy(c, "Cubby finds /run/user/%u by itself once it is there.", f->uid);
}

static void judge_run(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct doctor_dir *d = &f->run;

	if (!doctor_judge_dir(f, d, c)) {
		if (c->command && !c->as_root)
			c->fix = DOCTOR_FIX_RUN_MODE;
		return;
	}
	if (is_in_memory(d)) {
		check_set(c, DOCTOR_OK, "%s on %s", d->path, doctor_fs_word(d));
		return;
	}
	check_set(c, DOCTOR_DEGRADED, "%s on %s, which outlives a reboot%s", d->path,
		  doctor_fs_word(d),
		  f->runtime_dir_set && !f->runtime_dir_ours
			  ? "; XDG_RUNTIME_DIR is not yours"
			  : "");
	how_to_get_run_dir(f, c);
}

static void judge_linger(const struct doctor_facts *f, struct doctor_check *c)
{
	if (!f->rootless) {
		check_set(c, DOCTOR_OK, "root's processes stay");
	} else if (!f->systemd) {
		check_set(c, DOCTOR_OK,
			  "there is no systemd that ends processes at logout");
	} else if (f->lingers) {
		check_set(c, DOCTOR_OK, "your processes stay after you log out");
	} else {
		check_set(c, DOCTOR_DEGRADED,
			  "systemd ends your containers when you log out");
		check_command(c, false, "loginctl enable-linger");
		if (f->user)
			check_remedy(
				c,
				"If that is denied, as root: loginctl enable-linger %s.",
				f->user);
		c->fix = DOCTOR_FIX_LINGER;
	}
}

static void judge_manager(const struct doctor_facts *f, struct doctor_check *c)
{
	if (!f->systemd) {
		check_set(c, DOCTOR_OK, "there is no systemd, and no need for it");
	} else if (!f->rootless) {
		check_set(c, DOCTOR_OK, "root needs none");
	} else if (f->user_manager) {
		check_set(c, DOCTOR_OK, "running");
	} else {
		check_set(c, DOCTOR_DEGRADED,
			  "systemd has no manager for you, as after su or sudo");
		check_command(c, true, "loginctl enable-linger %s",
			      f->user ? f->user : "USER");
		check_remedy(c, "Logging in by ssh or on a terminal starts one as well.");
	}
}

static const struct doctor_rule rules[] = {
	{"run-directory", "run directory",
	 "What lives is kept there; it must be gone after a reboot.",
	 "without a place for live state", judge_run},
	{"lingering", "lingering", "Containers in the background go on when you log out.",
	 "until you log out", judge_linger},
	{"user-manager", "systemd user manager",
	 "It hands control groups, and so limits, to ordinary users.", "without limits",
	 judge_manager},
};
const struct doctor_subject doctor_session = {"Session", rules, ARRAY_SIZE(rules)};
