/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/uncompress.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/mem.h"

static int plain(char *const *args, unsigned int n_args, char **ret_result,
		 struct error *err)
{
	int r;

	(void)args;
	if (n_args != 0)
		return error_set(err, ERR_INVALID, 0, "uncompress: takes no words");
	r = uncompress(STDIN_FILENO, STDOUT_FILENO, confine_stream, err);
	if (r == 0)
		*ret_result = xstrdup("{}");
	return r;
}

int sandboxed_uncompress(char *const *args, unsigned int n_args)
{
	return sandboxed_run(plain, args, n_args);
}
