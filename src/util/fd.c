/* SPDX-License-Identifier: Apache-2.0 */
#include "util/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define INTERRUPT_MSEC 300 /* how long a signal that ends us may wait for an answer */

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = sys_fault("write") ? -1 : write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, struct buf *b)
{
	char chunk[16 * 1024];

	for (;;) {
		ssize_t n = sys_fault("read") ? -1 : read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		int r = buf_add(b, chunk,
				(size_t)n); /* also when empty: data is then "" */
		if (r < 0 || n == 0)
			return r;
	}
}

static int change_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);
	if (flags < 0)
		return -errno;
	int wanted = on ? flags | flag : flags & ~flag;
	if (wanted != flags && fcntl(fd, set, wanted) < 0)
		return -errno;
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int fd_set_nonblock(int fd, bool on)
{
	return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int fd_move_high(int fd)
{
	if (fd > STDERR_FILENO)
		return fd;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (high < 0)
		return -errno;
	close(fd);
	return high;
}

int fd_reserve_std(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (fd > STDERR_FILENO) {
			close(fd);
			return 0;
		}
		/* It becomes a standard fd of whatever is run. */
		int r = fd_set_cloexec(fd, false);
		if (r < 0)
			return r;
	}
}

struct kept {
	const int *fds;
	size_t n;
};

static bool is_kept(const struct kept *kept, int fd)
{
	for (size_t i = 0; i < kept->n; i++)
		if (kept->fds[i] == fd)
			return true;
	return false;
}

/* Whether somebody wants us to end, by a signal that we hold back. */
static bool is_interrupted(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (sigismember(&pending, ends[i]) == 1)
			return true;
	return false;
}

int fd_wait_readable(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	bool was_interrupted = false;

	for (;;) {
		int n = poll(&waiting, 1, INTERRUPT_MSEC);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && was_interrupted)
			return -EINTR;
		was_interrupted = n == 0 && is_interrupted();
	}
}

/* Where close_range(2) is missing or filtered away: the list in /proc. */
static int each_from(int first, const struct kept *kept, int (*action)(int fd))
{
	cleanup_dir DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return -errno;
	for (;;) {
		uint32_t fd = 0;
		errno = 0;
		struct dirent *entry = readdir(dir);
		if (!entry)
			return -errno;
		if (str_to_u32(entry->d_name, &fd) < 0 || (int)fd < first ||
		    (int)fd == dirfd(dir) || is_kept(kept, (int)fd))
			continue;
		int r = action((int)fd);
		if (r < 0)
			return r;
	}
}

static int close_one(int fd)
{
	close(fd);
	return 0;
}

static int cloexec_one(int fd)
{
	return fd_set_cloexec(fd, true);
}

int fd_close_from(int first)
{
	if (sys_close_range((unsigned int)first, UINT_MAX, 0) == 0)
		return 0;
	return each_from(first, &(struct kept){0}, close_one);
}

int fd_close_all_but(int first, const int *keep, size_t n)
{
	int at = first;

	for (;;) {
		/* the lowest that is kept from here on; without one everything goes */
		int next = -1;
		for (size_t i = 0; i < n; i++)
			if (keep[i] >= at && (next < 0 || keep[i] < next))
				next = keep[i];
		unsigned int last = next < 0 ? UINT_MAX : (unsigned int)next - 1;
		if (next != at && sys_close_range((unsigned int)at, last, 0) < 0)
			return each_from(first, &(struct kept){keep, n}, close_one);
		if (next < 0 || next == INT_MAX)
			return 0;
		at = next + 1;
	}
}

int fd_cloexec_from(int first)
{
	if (sys_close_range((unsigned int)first, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	return each_from(first, &(struct kept){0}, cloexec_one);
}

union fd_control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
};

static ssize_t send_once(int socket_fd, const void *data, size_t len, const int *fds,
			 size_t n_fds)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	union fd_control control = {0};

	if (n_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
	}
	for (;;) {
		ssize_t n = sys_fault("sendmsg")
				    ? -1
				    : sendmsg(socket_fd, &message, MSG_NOSIGNAL);
		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}

int fd_send(int socket_fd, const void *data, size_t len, const int *fds, size_t n_fds)
{
	const char *p = data;

	if (n_fds > FD_PASS_MAX || len == 0)
		return -EINVAL;
	/* A stream may take a part only; the fds went with its first byte. */
	while (len > 0) {
		ssize_t n = send_once(socket_fd, p, len, fds, n_fds);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
		n_fds = 0;
	}
	return 0;
}

/* The fds of a received message into fds (room for FD_PASS_MAX). */
static size_t collect_fds(struct msghdr *message, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (count > FD_PASS_MAX - n) /* the buffer has no room for more */
			count = FD_PASS_MAX - n;
		memcpy(fds + n, CMSG_DATA(c), count * sizeof(int));
		n += count;
	}
	return n;
}

