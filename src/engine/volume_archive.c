/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_archive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_view.h"
#include "engine/packer.h"
#include "engine/spool.h"
#include "engine/unpack.h"
#include "engine/user_ids.h"
#include "engine/volume_driver.h"
#include "engine/volume_store.h"
#include "runtime/mount_fs.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

/* Where its files are. Caller frees *ret. */
static int place_of(const struct engine *e, const struct volume_record *r, char **ret,
		    struct error *err)
{
	cleanup_volume_source struct volume_source s = {0};
	cleanup_free char *path = volume_data_path(e, r->name);

	int k = volume_driver_source(r->options, &s, err);

	if (k < 0)
		return k;
	if (!s.type || mount_is_at(path)) {
		*ret = TAKE_PTR(path);
		return 0;
	}
	if (str_eq(s.type, "bind")) {
		*ret = TAKE_PTR(s.device);
		return 0;
	}
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"volume %s: it is a file system of its own (%s), which is there only while a container has it mounted",
		r->name, s.type);
	return error_hint(
		err, "cubby cp CONTAINER:PATH - gets its files out of a running one");
}

static int pack(const struct engine *e, char *path, int out_fd, struct error *err)
{
	const struct container_view view = {.rootfs = path, .dirs = OVERLAY_DIRS_INIT};
	const struct packer_request request = {.view = &view, .out_fd = out_fd};
	cleanup_packer struct packer p = PACKER_INIT;
	int r = packer_start(e, &request, &p, err);

	return r < 0 ? r : packer_wait(&p, err);
}

int volume_export(const struct engine *e, const struct volume_record *r, int out_fd,
		  struct error *err)
{
	cleanup_free char *path = NULL;
	int k = place_of(e, r, &path, err);

	if (k >= 0)
		k = pack(e, path, out_fd, err);
	return k < 0 ? error_wrap(err, "export volume %s", r->name) : k;
}

static int unpack(const struct engine *e, const char *path, int blob_fd,
		  const struct stat *st, struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int tree_fd =
		open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct unpack_request request = {
		.ids = &ids,
		.tree_fd = tree_fd,
		.blob_fd = blob_fd,
		.growth_fd = -EBADF,
		.size = (uint64_t)st->st_size,
		.flags = LAYER_PLAIN,
	};

	if (tree_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", path);
	user_ids_any(e, &ids);
	user_ids_confine(&ids);
	if (ids.single)
		request.flags |= LAYER_SINGLE_ID;
	return unpack_run(&request, &result, err);
}

int volume_import(const struct engine *e, const struct volume_record *r, int in_fd,
		  struct error *err)
{
	cleanup_free char *path = NULL;
	cleanup_fd int spooled_fd = -EBADF;
	struct stat st;
	int k = place_of(e, r, &path, err);

	if (k < 0)
		return error_wrap(err, "import into volume %s", r->name);
	if (fstat(in_fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		/* a pipe: the unpacker reads where it likes */
		k = spooled_fd = spool_all(e, in_fd, err);
		in_fd = spooled_fd;
	}
	if (k >= 0 && fstat(in_fd, &st) < 0)
		k = error_set(err, ERR_SYSTEM, errno, "look at the archive");
	if (k >= 0)
		k = unpack(e, path, in_fd, &st, err);
	/* what it holds now is not to be mixed with an image's */
	if (k >= 0)
		k = volume_record_settled(e->store, r->name, err);
	if (k < 0)
		return error_wrap(err, "import into volume %s", r->name);
	volume_event(e, r->name, EVENT_IMPORT);
	return 0;
}

static int check_may_mount(const struct engine *e, const char *name, struct error *err)
{
	if (!e->rootless || e->unshared)
		return 0;
	error_set(err, ERR_DENIED, 0,
		  "mount volume %s: cannot run it in rootless mode, must execute "
		  "`cubby unshare` first",
		  name);
	return error_hint(err, "cubby unshare");
}

static int mount_it(const struct volume_source *s, const char *path, struct error *err)
{
	const struct mount_fs fs = {
		.type = s->type, .source = s->device, .options = s->options};
	cleanup_fd int place_fd =
		open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int fd = -EBADF;
	int r;

	if (place_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", path);
	if (str_eq(s->type, "bind")) {
		fd = mount_clone(AT_FDCWD, s->device, true);
		r = fd < 0 ? error_set(err, ERR_SYSTEM, -fd, "bind %s", s->device) : 0;
	} else {
		r = fd = mount_fs_new(&fs, err);
	}
	if (r < 0)
		return r;
	r = mount_attach(fd, place_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount it at %s", path) : 0;
}

int volume_mount(const struct engine *e, const struct volume_record *r, char **ret,
		 struct error *err)
{
	cleanup_volume_source struct volume_source s = {0};
	cleanup_free char *path = volume_data_path(e, r->name);
	int k = check_may_mount(e, r->name, err);

	if (k >= 0)
		k = volume_driver_source(r->options, &s, err);
	if (k >= 0 && s.type && !mount_is_at(path))
		k = mount_it(&s, path, err);
	if (k < 0)
		return k;
	*ret = TAKE_PTR(path);
	return 0;
}

int volume_unmount(const struct engine *e, const struct volume_record *r,
		   struct error *err)
{
	cleanup_free char *path = volume_data_path(e, r->name);
	int k = check_may_mount(e, r->name, err);

	if (k < 0 || !mount_is_at(path))
		return k;
	k = mount_detach(path);
	return k < 0 ? error_set(err, ERR_SYSTEM, -k, "unmount volume %s", r->name) : 0;
}
