/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How it works. A process that has a stop signal pending can't complete a fork(2): the kernel has it take the
 * signal first, and lets it fork when it goes on. So when a look at /proc after the last signal finds only
 * stopped ones, nobody is left who could make another. The oldest are stopped first and continued last: a
 * parent is older than its child, and would see in waitpid(2) that the child has stopped.
 */
#include "runtime/pid_stop.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define PATIENCE_USEC   (10 * USEC_PER_SEC)
#define LOOK_AGAIN_NSEC 1000000
#define NESTED_MAX      32 /* pid_namespaces(7) */
#define STATUS_MAX      65536
#define STAT_FIELDS     22 /* the start time is the 22nd; proc_pid_stat(5) */

struct member {
	pid_t pid;
	uint64_t start_time;
	bool stopped;
};

struct members {
	struct member *items;
	size_t n;
	int looks;                /* how often they were looked for */
	struct stat ours, theirs; /* pid namespaces */
};

static void members_release(struct members *m)
{
	free(m->items);
	*m = (struct members){0};
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the namespace at fd is a descendant of the one that is looked for. */
static bool is_inside(int ns_fd, const struct stat *wanted)
{
	cleanup_fd int fd = ns_fd;
	struct stat st;

	for (int depth = 0; depth < NESTED_MAX && fd >= 0; depth++) {
		int parent_fd;

		if (fstat(fd, &st) < 0)
			return false;
		if (same_file(&st, wanted))
			return true;
		parent_fd = ioctl(fd, NS_GET_PARENT);
		fd_cleanup_(&fd);
		fd = parent_fd;
	}
	return false;
}

/* Those that we may not ask after are not our containers'. */
static bool is_member(const struct members *m, int proc_fd, const char *pid)
{
	cleanup_free char *path = xasprintf("%s/ns/pid", pid);
	struct stat st;

	if (fstatat(proc_fd, path, &st, 0) < 0 || same_file(&st, &m->ours))
		return false;
	return same_file(&st, &m->theirs) ||
	       is_inside(openat(proc_fd, path, O_RDONLY | O_CLOEXEC), &m->theirs);
}

/* A stop signal that waits to be taken. Its process may have to wait for one that is stopped already: vfork(2). */
static bool has_stop_pending(int proc_fd, const char *pid)
{
	cleanup_free char *path = xasprintf("%s/status", pid), *text = NULL;
	cleanup_error struct error err = ERROR_INIT;
	const char *line;

	if (fs_read(proc_fd, path, STATUS_MAX, &text, NULL, &err) < 0)
		return false;
	line = strstr(text, "\nShdPnd:");
	return line && (strtoull(line + strlen("\nShdPnd:"), NULL, 16) &
			(UINT64_C(1) << (SIGSTOP - 1)));
}

/*
 * State, number of threads, start time: the 3rd, 20th and 22nd field, proc_pid_stat(5). false: it is gone, or
 * as good as. The first of several threads may have ended while the others go on; then there is no more to see
 * than that it had its signal.
 */
static bool read_stat(const struct members *m, int proc_fd, const char *pid,
		      struct member *ret)
{
	cleanup_free char *path = xasprintf("%s/stat", pid), *text = NULL;
	cleanup_error struct error err = ERROR_INIT;
	char *rest, *field[STAT_FIELDS + 1] = {NULL};
	char state;

	if (fs_read(proc_fd, path, STATUS_MAX, &text, NULL, &err) < 0)
		return false;
	rest = strrchr(text, ')'); /* the name may hold anything */
	if (!rest || rest[1] != ' ')
		return false;
	rest += 2;
	for (int i = 3; i <= STAT_FIELDS; i++)
		field[i] = strsep(&rest, " ");
	if (!field[STAT_FIELDS] || str_to_u64(field[STAT_FIELDS], &ret->start_time) < 0)
		return false;
	state = *field[3];
	if (strchr("Xx", state) ||
	    (state == 'Z' && (str_eq(field[20], "0") || str_eq(field[20], "1"))))
		return false;
	ret->stopped = state == 'T' || state == 't' || (state == 'Z' && m->looks > 1) ||
		       has_stop_pending(proc_fd, pid);
	return true;
}

static int by_age(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->start_time != y->start_time)
		return x->start_time < y->start_time ? -1 : 1;
	return x->pid < y->pid ? -1 : 1;
}

