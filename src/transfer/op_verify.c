/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "verify": whether blobs are still what their names say. {"blobs": [DIGEST...]} in; an event "result"
 * {"digest", "problem"} out for each that is not, and "progress" meanwhile.
 */
#include <fcntl.h>
#include <unistd.h>

#include "image/blob_check.h"
#include "image/blobs.h"
#include "image/hash.h"
#include "transfer/confine.h"
#include "transfer/control.h"
#include "transfer/protocol.h"
#include "transfer/transfer.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define CHUNK (256 * 1024)

static int read_request(struct json_object *request, char ***ret, struct error *err)
{
	int r = json_to_strv(json_get(request, "blobs"), "blobs", ret, err);

	strv_foreach (digest, *ret)
		if (r >= 0 && !digest_valid(*digest))
			r = error_set(err, ERR_INVALID, 0, "blobs: \"%s\" is no digest",
				      *digest);
	return r;
}

/* *ret_problem: NULL if there is none; caller frees. */
static int check_blob(int blobs_fd, const char *digest, char **ret_problem,
		      struct error *err)
{
	char is[DIGEST_TEXT_MAX];
	cleanup_fd int fd = blob_open(blobs_fd, digest, err);
	int r = fd < 0 ? fd : blob_hash(fd, digest, is, err);

	if (r < 0) {
		*ret_problem = error_message(err);
		error_release(err);
	} else if (!str_eq(is, digest)) {
		*ret_problem = xasprintf("its content is %s", is);
	}
	return 0;
}

static int say_problem(const char *digest, const char *problem, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "result");
	json_add_str(o, "digest", digest);
	json_add_str(o, "problem", problem);
	return control_say(o, err);
}

static int check_all(int blobs_fd, char *const *blobs, struct error *err)
{
	struct progress progress = {.state = "checking"};
	int r = 0;

	progress.total = (int64_t)strv_len(blobs);
	strv_foreach (digest, blobs) {
		cleanup_free char *problem = NULL;

		progress.id = *digest;
		progress.done = digest - blobs;
		r = control_progress(&progress, err);
		if (r >= 0)
			r = check_blob(blobs_fd, *digest, &problem, err);
		if (r >= 0 && problem)
			r = say_problem(*digest, problem, err);
		if (r < 0)
			return r;
	}
	return r;
}

int op_verify(struct json_object *request, struct error *err)
{
	cleanup_strv char **blobs = NULL;
	cleanup_hash struct hash *first = NULL;
	cleanup_fd int blobs_fd = -EBADF;
	struct confine_rules rules = {.read_fds = &blobs_fd, .n_read_fds = 1};

	int r = read_request(request, &blobs, err);
	if (r < 0)
		return r;
	blobs_fd = blobs_open(TRANSFER_DATA_FD, err);
	if (blobs_fd < 0)
		return blobs_fd;
	r = hash_new(NULL, &first, err);
	if (r == 0)
		r = confine_network(&rules, err);
	return r < 0 ? r : check_all(blobs_fd, blobs, err);
}
