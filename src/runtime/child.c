/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "runtime/terminal.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define PASSWD_MAX (1 << 20)

static int reset_signals(struct error *err)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33)
			(void)sigaction(sig, &action, NULL);
	if (sigemptyset(&none) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "unblock signals");
	return 0;
}

/* Each source is moved out of the way first: they may be any permutation of 0, 1 and 2.
 */
static int take_fds(const int stdio_fd[static 3], struct error *err)
{
	int sources[3] = {-EBADF, -EBADF, -EBADF};

	for (int i = 0; i < 3; i++) {
		sources[i] = stdio_fd[i] >= 0
				     ? fcntl(stdio_fd[i], F_DUPFD_CLOEXEC, 3)
				     : fd_move_high(open("/dev/null",
							 O_RDWR | O_CLOEXEC | O_NOCTTY));
		if (sources[i] < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "open standard stream %d", i);
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(sources[i], i) < 0)
			return error_set(err, ERR_SYSTEM, errno, "set standard stream %d",
					 i);
		close(sources[i]);
	}
	return 0;
}

int child_begin(const int stdio_fd[static 3], bool terminal, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "tie the container to its parent");
	int r = reset_signals(err);
	if (r < 0 || terminal)
		return r;
	if (setsid() < 0 && errno != EPERM) /* EPERM: a session leader already */
		return error_set(err, ERR_SYSTEM, errno, "start a session");
	return take_fds(stdio_fd, err);
}

