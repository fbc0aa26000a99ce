/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "engine/container_view.h"
#include "engine/helper_program.h"
#include "engine/image_send.h"
#include "engine/packer.h"
#include "engine/user_ids.h"
#include "transfer/sandboxed.h"
#include "util/fd.h"

#define PACK_FLAGS "0" /* not an overlay's upper directory: the view is whole */

/* In the packer's process, before it becomes that program. */
static int open_tree(void *data, int fds[static HELPER_FDS_MAX], struct error *err)
{
	int fd = container_view_open(data, err);

	if (fd < 0)
		return fd;
	fds[SANDBOXED_TREE_FD] = fd;
	return container_view_enter(data, err);
}

static int start(const struct engine *e, struct container_view *view, int out_fd,
		 int result_fd, struct sandbox *ret, struct error *err)
{
	static const char *const args[] = {"pack", PACK_FLAGS, NULL};
	cleanup_user_ids struct user_ids ids = {0};
	struct helper_program h = HELPER_PROGRAM_INIT;

	user_ids_any(e, &ids);
	user_ids_confine(&ids);
	h.name = "layer";
	h.args = args;
	h.bare = true;
	h.fds[STDOUT_FILENO] = out_fd;
	h.fds[SANDBOXED_RESULT_FD] = result_fd;
	h.prepare = open_tree;
	h.data = view;
	return helper_start(&h, &ids, ret, err);
}

static int pack(const struct engine *e, struct container_view *view, int out_fd,
		struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	cleanup_fd int result_fd = -EBADF, their_fd = -EBADF;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	result_fd = fd_move_high(pair[0]);
	their_fd = fd_move_high(pair[1]);
	r = start(e, view, out_fd, their_fd, &s, err);
	fd_cleanup_(&their_fd);
	return r < 0 ? r : packer_finish(result_fd, &s, err);
}

int container_export(const struct engine *e, const char *id, int out_fd,
		     struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_container_view struct container_view view = CONTAINER_VIEW_INIT;
	int r = container_reload(e, id, &c, err);

	if (r >= 0)
		r = container_view_get(e, &c, &view, err);
	if (r >= 0)
		r = pack(e, &view, out_fd, err);
	return r < 0 ? error_wrap(err, "export container %.12s", id) : 0;
}
