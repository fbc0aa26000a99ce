/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/unpack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/helper_program.h"
#include "engine/settings.h"
#include "transfer/protocol.h"
#include "transfer/sandboxed.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define RESULT_MAX (64 << 20)
#define CHUNK      65536

int unpack_start(const struct unpack_request *request, struct unpack *ret,
		 struct error *err)
{
	cleanup_free char *flags = xasprintf("%u", request->flags);
	cleanup_free char *size = xasprintf("%llu", (unsigned long long)request->size);
	cleanup_settings struct settings settings = SETTINGS_INIT;
	cleanup_free char *max = NULL;
	const char *args[] = {"unpack", flags, size, NULL, NULL};
	struct helper_program h = HELPER_PROGRAM_INIT;
	cleanup_fd int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_fd int result_fd = -EBADF, their_fd = -EBADF;
	int pair[2], r = settings_read(NULL, &settings, err);

	if (r < 0)
		return r;
	max = xasprintf("%llu", (unsigned long long)settings.layer_max_size);
	args[3] = max;
	if (null_fd < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	result_fd = fd_move_high(pair[0]);
	their_fd = fd_move_high(pair[1]);
	h.name = "layer";
	h.args = args;
	h.bare = true;
	h.fds[SANDBOXED_RESULT_FD] = their_fd;
	h.fds[SANDBOXED_TREE_FD] = request->tree_fd;
	h.fds[SANDBOXED_BLOB_FD] = request->blob_fd;
	h.fds[SANDBOXED_GROWTH_FD] =
		request->growth_fd >= 0 ? request->growth_fd : null_fd;
	r = helper_start(&h, request->ids, &ret->sandbox, err);
	if (r < 0)
		return r;
	ret->result_fd = TAKE_FD(result_fd);
	buf_init(&ret->result, RESULT_MAX);
	return 0;
}

int unpack_hear(struct unpack *u, struct error *err)
{
	char chunk[CHUNK];
	ssize_t n;

	do
		n = read(u->result_fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "hear from the unpacker");
	if (n == 0)
		return 1;
	if (buf_add(&u->result, chunk, (size_t)n) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "the layer has more to say about itself than %d bytes",
				 RESULT_MAX);
	return 0;
}

static int parse(const struct unpack *u, struct layer_result *ret, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	int r;

	r = json_parse(u->result.data ? u->result.data : "", u->result.len,
		       "the unpacker's answer", &o, err);
	if (r < 0)
		return r;
	if (json_get(o, "event")) {
		r = transfer_error_parse(o, err);
		return r < 0 ? r : -(err->code ? err->code : EINVAL);
	}
	return layer_result_parse(u->result.data, u->result.len, ret, err);
}

int unpack_finish(struct unpack *u, struct layer_result *ret, struct error *err)
{
	int status = sandbox_wait(&u->sandbox, err);

	if (status < 0)
		return status;
	if (u->result.len == 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "the unpacker ended without a word (exit status %d)",
				 status);
	return parse(u, ret, err);
}

void unpack_release(struct unpack *u)
{
	sandbox_release(&u->sandbox);
	fd_cleanup_(&u->result_fd);
	buf_release(&u->result);
	*u = UNPACK_INIT;
}

int unpack_run(const struct unpack_request *request, struct layer_result *ret,
	       struct error *err)
{
	cleanup_unpack struct unpack u = UNPACK_INIT;
	int r = unpack_start(request, &u, err);

	while (r == 0)
		r = unpack_hear(&u, err);
	return r < 0 ? r : unpack_finish(&u, ret, err);
}
