/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "util/fd.h"

static ssize_t master_write(struct pump_peer *p, const void *data, size_t len)
{
	ssize_t n = write(p->fd, data, len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n < 0 ? -errno : n;
}

static bool master_end_input(struct pump_peer *p)
{
	struct termios t;

	/* termios(3), VEOF: as if the user had typed it */
	if (tcgetattr(p->fd, &t) < 0)
		return true;
	return master_write(p, &t.c_cc[VEOF], 1) != 0;
}

static bool master_resize(struct pump_peer *p, uint16_t columns, uint16_t rows)
{
	struct winsize size = {.ws_col = columns, .ws_row = rows};

	return ioctl(p->fd, TIOCSWINSZ, &size) == 0 || errno != EINTR;
}

static enum pump_event master_read(struct pump_peer *p, void *data, size_t *ret_len)
{
	ssize_t n = read(p->fd, data, PUMP_CHUNK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PUMP_NOTHING;
	if (n <= 0)
		return PUMP_END;
	*ret_len = (size_t)n;
	return PUMP_STDOUT;
}

int console_run(int master_fd, int pid_fd, const struct pump_options *options,
		bool *ret_detached, struct error *err)
{
	cleanup_fd int slave_fd = -EBADF;
	struct pump_peer peer = {
		.fd = master_fd,
		.end_fd = pid_fd,
		.terminal = true,
		.write = master_write,
		.end_input = master_end_input,
		.resize = master_resize,
		.read = master_read,
	};
	int r = fd_set_nonblock(master_fd, true);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "prepare the terminal");
	/*
	 * A master hangs up whenever no process has its slave open, and a process may
	 * open it again; our own slave keeps that from happening (ioctl_tty(2)).
	 */
	slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return pump_run(&peer, options, ret_detached, err);
}
