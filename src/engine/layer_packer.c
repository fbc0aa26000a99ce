/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/layer_packer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/sandbox.h"
#include "transfer/protocol.h"
#include "transfer/sandboxed.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"

#define RESULT_MAX 65536

static int parse(const struct buf *text, struct layer_result *ret, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	int r = json_parse(text->data, text->len, "the packer's answer", &o, err);

	if (r < 0)
		return r;
	if (!json_get(o, "event"))
		return layer_result_parse(text->data, text->len, ret, err);
	r = transfer_error_parse(o, err);
	return r < 0 ? r : -(err->code ? err->code : EINVAL);
}

static int hear(int result_fd, struct sandbox *s, struct layer_result *ret,
		struct error *err)
{
	cleanup_buf struct buf text = {0};
	int r, status;

	buf_init(&text, RESULT_MAX);
	r = fd_read_all(result_fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from the packer");
	status = sandbox_wait(s, err);
	if (status < 0)
		return status;
	if (text.len == 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "the packer ended without a word (exit status %d)",
				 status);
	return parse(&text, ret, err);
}

int layer_packer_run(struct helper_program *h, const struct user_ids *ids,
		     struct layer_result *ret, struct error *err)
{
	cleanup_sandbox struct sandbox sandbox = SANDBOX_INIT;
	cleanup_user_ids struct user_ids confined = {0};
	cleanup_fd int result_fd = -EBADF, their_fd = -EBADF;
	int pair[2], r;

	idmap_copy(&confined.uids, &ids->uids);
	idmap_copy(&confined.gids, &ids->gids);
	user_ids_confine(&confined);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	result_fd = fd_move_high(pair[0]);
	their_fd = fd_move_high(pair[1]);
	h->name = "layer";
	h->bare = true;
	h->fds[SANDBOXED_RESULT_FD] = their_fd;
	r = helper_start(h, &confined, &sandbox, err);
	fd_cleanup_(&their_fd);
	return r < 0 ? r : hear(result_fd, &sandbox, ret, err);
}

bool layer_top_is_as_below(const char *top, const char *below)
{
	struct stat a, b = {.st_mode = S_IFDIR | LAYER_TOP_MODE,
			    .st_uid = geteuid(),
			    .st_gid = getegid()};

	return stat(top, &a) == 0 && (!below || stat(below, &b) == 0) &&
	       a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid;
}
