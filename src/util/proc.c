/* SPDX-License-Identifier: Apache-2.0 */
#include "util/proc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define STAT_MAX 4096

/* State letter and start time (fields 3 and 22), proc_pid_stat(5). */
static int read_stat(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	char path[64], text[STAT_MAX];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';

	/* The name, field 2, may hold anything, also blanks and parentheses. */
	char *rest = strrchr(text, ')');
	if (!rest || rest[1] != ' ' || rest[2] == '\0')
		return -EBADMSG;
	*ret_state = rest[2];
	rest += 2;
	char *field = NULL;
	for (int i = 3; i <= 22; i++)
		field = strsep(&rest, " ");
	return field && str_to_u64(field, ret_start) == 0 ? 0 : -EBADMSG;
}

static int read_boot_id(char ret[static 37])
{
	cleanup_fd int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, ret, 36);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return n == 36 ? 0 : -EBADMSG;
}

int proc_id_get(pid_t pid, struct proc_id *ret, struct error *err)
{
	char state = 0;

	*ret = (struct proc_id){.pid = pid};
	int r = pid > 0 ? read_stat(pid, &state, &ret->start_time) : -ESRCH;
	if (r == 0 && (state == 'Z' || state == 'X'))
		r = -ESRCH;
	if (r < 0)
		return error_set(err, r == -ESRCH ? ERR_NOT_FOUND : ERR_SYSTEM, -r,
				 "look at process %d", pid);
	r = read_boot_id(ret->boot_id);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the boot id");
	return 0;
}

