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
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "runtime/outer_container.h"
#include "runtime/own_map.h"
#include "runtime/subid.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define WORDS_MAX 1024

static const struct {
	const char *program, *file, *own_file, *option, *subids;
	enum subid_kind kind;
	int capability;
} sides[] = {
	{"newuidmap", "uid_map", "/proc/self/uid_map", "--add-subuids", "/etc/subuid",
	 SUBID_UID, CAP_SETUID},
	{"newgidmap", "gid_map", "/proc/self/gid_map", "--add-subgids", "/etc/subgid",
	 SUBID_GID, CAP_SETGID},
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

/* Since Linux 5.12 id 0 is handed on only by who may give files capabilities, user_namespaces(7). */
static int explain_root(const struct idmap *map, int code, struct error *err)
{
	if (idmap_to_inside(map, 0) == IDMAP_NONE || has_capability(CAP_SETFCAP))
		return code;
	return error_hint(
		err,
		"to map id 0 root needs CAP_SETFCAP: start the container that this is "
		"without dropping it, or map other ids: --uidmap 0:1:1000");
}

static int write_map(pid_t pid, int side, const struct idmap *map, struct error *err)
{
	cleanup_error struct error why = ERROR_INIT, ignored = ERROR_INIT;
	cleanup_idmap struct idmap own = {0}, composed = {0};
	cleanup_free char *text = idmap_text(map);

	int r = write_proc(pid, sides[side].file, text, err);
	if (r != -EPERM)
		return r;
	/* The kernel's word for ids that this namespace does not have itself. */
	if (idmap_read(sides[side].own_file, &own, &ignored) < 0)
		return r;
	if (idmap_compose(map, &own, &composed, &why) == 0)
		return explain_root(map, r, err);
	(void)error_wrap(&why, "write %s", sides[side].file);
	return error_move(err, &why);
}

static int missing_program(const char *program, struct error *err)
{
	(void)error_set(err, ERR_NOT_FOUND, 0,
			"%s is not installed: it gives a user namespace its range of ids",
			program);
	return error_hint(
		err,
		"as root: apt-get install uidmap; or run a container with your own id "
		"only: --uidmap 0:0:1");
}

static int start_helper(struct usermap *m, int side, pid_t pid, struct error *err)
{
	const struct idmap *map = &m->maps[side];
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

/* In a namespace that has its own ids in several lines, as nested containers have. */
static void prepare_map(struct usermap *m, int side, const struct idmap *map)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap own = {0};

	if (idmap_read(sides[side].own_file, &own, &err) < 0)
		error_drop(&err, "the map is written as it is");
	if (own.n_lines > 1)
		own_map_split(map, &own, &m->maps[side]);
	else
		idmap_copy(&m->maps[side], map);
}

int usermap_begin(struct usermap *m, pid_t pid, const struct idmap *uids,
		  const struct idmap *gids, struct error *err)
{
	bool direct[N_SIDES];

	prepare_map(m, UID_SIDE, uids);
	prepare_map(m, GID_SIDE, gids);
	for (int side = 0; side < N_SIDES; side++)
		direct[side] = has_capability(sides[side].capability) ||
			       is_own_single(side, &m->maps[side]);
	/* The helpers first: they run while we write. */
	for (int side = 0; side < N_SIDES; side++) {
		int r = direct[side] ? 0 : start_helper(m, side, pid, err);
		if (r < 0)
			return r;
	}
	if (direct[GID_SIDE] && usermap_denies_setgroups(gids)) {
		int r = write_proc(pid, "setgroups", "deny", err);
		if (r < 0)
			return r;
	}
	for (int side = 0; side < N_SIDES; side++) {
		int r = direct[side] ? write_map(pid, side, &m->maps[side], err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Why the helper could not become what it must be; false if nothing is in its way. */
static bool explain_privilege(const char *program, struct error *err)
{
	cleanup_free char *path = proc_find(program);
	struct statvfs fs;
	struct stat st;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		(void)error_set(err, ERR_DENIED, 0,
				"%s cannot have its privilege: no_new_privs is set here",
				program);
		(void)error_hint(
			err,
			"start cubby outside of the sandbox or service that sets it, "
			"or run a container with your own id only: --uidmap 0:0:1");
		return true;
	}
	if (path && statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID)) {
		(void)error_set(
			err, ERR_DENIED, 0,
			"%s cannot have its privilege: it is on a file system mounted nosuid",
			path);
		(void)error_hint(
			err, "as root: mount it without nosuid, or run a container with "
			     "your own id only: --uidmap 0:0:1");
		return true;
	}
	if (path && stat(path, &st) == 0 && !(st.st_mode & S_ISUID) &&
	    getxattr(path, "security.capability", NULL, 0) <= 0) {
		(void)error_set(err, ERR_DENIED, 0,
				"%s has lost its privilege to write id maps", path);
		(void)error_hint(err, "as root: chmod u+s %s", path);
		return true;
	}
	return false;
}

int usermap_check_helpers(struct error *err)
{
	for (int side = 0; side < N_SIDES; side++) {
		cleanup_free char *path = proc_find(sides[side].program);

		if (!path)
			return missing_program(sides[side].program, err);
		if (explain_privilege(sides[side].program, err))
			return -(err->code ? err->code : EINVAL);
	}
	return 0;
}

/* The first line that holds an id which is neither the caller's nor in its ranges. */
static const struct idmap_line *foreign_line(const struct idmap *map,
					     const struct idmap *allowed)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		struct idmap one = {.lines = &map->lines[i], .n_lines = 1};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_idmap struct idmap composed = {0};
		if (idmap_compose(&one, allowed, &composed, &err) < 0)
			return &map->lines[i];
	}
	return NULL;
}

