/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making:    transaction begins, a leftover goes out of the way, directories, record, transaction ends.
 * Removing:  record; then, in a transaction that sees no record of that name, the directory goes out of the way;
 *            then what is in it.
 *
 * So a directory with a record is always the record's, and whatever a kill -9 leaves has no record.
 */
#include "engine/volume_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/event.h"
#include "engine/names.h"
#include "engine/user_ids.h"
#include "engine/volume_driver.h"
#include "store/store.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define VOLUMES_DIR  "volumes"
#define GONE_PREFIX  ".gone-"
#define NAME_LEN_MAX 200

static int open_volumes(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, VOLUMES_DIR);

	return fs_open_dir(AT_FDCWD, path, true, 0700, err);
}

char *volume_data_path(const struct engine *e, const char *name)
{
	return xasprintf("%s/" VOLUMES_DIR "/%s/" VOLUME_DATA, e->paths.data, name);
}

static int check_name(const char *name, struct error *err)
{
	cleanup_error struct error wrong = ERROR_INIT;

	if (name_check(name, &wrong) >= 0 && strlen(name) <= NAME_LEN_MAX)
		return 0;
	return error_set(
		err, ERR_INVALID, 0,
		"running volume create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*%s: "
		"invalid argument",
		strlen(name) > NAME_LEN_MAX ? " and be no longer than 200 bytes" : "");
}

