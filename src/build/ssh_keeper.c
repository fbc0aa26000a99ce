/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *   builder                 keeper                                   ssh-agent
 *   listens, forks ──────── asks for SIGTERM when the builder ends
 *                           named keys: starts it, ssh-add ───────── -D -a DIR/keys
 *   ◄─ a byte, or an error ─┤
 *                           accepts; copies both ways until one side ends
 *   SIGTERM ───────────────►│ SIGTERM ─────────────────────────────► ends
 *
 * ssh-agent is setgid, so it can't be told to die with us; the keeper isn't exec'd, so it can.
 */
#include "build/ssh_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define KEYS_SOCKET  "keys"
#define PAIRS_MAX    16
#define PART         16384
#define PATIENCE_SEC 5
#define SAYS_MAX     2048

struct pair {
	int fds[2]; /* the container's, the agent's; -EBADF: free */
};

struct keeper {
	const char *dir;
	int listen_fd, signal_fd;
	char *agent; /* path of its socket */
	pid_t agent_pid;
	struct pair pairs[PAIRS_MAX];
};

static void end_agent(struct keeper *k)
{
	int status;

	if (k->agent_pid <= 0)
		return;
	(void)kill(k->agent_pid, SIGTERM);
	(void)!proc_wait(k->agent_pid, -EBADF, -1, &status);
	(void)unlink(k->agent);
}

static int take_signals(struct keeper *k, pid_t builder, struct error *err)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&set, ends[i]);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	k->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k->signal_fd < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look after an ssh agent");
	return getppid() == builder
		       ? 0
		       : error_set(err, ERR_SYSTEM, 0, "the builder has ended");
}

static char *find_tool(const char *name, struct error *err)
{
	char *path = proc_find(name);

	if (!path) {
		error_set(err, ERR_NOT_FOUND, 0,
			  "--ssh with a key takes %s, which is not installed", name);
		error_hint(err, "apt-get install openssh-client, or start an agent "
				"elsewhere and use --ssh default");
	}
	return path;
}

