/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/packer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/helper_program.h"
#include "image/layer.h"
#include "transfer/protocol.h"
#include "transfer/sandboxed.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define RESULT_MAX 65536

/* Nothing, if all went well. */
static int hear(int result_fd, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_buf struct buf text = {0};
	int r;

	buf_init(&text, RESULT_MAX);
	r = fd_read_all(result_fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from the packer");
	if (text.len == 0)
		return 0;
	r = json_parse(text.data, text.len, "the packer's answer", &o, err);
	if (r < 0 || !json_get(o, "event"))
		return r;
	r = transfer_error_parse(o, err);
	return r < 0 ? r : -(err->code ? err->code : EINVAL);
}

int packer_finish(int result_fd, struct sandbox *s, struct error *err)
{
	int r = hear(result_fd, err);

	if (r < 0)
		return r;
	r = sandbox_wait(s, err);
	return r > 0 ? error_set(err, ERR_SYSTEM, 0,
				 "the packer ended without a word (exit status %d)", r)
		     : r;
}

void packer_release(struct packer *p)
{
	sandbox_release(&p->sandbox);
	fd_cleanup_(&p->result_fd);
}

/* Without a map of its own a container's owners are as they lie. */
static bool is_mapped(const struct container_view *v)
{
	return v->uids.n_lines > 0;
}

/* In the packer's process, before it becomes that program. */
static int open_trees(void *data, int fds[static HELPER_FDS_MAX], struct error *err)
{
	const struct packer_request *q = data;
	int fd, plain_fd;

	if (q->changes)
		fd = open(q->view->writable, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else
		fd = container_view_open(q->view, err);
	if (fd < 0 && q->changes)
		return error_set(err, error_kind_of(errno), errno, "open %s",
				 q->view->writable);
	if (fd < 0)
		return fd;
	fds[SANDBOXED_TREE_FD] = fd;
	if (!is_mapped(q->view) || q->changes || q->view->is_copied)
		return 0;
	plain_fd = container_view_open_plain(q->view, err);
	fds[SANDBOXED_PLAIN_FD] = plain_fd;
	return plain_fd < 0 ? plain_fd : 0;
}

static int start(const struct engine *e, const struct packer_request *q, int result_fd,
		 struct packer *ret, struct error *err)
{
	cleanup_free char *uids = idmap_text(&q->view->uids),
			  *gids = idmap_text(&q->view->gids);
	cleanup_strv char **args = NULL;
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct helper_program h = HELPER_PROGRAM_INIT;

	user_ids_any(e, &ids);
	user_ids_confine(&ids);
	strv_add(&args, "pack");
	strv_addf(&args, "%u", q->changes ? (unsigned int)LAYER_PACK_OVERLAY : 0);
	strv_add(&args, uids ? uids : "");
	strv_add(&args, gids ? gids : "");
	strv_foreach (place, q->places)
		strv_add(&args, *place);
	h.name = "layer";
	h.args = (const char *const *)args;
	h.bare = true;
	h.fds[STDOUT_FILENO] = q->out_fd;
	h.fds[SANDBOXED_RESULT_FD] = result_fd;
	h.fds[SANDBOXED_PLAIN_FD] = null_fd;
	h.prepare = open_trees;
	h.data = (void *)(uintptr_t)q;
	return helper_start(&h, &ids, &ret->sandbox, err);
}

int packer_start(const struct engine *e, const struct packer_request *request,
		 struct packer *ret, struct error *err)
{
	cleanup_fd int result_fd = -EBADF, their_fd = -EBADF;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	result_fd = fd_move_high(pair[0]);
	their_fd = fd_move_high(pair[1]);
	r = start(e, request, their_fd, ret, err);
	if (r >= 0)
		ret->result_fd = TAKE_FD(result_fd);
	return r;
}

int packer_wait(struct packer *p, struct error *err)
{
	return packer_finish(p->result_fd, &p->sandbox, err);
}
