/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/packer.h"

#include "transfer/protocol.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"

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
