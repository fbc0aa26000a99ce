/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real user namespaces, made as root and as an ordinary user. A test whose precondition
 * the host does not have (user namespaces, newuidmap, a user with subordinate ids) passes
 * empty.
 */
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runtime/subid.h"
#include "runtime/usermap.h"
#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

/* A process in a new user namespace that waits to be told to go on. */
struct child {
	pid_t pid; /* 0: this host forbids them */
	int go_fd;
};

static struct child child_start(int (*body)(void))
{
	int ready[2], go[2];
	char c = 0;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	struct child child = {.pid = fork(), .go_fd = go[1]};
	if (child.pid == 0) {
		close(go[1]);
		c = unshare(CLONE_NEWUSER) < 0 ? 'n' : 'y';
		(void)!write(ready[1], &c, 1);
		if (c == 'n' || read(go[0], &c, 1) != 1)
			_exit(99);
		_exit(body());
	}
	close(go[0]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	if (c == 'n') {
		waitpid(child.pid, NULL, 0);
		child.pid = 0;
	}
	return child;
}

/* Let it run its body; the body's result. */
static int child_end(const struct child *child)
{
	int status = 0;

	(void)!write(child->go_fd, "g", 1);
	close(child->go_fd);
	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	return proc_exit_code(status);
}

static void check_maps(pid_t pid, const char *uids, const char *gids,
		       const char *setgroups_word)
{
	static const char *const files[] = {"uid_map", "gid_map", "setgroups"};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < 3; i++) {
		cleanup_free char *path = xasprintf("/proc/%d/%s", pid, files[i]);
		cleanup_free char *text = NULL;
		if (i == 2) {
			ck_assert_ok(fs_read(AT_FDCWD, path, 100, &text, NULL, &err),
				     &err);
			ck_assert_str_eq(text, setgroups_word);
			continue;
		}
		cleanup_idmap struct idmap map = {0};
		ck_assert_ok(idmap_read(path, &map, &err), &err);
		text = idmap_text(&map);
		ck_assert_str_eq(text, i == 0 ? uids : gids);
	}
}

static int write_maps(const struct child *child, const struct idmap *uids,
		      const struct idmap *gids, struct error *err)
{
	cleanup_usermap struct usermap m = USERMAP_INIT;
	int r = usermap_begin(&m, child->pid, uids, gids, err);
	return r < 0 ? r : usermap_end(&m, err);
}

/* The first user of /etc/subuid whose name and ranges are good; NULL if there is none. */
static const struct passwd *subid_user(void)
{
	struct error err = ERROR_INIT;
	cleanup_free char *text = NULL, *groups = NULL, *helper = proc_find("newuidmap");

	if (!helper || geteuid() != 0 ||
	    fs_read(AT_FDCWD, "/etc/subuid", 1 << 20, &text, NULL, &err) < 0 ||
	    fs_read(AT_FDCWD, "/etc/subgid", 1 << 20, &groups, NULL, &err) < 0) {
		error_release(&err);
		return NULL;
	}
	cleanup_strv char **lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		cleanup_free char *name = xstrndup(*line, strcspn(*line, ":"));
		cleanup_free struct subid_range *uids = NULL, *gids = NULL;
		size_t n_uids = 0, n_gids = 0;
		const struct passwd *user = getpwnam(name);
		if (!user || user->pw_uid == 0)
			continue;
		subid_parse(text, name, user->pw_uid, &uids, &n_uids);
		subid_parse(groups, name, user->pw_uid, &gids, &n_gids);
		if (n_uids > 0 && n_gids > 0)
			return user;
	}
	return NULL;
}

/* This test's process becomes that user for good. */
static void become(uid_t uid, gid_t gid)
{
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(gid, gid, gid), 0);
	ck_assert_int_eq(setresuid(uid, uid, uid), 0);
	/* Or its children's /proc files would belong to root. */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

/* Become root of the namespace; with groups if `groups`. */
static int be_root(bool groups)
{
	gid_t group = 0;

	if ((setgroups(1, &group) == 0) != groups)
		return 10;
	if (setresgid(0, 0, 0) < 0)
		return 11;
	if (setresuid(0, 0, 0) < 0)
		return 12;
	return getuid() == 0 && getgid() == 0 ? 0 : 13;
}

static int be_root_with_groups(void)
{
	return be_root(true);
}

static int be_root_without_groups(void)
{
	return be_root(false);
}

static int be_a_user(void)
{
	if (be_root(true) != 0)
		return 20;
	return setresgid(500, 500, 500) == 0 && setresuid(500, 500, 500) == 0 ? 0 : 21;
}

START_TEST(test_direct_as_root)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};

	if (geteuid() != 0)
		return;
	idmap_add(&uids, 0, 200000, 1000);
	idmap_add(&gids, 0, 300000, 600);
	idmap_add(&gids, 1000, 5, 1);
	struct child child = child_start(be_a_user);
	if (child.pid == 0)
		return;
	ck_assert(!usermap_denies_setgroups(&gids));
	ck_assert_ok(write_maps(&child, &uids, &gids, &err), &err);
	check_maps(child.pid, "0 200000 1000\n", "0 300000 600\n1000 5 1\n", "allow\n");
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(test_single_id_as_root)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (geteuid() != 0)
		return;
	idmap_add(&map, 0, 12345, 1);
	struct child child = child_start(be_root_with_groups);
	if (child.pid == 0)
		return;
	ck_assert_ok(write_maps(&child, &map, &map, &err), &err);
	check_maps(child.pid, "0 12345 1\n", "0 12345 1\n", "allow\n");
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