ssize_t fd_recv(int socket_fd, void *data, size_t len, int *fds, size_t *n_fds)
{
	int came[FD_PASS_MAX];
	union fd_control control = {0};
	struct iovec part = {.iov_base = data, .iov_len = len};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	if (n_fds)
		*n_fds = 0;
	do
		n = sys_fault("recvmsg") ? -1
					 : recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;

	size_t n_came = collect_fds(&message, came);
	bool cut = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	if (cut || !fds || !n_fds) {
		for (size_t i = 0; i < n_came; i++)
			close(came[i]);
		return cut ? -EBADMSG : n;
	}
	memcpy(fds, came, n_came * sizeof(int));
	*n_fds = n_came;
	return n;
}

char *fd_proc_path(int fd, char buf[static FD_PROC_PATH_MAX])
{
	snprintf(buf, FD_PROC_PATH_MAX, "/proc/self/fd/%d", fd);
	return buf;
}

char *fd_path(int fd)
{
	char link[FD_PROC_PATH_MAX];
	char target[PATH_MAX];

	ssize_t n = readlink(fd_proc_path(fd, link), target, sizeof(target));
	if (n < 0)
		return xasprintf("fd %d", fd);
	return xstrndup(target, (size_t)n);
}

/*
 * A socket's address through /proc/self/fd/N/name: the kernel follows the magic link to
 * the directory that is held, so neither sun_path's 108 bytes nor a rename matters.
 * *ret_dirfd must stay open for as long as the address is used.
 */
static int unix_address(int dirfd, const char *name, struct sockaddr_un *ret,
			int *ret_dirfd, struct error *err)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	cleanup_free char *dir =
		slash ? xstrndup(name, (size_t)(slash - name) + 1) : NULL;

	cleanup_fd int parent_fd =
		openat(dirfd, dir ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "open the directory of socket %s", name);
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s",
			 parent_fd, base);
	if (*base == '\0' || n < 0 || (size_t)n >= sizeof(ret->sun_path))
		return error_set(err, ERR_INVALID, ENAMETOOLONG,
				 "use %s as a socket's name", name);
	*ret_dirfd = TAKE_FD(parent_fd);
	return 0;
}

int fd_connect_unix(int dirfd, const char *name, int type, struct error *err)
{
	cleanup_fd int parent_fd = -EBADF;
	struct sockaddr_un address;

	int r = unix_address(dirfd, name, &address, &parent_fd, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	do
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_set(err,
				 errno == ECONNREFUSED ? ERR_UNAVAILABLE
						       : error_kind_of(errno),
				 errno, "connect to socket %s", name);
	return TAKE_FD(fd);
}

/* Whether a socket file has nobody behind it: connect(2) then says ECONNREFUSED. */
static bool is_stale(const struct sockaddr_un *address, int type)
{
	struct stat st;

	/* Any other kind of file gives ECONNREFUSED too, and must not be removed. */
	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	       errno == ECONNREFUSED;
}

int fd_listen_unix(int dirfd, const char *name, int type, struct error *err)
{
	cleanup_fd int parent_fd = -EBADF;
	struct sockaddr_un address;

	int r = unix_address(dirfd, name, &address, &parent_fd, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	/* The file gets the mode of the socket's own inode, so it is never open to
	 * others. */
	if (fchmod(fd, 0600) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the mode of socket %s",
				 name);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	if (r < 0 && errno == EADDRINUSE && is_stale(&address, type)) {
		(void)!unlink(address.sun_path);
		r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	}
	if (r < 0)
		return error_set(
			err, errno == EADDRINUSE ? ERR_CONFLICT : error_kind_of(errno),
			errno, "bind socket %s", name);
	if (type != SOCK_DGRAM && listen(fd, SOMAXCONN) < 0)
		return error_set(err, ERR_SYSTEM, errno, "listen on socket %s", name);
	return TAKE_FD(fd);
}
