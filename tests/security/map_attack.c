/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What root of a container with a map of its own tries against what that map is made of: the namespace
 * above it, the mounts below its root, the layers. Says what it got, line by line.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s %s\n", what, strerrorname_np(errno));
	else
		printf("%s got\n", what);
	fflush(stdout);
}

/* namespaces: the one above, of each kind that has one. */
static int namespaces(void)
{
	int user_fd = open("/proc/self/ns/user", O_RDONLY);
	int mount_fd = open("/proc/self/ns/mnt", O_RDONLY), owner_fd;

	say("parent", ioctl(user_fd, NS_GET_PARENT));
	owner_fd = ioctl(mount_fd, NS_GET_USERNS);
	say("parent of the mount namespace's", ioctl(owner_fd, NS_GET_PARENT));
	say("setns to itself", setns(user_fd, CLONE_NEWUSER));
	say("child", unshare(CLONE_NEWUSER));
	say("back from a child", setns(user_fd, CLONE_NEWUSER));
	return 0;
}

static void look(const char *when)
{
	struct stat top, up;

	if (stat("/", &top) < 0 || stat("/..", &up) < 0)
		printf("%s: %s\n", when, strerrorname_np(errno));
	else
		printf("%s: %s%s\n", when,
		       top.st_dev == up.st_dev && top.st_ino == up.st_ino ? "the same"
									  : "another",
		       access("/own/identity", F_OK) == 0 ? "" : ", not the image");
	fflush(stdout);
}

/* below: what lies under or over our root, taking away what can be taken. */
static int below(void)
{
	int mount_fd = open("/proc/self/ns/mnt", O_RDONLY);

	look("root");
	say("umount ..", umount2("/..", MNT_DETACH));
	look("then");
	say("setns", setns(mount_fd, CLONE_NEWNS));
	look("entered");
	say("unshare", unshare(CLONE_NEWNS));
	for (int i = 0; i < 5; i++)
		(void)!umount2("/..", MNT_DETACH);
	look("at last");
	chdir("/");
	say("pivot", syscall(SYS_pivot_root, ".", "."));
	return 0;
}

/* fds: every one that we were born with. */
static int fds(void)
{
	char path[64], target[256];

	for (int fd = 3; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		printf("%d is %.*s\n", fd, n < 0 ? 0 : (int)n, target);
	}
	return 0;
}

static void reconfigure(const char *key, const char *value)
{
	int fd = syscall(SYS_fspick, AT_FDCWD, "/", 0), r;
	char what[64];

	snprintf(what, sizeof(what), "reconfigure %s", key);
	if (fd < 0) {
		say(what, -1);
		return;
	}
	r = syscall(SYS_fsconfig, fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
		    key, value, 0);
	if (r >= 0)
		r = syscall(SYS_fsconfig, fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	say(what, r);
	close(fd);
}

/* devices PATH...: with whatever mount flags we can have. */
static int devices(char **paths)
{
	say("mknod disk", mknod("/disk", S_IFBLK | 0666, makedev(254, 0)));
	say("mknod null", mknod("/null", S_IFCHR | 0666, makedev(1, 3)));
	say("remount", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	say("remount the file system", mount(NULL, "/", NULL, MS_REMOUNT, "lowerdir=/"));
	reconfigure("lowerdir", "/");
	reconfigure("ro", NULL);
	for (; *paths; paths++)
		say(*paths, open(*paths, O_RDONLY | O_NONBLOCK));
	return 0;
}

/* rob DIR: everything that could be done to each file of others' in it. */
static int rob(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[512], to[600];

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		snprintf(to, sizeof(to), "%s-moved", path);
		int got = open(path, O_WRONLY) >= 0 || truncate(path, 0) == 0 ||
			  chmod(path, 0777) == 0 || chown(path, 0, 0) == 0 ||
			  rename(path, to) == 0 || unlink(path) == 0 ||
			  setxattr(path, "user.x", "y", 1, 0) == 0;
		/* root of a namespace of our own is no more than we are */
		if (fork() == 0) {
			got = unshare(CLONE_NEWUSER) == 0 &&
			      (open(path, O_RDWR) >= 0 || chmod(path, 0777) == 0);
			_exit(got);
		}
		int status;
		wait(&status);
		printf("%s %s\n", entry->d_name, got || status ? "robbed" : "safe");
	}
	return 0;
}

/* forge LAYER PATH: a file that says its content is elsewhere. */
static int forge(const char *layer, const char *path)
{
	static const char *const keys[] = {"user.overlay.redirect",
					   "trusted.overlay.redirect"};
	static const char *const marks[] = {"user.overlay.metacopy",
					    "trusted.overlay.metacopy"};
	char target[512];
	int fd = open("/forged", O_WRONLY | O_CREAT, 0644);

	(void)!ftruncate(fd, 64);
	snprintf(target, sizeof(target), "/%s/%s", layer, path);
	for (int i = 0; i < 2; i++) {
		(void)!fsetxattr(fd, marks[i], "", 0, 0);
		(void)!fsetxattr(fd, keys[i], target, strlen(target), 0);
	}
	mkdir("/forged-dir", 0755);
	(void)!setxattr("/forged-dir", keys[0], "/", 1, 0);
	(void)!setxattr("/etc", "user.overlay.opaque", "y", 1, 0);
	return 0;
}

/* spoil DIR: every file below, in all ways. */
static void spoil(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct stat st;
	char path[4096];

	while (d && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (lstat(path, &st) < 0)
			continue;
		(void)!lchown(path, 0, 0);
		(void)!setxattr(path, "user.spoilt", "y", 1, 0);
		if (S_ISDIR(st.st_mode)) {
			spoil(path);
			(void)!rmdir(path);
			continue;
		}
		int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
		(void)!write(fd, "spoilt", 6);
		close(fd);
		(void)!chmod(path, 0777);
		(void)!unlink(path);
	}
	if (d)
		closedir(d);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "namespaces") == 0)
		return namespaces();
	if (strcmp(what, "below") == 0)
		return below();
	if (strcmp(what, "fds") == 0)
		return fds();
	if (strcmp(what, "devices") == 0)
		return devices(argv + 2);
	if (strcmp(what, "rob") == 0)
		return rob(argv[2]);
	if (strcmp(what, "forge") == 0)
		return forge(argv[2], argv[3]);
	if (strcmp(what, "spoil") == 0) {
		spoil("/own");
		spoil("/w");
		spoil("/hl");
		return 0;
	}
	return 2;
}