/* All of them, the oldest first. */
static int look(struct members *m, struct error *err)
{
	cleanup_dir DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t room = 0;

	if (!proc)
		return error_set(err, ERR_SYSTEM, errno, "list the processes");
	free(m->items);
	m->items = NULL;
	m->n = 0;
	m->looks++;
	while ((entry = readdir(proc))) {
		struct member one = {0};
		uint32_t pid;

		if (str_to_u32(entry->d_name, &pid) < 0 ||
		    !is_member(m, dirfd(proc), entry->d_name) ||
		    !read_stat(m, dirfd(proc), entry->d_name, &one))
			continue;
		one.pid = (pid_t)pid;
		if (m->n == room) {
			room = room ? room * 2 : 16;
			m->items = xreallocarray(m->items, room, sizeof(*m->items));
		}
		m->items[m->n++] = one;
	}
	if (m->n)
		qsort(m->items, m->n, sizeof(*m->items), by_age);
	return 0;
}

/* The number may be another process's by now: it is looked at again once it can't change any more. */
static int send_signal(const struct members *m, const struct member *one, int sig,
		       struct error *err)
{
	cleanup_fd int pid_fd = sys_pidfd_open(one->pid, 0), proc_fd = -EBADF;
	char pid[16];

	if (pid_fd < 0)
		return 0;
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(pid, sizeof(pid), "%d", one->pid);
	if (proc_fd < 0 || !is_member(m, proc_fd, pid))
		return 0;
	if (sys_pidfd_send_signal(pid_fd, sig) < 0 && errno != ESRCH)
		return error_set(err, ERR_SYSTEM, errno, "send a signal to process %d",
				 one->pid);
	return 0;
}

/* "NSpid:" has its number in each namespace, its own one last. */
static bool is_first_of_its_namespace(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/status", pid), *text = NULL;
	cleanup_error struct error err = ERROR_INIT;
	char *line, *last;

	if (fs_read(AT_FDCWD, path, STATUS_MAX, &text, NULL, &err) < 0)
		return false;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return false;
	line++;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last && str_eq(last + 1, "1");
}

static int members_init(struct members *m, pid_t init_pid, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/%d/ns/pid", init_pid);

	*m = (struct members){0};
	if (stat(path, &m->theirs) < 0 || stat("/proc/self/ns/pid", &m->ours) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "look at the pid namespace of process %d", init_pid);
	if (same_file(&m->ours, &m->theirs) || !is_first_of_its_namespace(init_pid))
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"it shares its processes' namespace with others, and it has no "
			"cgroup of its own that could be frozen");
	return 0;
}

/* Return: how many were running still. */
static int stop_once(struct members *m, struct error *err)
{
	int running = 0;
	int r = look(m, err);

	for (size_t i = 0; r >= 0 && i < m->n; i++) {
		if (m->items[i].stopped)
			continue;
		running++;
		r = send_signal(m, &m->items[i], SIGSTOP, err);
	}
	return r < 0 ? r : running;
}

int pid_stop(pid_t init_pid, struct error *err)
{
	cleanup(members_release) struct members m = {0};
	int64_t end_usec = time_monotonic_usec() + PATIENCE_USEC;
	int r = members_init(&m, init_pid, err);

	if (r < 0)
		return r;
	while ((r = stop_once(&m, err)) > 0) {
		const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NSEC};

		if (time_monotonic_usec() > end_usec)
			return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT,
					 "%d of its processes did not stop", r);
		(void)nanosleep(&pause, NULL);
	}
	return r;
}

int pid_continue(pid_t init_pid, struct error *err)
{
	cleanup(members_release) struct members m = {0};
	int r = members_init(&m, init_pid, err);

	if (r >= 0)
		r = look(&m, err);
	for (size_t i = m.n; r >= 0 && i > 0; i--)
		r = send_signal(&m, &m.items[i - 1], SIGCONT, err);
	return r;
}