/* The whole permitted set becomes effective again. */
static int restore_capabilities(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (sys_capget(&header, data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		data[i].effective = data[i].permitted;
	if (sys_capset(&header, data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep capabilities");
	return 0;
}

int child_take_ids(uid_t uid, gid_t gid, struct error *err)
{
	if (gid != (gid_t)-1 && sys_setresgid(gid, gid, gid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "take the container's group %u",
				 gid);
	if (uid == (uid_t)-1)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep capabilities");
	if (sys_setresuid(uid, uid, uid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "take the container's user %u",
				 uid);
	if (prctl(PR_SET_KEEPCAPS, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep capabilities");
	return restore_capabilities(err);
}

int child_seclude(struct error *err)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "seclude the container's process");
	return 0;
}

void child_new_keyring(const char *id)
{
	cleanup_free char *name = id ? xasprintf("_ses.%s", id) : NULL;

	/* ENOSYS: a kernel without keyrings; EDQUOT: the user has too many. Either way
	 * there is nothing of the host's left to see but what user_namespaces(7) hides.
	 */
	if (sys_keyctl_join(name) < 0)
		log_debug("no session keyring for %s: %s", id ? id : "exec",
			  error_errno_text(errno));
}

pid_t child_outer_pid(int host_proc_fd)
{
	char self[16] = "";
	uint32_t pid = 0;
	ssize_t n = readlinkat(host_proc_fd, "self", self, sizeof(self) - 1);

	if (n <= 0 || str_to_u32(self, &pid) < 0)
		return 0;
	return (pid_t)pid;
}

/*
 * A pipe or socket belongs to the engine's user; the program may want to open it again as
 * /dev/stdout. Files that were redirected to are the caller's and stay so. Ids that are
 * not mapped (EINVAL) or not ours to change (EPERM) leave it as it is.
 */
static void give_pipes(uid_t uid)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;
		if (fstat(fd, &st) < 0 || st.st_uid == uid ||
		    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		if (fchown(fd, uid, (gid_t)-1) < 0)
			log_debug("stream %d stays uid %u's: %s", fd, st.st_uid,
				  error_errno_text(errno));
	}
}

int child_take_stdio(int slave_fd, uid_t uid, struct error *err)
{
	if (slave_fd >= 0)
		return terminal_take(slave_fd, uid, err);
	give_pipes(uid);
	return 0;
}

/* Return: 0 or a positive errno. No /proc/self/fd/N on the way, be it in the path or behind
 * a link of the root's: it may lead to a directory of the host's that our caller left
 * open. */
static int enter_dir(int root_fd, const char *path)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_fd int fd = path_open(root_fd, path, O_PATH | O_DIRECTORY, &ignored);

	if (fd < 0)
		return ignored.code;
	return fchdir(fd) < 0 ? errno : 0;
}

/* It is made for the program, so it is the program's; the directories above it are root's. */
static int make_cwd(const struct process_plan *plan, int root_fd, struct error *err)
{
	int fd = path_make_dir(root_fd, plan->cwd, 0755, err);

	if (fd < 0)
		return error_wrap(err, "make the working directory %s", plan->cwd);
	if (fchownat(fd, "", plan->uid, plan->gid, AT_EMPTY_PATH) < 0)
		log_debug("the working directory %s stays root's: %s", plan->cwd,
			  error_errno_text(errno));
	return fd;
}

int child_enter_cwd(const struct process_plan *plan, enum child_cwd how, bool *ret_later,
		    struct error *err)
{
	const char *cwd = str_empty(plan->cwd) ? "/" : plan->cwd;
	cleanup_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret_later = false;
	if (root_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /");
	int code = enter_dir(root_fd, cwd);
	if (code == EACCES && how != CHILD_CWD_LATER) {
		*ret_later = true;
		return 0;
	}
	if (code == ENOENT && how == CHILD_CWD_MAKE) {
		cleanup_fd int fd = make_cwd(plan, root_fd, err);
		if (fd < 0)
			return fd;
		code = fchdir(fd) < 0 ? errno : 0;
	}
	if (code)
		return error_set(err, ERR_INVALID, code, "enter the working directory %s",
				 cwd);
	return 0;
}

int child_check_cwd(struct error *err)
{
	char cwd[4096];

	/* Not getcwd(3): where the kernel says "(unreachable)" that climbs "..", and takes
	 * the host's view of the root directory, the same inode, for the root. */
	if (sys_getcwd(cwd, sizeof(cwd)) <= 0 || cwd[0] != '/')
		return error_set(
			err, ERR_INVALID, 0,
			"the working directory lies outside the container's root");
	return 0;
}

/* Field 6 of the line whose field 3 is this uid. Source: passwd(5). */
static char *home_of(const char *passwd, uid_t uid)
{
	cleanup_strv char **lines = str_split(passwd, '\n');

	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t id;
		if (strv_len(fields) < 6 || str_to_u32(fields[2], &id) < 0 || id != uid)
			continue;
		return xstrdup(fields[5]);
	}
	return NULL;
}

/* A FIFO must not hold us up, nor a link to /proc/self/fd/N lead elsewhere. NULL: no such
 * file. */
static char *read_passwd(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd =
		path_open(root_fd, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, &err);
	cleanup_buf struct buf text;
	struct stat st;

	buf_init(&text, PASSWD_MAX);
	if (fd < 0) {
		error_drop(&err, "HOME is /");
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fd_read_all(fd, &text) < 0)
		return NULL;
	return buf_take(&text);
}

void child_set_home(struct process_plan *plan)
{
	cleanup_free char *home = NULL, *passwd = NULL;
	size_t n = strv_len((char **)plan->env);

	for (size_t i = 0; i < n; i++)
		if (str_starts(plan->env[i], "HOME="))
			return;
	passwd = read_passwd();
	if (passwd)
		home = home_of(passwd, plan->uid);
	/* Never freed: exec is next. */
	char **env = xcalloc(n + 2, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		env[i] = plan->env[i];
	env[n] = xasprintf("HOME=%s", str_empty(home) ? "/" : home);
	plan->env = env;
}

void child_set_listen_pid(struct process_plan *plan)
{
	size_t n = strv_len((char **)plan->env), at = n;
	bool has_fds = false;

	for (size_t i = 0; i < n; i++) {
		if (str_eq(plan->env[i], "LISTEN_PID=1"))
			at = i;
		has_fds |= str_starts(plan->env[i], "LISTEN_FDS=");
	}
	if (at == n || !has_fds || getpid() == 1)
		return;
	/* Never freed: exec is next. */
	char **env = xcalloc(n + 1, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		env[i] = plan->env[i];
	env[at] = xasprintf("LISTEN_PID=%d", getpid());
	plan->env = env;
}
