/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step of create_plan_build(): a container that runs containers of its own (--nested). What stands in
 * their way in any other container, and what is done about it:
 *
 *   system calls   the default filter lets namespaces and mounts be made (data/seccomp-default.txt)
 *   procfs, sysfs  the kernel mounts new ones only while one in sight is covered nowhere: a second one of
 *                  each lies in /dev/.cubby, as the masks of /proc and /sys stay
 *   overlay        none goes on top of another: the places of the inner engines' data are volumes of
 *                  the container's own, which go with it
 *   run            directories in memory, as what lives in them must not outlive the container
 *   ids            its root hands on those of the container; users get lines in /etc/subuid, /etc/subgid,
 *                  and the helpers that read them their privilege
 *
 * All of it is safe for one reason: root inside is nobody on the host. Where that is not so it is refused.
 */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/nested_ids.h"
#include "engine/paths.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/str.h"

#define FILE_MAX  (1 << 20)
#define SYS_ADMIN (UINT64_C(1) << CAP_SYS_ADMIN)

static int refuse(const char *why, struct error *err)
{
	error_set(err, ERR_DENIED, 0, "--nested: %s", why);
	return error_hint(
		err,
		"Run it as an ordinary user, or give it ids of its own: --userns=auto:size=65536");
}

static int check_map(const struct engine *e, const struct create_plan *p,
		     struct error *err)
{
	if (p->uids.n_lines == 0)
		return refuse(
			"without a user namespace root in the container is the host's root, "
			"and its containers' root too",
			err);
	if (!e->rootless && (idmap_to_inside(&p->uids, 0) != IDMAP_NONE ||
			     idmap_to_inside(&p->gids, 0) != IDMAP_NONE))
		return refuse("the container's map holds id 0 of the host", err);
	return 0;
}

/* NULL: not there, or not a file. */
static char *read_file(int root_fd, const char *path, bool *ret_is_there)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = path_open_file(root_fd, path, &err);

	*ret_is_there = fd >= 0 || err.kind != ERR_NOT_FOUND;
	if (fd < 0) {
		error_drop(&err, "as if it were not there");
		return NULL;
	}
	buf_init(&text, FILE_MAX);
	return fd_read_all(fd, &text) < 0 ? NULL : buf_take(&text);
}

/* In the topmost layer that has it. */
static char *read_image_file(const struct create_image *image, const char *path)
{
	strv_foreach (layer, image->layer_paths) {
		cleanup_fd int fd = open(*layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
		bool is_there = false;
		char *text = fd >= 0 ? read_file(fd, path, &is_there) : NULL;

		if (text || is_there)
			return text;
	}
	return NULL;
}

static char *read_in_container(const struct create_plan *p, const char *path)
{
	bool is_there;

	return p->image ? read_image_file(p->image, path)
			: read_file(p->root_fd, path, &is_there);
}

/*
 * A newuidmap(1) that is setuid root, as Debian's, writes the map of a namespace that it does not own:
 * for that it needs CAP_SYS_ADMIN, which root of the container can do without. No process of a plain
 * user holds it, and the filter goes on as if it were not there.
 */
static void allow_helpers(struct create_plan *p)
{
	if (p->user.uid != 0 && !(p->security.dropped & SYS_ADMIN))
		p->security.bounding |= SYS_ADMIN;
}

void create_plan_nested_ids(struct create_plan *p)
{
	cleanup_nested_users struct nested_users users = {0};
	cleanup_free char *passwd = p->image ? NULL : read_in_container(p, "/etc/passwd");
	cleanup_free char *subuid = read_in_container(p, "/etc/subuid");
	cleanup_free char *subgid = read_in_container(p, "/etc/subgid");

	nested_users_find(p->image ? p->image->record.passwd : passwd, p->user.uid,
			  &users);
	free(p->subuid);
	free(p->subgid);
	p->subuid = nested_subids(subuid, &users, &p->uids);
	p->subgid = nested_subids(subgid, &users, &p->gids);
}

int create_plan_nested(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r;

	if (!p->options->nested)
		return 0;
	r = check_map(e, p, err);
	if (r < 0)
		return r;
	if (!p->data_dir)
		p->data_dir = container_data_path(e, p->id, NULL);
	if (!volumes_cover(&p->volumes, PATHS_ROOT_DATA))
		volumes_add_empty(&p->volumes, p->data_dir, PATHS_ROOT_DATA, 0700);
	if (!volumes_cover(&p->volumes, PATHS_USERS_DATA))
		volumes_add_empty(&p->volumes, p->data_dir, PATHS_USERS_DATA, 01777);
	allow_helpers(p);
	create_plan_nested_ids(p);
	return 0;
}