/* Out of the way, under a name that nobody else has. Missing is fine. */
static int put_aside(int volumes_fd, const char *name, struct error *err)
{
	cleanup_free char *id = NULL, *aside = NULL;
	int r = name_random_id(&id, err);

	if (r < 0)
		return r;
	aside = xasprintf(GONE_PREFIX "%s", id);
	if (renameat(volumes_fd, name, volumes_fd, aside) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove the volume %s", name);
	return 0;
}

static int make_dirs(int volumes_fd, const char *name, struct error *err)
{
	cleanup_free char *data = fs_join(name, VOLUME_DATA);
	int r = put_aside(volumes_fd, name, err);

	if (r < 0)
		return r;
	if (mkdirat(volumes_fd, name, 0700) < 0 || mkdirat(volumes_fd, data, 0700) < 0 ||
	    fchmodat(volumes_fd, data, 0755, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make the volume %s", name);
	return 0;
}

char *volume_pairs_text(char *const *words)
{
	cleanup_json struct json_object *o = json_object_new_object();

	strv_foreach (word, words) {
		size_t len = strcspn(*word, "=");
		cleanup_free char *key = xstrndup(*word, len);

		json_add_str(o, key, (*word)[len] ? *word + len + 1 : "");
	}
	return json_text(o, false);
}

static int fill_record(const struct volume_new *asked, struct volume_record *rec,
		       struct error *err)
{
	int r = asked->name ? check_name(asked->name, err) : 0;

	rec->uid = asked->uid;
	rec->gid = asked->gid;
	if (r >= 0)
		r = volume_driver_check(asked->driver, asked->options, &rec->uid,
					&rec->gid, err);
	if (r < 0)
		return r;
	rec->anonymous = asked->anonymous || !asked->name;
	if (asked->name)
		rec->name = xstrdup(asked->name);
	else
		r = name_random_id(&rec->name, err);
	rec->created_usec = time_now_usec();
	rec->driver = xstrdup(asked->driver);
	rec->labels = volume_pairs_text(asked->labels);
	rec->options = volume_pairs_text(asked->options);
	rec->fresh = true;
	return r;
}

int volume_create_locked(const struct engine *e, const struct volume_new *asked,
			 struct volume_record *ret, struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_fd int volumes_fd = open_volumes(e, err);
	int r = volumes_fd < 0 ? volumes_fd : fill_record(asked, &rec, err);

	if (r >= 0)
		r = volume_record_insert(e->store, &rec, err);
	if (r >= 0)
		r = make_dirs(volumes_fd, rec.name, err);
	if (r < 0)
		return r;
	*ret = rec;
	rec = (struct volume_record){0};
	return 0;
}

int volume_create(const struct engine *e, const struct volume_new *asked,
		  struct volume_record *ret, struct error *err)
{
	int r = store_begin(e->store, err);

	if (r < 0)
		return r;
	r = volume_create_locked(e, asked, ret, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	if (r < 0)
		return r;
	volume_event(e, ret->name, EVENT_CREATE);
	return volume_give_early(e, ret, err);
}

void volume_event(const struct engine *e, const char *name, enum event_status status)
{
	event_emit(e,
		   &(struct event){.type = EVENT_VOLUME, .status = status, .name = name});
}

struct giving {
	int fd;
	uid_t uid;
	gid_t gid;
};

static int give(void *data, struct error *err)
{
	const struct giving *g = data;

	if (fchownat(g->fd, "", g->uid, g->gid, AT_EMPTY_PATH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make it %u:%u's", g->uid,
				 g->gid);
	return 0;
}

int volume_give_early(const struct engine *e, const struct volume_record *rec,
		      struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct giving g = {.uid = (uid_t)rec->uid, .gid = (gid_t)rec->gid};
	cleanup_fd int fd = -EBADF;
	int r;

	if (rec->uid < 0 && rec->gid < 0)
		return 0;
	g.fd = fd = volume_open_data(e, rec->name, err);
	if (fd < 0)
		return fd;
	user_ids_any(e, &ids);
	r = user_ids_do(&ids, give, &g, err);
	return r < 0 ? error_wrap(err, "volume %s", rec->name) : 0;
}

int volume_open_data(const struct engine *e, const char *name, struct error *err)
{
	cleanup_free char *path = volume_data_path(e, name);
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 ? fd
		       : error_set(err, ERR_SYSTEM, errno, "open the volume %s", path);
}

int volume_lock(const struct engine *e, const char *name, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/" VOLUMES_DIR "/%s", e->paths.data, name);
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock the volume %s", path);
	return TAKE_FD(fd);
}

static int remove_aside(const struct engine *e, int volumes_fd, struct error *err)
{
	cleanup_strv char **names = NULL;
	int fd = openat(volumes_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list the volumes' directories");
	while ((entry = readdir(dir)))
		if (str_starts(entry->d_name, GONE_PREFIX))
			strv_add(&names, entry->d_name);
	return names ? user_ids_remove_trees(e, volumes_fd, names, err) : 0;
}

/* Those of the names that have no record. */
static int put_unrecorded_aside(const struct engine *e, int volumes_fd,
				char *const *names, struct error *err)
{
	int r = store_begin(e->store, err);

	if (r < 0)
		return r;
	strv_foreach (name, names) {
		cleanup_volume_record struct volume_record rec = {0};

		r = volume_record_get(e->store, *name, &rec, err);
		if (r == 0)
			r = put_aside(volumes_fd, *name, err);
		if (r < 0)
			break;
	}
	store_end(e->store);
	return r < 0 ? r : 0;
}

static int remove_files(const struct engine *e, char *const *names, struct error *err)
{
	cleanup_fd int volumes_fd = open_volumes(e, err);
	int r = volumes_fd < 0 ? volumes_fd
			       : put_unrecorded_aside(e, volumes_fd, names, err);

	return r < 0 ? r : remove_aside(e, volumes_fd, err);
}

int volume_erase(const struct engine *e, const char *name, struct error *err)
{
	char *const names[] = {(char *)name, NULL};
	int r = volume_record_delete(e->store, name, err);

	if (r < 0)
		return r;
	volume_event(e, name, EVENT_REMOVE);
	return remove_files(e, names, err);
}

int volumes_let_go(const struct engine *e, const char *container, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = volume_use_end(e->store, container, &names, err);

	strv_foreach (name, names)
		volume_event(e, *name, EVENT_REMOVE);
	return r < 0 || !names ? r : remove_files(e, names, err);
}

int volumes_sweep(const struct engine *e, struct error *err)
{
	cleanup_strv char **names = NULL;
	cleanup_fd int volumes_fd = open_volumes(e, err);
	int fd = volumes_fd < 0
			 ? volumes_fd
			 : openat(volumes_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (volumes_fd < 0)
		return volumes_fd;
	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list the volumes' directories");
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			strv_add(&names, entry->d_name);
	return remove_files(e, names, err);
}
