/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor ROOT UID_START GID_START COUNT COMMAND [ARG...]
 *
 * The least that a rootless container costs, with nothing around it: one clone3 with all
 * namespaces that `run --network none` has, the full id maps written by newuidmap and
 * newgidmap side by side (with COUNT 0: one id, written directly), the tree bound, /proc
 * mounted, pivot_root, exec, wait. No checks, no seccomp, no cgroup, no record: what any
 * container engine does on top is its own doing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void child(int sync_fd, const char *root, char **argv)
{
	char byte;
	if (read(sync_fd, &byte, 1) != 1)
		_exit(125);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("make / private");
	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind root");
	if (chdir(root) < 0)
		die("chdir root");
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("mount proc");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		die("pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("detach old root");
	execvp(argv[0], argv);
	die(argv[0]);
}

static void write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static pid_t start_newidmap(const char *program, pid_t pid, unsigned own,
			    const char *start, const char *count)
{
	char pid_text[16], own_text[16];
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	snprintf(own_text, sizeof(own_text), "%u", own);
	pid_t helper = vfork();
	if (helper == 0) {
		execlp(program, program, pid_text, "0", own_text, "1", "1", start, count,
		       (char *)NULL);
		_exit(127);
	}
	return helper;
}

static void write_maps(pid_t pid, char **ids)
{
	char line[64];
	if (strcmp(ids[2], "0") == 0) {
		write_file(pid, "setgroups", "deny");
		snprintf(line, sizeof(line), "0 %u 1", getuid());
		write_file(pid, "uid_map", line);
		snprintf(line, sizeof(line), "0 %u 1", getgid());
		write_file(pid, "gid_map", line);
		return;
	}
	pid_t uid_helper = start_newidmap("newuidmap", pid, getuid(), ids[0], ids[2]);
	pid_t gid_helper = start_newidmap("newgidmap", pid, getgid(), ids[1], ids[2]);
	int uid_status = -1, gid_status = -1;
	waitpid(uid_helper, &uid_status, 0);
	waitpid(gid_helper, &gid_status, 0);
	if (uid_status != 0 || gid_status != 0) {
		errno = EPERM;
		die("newuidmap, newgidmap");
	}
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	int sync_fds[2];
	if (pipe2(sync_fds, O_CLOEXEC) < 0)
		die("pipe");
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
			 CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (pid == 0)
		child(sync_fds[0], argv[1], argv + 5);
	write_maps(pid, argv + 2);
	if (write(sync_fds[1], "", 1) != 1)
		die("write");
	int status;
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
