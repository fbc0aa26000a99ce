/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that steps find: WORKDIR's, VOLUME's. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "build/copy_plan.h"
#include "build/draft_view.h"
#include "build/step.h"
#include "engine/user_lookup.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

/* --- WORKDIR --- */

struct workdir {
	const struct layer_draft *draft;
	const char *path;
	const char *user; /* USER; NULL: root */
};

/* Whom what is made belongs to. A name that nobody has is no reason to fail: nothing runs yet. */
static int workdir_owner(const struct workdir *w, int merged_fd,
			 struct user_identity *ret, struct error *err)
{
	int r = w->draft->single_id ? 0 : user_lookup(merged_fd, w->user, NULL, ret, err);

	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the directory is root's");
	return 0;
}

static int make_one_dir(int merged_fd, const char *path,
			const struct user_identity *owner, struct error *err)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd = path_open(merged_fd, path, O_PATH | O_DIRECTORY, &missing);

	if (fd >= 0)
		return 0;
	if (missing.kind != ERR_NOT_FOUND)
		return error_move(err, &missing);
	fd = path_make_dir(merged_fd, path, 0755, err);
	if (fd < 0)
		return fd;
	if (fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give %s its owner", path);
	return 0;
}

/* It, and all above it. */
static int make_dirs(int merged_fd, const char *whole, const struct user_identity *owner,
		     struct error *err)
{
	int r = 0;

	for (const char *end = whole; r >= 0 && *end;) {
		cleanup_free char *path = NULL;

		end += 1 + strcspn(end + 1, "/");
		path = xstrndup(whole, (size_t)(end - whole));
		r = make_one_dir(merged_fd, path, owner, err);
	}
	return r < 0 ? r : 0;
}

static int make_workdir(void *data, struct error *err)
{
	const struct workdir *w = data;
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = draft_view_mount(w->draft, &upper_fd, err);
	cleanup_user_identity struct user_identity owner = {0};
	int r = merged_fd < 0 ? merged_fd : workdir_owner(w, merged_fd, &owner, err);

	return r < 0 ? r : make_dirs(merged_fd, w->path, &owner, err);
}

int workdir_do(const struct step *s, const char *path, struct layer_draft *draft,
	       struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct workdir w = {
		.draft = draft, .path = path, .user = s->state->config->config.user};
	int r;

	r = draft_view_ids(s->engine, draft, &ids, err);
	if (r >= 0)
		r = user_ids_do(&ids, make_workdir, &w, err);
	if (r >= 0)
		return 0;
	error_wrap(err, "WORKDIR failed");
	return copy_fail(s, err);
}

/* --- VOLUME --- */

struct missing_volumes {
	const struct layer_draft *draft;
	char **paths; /* strv, owned: clean, absolute */
};

/* 1: a directory; 0: something else, as what says that a lower one is gone, or a link on the way, which counts in the whole only;
 * -ENOENT: this layer says nothing. */
static int look_for(const char *layer, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int layer_fd = open(layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = -EBADF;
	struct stat st;

	if (layer_fd < 0)
		return 0;
	fd = path_open_nolink(layer_fd, path, O_PATH, false, &err);
	if (fd >= 0)
		return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	return fd == -ENOENT ? -ENOENT : 0;
}

/* Most are there, and then no process is needed. */
static char **missing_volumes(const struct step *s, const struct layer_draft *draft)
{
	char **missing = NULL;

	strv_foreach (volume, s->state->config->config.volumes) {
		cleanup_free char *absolute = xasprintf("/%s", *volume);
		cleanup_free char *path = path_clean(absolute);
		int r = look_for(draft->upper, path);

		for (char *const *lower = draft->lower; *lower && r == -ENOENT; lower++)
			r = look_for(*lower, path);
		if (r <= 0)
			strv_add(&missing, path);
	}
	return missing;
}

static int make_volumes(void *data, struct error *err)
{
	const struct missing_volumes *m = data;
	const struct user_identity root = {0};
	cleanup_fd int upper_fd = -EBADF;
	cleanup_fd int merged_fd = draft_view_mount(m->draft, &upper_fd, err);

	if (merged_fd < 0)
		return merged_fd;
	strv_foreach (path, m->paths) {
		cleanup_error struct error ignored = ERROR_INIT;

		if (make_dirs(merged_fd, *path, &root, &ignored) >= 0)
			continue;
		if (ignored.code == ENOSPC || ignored.code == EDQUOT ||
		    ignored.code == EIO)
			return error_move(err, &ignored);
		/* What is a file is no place of a volume, but whatever runs need not mind. */
		error_drop(&ignored, "a volume's directory is not made");
	}
	return 0;
}

int volumes_do(const struct step *s, struct layer_draft *draft, struct error *err)
{
	cleanup_strv char **paths = missing_volumes(s, draft);
	cleanup_user_ids struct user_ids ids = {0};
	struct missing_volumes m = {draft, paths};
	int r;

	if (!paths)
		return 0;
	r = draft_view_ids(s->engine, draft, &ids, err);
	return r < 0 ? r : user_ids_do(&ids, make_volumes, &m, err);
}
