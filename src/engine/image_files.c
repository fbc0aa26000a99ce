/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/container_view.h"
#include "engine/image_view.h"
#include "engine/packer.h"
#include "engine/spool.h"
#include "engine/unpack.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/str.h"

/* The end of every tar. */
#define TAR_END_BYTES 1024

static int pack(const struct engine *e, const struct image_record *r, int out_fd,
		struct error *err)
{
	static const char end[TAR_END_BYTES];
	cleanup_container_view struct container_view view = CONTAINER_VIEW_INIT;
	cleanup_packer struct packer p = PACKER_INIT;
	const struct packer_request request = {.view = &view, .out_fd = out_fd};
	int k;

	view.layers = image_layer_paths(e, r->layers, image_is_single(e, r));
	if (!view.layers) {
		k = fd_write_all(out_fd, end, sizeof(end));
		return k < 0 ? error_set(err, ERR_SYSTEM, -k, "write the archive") : 0;
	}
	k = packer_start(e, &request, &p, err);
	return k < 0 ? k : packer_wait(&p, err);
}

int image_files_tar(const struct engine *e, const struct image_record *r, int out_fd,
		    struct error *err)
{
	int k = pack(e, r, out_fd, err);

	return k < 0 ? error_wrap(err, "write the files of image %.12s", r->id) : 0;
}

static int unpack(const struct engine *e, const char *path, int tar_fd, struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int tree_fd = fs_open_dir(AT_FDCWD, path, true, 0755, err);
	struct unpack_request request = {
		.ids = &ids,
		.tree_fd = tree_fd,
		.blob_fd = tar_fd,
		.growth_fd = -EBADF,
		.flags = LAYER_PLAIN | LAYER_SINGLE_ID | LAYER_NO_SETID,
	};
	struct stat st;
	int k;

	if (tree_fd < 0)
		return tree_fd;
	if (fstat(tar_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the archive");
	request.size = (uint64_t)st.st_size;
	k = user_ids_get(e, true, &ids, err);
	if (k < 0)
		return k;
	user_ids_confine(&ids);
	return unpack_run(&request, &result, err);
}

int image_files_directory(const struct engine *e, const struct image_record *r,
			  const char *path, struct error *err)
{
	/* the unpacker reads where it likes */
	cleanup_fd int fd = spool_new(e, err);
	int k = fd < 0 ? fd : pack(e, r, fd, err);

	if (k >= 0)
		k = unpack(e, path, fd, err);
	return k < 0 ? error_wrap(err, "write the files of image %.12s to %s", r->id,
				  path)
		     : 0;
}
