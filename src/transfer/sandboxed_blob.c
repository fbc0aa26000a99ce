/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/layer_complete.h"
#include "image/tar_writer.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

/* The archive goes on, and is hashed. */
static int write_both(void *data, const void *bytes, size_t len, struct error *err)
{
	int r = fd_write_all(STDOUT_FILENO, bytes, len);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the layer's archive")
		     : layer_digest_add(data, bytes, len, err);
}

static int pack(const struct layer_pack_options *o, struct layer_digest *digest,
		struct layer_result *ret, struct error *err)
{
	char diff_id[DIGEST_TEXT_MAX];
	int r = confine_tree(SANDBOXED_TREE_FD, false, err);

	if (r == 0)
		r = layer_pack_with(SANDBOXED_TREE_FD, -EBADF, o, err);
	if (r == 0)
		r = layer_digest_end(digest, diff_id, err);
	if (r < 0)
		return r;
	ret->diff_id = xstrdup(diff_id);
	ret->tar_size = digest->size;
	ret->compression = xstrdup("none");
	return 0;
}

static int blob(char *const *args, unsigned int n_args, char **ret_result,
		struct error *err)
{
	cleanup_layer_digest struct layer_digest digest = {.ring = LAYER_RING_INIT};
	cleanup_layer_result struct layer_result result = {0};
	struct tar_sink sink = {write_both, &digest};
	struct layer_pack_options o = LAYER_PACK_OPTIONS_INIT;
	int r;

	if (n_args != 1)
		return error_set(err, ERR_INVALID, 0, "blob: expected TOP");
	o.flags = LAYER_COMPLETE_FLAGS | (str_eq(args[0], "top") ? 0 : LAYER_PACK_NO_TOP);
	o.sink = &sink;
	r = layer_digest_init(&digest, err);
	if (r == 0)
		r = pack(&o, &digest, &result, err);
	if (r == 0)
		*ret_result = layer_result_text(&result);
	return r;
}

int sandboxed_blob(char *const *args, unsigned int n_args)
{
	return sandboxed_run(blob, args, n_args);
}