/* Readable is what a pidfd becomes when the whole process has ended, reaped or not. */
static bool has_ended(int pid_fd)
{
	struct pollfd p = {.fd = pid_fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

int proc_id_open(const struct proc_id *id)
{
	char boot_id[37], state = 0;
	uint64_t start_time = 0;

	if (id->pid <= 0)
		return -ESRCH;
	int r = read_boot_id(boot_id);
	if (r < 0)
		return r;
	if (!str_eq(boot_id, id->boot_id))
		return -ESRCH;
	cleanup_fd int fd = sys_pidfd_open(id->pid, 0);
	if (fd < 0)
		return errno == EINVAL ? -ESRCH
				       : -errno; /* EINVAL: a thread has that id now */
	/* Read after the pidfd was opened: the start time is of its process, or of a
	 * later one. */
	r = read_stat(id->pid, &state, &start_time);
	if (r < 0)
		return r;
	if (start_time != id->start_time || has_ended(fd))
		return -ESRCH;
	return TAKE_FD(fd);
}

bool proc_id_alive(const struct proc_id *id)
{
	int saved_errno = errno;
	int fd = proc_id_open(id);

	if (fd >= 0)
		close(fd);
	errno = saved_errno;
	return fd >= 0;
}

void proc_id_format(const struct proc_id *id, char buf[static PROC_ID_TEXT_MAX])
{
	snprintf(buf, PROC_ID_TEXT_MAX, "%d:%" PRIu64 ":%s", id->pid, id->start_time,
		 id->boot_id);
}

int proc_id_parse(const char *text, struct proc_id *ret)
{
	cleanup_strv char **parts = str_split(text, ':');
	uint32_t pid = 0;

	*ret = (struct proc_id){0};
	if (strv_len(parts) != 3 || str_to_u32(parts[0], &pid) < 0 || pid > INT_MAX ||
	    str_to_u64(parts[1], &ret->start_time) < 0 || strlen(parts[2]) != 36)
		return -EINVAL;
	ret->pid = (pid_t)pid;
	memcpy(ret->boot_id, parts[2], sizeof(ret->boot_id));
	return 0;
}

/* ------------------------------------------------------------------ finding programs */

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *find_in(const char *dirs, const char *name)
{
	cleanup_strv char **v = str_split(dirs, ':');

	strv_foreach (dir, v) {
		/* Never from the working directory, whatever PATH says. */
		if (**dir != '/')
			continue;
		cleanup_free char *path = fs_join(*dir, name);
		if (is_program(path))
			return TAKE_PTR(path);
	}
	return NULL;
}

char *proc_find(const char *name)
{
	const char *path = getenv("PATH");

	if (str_empty(name))
		return NULL;
	if (strchr(name, '/'))
		return is_program(name) ? xstrdup(name) : NULL;
	char *found = path ? find_in(path, name) : NULL;
	if (!found)
		found = find_in(
			"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			name);
	return found;
}

/* ------------------------------------------------------------------ running programs */

/* posix_spawn wants its objects destroyed whatever happens. */
struct spawn_plan {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int moved_fds[3]; /* copies of fds below 3, which the dup2s would overwrite */
};

static void spawn_plan_release(struct spawn_plan *plan)
{
	posix_spawn_file_actions_destroy(&plan->actions);
	posix_spawnattr_destroy(&plan->attributes);
	for (size_t i = 0; i < ARRAY_SIZE(plan->moved_fds); i++)
		fd_cleanup_(&plan->moved_fds[i]);
}

/* Each step of posix_spawn's set-up returns a positive errno. */
static int plan_fds(struct spawn_plan *plan, const struct proc_spawn *s)
{
	const int sources[3] = {s->stdin_fd, s->stdout_fd, s->stderr_fd};

	for (int i = 0; i < 3; i++) {
		int fd = sources[i], r;
		if (fd >= 0 && fd < 3) {
			fd = plan->moved_fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
			if (fd < 0)
				return errno;
		}
		if (fd < 0)
			r = posix_spawn_file_actions_addopen(&plan->actions, i,
							     "/dev/null", O_RDWR, 0);
		else
			r = posix_spawn_file_actions_adddup2(&plan->actions, fd, i);
		if (r != 0)
			return r;
	}
	if (s->cwd) {
		int r = posix_spawn_file_actions_addchdir_np(&plan->actions, s->cwd);
		if (r != 0)
			return r;
	}
	return posix_spawn_file_actions_addclosefrom_np(&plan->actions, 3);
}

/* Signals as a program expects them: none blocked, none ignored. */
static int plan_signals(struct spawn_plan *plan)
{
	sigset_t none, all;

	sigemptyset(&none);
	/* sigfillset() leaves out 32 and 33, and then posix_spawn would have them
	 * ignored. */
	memset(&all, 0xff, sizeof(all));
	int r = posix_spawnattr_setsigmask(&plan->attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&plan->attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(&plan->attributes,
					     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	return r;
}

int proc_spawn(const struct proc_spawn *s, struct error *err)
{
	cleanup(spawn_plan_release) struct spawn_plan plan = {.moved_fds = {-1, -1, -1}};
	pid_t pid = 0;

	posix_spawn_file_actions_init(&plan.actions);
	posix_spawnattr_init(&plan.attributes);
	cleanup_free char *path =
		strchr(s->file, '/') ? xstrdup(s->file) : proc_find(s->file);
	if (!path) {
		error_set(err, ERR_NOT_FOUND, ENOENT, "run %s", s->file);
		return -ENOENT;
	}
	int r = plan_fds(&plan, s);
	if (r == 0)
		r = plan_signals(&plan);
	/* glibc's is a vfork inside: the child borrows this memory until its exec, whose
	 * errno comes back as the result. */
	if (r == 0 && sys_fault("spawn"))
		r = errno;
	if (r == 0)
		r = posix_spawn(&pid, path, &plan.actions, &plan.attributes, s->argv,
				s->envp ? s->envp : environ);
	if (r != 0)
		return error_set(err, error_kind_of(r), r, "run %s", s->file);

	if (s->ret_pid_fd) {
		int pid_fd = sys_pidfd_open(pid, 0);
		if (pid_fd < 0) {
			r = errno;
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return error_set(err, ERR_SYSTEM, r, "watch %s", s->file);
		}
		*s->ret_pid_fd = pid_fd;
	}
	*s->ret_pid = pid;
	return 0;
}

/* Wait until pid_fd's process has ended. 0, -ETIMEDOUT, -errno. */
static int wait_ended(int pid_fd, int timeout_msec)
{
	struct pollfd p = {.fd = pid_fd, .events = POLLIN};
	int64_t deadline = time_monotonic_usec() + timeout_msec * 1000LL;

	for (;;) {
		int64_t left = deadline - time_monotonic_usec();
		int n = poll(&p, 1, left > 0 ? (int)((left + 999) / 1000) : 0);
		if (n > 0)
			return 0;
		if (n == 0 && left <= 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int proc_wait(pid_t pid, int pid_fd, int timeout_msec, int *ret_status)
{
	cleanup_fd int own_fd = -EBADF;
	pid_t reaped;

	if (timeout_msec >= 0) {
		if (pid_fd < 0)
			pid_fd = own_fd = sys_pidfd_open(pid, 0);
		if (pid_fd < 0)
			return -errno;
		int r = wait_ended(pid_fd, timeout_msec);
		if (r < 0)
			return r;
	}
	do
		reaped = waitpid(pid, ret_status, 0);
	while (reaped < 0 && errno == EINTR);
	return reaped < 0 ? -errno : 0;
}

int proc_die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

int proc_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * What the program writes, until it ends: a grandchild may keep the pipe open for ever.
 * What does not fit is read and dropped, so that the program never blocks.
 */
static int collect(int out_fd, int pid_fd, struct buf *output)
{
	char chunk[4096];

	for (;;) {
		struct pollfd p[2] = {{.fd = out_fd, .events = POLLIN},
				      {.fd = pid_fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -errno;
		ssize_t n = read(out_fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_add(output, chunk, (size_t)n);
		else if (n == 0)
			return 0;
		else if (errno == EAGAIN && p[1].revents)
			return 0;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

int proc_run(const char *file, char *const argv[], struct buf *output, struct error *err)
{
	return proc_run_env(file, argv, NULL, output, err);
}

int proc_run_env(const char *file, char *const argv[], char *const envp[],
		 struct buf *output, struct error *err)
{
	cleanup_fd int read_fd = -EBADF, write_fd = -EBADF, pid_fd = -EBADF;
	int pipe_fds[2], status = 0;
	pid_t pid = 0;

	if (output) {
		if (pipe2(pipe_fds, O_CLOEXEC) < 0)
			return error_set(err, ERR_SYSTEM, errno, "make a pipe for %s",
					 file);
		read_fd = pipe_fds[0];
		write_fd = pipe_fds[1];
		/* Only this end: the program may not expect a pipe that says EAGAIN. */
		if (fd_set_nonblock(read_fd, true) < 0)
			return error_set(err, ERR_SYSTEM, errno, "make a pipe for %s",
					 file);
	}
	struct proc_spawn s = {
		.file = file,
		.argv = argv,
		.envp = envp,
		.stdin_fd = -EBADF,
		.stdout_fd = write_fd,
		.stderr_fd = write_fd,
		.ret_pid = &pid,
		.ret_pid_fd = &pid_fd,
	};
	int r = proc_spawn(&s, err);
	if (r < 0)
		return r;
	if (output) {
		close(TAKE_FD(write_fd));
		r = collect(read_fd, pid_fd, output);
		if (r < 0) {
			kill(pid, SIGKILL);
			(void)!proc_wait(pid, pid_fd, -1, &status);
			return error_set(err, ERR_SYSTEM, -r, "read the output of %s",
					 file);
		}
	}
	r = proc_wait(pid, pid_fd, -1, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for %s", file);
	return proc_exit_code(status);
}
