/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "image/layer_complete.h"
#include "transfer/confine.h"
#include "transfer/sandboxed.h"
#include "util/str.h"

#define N_ARGS 2

/* Of no interest, or a time for the latest, or for all of them. */
static int parse_epoch(const char *word, struct layer_complete_options *o)
{
	if (!*word)
		return 0;
	o->has_epoch = true;
	o->all_at_epoch = *word == '=';
	return str_to_i64(word + o->all_at_epoch, &o->epoch_sec);
}

static int below_fd(void)
{
	struct stat st;

	return fstat(SANDBOXED_PLAIN_FD, &st) == 0 && S_ISDIR(st.st_mode)
		       ? SANDBOXED_PLAIN_FD
		       : -EBADF;
}

static int complete(char *const *args, unsigned int n_args, char **ret_result,
		    struct error *err)
{
	cleanup_layer_digest struct layer_digest digest = {.ring = LAYER_RING_INIT};
	cleanup_layer_result struct layer_result result = {0};
	struct layer_complete_options o = {.below_fd = below_fd()};
	int r;

	if (n_args < N_ARGS || parse_epoch(args[1], &o) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "complete: expected TOP EPOCH [PLACE...]");
	o.no_top = !str_eq(args[0], "top");
	o.places = n_args > N_ARGS ? args + N_ARGS : NULL;
	r = layer_digest_init(&digest, err);
	if (r == 0)
		r = confine_trees(SANDBOXED_TREE_FD, o.below_fd, true, err);
	if (r == 0)
		r = layer_complete(SANDBOXED_TREE_FD, &o, &digest, &result, err);
	if (r == 0)
		*ret_result = layer_result_text(&result);
	return r;
}

int sandboxed_complete(char *const *args, unsigned int n_args)
{
	return sandboxed_run(complete, args, n_args);
}