/* It says which socket it has when it listens there: by a name in its directory, as the path may be longer than a socket's can be. */
static int start_agent(struct keeper *k, struct error *err)
{
	cleanup_free char *tool = find_tool("ssh-agent", err);
	const char *const argv[] = {"ssh-agent", "-D", "-s", "-a", KEYS_SOCKET, NULL};
	int out[2];
	char word;
	int r;

	if (!tool)
		return -err->code;
	if (pipe2(out, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	r = proc_spawn(&(struct proc_spawn){.file = tool,
					    .argv = (char *const *)argv,
					    .stdin_fd = -EBADF,
					    .stdout_fd = out[1],
					    .stderr_fd = -EBADF,
					    .cwd = k->dir,
					    .ret_pid = &k->agent_pid},
		       err);
	close(out[1]);
	if (r >= 0 && read(out[0], &word, 1) != 1)
		r = error_set(err, ERR_SYSTEM, 0, "ssh-agent did not start");
	close(out[0]);
	return r;
}

/* A key with a passphrase is refused rather than asked about in the middle of a build. */
static char **add_environment(void)
{
	char **env = NULL;

	strv_foreach (entry, environ)
		if (!str_starts(*entry, "SSH_A"))
			strv_add(&env, *entry);
	strv_add(&env, "SSH_AUTH_SOCK=" KEYS_SOCKET);
	strv_add(&env, "SSH_ASKPASS=/bin/false");
	strv_add(&env, "SSH_ASKPASS_REQUIRE=force");
	return env;
}

static int add_key(const struct keeper *k, const char *tool, const char *path,
		   struct error *err)
{
	cleanup_strv char **env = add_environment();
	cleanup_free char *key = fs_absolute(path);
	const char *const argv[] = {"ssh-add", "-q", key, NULL};
	pid_t pid = 0;
	int status;
	int r = proc_spawn(&(struct proc_spawn){.file = tool,
						.argv = (char *const *)argv,
						.envp = env,
						.stdin_fd = -EBADF,
						.stdout_fd = -EBADF,
						.stderr_fd = -EBADF,
						.cwd = k->dir,
						.ret_pid = &pid},
			   err);

	if (r >= 0)
		r = proc_wait(pid, -EBADF, -1, &status);
	if (r < 0 || status == 0)
		return r;
	error_set(err, ERR_INVALID, 0, "--ssh: ssh-add does not take the key %s", path);
	return error_hint(err, "If it has a passphrase: ssh-add %s, and --ssh default",
			  path);
}

static int take_keys(struct keeper *k, const struct build_ssh *s, struct error *err)
{
	cleanup_free char *tool = NULL;
	int r;

	k->agent = fs_join(k->dir, KEYS_SOCKET);
	r = start_agent(k, err);
	if (r < 0)
		return r;
	tool = find_tool("ssh-add", err);
	if (!tool)
		return -err->code;
	strv_foreach (path, s->paths) {
		r = add_key(k, tool, *path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void pair_close(struct pair *p)
{
	fd_cleanup_(&p->fds[0]);
	fd_cleanup_(&p->fds[1]);
	*p = (struct pair){{-EBADF, -EBADF}};
}

static int connect_agent(const struct keeper *k)
{
	cleanup_error struct error err = ERROR_INIT;
	const struct timeval patience = {.tv_sec = PATIENCE_SEC};
	cleanup_free char *dir = xstrdup(k->agent);
	char *slash = strrchr(dir, '/');
	cleanup_fd int dir_fd = -EBADF;
	int fd;

	if (!slash)
		return -EINVAL;
	*slash = '\0';
	dir_fd = open(dir[0] ? dir : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	fd = fd_connect_unix(dir_fd, slash + 1, SOCK_STREAM, &err);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
				 sizeof(patience));
	return fd;
}

static void take_caller(struct keeper *k)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SEC};
	cleanup_fd int fd = accept4(k->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < PAIRS_MAX; i++) {
		cleanup_fd int agent_fd = -EBADF;

		if (k->pairs[i].fds[0] >= 0)
			continue;
		agent_fd = connect_agent(k);
		if (agent_fd < 0)
			return;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
				 sizeof(patience));
		k->pairs[i] = (struct pair){{TAKE_FD(fd), TAKE_FD(agent_fd)}};
		return;
	}
}

static void pass_on(struct pair *p, int from)
{
	char part[PART];
	ssize_t n = read(p->fds[from], part, sizeof(part));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0 || fd_write_all(p->fds[!from], part, (size_t)n) < 0)
		pair_close(p);
}

/* Until it is told to end. */
static void keep(struct keeper *k)
{
	struct pollfd set[2 + 2 * PAIRS_MAX];

	for (;;) {
		set[0] = (struct pollfd){.fd = k->signal_fd, .events = POLLIN};
		set[1] = (struct pollfd){.fd = k->listen_fd, .events = POLLIN};
		for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
			set[2 + i] = (struct pollfd){.fd = k->pairs[i / 2].fds[i % 2],
						     .events = POLLIN};
		if (poll(set, ARRAY_SIZE(set), -1) < 0 && errno != EINTR)
			return;
		if (set[0].revents)
			return;
		for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
			if (set[2 + i].revents && k->pairs[i / 2].fds[i % 2] >= 0)
				pass_on(&k->pairs[i / 2], (int)(i % 2));
		if (set[1].revents)
			take_caller(k);
	}
}

static void report(int fd, const struct error *failure)
{
	char packet[ERROR_PACK_MAX] = {'+'};
	size_t len = failure ? error_pack(failure, packet) : 1;

	(void)!fd_write_all(fd, packet, len);
}

static int begin(struct keeper *k, const struct build_ssh *s, pid_t builder,
		 struct error *err)
{
	int r = take_signals(k, builder, err);

	if (r >= 0)
		r = build_ssh_socket(s, &k->agent, err);
	return r < 0 || k->agent ? r : take_keys(k, s, err);
}

static _noreturn_ void run_keeper(const struct build_ssh *s, struct keeper *k,
				  int report_fd, pid_t builder)
{
	const int kept[] = {k->listen_fd, report_fd};
	cleanup_error struct error err = ERROR_INIT;
	int r;

	(void)!fd_close_all_but(3, kept, ARRAY_SIZE(kept));
	r = begin(k, s, builder, &err);
	report(report_fd, r < 0 ? &err : NULL);
	close(report_fd);
	if (r >= 0)
		keep(k);
	end_agent(k);
	_exit(0);
}

static int hear(int fd, struct error *err)
{
	char packet[ERROR_PACK_MAX];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(packet) &&
	       (n = read(fd, packet + len, sizeof(packet) - len)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	if (len == 1)
		return 0;
	if (len == 0)
		return error_set(err, ERR_SYSTEM, 0, "--ssh: its process was killed");
	n = error_unpack(err, packet, len);
	return n < 0 ? (int)n : -(err->code ? err->code : EINVAL);
}

int ssh_keeper_start(const struct build_ssh *s, const char *dir, mode_t mode,
		     struct ssh_keeper *ret, struct error *err)
{
	cleanup_fd int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct keeper k = {.dir = dir, .signal_fd = -EBADF};
	cleanup_fd int listen_fd = -EBADF;
	pid_t builder = getpid();
	int says[2];
	int r;

	for (size_t i = 0; i < PAIRS_MAX; i++)
		k.pairs[i] = (struct pair){{-EBADF, -EBADF}};
	if (dir_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", dir);
	listen_fd = k.listen_fd =
		fd_listen_unix(dir_fd, SSH_KEEPER_SOCKET, SOCK_STREAM, err);
	if (listen_fd < 0)
		return listen_fd;
	if (fchmodat(dir_fd, SSH_KEEPER_SOCKET, mode, 0) < 0 ||
	    pipe2(says, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s/" SSH_KEEPER_SOCKET,
				 dir);
	ret->pid = fork();
	if (ret->pid == 0)
		run_keeper(s, &k, says[1], builder);
	close(says[1]);
	r = ret->pid < 0 ? error_set(err, ERR_SYSTEM, errno, "make a process")
			 : hear(says[0], err);
	close(says[0]);
	if (r < 0)
		ssh_keeper_end(ret);
	return r;
}

void ssh_keeper_end(struct ssh_keeper *k)
{
	int status;

	if (k->pid <= 0)
		return;
	(void)kill(k->pid, SIGTERM);
	(void)!proc_wait(k->pid, -EBADF, -1, &status);
	k->pid = 0;
}
