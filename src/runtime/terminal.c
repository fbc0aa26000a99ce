/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Nothing here trusts a name in the container's root. The pty is
 * made by the kernel's own devpts (checked by its magic number, entered without following
 * links or crossing mounts); the slave comes from the master by TIOCGPTPEER, not from a
 * path that somebody else could have replaced; and it is bound to /dev/console fd to fd,
 * after looking that the target is not a link.
 */
#include "runtime/terminal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>

#include "spec/spec.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/sys.h"

#define CONSOLE_PATH    "dev/console"
/* What a master is called on its way over the console socket; receivers show it, at most.
 */
#define MASTER_NAME     "/dev/ptmx"
#define MASTER_NAME_MAX 4096

static int open_devpts(int root_fd, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	struct statfs fs;

	fd = path_open_nolink(root_fd, "dev/pts", O_PATH | O_DIRECTORY, false, err);
	if (fd < 0)
		return error_wrap(err, "open the container's terminals");
	if (fstatfs(fd, &fs) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "look at /dev/pts of the container");
	if (fs.f_type != DEVPTS_SUPER_MAGIC) {
		error_set(err, ERR_INVALID, 0,
			  "open a terminal: /dev/pts of the container is no devpts");
		return error_hint(
			err,
			"add a mount of type devpts on /dev/pts to the configuration");
	}
	return TAKE_FD(fd);
}

static int set_size(int master_fd, const struct spec_box *size, struct error *err)
{
	struct winsize w = {0};

	if (!size)
		return 0;
	if (size->height > UINT16_MAX || size->width > UINT16_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "set the terminal's size: %llu by %llu is too large",
				 (unsigned long long)size->width,
				 (unsigned long long)size->height);
	w.ws_row = (unsigned short)size->height;
	w.ws_col = (unsigned short)size->width;
	if (ioctl(master_fd, TIOCSWINSZ, &w) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the terminal's size");
	return 0;
}

int terminal_open(int root_fd, const struct spec_box *size, int *ret_master_fd,
		  int *ret_slave_fd, struct error *err)
{
	cleanup_fd int devpts_fd = -EBADF, master_fd = -EBADF, slave_fd = -EBADF;
	int r, unlock = 0;

	devpts_fd = open_devpts(root_fd, err);
	if (devpts_fd < 0)
		return devpts_fd;
	master_fd = path_open_nolink(devpts_fd, "ptmx", O_RDWR | O_NOCTTY, true, err);
	if (master_fd < 0) {
		if (err->code == EACCES)
			error_hint(err, "mount /dev/pts with the option ptmxmode=0666");
		return error_wrap(err, "open a terminal");
	}
	if (ioctl(master_fd, TIOCSPTLCK, &unlock) < 0)
		return error_set(err, ERR_SYSTEM, errno, "unlock the terminal");
	slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave_fd < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "open the terminal's other side");
	r = set_size(master_fd, size, err);
	if (r < 0)
		return r;
	*ret_master_fd = TAKE_FD(master_fd);
	*ret_slave_fd = TAKE_FD(slave_fd);
	return 0;
}

/* The file to mount over: made if it is missing, and then looked at again, as no link may
 * take us elsewhere. */
static int open_console(int root_fd, struct error *err)
{
	cleanup_fd int dev_fd = -EBADF, fd = -EBADF;
	cleanup_error struct error missing = ERROR_INIT;

	dev_fd = path_open_nolink(root_fd, "dev", O_PATH | O_DIRECTORY, false, err);
	if (dev_fd < 0)
		return dev_fd;
	fd = path_open_nolink(dev_fd, "console", O_PATH, false, &missing);
	if (fd == -ENOENT) {
		error_drop(&missing, "it is made now");
		fd = path_make_file(dev_fd, "console", 0600, err);
		if (fd < 0)
			return fd;
		close(fd);
		fd = path_open_nolink(dev_fd, "console", O_PATH, false, &missing);
	}
	if (fd < 0)
		return error_move(err, &missing);
	return TAKE_FD(fd);
}

int terminal_bind_console(int root_fd, int slave_fd, struct error *err)
{
	cleanup_fd int tree_fd = -EBADF, target_fd = -EBADF;
	struct stat st;

	target_fd = open_console(root_fd, err);
	if (target_fd < 0)
		return error_wrap(err, "bind the terminal to /dev/console");
	if (fstat(target_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "look at /dev/console of the container");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return error_set(
			err, ERR_INVALID, 0,
			"bind the terminal to /dev/console: it is neither a file nor a device");
	tree_fd = sys_open_tree(slave_fd, "",
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "take the terminal's mount");
	if (sys_move_mount(tree_fd, "", target_fd, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "bind the terminal to /dev/console");
	return 0;
}

int terminal_send(int socket_fd, int master_fd, struct error *err)
{
	int r = fd_send(socket_fd, MASTER_NAME, sizeof(MASTER_NAME) - 1, &master_fd, 1);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "send the terminal over the console socket");
	return 0;
}

int terminal_receive(int socket_fd, struct error *err)
{
	char name[MASTER_NAME_MAX];
	int fds[FD_PASS_MAX];
	size_t n_fds = FD_PASS_MAX;
	ssize_t n = fd_recv(socket_fd, name, sizeof(name), fds, &n_fds);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "receive the terminal");
	if (n == 0)
		return error_set(err, ERR_SYSTEM, ECONNRESET,
				 "receive the terminal: none was sent");
	for (size_t i = 1; i < n_fds; i++)
		close(fds[i]);
	if (n_fds == 1 && isatty(fds[0]))
		return fds[0];
	if (n_fds > 0)
		close(fds[0]);
	return error_set(err, ERR_INVALID, EBADMSG,
			 "receive the terminal: what came is no terminal");
}

int terminal_take(int slave_fd, uid_t uid, struct error *err)
{
	struct stat st;

	if (fstat(slave_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the terminal");
	/* chown(2), EINVAL: an id without a mapping; the terminal stays with the
	 * namespace's root */
	if (st.st_uid != uid && fchown(slave_fd, uid, (gid_t)-1) < 0 && errno != EINVAL)
		return error_set(err, ERR_SYSTEM, errno, "give the terminal to user %u",
				 uid);
	if (setsid() < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "start a session for the terminal");
	if (ioctl(slave_fd, TIOCSCTTY, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "make it the controlling terminal");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave_fd, fd) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "make the terminal fd %d", fd);
	if (slave_fd > 2)
		close(slave_fd);
	return 0;
}
