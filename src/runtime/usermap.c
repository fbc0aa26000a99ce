/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The kernel takes a map from a process with CAP_SETUID (CAP_SETGID)
 * in the parent namespace, and from anybody a single line that holds nothing but the
 * writer's own id; for a group that needs setgroups(2) denied first, or the namespace
 * would be a way out of groups that forbid (user_namespaces(7), CVE-2014-8989).
 * Everything else is the setuid helpers' to write. They are exec'd at the same time: each
 * costs about as much as the whole rest of the launch.
 */
#include "runtime/usermap.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define WORDS_MAX 1024

static const struct {
	const char *program, *file, *option, *subids;
	int capability;
} sides[] = {
	{"newuidmap", "uid_map", "--add-subuids", "/etc/subuid", CAP_SETUID},
	{"newgidmap", "gid_map", "--add-subgids", "/etc/subgid", CAP_SETGID},
};
enum { UID_SIDE, GID_SIDE, N_SIDES };

static bool has_capability(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return sys_capget(&header, data) == 0 && (data[0].effective & (1U << capability));
}

static bool is_own_single(int side, const struct idmap *map)
{
	return idmap_is_single(map, side == UID_SIDE ? geteuid() : getegid());
}

bool usermap_denies_setgroups(const struct idmap *gids)
{
	return !has_capability(CAP_SETGID) && is_own_single(GID_SIDE, gids);
}

static int write_proc(pid_t pid, const char *file, const char *text, struct error *err)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	/* One write(2): the kernel takes a map in one piece. */
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return error_set(err, ERR_SYSTEM, errno, "write %s", path);
	return 0;
}

static int missing_program(const char *program, struct error *err)
{
	(void)error_set(err, ERR_NOT_FOUND, 0,
			"%s is not installed: it gives a user namespace its range of ids",
			program);
	return error_hint(err,
			  "as root: apt-get install uidmap\n"
			  "or, for a container with your own id only: --uidmap 0:0:1");
}

static int start_helper(struct usermap *m, int side, pid_t pid, const struct idmap *map,
			struct error *err)
{
	cleanup_strv char **argv = NULL;
	cleanup_fd int out_fd =
		fd_move_high(sys_memfd_create(sides[side].program, MFD_CLOEXEC));

	if (out_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a memory file");
	strv_add(&argv, sides[side].program);
	strv_addf(&argv, "%d", pid);
	for (size_t i = 0; i < map->n_lines; i++) {
		strv_addf(&argv, "%u", map->lines[i].inside);
		strv_addf(&argv, "%u", map->lines[i].outside);
		strv_addf(&argv, "%u", map->lines[i].count);
	}
	struct proc_spawn spawn = {
		.file = sides[side].program,
		.argv = argv,
		.stdin_fd = -EBADF,
		.stdout_fd = out_fd,
		.stderr_fd = out_fd,
		.ret_pid = &m->helper_pid[side],
	};
	int r = proc_spawn(&spawn, err);
	if (r == -ENOENT)
		return missing_program(sides[side].program, err);
	if (r < 0)
		return error_wrap(err, "write %s", sides[side].file);
	m->helper_out_fd[side] = TAKE_FD(out_fd);
	return 0;
}

int usermap_begin(struct usermap *m, pid_t pid, const struct idmap *uids,
		  const struct idmap *gids, struct error *err)
{
	const struct idmap *maps[N_SIDES] = {uids, gids};
	bool direct[N_SIDES];

	for (int side = 0; side < N_SIDES; side++)
		direct[side] = has_capability(sides[side].capability) ||
			       is_own_single(side, maps[side]);
	/* The helpers first: they run while we write. */
	for (int side = 0; side < N_SIDES; side++) {
		int r = direct[side] ? 0 : start_helper(m, side, pid, maps[side], err);
		if (r < 0)
			return r;
	}
	if (direct[GID_SIDE] && usermap_denies_setgroups(gids)) {
		int r = write_proc(pid, "setgroups", "deny", err);
		if (r < 0)
			return r;
	}
	for (int side = 0; side < N_SIDES; side++) {
		cleanup_free char *text = direct[side] ? idmap_text(maps[side]) : NULL;
		int r = text ? write_proc(pid, sides[side].file, text, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Without its setuid bit or file capability the helper can only fail, and says so badly.
 */
static bool lacks_privilege(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !(st.st_mode & S_ISUID) &&
	       getxattr(path, "security.capability", NULL, 0) <= 0;
}

static int explain_helper(int side, const char *words, struct error *err)
{
	cleanup_free char *path = proc_find(sides[side].program);

	if (path && lacks_privilege(path)) {
		(void)error_set(err, ERR_DENIED, 0,
				"%s has lost its privilege to write id maps", path);
		return error_hint(err, "as root: chmod u+s %s", path);
	}
	(void)error_set(err, ERR_DENIED, 0, "%s refused the id map%s%s",
			sides[side].program, *words ? ": " : "", words);
	if (strstr(words, "not allowed") || strstr(words, "not permitted"))
		return error_hint(
			err,
			"the ids must be in your ranges of %s; as root: usermod %s FIRST-LAST USER",
			sides[side].subids, sides[side].option);
	return -err->code ? -err->code : -EINVAL;
}

static int end_helper(struct usermap *m, int side, struct error *err)
{
	char words[WORDS_MAX + 1] = "";
	int status = 0;
	int r = proc_wait(m->helper_pid[side], -EBADF, -1, &status);

	m->helper_pid[side] = 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for %s", sides[side].program);
	if (proc_exit_code(status) == 0)
		return 0;
	ssize_t n = pread(m->helper_out_fd[side], words, WORDS_MAX, 0);
	while (n > 0 && words[n - 1] == '\n')
		n--;
	words[n > 0 ? n : 0] = '\0';
	return explain_helper(side, words, err);
}

int usermap_end(struct usermap *m, struct error *err)
{
	for (int side = 0; side < N_SIDES; side++) {
		int r = m->helper_pid[side] > 0 ? end_helper(m, side, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

void usermap_release(struct usermap *m)
{
	int saved_errno = errno, status;

	for (int side = 0; side < N_SIDES; side++) {
		/* Nothing to kill it with: it is root's. It ends when its target is gone.
		 */
		if (m->helper_pid[side] > 0)
			(void)!proc_wait(m->helper_pid[side], -EBADF, -1, &status);
		fd_cleanup_(&m->helper_out_fd[side]);
	}
	*m = USERMAP_INIT;
	errno = saved_errno;
}

static bool file_says(const char *path, const char *value)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len;

	if (fs_read(AT_FDCWD, path, 64, &text, &len, &err) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return str_eq(text, value);
}

int usermap_explain_clone(int code, struct error *err)
{
	(void)error_set(err, code == EPERM ? ERR_DENIED : ERR_SYSTEM, code,
			"make a user namespace");
	if (code == ENOSPC || code == EUSERS)
		return error_hint(
			err,
			file_says("/proc/sys/user/max_user_namespaces", "0")
				? "user namespaces are switched off here; as root: sysctl -w user.max_user_namespaces=65536"
				: "the limit is reached: see sysctl user.max_user_namespaces, and that they nest 32 deep at most");
	if (code != EPERM)
		return -code;
	if (file_says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		return error_hint(
			err, "as root: sysctl -w kernel.unprivileged_userns_clone=1");
	if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		return error_hint(
			err,
			"AppArmor restricts them; as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give cubby a profile that allows userns");
	return error_hint(
		err,
		"a process in a chroot, or under a seccomp filter as in another container, may not make one");
}
