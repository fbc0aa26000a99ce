/* SPDX-License-Identifier: Apache-2.0 */
#include "build/draft_view.h"

#include <fcntl.h>

#include "runtime/overlay.h"
#include "util/fs.h"

static void allow_again(const struct layer_draft *draft)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *mark = fs_join(draft->work, "work/incompat");

	if (fs_remove_tree(AT_FDCWD, mark, &err) < 0)
		error_drop(&err, "the next mount will say so");
}

int draft_view_mount(const struct layer_draft *draft, int *ret_upper_fd,
		     struct error *err)
{
	const struct overlay_paths paths = {
		.lower = draft->lower,
		.upper = draft->upper,
		.work = draft->work,
		.is_volatile = true,
	};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int fd, r;

	allow_again(draft);
	r = overlay_open(&paths, &dirs, err);
	if (r < 0)
		return r;
	fd = overlay_mount(&dirs, err);
	allow_again(draft);
	if (fd >= 0)
		*ret_upper_fd = TAKE_FD(dirs.upper_fd);
	return fd;
}

int draft_view_ids(const struct engine *e, const struct layer_draft *draft,
		   struct user_ids *ret, struct error *err)
{
	int r = user_ids_get(e, draft->single_id, ret, err);

	if (r >= 0)
		user_ids_confine(ret);
	return r < 0 ? r : 0;
}
