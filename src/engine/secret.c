/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/secret.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/event.h"
#include "engine/names.h"
#include "store/store.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SECRETS_DIR  "secrets"
#define NAME_LEN_MAX 253

char *secret_path(const struct engine *e, const char *id)
{
	return xasprintf("%s/" SECRETS_DIR "/%s", e->paths.data, id);
}

static int open_secrets(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, SECRETS_DIR);

	return fs_open_dir(AT_FDCWD, path, true, 0700, err);
}

static int check(const struct secret_new *asked, struct error *err)
{
	const char *name = asked->name;
	size_t len = strlen(name);

	if (!len || len > NAME_LEN_MAX || strpbrk(name, ",/=\n") || str_eq(name, ".") ||
	    str_eq(name, ".."))
		return error_set(
			err, ERR_INVALID, 0,
			"secret name \"%s\" can not include '=', '/', ',', or a line end and be between "
			"1 and %d characters: invalid secret name",
			name, NAME_LEN_MAX);
	if (!str_eq(asked->driver, SECRET_DRIVER)) {
		error_set(err, ERR_UNSUPPORTED, 0, "%s: invalid driver", asked->driver);
		return error_hint(err, "The driver is 'file'");
	}
	if (asked->options)
		return error_set(err, ERR_INVALID, 0,
				 "--driver-opts %s: the driver file has no options",
				 asked->options[0]);
	if (!asked->len || asked->len >= SECRET_DATA_MAX)
		return error_set(
			err, ERR_INVALID, 0,
			"secret data must be larger than 0 and less than %d bytes",
			SECRET_DATA_MAX);
	return 0;
}

static char *labels_text(char *const *words)
{
	cleanup_json struct json_object *o = json_object_new_object();

	strv_foreach (word, words) {
		size_t len = strcspn(*word, "=");
		cleanup_free char *key = xstrndup(*word, len);

		json_add_str(o, key, (*word)[len] ? *word + len + 1 : "");
	}
	return json_text(o, false);
}

static int fill_record(const struct secret_new *asked, struct secret_record *rec,
		       struct error *err)
{
	int r = name_random_id(&rec->id, err);

	if (r < 0)
		return r;
	rec->id[SECRET_ID_LEN] = '\0';
	rec->name = xstrdup(asked->name);
	rec->created_usec = rec->updated_usec = time_now_usec();
	rec->driver = xstrdup(asked->driver);
	rec->options = xstrdup("{}");
	rec->labels = labels_text(asked->labels);
	return 0;
}

static int replace_old(const struct engine *e, const struct secret_new *asked,
		       struct secret_record *rec, struct error *err)
{
	cleanup_secret_record struct secret_record old = {0};
	int r = secret_record_find(e->store, asked->name, &old, err);

	if (r <= 0 || !asked->replace || !str_eq(old.name, asked->name))
		return r < 0 ? r : 0;
	rec->created_usec = old.created_usec;
	return secret_record_delete(e->store, old.id, err);
}

/* Within the transaction: a file without a record is left from somebody who was killed, or was replaced. */
static int sweep(const struct engine *e, int secrets_fd, struct error *err)
{
	int fd = openat(secrets_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list the secrets");
	while (r >= 0 && (entry = readdir(dir))) {
		cleanup_secret_record struct secret_record rec = {0};

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		r = secret_record_find(e->store, entry->d_name, &rec, err);
		if (r == 0 || (r > 0 && !str_eq(rec.id, entry->d_name)))
			(void)!unlinkat(secrets_fd, entry->d_name, 0);
	}
	return r < 0 ? r : 0;
}

static int create(const struct engine *e, const struct secret_new *asked,
		  struct secret_record *rec, struct error *err)
{
	cleanup_fd int secrets_fd = open_secrets(e, err);
	int r = secrets_fd < 0 ? secrets_fd : replace_old(e, asked, rec, err);

	if (r >= 0)
		r = secret_record_insert(e->store, rec, err);
	if (r >= 0)
		r = fs_write_atomic(secrets_fd, rec->id, asked->data, asked->len, 0600,
				    FS_WRITE_SYNC, err);
	return r < 0 ? r : sweep(e, secrets_fd, err);
}

static void emit(const struct engine *e, const struct secret_record *r,
		 enum event_status status)
{
	event_emit(e, &(struct event){.type = EVENT_SECRET,
				      .status = status,
				      .id = r->id,
				      .name = r->name});
}

int secret_create(const struct engine *e, const struct secret_new *asked,
		  struct secret_record *ret, struct error *err)
{
	cleanup_secret_record struct secret_record rec = {0};
	int r = check(asked, err);

	if (r >= 0)
		r = fill_record(asked, &rec, err);
	if (r >= 0)
		r = store_begin(e->store, err);
	if (r < 0)
		return r;
	r = create(e, asked, &rec, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	if (r < 0)
		return r;
	emit(e, &rec, EVENT_CREATE);
	*ret = rec;
	rec = (struct secret_record){0};
	return 0;
}

int secret_find(const struct engine *e, const char *name_or_id, struct secret_record *ret,
		struct error *err)
{
	int r = secret_record_find(e->store, name_or_id, ret, err);

	if (r != 0)
		return r < 0 ? r : 0;
	error_set(err, ERR_NOT_FOUND, 0,
		  "no secret with name or id \"%s\": no such secret", name_or_id);
	return error_hint(err, "'cubby secret ls' lists them");
}

static int remove_locked(const struct engine *e, const struct secret_record *r,
			 struct error *err)
{
	cleanup_fd int secrets_fd = open_secrets(e, err);
	int k = secrets_fd < 0 ? secrets_fd : secret_record_delete(e->store, r->id, err);

	return k < 0 ? k : sweep(e, secrets_fd, err);
}

int secret_remove(const struct engine *e, const struct secret_record *r,
		  struct error *err)
{
	int k = store_begin(e->store, err);

	if (k < 0)
		return k;
	k = remove_locked(e, r, err);
	if (k >= 0)
		k = store_commit(e->store, err);
	store_end(e->store);
	if (k < 0)
		return k;
	emit(e, r, EVENT_REMOVE);
	return 0;
}

int secret_read(const struct engine *e, const char *id, struct buf *ret,
		struct error *err)
{
	cleanup_free char *path = secret_path(e, id);
	cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, ret);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read the secret %s", id) : 0;
}

struct json_object *secret_summary(const struct engine *e, const struct secret_record *r)
{
	struct json_object *o = json_object_new_object(), *labels = NULL;
	struct json_object *spec = json_object_new_object();
	struct json_object *driver = json_object_new_object();
	struct json_object *options = json_object_new_object();
	cleanup_free char *path = fs_join(e->paths.data, SECRETS_DIR);
	cleanup_error struct error err = ERROR_INIT;
	char time[TIME_TEXT_MAX];

	if (json_parse_own(r->labels, strlen(r->labels), "labels", &labels, &err) < 0)
		error_drop(&err, "then there are none");
	json_add_str(options, "path", path);
	json_add_str(driver, "Name", r->driver);
	json_add(driver, "Options", options);
	json_add_str(spec, "Name", r->name);
	json_add(spec, "Driver", driver);
	json_add(spec, "Labels", labels ? labels : json_object_new_object());
	json_add_str(o, "ID", r->id);
	json_add_str(o, "CreatedAt", time_rfc3339(r->created_usec, time));
	json_add_str(o, "UpdatedAt", time_rfc3339(r->updated_usec, time));
	json_add(o, "Spec", spec);
	return o;
}