/* Needs no newuidmap, no /etc/subuid, not even a name. */
START_TEST(test_single_id_as_a_user)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};

	if (geteuid() == 0)
		become(54321, 54322);
	idmap_add(&uids, 0, geteuid(), 1);
	idmap_add(&gids, 0, getegid(), 1);
	struct child child = child_start(be_root_without_groups);
	if (child.pid == 0)
		return;
	ck_assert(usermap_denies_setgroups(&gids));
	ck_assert_ok(write_maps(&child, &uids, &gids, &err), &err);
	cleanup_free char *u = idmap_text(&uids), *g = idmap_text(&gids);
	check_maps(child.pid, u, g, "deny\n");
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(test_ranges_as_a_user)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	const struct passwd *user = subid_user();

	if (!user)
		return;
	ck_assert_ok(
		subid_rootless_map(SUBID_UID, user->pw_uid, user->pw_gid, &uids, &err),
		&err);
	ck_assert_ok(
		subid_rootless_map(SUBID_GID, user->pw_uid, user->pw_gid, &gids, &err),
		&err);
	become(user->pw_uid, user->pw_gid);
	struct child child = child_start(be_a_user);
	if (child.pid == 0)
		return;
	ck_assert(!usermap_denies_setgroups(&gids));
	ck_assert_ok(write_maps(&child, &uids, &gids, &err), &err);
	cleanup_free char *u = idmap_text(&uids), *g = idmap_text(&gids);
	check_maps(child.pid, u, g, "allow\n");
	ck_assert_int_eq(child_end(&child), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no helper is left */
}
END_TEST

/* One side by the kernel's leave, the other by a helper. */
START_TEST(test_single_uid_and_range_of_gids)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	const struct passwd *user = subid_user();

	if (!user)
		return;
	idmap_add(&uids, 0, user->pw_uid, 1);
	ck_assert_ok(
		subid_rootless_map(SUBID_GID, user->pw_uid, user->pw_gid, &gids, &err),
		&err);
	become(user->pw_uid, user->pw_gid);
	struct child child = child_start(be_root_with_groups);
	if (child.pid == 0)
		return;
	ck_assert_ok(write_maps(&child, &uids, &gids, &err), &err);
	cleanup_free char *u = idmap_text(&uids), *g = idmap_text(&gids);
	check_maps(child.pid, u, g, "allow\n");
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

/* As that user ask for a map that the helpers refuse; the caller looks at *err. */
static bool refused(const struct passwd *user, uint32_t outside, uint32_t count,
		    struct error *err)
{
	cleanup_idmap struct idmap uids = {0}, gids = {0};

	idmap_add(&uids, 0, outside, count);
	idmap_add(&gids, 0, user->pw_gid, 1);
	become(user->pw_uid, user->pw_gid);
	struct child child = child_start(be_root_with_groups);
	if (child.pid == 0)
		return false;
	ck_assert_int_lt(write_maps(&child, &uids, &gids, err), 0);
	kill(child.pid, SIGKILL);
	ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
	ck_assert_ptr_nonnull(err->hint);
	return true;
}

START_TEST(test_foreign_range)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user)
		return;
	cleanup_free char *remedy = xasprintf(
		"as root: usermod --add-subuids 4000000000-4000000009 %s", user->pw_name);
	if (!refused(user, 4000000000, 10, &err))
		return;
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(err.text, "newuidmap refused the id map: "));
	ck_assert_ptr_nonnull(strstr(err.hint, remedy));
	error_release(&err);
}
END_TEST

/* Nobody should be told to give away the system's own ids. */
START_TEST(test_system_range)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user || !refused(user, 0, 10, &err))
		return;
	ck_assert_ptr_null(strstr(err.hint, "usermod"));
	ck_assert_ptr_nonnull(
		strstr(err.hint, "use ids from your ranges of /etc/subuid: "));
	error_release(&err);
}
END_TEST

START_TEST(test_no_new_privs)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user)
		return;
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (!refused(user, 4000000000, 10, &err))
		return;
	ck_assert_ptr_nonnull(strstr(err.text, "no_new_privs"));
	error_release(&err);
}
END_TEST

static void own_mounts(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

START_TEST(test_helper_not_installed)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user)
		return;
	own_mounts();
	char *path;
	for (int i = 0; i < 10 && (path = proc_find("newuidmap")); i++, free(path)) {
		*strrchr(path, '/') = '\0';
		ck_assert_int_eq(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	}
	if (!refused(user, 100000, 10, &err))
		return;
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert(str_starts(err.text, "newuidmap is not installed"));
	ck_assert_ptr_nonnull(strstr(err.hint, "apt-get install uidmap"));
	error_release(&err);
}
END_TEST

