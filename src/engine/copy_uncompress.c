/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/copy_uncompress.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/helper_program.h"
#include "engine/packer.h"
#include "transfer/sandboxed.h"
#include "util/fd.h"

void copy_uncompress_release(struct copy_uncompress *u)
{
	sandbox_release(&u->sandbox);
	fd_cleanup_(&u->result_fd);
}

int copy_uncompress_start(int in_fd, struct copy_uncompress *ret, int *ret_fd,
			  struct error *err)
{
	static const char *const args[] = {"uncompress", NULL};
	struct helper_program h = HELPER_PROGRAM_INIT;
	cleanup_fd int plain_fd = -EBADF, plain_in_fd = -EBADF, result_fd = -EBADF,
		       result_in_fd = -EBADF;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	plain_fd = fd_move_high(pair[0]);
	plain_in_fd = fd_move_high(pair[1]);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	result_fd = fd_move_high(pair[0]);
	result_in_fd = fd_move_high(pair[1]);
	h.name = "layer";
	h.args = args;
	h.bare = true;
	h.fds[STDIN_FILENO] = in_fd;
	h.fds[STDOUT_FILENO] = plain_in_fd;
	h.fds[SANDBOXED_RESULT_FD] = result_in_fd;
	r = helper_start(&h, NULL, &ret->sandbox, err);
	if (r < 0)
		return r;
	ret->result_fd = TAKE_FD(result_fd);
	*ret_fd = TAKE_FD(plain_fd);
	return 0;
}

int copy_uncompress_finish(struct copy_uncompress *u, struct error *err)
{
	return packer_finish(u->result_fd, &u->sandbox, err);
}
