/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/layer.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/mem.h"
#include "util/str.h"

#define N_ARGS     3
#define RANGES_MAX 340 /* lines of a map; user_namespaces(7) */

static int parse_line(const char *line, struct layer_owner_range *ret)
{
	cleanup_strv char **words = str_split(line, ' ');
	int r = strv_len(words) == 3 ? 0 : -EINVAL;

	if (r == 0)
		r = str_to_u32(words[0], &ret->inside);
	if (r == 0)
		r = str_to_u32(words[1], &ret->outside);
	return r < 0 ? r : str_to_u32(words[2], &ret->count);
}

static int parse_map(const char *text, struct layer_owner_range *ret, size_t *ret_n,
		     struct error *err)
{
	cleanup_strv char **lines = str_split(text, '\n');

	strv_foreach (line, lines) {
		if (!**line)
			continue;
		if (*ret_n == RANGES_MAX || parse_line(*line, &ret[(*ret_n)++]) < 0)
			return error_set(err, ERR_INVALID, 0, "pack: not a map: %s",
					 text);
	}
	return 0;
}

/* /dev/null where there is no such tree. */
static int plain_fd(void)
{
	struct stat st;

	return fstat(SANDBOXED_PLAIN_FD, &st) == 0 && S_ISDIR(st.st_mode)
		       ? SANDBOXED_PLAIN_FD
		       : -EBADF;
}

static int pack(char *const *args, unsigned int n_args, char **ret_result,
		struct error *err)
{
	struct layer_pack_options o = LAYER_PACK_OPTIONS_INIT;
	struct layer_owner_range uids[RANGES_MAX], gids[RANGES_MAX];
	int r;

	if (n_args < N_ARGS || str_to_u32(args[0], &o.flags) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "pack: expected FLAGS UIDS GIDS [PLACE...]");
	o.uids = uids;
	o.gids = gids;
	o.places = n_args > N_ARGS ? args + N_ARGS : NULL;
	o.plain_fd = plain_fd();
	r = parse_map(args[1], uids, &o.n_uids, err);
	if (r == 0)
		r = parse_map(args[2], gids, &o.n_gids, err);
	if (r == 0)
		r = confine_trees(SANDBOXED_TREE_FD, o.plain_fd, false, err);
	if (r == 0)
		r = layer_pack_with(SANDBOXED_TREE_FD, STDOUT_FILENO, &o, err);
	if (r == 0)
		*ret_result = xstrdup("{}");
	return r;
}

int sandboxed_pack(char *const *args, unsigned int n_args)
{
	return sandboxed_run(pack, args, n_args);
}