/* What may be given to a user: ids below belong to the system and to people. */
#define GIVABLE_START 100000

static int explain_ranges(int side, const struct idmap *map, struct error *err)
{
	cleanup_free struct subid_range *ranges = NULL;
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_idmap struct idmap allowed = {0};
	cleanup_free char *user = subid_user_name(getuid());
	struct buf text;
	size_t n = 0;

	buf_init(&text, 200);
	if (subid_read(sides[side].kind, getuid(), &ranges, &n, &ignored) < 0)
		n = 0;
	idmap_add(&allowed, side == UID_SIDE ? getuid() : getgid(), 0, 1);
	for (size_t i = 0; i < n; i++) {
		idmap_add(&allowed, ranges[i].start, 0, ranges[i].count);
		(void)buf_printf(&text, "%s%u-%u", i ? ", " : "", ranges[i].start,
				 ranges[i].start + (ranges[i].count - 1));
	}
	cleanup_free char *yours = buf_take(&text);
	const struct idmap_line *line = foreign_line(map, &allowed);
	if (!line)
		return error_hint(err, "the ids must be in your ranges of %s: %s",
				  sides[side].subids, n ? yours : "there are none");
	if (line->outside < GIVABLE_START || !user)
		return error_hint(err, "use ids from your ranges of %s: %s",
				  sides[side].subids, n ? yours : "there are none");
	return error_hint(err, "your ranges of %s: %s; as root: usermod %s %u-%u %s",
			  sides[side].subids, n ? yours : "none", sides[side].option,
			  line->outside, line->outside + (line->count - 1), user);
}

/* What a process here can't have, whatever it execs; NULL: nothing that the helper needs. A setuid
 * helper needs CAP_SYS_ADMIN too, as the namespace is not root's. */
static const char *kept_back(int side, const char *words)
{
	if (prctl(PR_CAPBSET_READ, sides[side].capability, 0, 0, 0) == 0)
		return side == UID_SIDE ? "CAP_SETUID" : "CAP_SETGID";
	if (strstr(words, "not permitted") &&
	    prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0)
		return "CAP_SYS_ADMIN";
	return NULL;
}

static bool explain_bounding(int side, const char *words, struct error *err)
{
	const char *missing = kept_back(side, words);

	if (!missing)
		return false;
	(void)error_set(
		err, ERR_DENIED, 0,
		"%s cannot have its privilege: %s is kept back from all processes "
		"here",
		sides[side].program, missing);
	if (outer_container_hint(err))
		return true;
	if (str_eq(missing, "CAP_SYS_ADMIN"))
		(void)error_hint(err, "start the container that this is with cubby run "
				      "--nested -u USER, or run cubby as its root");
	else
		(void)error_hint(err, "start the container or service that this is "
				      "without dropping it");
	return true;
}

static int explain_helper(int side, const struct idmap *map, const char *words,
			  struct error *err)
{
	size_t name_len = strlen(sides[side].program);

	if (explain_privilege(sides[side].program, err))
		return -EINVAL;
	if (str_starts(words, sides[side].program) && str_starts(words + name_len, ": "))
		words += name_len + 2;
	if (explain_bounding(side, words, err))
		return -EINVAL;
	int r = error_set(err, ERR_DENIED, 0, "%s refused the id map%s%s",
			  sides[side].program, *words ? ": " : "", words);
	return strstr(words, "not allowed") ? explain_ranges(side, map, err) : r;
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
	return explain_helper(side, &m->maps[side], words, err);
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
		/* Setuid or not, its real uid is still the caller's: kill(2) may. */
		if (m->helper_pid[side] > 0 && kill(m->helper_pid[side], SIGKILL) == 0)
			(void)!proc_wait(m->helper_pid[side], -EBADF, -1, &status);
		fd_cleanup_(&m->helper_out_fd[side]);
		idmap_release(&m->maps[side]);
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
	enum error_kind kind = code == EPERM ? ERR_DENIED : ERR_SYSTEM;

	if (code == EINVAL || code == ENOSYS)
		kind = ERR_UNSUPPORTED;
	int r = error_set(err, kind, code, "make a user namespace");
	switch (code) {
	case ENOSPC:
	case EUSERS:
		if (file_says("/proc/sys/user/max_user_namespaces", "0"))
			return error_hint(
				err, "user namespaces are switched off here; as root: "
				     "sysctl -w user.max_user_namespaces=65536");
		return error_hint(
			err, "the limit is reached: see sysctl user.max_user_namespaces, "
			     "and that they nest 32 deep at most");
	case EINVAL:
	case ENOSYS:
		/* a seccomp filter's word for clone3(2) */
		if (code == ENOSYS && outer_container_hint(err))
			return -code;
		return error_hint(
			err, "this kernel has no user namespaces; it must be built with "
			     "CONFIG_USER_NS");
	case EAGAIN:
		return error_hint(
			err, "the limit on your processes is reached: see ulimit -u");
	case EPERM:
		break;
	default:
		return r;
	}
	if (file_says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		return error_hint(
			err, "as root: sysctl -w kernel.unprivileged_userns_clone=1");
	if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		return error_hint(
			err, "AppArmor restricts them; as root: sysctl -w "
			     "kernel.apparmor_restrict_unprivileged_userns=0, or give "
			     "cubby a profile that allows userns");
	if (outer_container_hint(err))
		return -code;
	return error_hint(
		err, "a process in a chroot, or under a seccomp filter as in another "
		     "container, may not make one");
}
