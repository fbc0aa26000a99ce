/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a user namespace's maps, from outside it. Directly where the kernel allows it:
 * with CAP_SETUID/CAP_SETGID in the parent namespace, or for a single line of the
 * caller's own id (setgroups is then denied first, user_namespaces(7)). Otherwise by
 * newuidmap(1) and newgidmap(1), both running at once.
 *
 * usermap_begin() starts; the caller may do other work; usermap_end() waits and reports:
 * missing program (ERR_NOT_FOUND: apt-get install uidmap), program without its privilege
 * (no setuid bit/file capability), range not in /etc/subuid (with the usermod line), each
 * with a remedy.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct usermap {
	pid_t helper_pid[2];  /* newuidmap, newgidmap; 0: not running */
	int helper_out_fd[2]; /* what they print */
	struct idmap maps[2]; /* as they are written */
};
#define USERMAP_INIT ((struct usermap){.helper_out_fd = {-EBADF, -EBADF}})

/* pid is a process whose /proc/PID belongs to the new namespace. */
int usermap_begin(struct usermap *m, pid_t pid, const struct idmap *uids,
		  const struct idmap *gids, struct error *err) _must_check_;
int usermap_end(struct usermap *m, struct error *err) _must_check_;
void usermap_release(struct usermap *m); /* kills helpers still running */
#define cleanup_usermap cleanup(usermap_release)

/*
 * usermap_denies_setgroups() - whether a namespace with this gid map, written by this
 * caller, will have setgroups(2) denied (so the container keeps the caller's
 * supplementary groups).
 */
bool usermap_denies_setgroups(const struct idmap *gids);

/*
 * usermap_explain_clone() - turn the errno of a failed CLONE_NEWUSER into a sentence with
 * remedy: user.max_user_namespaces 0 or exhausted (ENOSPC),
 * kernel.unprivileged_userns_clone=0, AppArmor's restriction
 * (kernel.apparmor_restrict_unprivileged_userns), chroot (EPERM), EUSERS depth. Return:
 * -code.
 */
int usermap_explain_clone(int code, struct error *err);

/*
 * usermap_check_helpers() - whether newuidmap and newgidmap are there and have their privilege, as far as
 * it can be seen without using them: ERR_NOT_FOUND, or ERR_DENIED with the remedy.
 */
int usermap_check_helpers(struct error *err) _must_check_;
