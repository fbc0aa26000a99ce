/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/process_list.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX      (64 << 10)
#define ARGUMENTS_MAX (16 << 10) /* what is longer is cut */
#define NESTED_MAX    32         /* pid_namespaces(7) */
#define GROUPS_SHOWN  64

static void process_release(struct process_info *p)
{
	free(p->name);
	free(p->arguments);
	free(p->groups);
}

void process_list_release(struct process_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		process_release(&list->items[i]);
	free(list->items);
	*list = (struct process_list){0};
}

/* What follows "Key:" in the status text; NULL: no such line. */
static const char *status_value(const char *status, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = status; line && *line;) {
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

/* The nth number of a status line; fallback if it has less. */
static int64_t status_number(const char *status, const char *key, size_t n,
			     int64_t fallback)
{
	const char *text = status_value(status, key);

	for (size_t i = 0; text; i++) {
		char *end;
		long long value;

		text += strspn(text, " \t");
		if (!isdigit((unsigned char)*text))
			return fallback;
		value = strtoll(text, &end, 10);
		if (i == n)
			return value;
		text = end;
	}
	return fallback;
}

static void read_groups(const char *status, struct process_info *p)
{
	const char *text = status_value(status, "Groups");

	while (text && p->n_groups < GROUPS_SHOWN) {
		char *end;

		text += strspn(text, " \t");
		if (!isdigit((unsigned char)*text))
			return;
		p->groups = xreallocarray(p->groups, p->n_groups + 1, sizeof(*p->groups));
		p->groups[p->n_groups++] = (uint32_t)strtoul(text, &end, 10);
		text = end;
	}
}

static void read_status(const char *status, size_t depth, struct process_info *p)
{
	static const char *const caps[PROCESS_CAPS] = {
		[PROCESS_CAP_INH] = "CapInh", [PROCESS_CAP_PRM] = "CapPrm",
		[PROCESS_CAP_EFF] = "CapEff", [PROCESS_CAP_BND] = "CapBnd",
		[PROCESS_CAP_AMB] = "CapAmb",
	};

	p->inner_pid = status_number(status, "NSpid", depth, 0);
	p->inner_pgid = status_number(status, "NSpgid", depth, 0);
	p->ruid = (uint32_t)status_number(status, "Uid", 0, 0);
	p->euid = (uint32_t)status_number(status, "Uid", 1, 0);
	p->rgid = (uint32_t)status_number(status, "Gid", 0, 0);
	p->egid = (uint32_t)status_number(status, "Gid", 1, 0);
	p->seccomp = (int)status_number(status, "Seccomp", 0, 0);
	read_groups(status, p);
	for (size_t i = 0; i < PROCESS_CAPS; i++) {
		const char *text = status_value(status, caps[i]);

		p->caps[i] = text ? strtoull(text, NULL, 16) : 0;
	}
}

/* From the third field on; numbers of those that are wanted, proc_pid_stat(5). */
static bool read_stat_fields(const char *text, struct process_info *p)
{
	long long ppid, tty, child_user, child_system, nice, threads, rss;
	unsigned long long user, system, start, size;
	char state;

	if (sscanf(text,
		   " %c %lld %*d %*d %lld %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d "
		   "%lld %lld %*d %llu %llu %lld",
		   &state, &ppid, &tty, &user, &system, &child_user, &child_system, &nice,
		   &threads, &start, &size, &rss) != 12)
		return false;
	p->state = state;
	p->ppid = (pid_t)ppid;
	p->tty = tty;
	p->nice = nice;
	p->user_ticks = user;
	p->system_ticks = system;
	p->child_user_ticks = child_user > 0 ? (uint64_t)child_user : 0;
	p->child_system_ticks = child_system > 0 ? (uint64_t)child_system : 0;
	p->n_threads = threads > 0 ? (uint64_t)threads : 0;
	p->start_ticks = start;
	p->virtual_bytes = size;
	p->resident_bytes = rss > 0 ? (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	return true;
}

/* The name stands in brackets and may hold any others. */
bool process_read(const char *stat, const char *status, size_t depth,
		  struct process_info *ret)
{
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	struct process_info p = {0};

	if (!open || !close || close < open || !read_stat_fields(close + 1, &p))
		return false;
	p.pid = (pid_t)strtol(stat, NULL, 10);
	p.name = xstrndup(open + 1, (size_t)(close - open - 1));
	read_status(status, depth, &p);
	*ret = p;
	return true;
}

/* As much as the limit allows; NULL if it is gone. Its length in *ret_len. */
static char *read_some(int dirfd, const char *file, size_t max, size_t *ret_len)
{
	cleanup_fd int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	cleanup_buf struct buf b = {0};
	int r;

	if (fd < 0)
		return NULL;
	buf_init(&b, max);
	r = fd_read_all(fd, &b);
	if (r < 0 && r != -E2BIG)
		return NULL;
	*ret_len = b.len;
	return buf_take(&b);
}

static char *read_arguments(int dirfd, const char *name)
{
	size_t len = 0;
	cleanup_free char *text = read_some(dirfd, "cmdline", ARGUMENTS_MAX, &len);

	while (text && len && text[len - 1] == '\0')
		len--;
	if (!text || !len)
		return xasprintf("[%s]", name);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return TAKE_PTR(text);
}

static bool read_process(int dirfd, size_t depth, struct process_info *ret)
{
	size_t len;
	cleanup_free char *stat = read_some(dirfd, "stat", TEXT_MAX, &len);
	cleanup_free char *status = read_some(dirfd, "status", TEXT_MAX, &len);

	if (!stat || !status || !process_read(stat, status, depth, ret))
		return false;
	ret->arguments = read_arguments(dirfd, ret->name);
	return true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What tells a container's processes from others. */
struct sign {
	bool is_there;
	bool by_mount_ns;   /* the pid namespace is not its own */
	size_t depth;       /* pid namespaces below ours */
	struct stat theirs; /* of the namespace */
};

/* A process that is looked at. */
struct candidate {
	int dirfd;
	bool is_ours; /* in our own pid namespace */
	struct stat pid_ns, mount_ns;
};

static bool is_inside(int ns_fd, const struct stat *wanted)
{
	cleanup_fd int fd = ns_fd;
	struct stat st;

	for (int i = 0; i < NESTED_MAX && fd >= 0; i++) {
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

static bool has_sign(const struct sign *sign, const struct candidate *c)
{
	if (!sign->is_there)
		return false;
	if (sign->by_mount_ns)
		return same_file(&c->mount_ns, &sign->theirs);
	return same_file(&c->pid_ns, &sign->theirs);
}

/* In a pid namespace inside of the container's. */
static bool has_sign_above(const struct sign *sign, const struct candidate *c)
{
	return sign->is_there && !sign->by_mount_ns && !c->is_ours &&
	       is_inside(openat(c->dirfd, "ns/pid", O_RDONLY | O_CLOEXEC), &sign->theirs);
}

static size_t find_container(const struct sign *signs, size_t n,
			     const struct candidate *c)
{
	for (size_t i = 0; i < n; i++)
		if (has_sign(&signs[i], c))
			return i;
	for (size_t i = 0; i < n; i++)
		if (has_sign_above(&signs[i], c))
			return i;
	return n;
}

static int open_process(int proc_fd, const char *pid)
{
	return openat(proc_fd, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Of a container with a pid namespace of its own the first process is 1 in it. */
static void find_sign(int proc_fd, pid_t init_pid, struct sign *ret)
{
	cleanup_free char *pid = xasprintf("%d", init_pid), *status = NULL;
	cleanup_fd int fd = init_pid > 0 ? open_process(proc_fd, pid) : -EBADF;
	size_t len, n = 0;

	status = fd >= 0 ? read_some(fd, "status", TEXT_MAX, &len) : NULL;
	if (!status)
		return;
	while (status_number(status, "NSpid", n, 0))
		n++;
	ret->depth = n ? n - 1 : 0;
	ret->by_mount_ns = n < 2 || status_number(status, "NSpid", n - 1, 0) != 1;
	ret->is_there =
		fstatat(fd, ret->by_mount_ns ? "ns/mnt" : "ns/pid", &ret->theirs, 0) == 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct process_info *x = a, *y = b;

	if (x->inner_pid != y->inner_pid)
		return x->inner_pid < y->inner_pid ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* One whose parent is outside has none, for the container. */
static void find_parents(struct process_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < list->n; j++)
			if (list->items[j].pid == list->items[i].ppid)
				list->items[i].inner_ppid = list->items[j].inner_pid;
}

static void add(struct process_list *list, const struct process_info *p)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *p;
}

static void look_at(int fd, const struct stat *own, const struct sign *signs, size_t n,
		    struct process_list *lists)
{
	struct candidate c = {.dirfd = fd};
	struct process_info p = {0};
	size_t i;

	/* those that we may not ask after are not our containers' */
	if (fstatat(fd, "ns/pid", &c.pid_ns, 0) < 0 ||
	    fstatat(fd, "ns/mnt", &c.mount_ns, 0) < 0)
		return;
	c.is_ours = same_file(&c.pid_ns, own);
	i = find_container(signs, n, &c);
	if (i < n && read_process(fd, signs[i].depth, &p))
		add(&lists[i], &p);
}

int process_lists_read(const pid_t *init_pids, size_t n, struct process_list *ret,
		       struct error *err)
{
	cleanup_dir DIR *proc = opendir("/proc");
	cleanup_free struct sign *signs = xcalloc(n + 1, sizeof(*signs));
	struct dirent *entry;
	struct stat own;

	if (!proc || fstatat(dirfd(proc), "self/ns/pid", &own, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at /proc");
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct process_list){0};
		find_sign(dirfd(proc), init_pids[i], &signs[i]);
	}
	while ((entry = readdir(proc))) {
		cleanup_fd int fd = -EBADF;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		fd = open_process(dirfd(proc), entry->d_name);
		if (fd >= 0)
			look_at(fd, &own, signs, n, ret);
	}
	for (size_t i = 0; i < n; i++) {
		find_parents(&ret[i]);
		if (ret[i].n)
			qsort(ret[i].items, ret[i].n, sizeof(*ret[i].items), by_pid);
	}
	return 0;
}
