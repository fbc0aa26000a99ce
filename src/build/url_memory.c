/* SPDX-License-Identifier: Apache-2.0 */
#include "build/url_memory.h"

#include <fcntl.h>
#include <string.h>

#include "build/key.h"
#include "util/digest.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define PLACE        "build/urls"
#define TEXT_MAX     65536
#define USEC_PER_DAY (24 * 3600 * USEC_PER_SEC)

static const struct json_member members[] = {
	JSON_MEMBER(struct url_memory, "etag", STR, etag),
	JSON_MEMBER(struct url_memory, "lastModified", STR, last_modified),
	JSON_MEMBER(struct url_memory, "digest", STR, digest),
	{0},
};

void url_memory_release(struct url_memory *m)
{
	json_members_release(members, m);
	*m = (struct url_memory){0};
}

static char *path_of(const struct engine *e, const char *url)
{
	cleanup_free char *digest = key_digest(url, strlen(url));

	return xasprintf("%s/" PLACE "/%s", e->paths.data, digest_hex(digest));
}

void url_memory_get(const struct engine *e, const char *url, struct url_memory *ret)
{
	cleanup_url_memory struct url_memory m = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *path = path_of(e, url), *text = NULL;
	size_t len = 0;
	int r = fs_read(AT_FDCWD, path, TEXT_MAX, &text, &len, &err);

	if (r >= 0)
		r = json_parse(text, len, path, &o, &err);
	if (r >= 0)
		r = json_members_read(o, members, &m, &err);
	if (r < 0 || !digest_valid(m.digest)) {
		if (error_is_set(&err))
			error_drop(&err, "all of it is fetched");
		return;
	}
	*ret = m;
	m = (struct url_memory){0};
}

static void sweep(const char *place)
{
	cleanup_dir DIR *dir = opendir(place);
	int64_t now = time_now_usec();
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtim.tv_sec * USEC_PER_SEC <
			    now - URL_MEMORY_KEEP_DAYS * USEC_PER_DAY)
			(void)!unlinkat(dirfd(dir), entry->d_name, 0);
	}
}

void url_memory_put(const struct engine *e, const char *url, const struct url_memory *m)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = json_object_new_object();
	cleanup_free char *place = fs_join(e->paths.data, PLACE);
	cleanup_free char *path = path_of(e, url), *text = NULL;
	int r;

	if (!m->etag && !m->last_modified) {
		(void)!unlink(path);
		return;
	}
	json_members_add(o, members, m);
	text = json_text(o, false);
	r = fs_mkdirs(AT_FDCWD, place, 0700, &err);
	if (r >= 0)
		r = fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, &err);
	if (r < 0)
		error_drop(&err, "next time all of it is fetched again");
	else
		sweep(place);
}
