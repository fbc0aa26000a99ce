/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First all processes are sorted by namespace, then each namespace is opened once, through one of its
 * processes: that gives its owner, its map as the kernel shows it to us (ids outside are translated to those of the
 * reader's namespace), and a file of its parent, which may be one that no process is in.
 *
 * Nobody shows the map of a namespace without a process, so one of ours goes there. It cannot be traced from
 * inside: it is not dumpable before it enters, and nothing in the namespace has power over the one that
 * its memory belongs to.
 */
#include "runtime/userns_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/child.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define PROC_PATH_MAX 48

void userns_list_release(struct userns_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		idmap_release(&list->items[i].uids);
		idmap_release(&list->items[i].gids);
		free(list->items[i].processes);
	}
	free(list->items);
	*list = (struct userns_list){0};
}

static size_t find(const struct userns_list *list, const struct stat *st)
{
	/* the processes of one namespace are often neighbours */
	for (size_t i = list->n; i-- > 0;)
		if (list->items[i].ino == st->st_ino && list->items[i].dev == st->st_dev)
			return i;
	return SIZE_MAX;
}

static size_t find_or_add(struct userns_list *list, const struct stat *st)
{
	size_t i = find(list, st);

	if (i != SIZE_MAX)
		return i;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n] = (struct userns){.dev = st->st_dev,
					       .ino = st->st_ino,
					       .parent = USERNS_NO_PARENT,
					       .owner = (uid_t)-1};
	return list->n++;
}

static void read_command(int proc_fd, char command[static USERNS_COMMAND])
{
	cleanup_fd int fd = openat(proc_fd, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, command, USERNS_COMMAND - 1) : 0;

	command[n > 0 ? n : 0] = '\0';
	if (n > 0 && command[n - 1] == '\n')
		command[n - 1] = '\0';
}

/* Their command line is empty. They are in the host's namespace, and there are many. */
static bool is_kernel_thread(int proc_fd)
{
	cleanup_fd int fd = openat(proc_fd, "cmdline", O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 0;
}

static void add_process(struct userns_list *list, int all_fd, const char *name)
{
	cleanup_fd int proc_fd = openat(all_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct userns_process p = {0};
	struct userns *ns;
	struct stat st;
	uint32_t pid;
	size_t at;

	if (proc_fd < 0 || str_to_u32(name, &pid) < 0)
		return;
	if (fstatat(proc_fd, "ns/user", &st, 0) < 0) {
		/* one that has ended, waited for or not, is in no namespace */
		list->n_unseen += errno == EACCES || errno == EPERM;
		return;
	}
	if (st.st_ino == list->items[0].ino && is_kernel_thread(proc_fd))
		return;
	p.pid = (pid_t)pid;
	read_command(proc_fd, p.command);
	at = find_or_add(list, &st);
	ns = &list->items[at];
	ns->processes =
		xreallocarray(ns->processes, ns->n_processes + 1, sizeof(*ns->processes));
	ns->processes[ns->n_processes++] = p;
}

static int scan_processes(struct userns_list *list, struct error *err)
{
	cleanup_dir DIR *dir = opendir("/proc");

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "open /proc");
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			add_process(list, dirfd(dir), entry->d_name);
	}
	return errno ? error_set(err, ERR_SYSTEM, errno, "read /proc") : 0;
}

static int read_maps(struct userns *ns, pid_t pid)
{
	cleanup_error struct error err = ERROR_INIT;
	char path[PROC_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	r = idmap_read(path, &ns->uids, &err);
	if (r >= 0) {
		snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
		r = idmap_read(path, &ns->gids, &err);
	}
	ns->has_maps = r >= 0;
	if (r < 0)
		error_drop(&err, "the map stays unknown");
	return r;
}

/* In the child: there until the parent closes its end. */
static int stay_in(int ns_fd, int ready_fd, int wait_fd)
{
	cleanup_error struct error err = ERROR_INIT;
	char byte = 0;

	if (child_seclude(&err) < 0 || sys_setns(ns_fd, CLONE_NEWUSER) < 0)
		return 1;
	if (write(ready_fd, &byte, 1) != 1)
		return 1;
	return read(wait_fd, &byte, 1) != 0;
}

/* The map of a namespace in which nobody is. */
static void read_maps_inside(struct userns *ns, int ns_fd)
{
	int ready[2], wait[2], status;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return;
	if (pipe2(wait, O_CLOEXEC) < 0) {
		close(ready[0]);
		close(ready[1]);
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		close(wait[1]);
		_exit(stay_in(ns_fd, ready[1], wait[0]));
	}
	close(ready[1]);
	close(wait[0]);
	if (pid > 0 && read(ready[0], &byte, 1) == 1)
		(void)!read_maps(ns, pid);
	close(wait[1]);
	close(ready[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
}

/* Owner, map and parent, and the same of the parents. */
static void look_at(struct userns_list *list, size_t at, int first_fd)
{
	cleanup_fd int fd = fcntl(first_fd, F_DUPFD_CLOEXEC, 3);

	while (fd >= 0) {
		struct userns *ns = &list->items[at];
		cleanup_fd int parent_fd = -EBADF;
		struct stat st;
		size_t parent;

		if (ioctl(fd, NS_GET_OWNER_UID, &ns->owner) < 0)
			log_debug("owner of user namespace %llu: %s",
				  (unsigned long long)ns->ino, error_errno_text(errno));
		if (ns->n_processes == 0)
			read_maps_inside(ns, fd);
		else
			(void)!read_maps(ns, ns->processes[0].pid);
		if (ns->is_own)
			return;
		parent_fd = ioctl(fd, NS_GET_PARENT);
		if (parent_fd < 0 || fstat(parent_fd, &st) < 0)
			return;
		parent = find(list, &st);
		if (parent == SIZE_MAX)
			parent = find_or_add(list, &st);
		else if (list->items[parent].n_processes || list->items[parent].has_maps)
			parent_fd = (close(parent_fd),
				     -EBADF); /* its own turn comes or came */
		list->items[at].parent = parent;
		close(fd);
		fd = TAKE_FD(parent_fd);
		at = parent;
	}
}

/* Through the first process that is still there, and still in it. */
static void look_at_inhabited(struct userns_list *list, size_t at)
{
	for (size_t i = 0; i < list->items[at].n_processes; i++) {
		cleanup_fd int fd = -EBADF;
		char path[PROC_PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/%d/ns/user",
			 list->items[at].processes[i].pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0 || find(list, &st) != at)
			continue;
		look_at(list, at, fd);
		return;
	}
}

int userns_scan(struct userns_list *ret, struct error *err)
{
	cleanup_userns_list struct userns_list list = {0};
	struct stat own;
	size_t n;
	int r;

	if (stat("/proc/self/ns/user", &own) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "look at one's own user namespace");
	n = find_or_add(&list, &own);
	list.items[n].is_own = true;
	r = scan_processes(&list, err);
	if (r < 0)
		return r;
	n = list.n;
	for (size_t i = 0; i < n; i++)
		look_at_inhabited(&list, i);
	*ret = list;
	list = (struct userns_list){0};
	return 0;
}

size_t userns_of_process(const struct userns_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].n_processes; k++)
			if (list->items[i].processes[k].pid == pid)
				return i;
	return SIZE_MAX;
}
