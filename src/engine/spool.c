/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/file_copy.h"

int spool_new(const struct engine *e, struct error *err)
{
	int fd = open(e->paths.data, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "make a file in %s",
				  e->paths.data)
		      : fd;
}

int spool_all(const struct engine *e, int in_fd, struct error *err)
{
	cleanup_fd int fd = spool_new(e, err);
	int r;

	if (fd < 0)
		return fd;
	r = file_copy_stream(in_fd, fd, UINT64_MAX);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "keep what was read in %s",
				 e->paths.data)
		     : TAKE_FD(fd);
}
