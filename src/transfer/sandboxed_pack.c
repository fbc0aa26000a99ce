/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/layer.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/mem.h"
#include "util/str.h"

static int pack(char *const *args, unsigned int n_args, char **ret_result,
		struct error *err)
{
	uint32_t flags;
	int r;

	if (n_args != 1 || str_to_u32(args[0], &flags) < 0)
		return error_set(err, ERR_INVALID, 0, "pack: expected FLAGS");
	r = confine_tree(SANDBOXED_TREE_FD, false, err);
	if (r == 0)
		r = layer_pack(SANDBOXED_TREE_FD, STDOUT_FILENO, flags, err);
	if (r == 0)
		*ret_result = xstrdup("{}");
	return r;
}

int sandboxed_pack(char *const *args, unsigned int n_args)
{
	return sandboxed_run(pack, args, n_args);
}
