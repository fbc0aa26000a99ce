/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "image/layer.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/str.h"

#define N_ARGS 3

static int confine(int root_fd, struct error *err)
{
	return confine_tree(root_fd, true, err);
}

/* /dev/null where the blob is complete. */
static int growth_fd(void)
{
	struct stat st;

	return fstat(SANDBOXED_GROWTH_FD, &st) == 0 && S_ISFIFO(st.st_mode)
		       ? SANDBOXED_GROWTH_FD
		       : -EBADF;
}

static int unpack(char *const *args, unsigned int n_args, char **ret_result,
		  struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	struct layer_input in = {
		.fd = SANDBOXED_BLOB_FD,
		.growth_fd = growth_fd(),
		.confine = confine,
		.confine_stream = confine_stream,
	};
	struct layer_limits limits = {0};
	uint32_t flags;
	int r;

	if (n_args != N_ARGS || str_to_u32(args[0], &flags) < 0 ||
	    str_to_u64(args[1], &in.size) < 0 ||
	    str_to_u64(args[2], &limits.max_bytes) < 0)
		return error_set(err, ERR_INVALID, 0, "unpack: expected FLAGS SIZE MAX");
	umask(0);
	r = layer_unpack(SANDBOXED_TREE_FD, &in, &limits, flags, &result, err);
	if (r >= 0)
		*ret_result = layer_result_text(&result);
	return r;
}

int sandboxed_unpack(char *const *args, unsigned int n_args)
{
	return sandboxed_run(unpack, args, n_args);
}