START_TEST(test_helper_without_privilege)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user)
		return;
	own_mounts();
	cleanup_free char *path = proc_find("newuidmap");
	static const char copy[] = "/tmp/newuidmap"; /* on a /tmp of this test's own */
	cleanup_free char *program = NULL;
	cleanup_free char *hint = xasprintf("as root: chmod u+s %s", path);
	size_t len = 0;
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
	ck_assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &program, &len, &err), &err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, copy, program, len, 0755, 0, &err), &err);
	ck_assert_int_eq(mount(copy, path, NULL, MS_BIND, NULL), 0);
	if (!refused(user, 100000, 10, &err))
		return;
	ck_assert_ptr_nonnull(strstr(err.text, "has lost its privilege"));
	ck_assert_str_eq(err.hint, hint);
	error_release(&err);
}
END_TEST

START_TEST(test_helper_on_nosuid)
{
	struct error err = ERROR_INIT;
	const struct passwd *user = subid_user();

	if (!user)
		return;
	own_mounts();
	cleanup_free char *path = proc_find("newuidmap");
	ck_assert_int_eq(mount(path, path, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID, NULL),
			 0);
	if (!refused(user, 100000, 10, &err))
		return;
	ck_assert_ptr_nonnull(strstr(err.text, "mounted nosuid"));
	error_release(&err);
}
END_TEST

/* In a namespace of 1000 ids, its root cannot map the 5000th on. */
static int map_what_is_not_there(void)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (be_root(true) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 30;
	idmap_add(&map, 0, 995, 10);
	struct child child = child_start(be_root_with_groups);
	if (child.pid == 0)
		return 31;
	if (write_maps(&child, &map, &map, &err) != -EINVAL || err.kind != ERR_INVALID ||
	    !str_eq(err.text,
		    "write uid_map: map 0:995:10: there is no id 1000 to map to"))
		return 32;
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	return 0;
}

START_TEST(test_nested)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (geteuid() != 0)
		return;
	idmap_add(&map, 0, 200000, 1000);
	struct child child = child_start(map_what_is_not_there);
	if (child.pid == 0)
		return;
	ck_assert_ok(write_maps(&child, &map, &map, &err), &err);
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(test_release_ends_the_helpers)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	const struct passwd *user = subid_user();

	if (!user)
		return;
	ck_assert_ok(
		subid_rootless_map(SUBID_UID, user->pw_uid, user->pw_gid, &uids, &err),
		&err);
	ck_assert_ok(
		subid_rootless_map(SUBID_GID, user->pw_uid, user->pw_gid, &gids, &err),
		&err);
	become(user->pw_uid, user->pw_gid);
	struct child child = child_start(be_root_with_groups);
	if (child.pid == 0)
		return;
	struct usermap m = USERMAP_INIT;
	ck_assert_ok(usermap_begin(&m, child.pid, &uids, &gids, &err), &err);
	ck_assert_int_gt(m.helper_pid[0], 0);
	ck_assert_int_gt(m.helper_pid[1], 0);
	usermap_release(&m);
	usermap_release(&m);
	kill(child.pid, SIGKILL);
	ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(test_explain_clone)
{
	static const int codes[] = {EPERM, ENOSPC, EUSERS, EINVAL, ENOSYS, EAGAIN};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct error err = ERROR_INIT;
		ck_assert_int_eq(usermap_explain_clone(codes[i], &err), -codes[i]);
		ck_assert_str_eq(err.text, "make a user namespace");
		ck_assert_ptr_nonnull(err.hint);
		error_release(&err);
	}
	struct error err = ERROR_INIT;
	ck_assert_int_eq(usermap_explain_clone(ENOMEM, &err), -ENOMEM);
	ck_assert_message(&err, "make a user namespace: cannot allocate memory");
}
END_TEST

/* The limit is a namespace's own, so that it can be set in one without harm to others. */
static int switch_off(void)
{
	struct error err = ERROR_INIT;

	if (be_root(true) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 40;
	int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, "0", 1) < 0)
		return 41;
	if (unshare(CLONE_NEWUSER) == 0)
		return 42;
	(void)usermap_explain_clone(errno, &err);
	return err.code == ENOSPC &&
			       strstr(err.hint, "sysctl -w user.max_user_namespaces=")
		       ? 0
		       : 43;
}

START_TEST(test_switched_off)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (geteuid() != 0)
		return;
	idmap_add(&map, 0, 200000, 1000);
	struct child child = child_start(switch_off);
	if (child.pid == 0)
		return;
	ck_assert_ok(write_maps(&child, &map, &map, &err), &err);
	ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

UNIT_MAIN("usermap", test_direct_as_root, test_single_id_as_root,
	  test_single_id_as_a_user, test_ranges_as_a_user,
	  test_single_uid_and_range_of_gids, test_foreign_range, test_system_range,
	  test_no_new_privs, test_helper_not_installed, test_helper_without_privilege,
	  test_helper_on_nosuid, test_nested, test_release_ends_the_helpers,
	  test_explain_clone, test_switched_off)
