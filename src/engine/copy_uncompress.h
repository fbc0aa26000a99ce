/* SPDX-License-Identifier: Apache-2.0 */
/* An archive that may be compressed, by way of a confined process that makes it plain. */
#pragma once

#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_uncompress {
	struct sandbox sandbox;
	int result_fd; /* owned; -EBADF: not started */
};
#define COPY_UNCOMPRESS_INIT \
	((struct copy_uncompress){.sandbox = SANDBOX_INIT, .result_fd = -EBADF})
void copy_uncompress_release(struct copy_uncompress *u);

/* copy_uncompress_start() - *ret_fd: the plain archive; the caller's. in_fd may be closed now. */
int copy_uncompress_start(int in_fd, struct copy_uncompress *ret, int *ret_fd,
			  struct error *err) _must_check_;

/* copy_uncompress_finish() - once that fd is closed: whether all went well. Nobody who reads on is EPIPE. */
int copy_uncompress_finish(struct copy_uncompress *u, struct error *err) _must_check_;
