/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sdnotify.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/environment.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define VARIABLE     "NOTIFY_SOCKET"
#define PROXY_DIR    "notify" /* in the container's run directory */
#define PROXY_NAME   "notify.sock"
#define MOUNT_POINT  "/run/notify"
#define BARRIER      "BARRIER=1"
#define BARRIER_MSEC 5000

const char *const sdnotify_words[] = {"container", "conmon", "healthy", "ignore", NULL};

/* A path, or "@name" in the abstract namespace; others (vsock) are not ours to reach. */
static const char *manager_socket(void)
{
	const char *to = getenv(VARIABLE);

	if (!to || (to[0] != '/' && to[0] != '@'))
		return NULL;
	return strlen(to) < sizeof(((struct sockaddr_un *)0)->sun_path) ? to : NULL;
}

/* Return: a socket that is connected to it; -errno. */
static int manager_open(void)
{
	const char *to = manager_socket();
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -EBADF;

	if (!to)
		return -ENOENT;
	memcpy(address.sun_path, to, strlen(to));
	if (to[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(to))) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int notify(const char *text)
{
	cleanup_fd int fd = manager_open();
	int r = fd < 0 ? fd : 0;

	if (r >= 0 && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		r = -errno;
	if (r < 0)
		log_debug("tell the service manager: %s", error_errno_text(-r));
	return r;
}

/* Until all that was said so far has been read: whose word it was is looked up by pid then. Source: sd_notify_barrier(3). */
static void wait_until_read(void)
{
	cleanup_fd int fd = manager_open(), ours = -EBADF, theirs = -EBADF;
	struct pollfd p = {0};
	int pair[2];

	if (fd < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return;
	ours = pair[0];
	theirs = pair[1];
	if (fd_send(fd, BARRIER, strlen(BARRIER), &theirs, 1) < 0)
		return;
	fd_cleanup_(&theirs);
	p.fd = ours;
	(void)!poll(&p, 1, BARRIER_MSEC);
}

bool sdnotify_is_service(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");
	uint32_t exec_pid;

	return manager_socket() ||
	       (pid && str_to_u32(pid, &exec_pid) >= 0 && exec_pid == (uint32_t)getpid());
}

bool sdnotify_is_due(enum sdnotify_mode mode)
{
	return mode != SDNOTIFY_IGNORE && manager_socket();
}

void sdnotify_started(enum sdnotify_mode mode, int monitor_pid)
{
	cleanup_free char *text = NULL;

	if (!sdnotify_is_due(mode))
		return;
	text = xasprintf("MAINPID=%d%s", monitor_pid,
			 mode == SDNOTIFY_CONMON ? "\nREADY=1" : "");
	(void)!notify(text);
}

static _noreturn_ void tell(int fd)
{
	char word;
	ssize_t n;

	do
		n = read(fd, &word, sizeof(word));
	while (n < 0 && errno == EINTR);
	if (n > 0 && notify("READY=1") >= 0)
		wait_until_read();
	_exit(0);
}

void sdnotify_teller_start(enum sdnotify_mode mode, struct sdnotify_teller *t)
{
	int pair[2];
	pid_t pid;

	if (mode != SDNOTIFY_HEALTHY || !manager_socket() || pipe2(pair, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(pair[1]);
		tell(pair[0]);
	}
	close(pair[0]);
	if (pid < 0) {
		close(pair[1]);
		return;
	}
	*t = (struct sdnotify_teller){.fd = pair[1], .pid = pid};
}

void sdnotify_teller_ready(struct sdnotify_teller *t)
{
	static const char word = 1;

	if (t->fd >= 0)
		(void)!write(t->fd, &word, sizeof(word));
	sdnotify_teller_release(t);
}

void sdnotify_teller_release(struct sdnotify_teller *t)
{
	int status;

	if (t->fd < 0)
		return;
	fd_cleanup_(&t->fd);
	(void)!proc_wait(t->pid, -EBADF, -1, &status);
	*t = SDNOTIFY_TELLER_INIT;
}

void sdnotify_proxy_release(struct sdnotify_proxy *p)
{
	fd_cleanup_(&p->fd);
	*p = SDNOTIFY_PROXY_INIT;
}

/* Whoever runs in the container may write to it; nobody else gets that far. */
static int make_socket(int run_dirfd, struct error *err)
{
	cleanup_fd int dirfd = -EBADF, fd = -EBADF;

	if (mkdirat(run_dirfd, PROXY_DIR, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno,
				 "make a directory for the socket");
	dirfd = fs_open_dir(run_dirfd, PROXY_DIR, false, 0, err);
	if (dirfd < 0)
		return dirfd;
	fd = fd_listen_unix(dirfd, PROXY_NAME, SOCK_DGRAM, err);
	if (fd < 0)
		return fd;
	if (fchmodat(run_dirfd, PROXY_DIR, 0755, 0) < 0 ||
	    fchmodat(dirfd, PROXY_NAME, 0666, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "let the container notify");
	return TAKE_FD(fd);
}

static void add_to_spec(const char *run_dir, struct spec *spec)
{
	struct spec_mount *m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);

	m->destination = xstrdup(MOUNT_POINT);
	m->type = xstrdup("bind");
	m->source = fs_join(run_dir, PROXY_DIR);
	m->options = str_split("bind,rprivate,nosuid,nodev,noexec", ',');
	environment_set(&spec->process->env, VARIABLE "=" MOUNT_POINT "/" PROXY_NAME);
}

int sdnotify_proxy_open(enum sdnotify_mode mode, const char *run_dir, int run_dirfd,
			struct spec *spec, struct sdnotify_proxy *ret, struct error *err)
{
	const char *to = manager_socket();

	if (mode != SDNOTIFY_CONTAINER || !to)
		return 0;
	ret->fd = make_socket(run_dirfd, err);
	if (ret->fd < 0)
		return ret->fd;
	ret->to = to;
	add_to_spec(run_dir, spec);
	return 0;
}
