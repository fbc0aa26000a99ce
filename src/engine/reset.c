/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/reset.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/container.h"
#include "engine/event_file.h"
#include "engine/gateway.h"
#include "engine/image.h"
#include "engine/pod.h"
#include "engine/pod_act.h"
#include "engine/remove.h"
#include "engine/user_ids.h"
#include "network/client.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

/* What lies in the two directories, by name, or by how the name begins. */
struct own_name {
	const char *name;
	bool is_prefix;
};

/* The records are the last. */
/* clang-format off */
static const struct own_name data_names[] = {
	{"containers", false},
	{"layers", false},
	{"blobs", false},
	{"build", false},
	{"contexts", false},
	{"volumes", false},
	{"secrets", false},
	{"infra", false},
	{"mounts", false},
	{"fetch.lock", false},
	{STORE_FILE, true},
};

static const struct own_name run_names[] = {
	{"containers", false},
	{"mounts", false},
	{"trees", false},
	{"pods", true},
	{"data", false},
	{"outer", true},
	{NETWORK_DIR, false},
	{"layers-", true},
	{EVENT_FILE, true},
};
/* clang-format on */

static int remove_containers(const struct engine *e, struct error *err)
{
	const struct remove_options how = {.force = true, .volumes = true};
	cleanup_containers struct containers all = {0};
	int r = container_list(e, &all, err);

	/* the newest first: it may need an older one */
	for (size_t i = all.n; r >= 0 && i-- > 0;) {
		r = container_remove(e, &all.items[i], &how, err);
		if (r < 0 && err->kind == ERR_NOT_FOUND) {
			error_drop(err, "it is gone");
			r = 0;
		}
	}
	return r;
}

static int remove_pods(const struct engine *e, struct error *err)
{
	const struct pod_remove_options how = {.force = true};
	cleanup_pods struct pods all = {0};
	int r = pod_list(e, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		r = pod_remove(e, &all.items[i], &how, err);
	return r;
}

static int unmount_images(const struct engine *e, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (image_is_mounted(e, all.items[i].id))
			r = image_unmount(e, &all.items[i], true, err);
	return r;
}

static bool is_named(const struct own_name *own, const char *name)
{
	return own->is_prefix ? str_starts(name, own->name) : str_eq(name, own->name);
}

/* Names in the directory that this one stands for. */
static int find_names(const char *path, const struct own_name *own, char ***ret,
		      struct error *err)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list %s", path);
	while ((entry = readdir(dir)))
		if (is_named(own, entry->d_name))
			strv_add_take(ret, fs_join(path, entry->d_name));
	return 0;
}

static int empty_dir(const struct engine *e, const char *path,
		     const struct own_name *names, size_t n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_strv char **found = NULL;

		r = find_names(path, &names[i], &found, err);
		if (r >= 0 && found)
			r = user_ids_remove_trees(e, AT_FDCWD, found, err);
	}
	/* with other things in it, or made by somebody else, it stays */
	if (r >= 0)
		(void)!rmdir(path);
	return r;
}

int engine_reset(struct engine *e, struct error *err)
{
	int r = remove_pods(e, err);

	if (r >= 0)
		r = remove_containers(e, err);
	if (r >= 0)
		r = unmount_images(e, err);
	if (r < 0)
		return r;
	gateway_end(e);
	store_close(TAKE_PTR(e->store));
	r = empty_dir(e, e->paths.data, data_names, ARRAY_SIZE(data_names), err);
	return r < 0 ? r
		     : empty_dir(e, e->paths.run, run_names, ARRAY_SIZE(run_names), err);
}
