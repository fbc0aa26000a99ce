/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files first, as nearly every host has them: no library is loaded for those. libsubid is
 * opened only where /etc/nsswitch.conf names a source other than files for `subid`.
 */
#include "runtime/subid.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define FILE_MAX     (16 << 20)
#define DEFAULT_SIZE 65536

static const char *file_of(enum subid_kind kind)
{
	return kind == SUBID_UID ? "/etc/subuid" : "/etc/subgid";
}

static char *user_name(uid_t uid)
{
	struct passwd *p = getpwuid(uid);

	return p ? xstrdup(p->pw_name) : NULL;
}

static void add_range(struct subid_range **ranges, size_t *n, uint32_t start,
		      uint32_t count)
{
	/* A range that would wrap, or hold the id that is none, is nobody's. */
	if (count == 0 || (uint64_t)start + count > IDMAP_NONE)
		return;
	*ranges = xreallocarray(*ranges, *n + 1, sizeof(**ranges));
	(*ranges)[(*n)++] = (struct subid_range){start, count};
}

void subid_parse(const char *text, const char *name, uid_t uid, struct subid_range **ret,
		 size_t *ret_n)
{
	cleanup_strv char **lines = str_split(text, '\n');

	*ret = NULL;
	*ret_n = 0;
	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t owner, start, count;
		if (strv_len(fields) != 3)
			continue;
		bool ours = (name && str_eq(fields[0], name)) ||
			    (str_to_u32(fields[0], &owner) == 0 && owner == uid);
		if (!ours)
			continue;
		if (str_to_u32(fields[1], &start) < 0 ||
		    str_to_u32(fields[2], &count) < 0)
			log_debug("subordinate ids: malformed line \"%s\"", *line);
		else
			add_range(ret, ret_n, start, count);
	}
}

/* Whether nsswitch.conf(5) sends `subid` elsewhere. */
static bool uses_other_source(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len;

	if (fs_read(AT_FDCWD, "/etc/nsswitch.conf", FILE_MAX, &text, &len, &err) < 0) {
		error_drop(&err, "subordinate ids come from files");
		return false;
	}
	cleanup_strv char **lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		if (!str_starts(*line, "subid:"))
			continue;
		const char *source = *line + strlen("subid:");
		source += strspn(source, " \t");
		return *source && strcspn(source, " \t#") != strlen("files") &&
		       !str_starts(source, "files");
	}
	return false;
}

/* Source: /usr/include/shadow/subid.h of libsubid 4. */
struct libsubid_range {
	unsigned long start, count;
};
typedef int libsubid_get(const char *owner, struct libsubid_range **ranges);

static int read_library(enum subid_kind kind, uid_t uid, struct subid_range **ret,
			size_t *ret_n, struct error *err)
{
	cleanup_free char *name = user_name(uid);
	void *library = dlopen("libsubid.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		library = dlopen("libsubid.so.3", RTLD_NOW | RTLD_LOCAL);
	libsubid_get *get =
		library ? (libsubid_get *)dlsym(library, kind == SUBID_UID
								 ? "subid_get_uid_ranges"
								 : "subid_get_gid_ranges")
			: NULL;
	if (library && !get)
		get = (libsubid_get *)dlsym(library, kind == SUBID_UID
							     ? "get_subuid_ranges"
							     : "get_subgid_ranges");
	if (!get) {
		(void)error_set(
			err, ERR_UNSUPPORTED, 0,
			"/etc/nsswitch.conf names a source for subid that needs libsubid, which is not installed");
		return error_hint(err, "apt-get install libsubid4");
	}
	struct libsubid_range *ranges = NULL;
	int n = name ? get(name, &ranges) : 0;
	for (int i = 0; i < n; i++)
		if (ranges[i].start <= UINT32_MAX && ranges[i].count <= UINT32_MAX)
			add_range(ret, ret_n, (uint32_t)ranges[i].start,
				  (uint32_t)ranges[i].count);
	free(ranges);
	return 0;
}

int subid_read(enum subid_kind kind, uid_t uid, struct subid_range **ret, size_t *ret_n,
	       struct error *err)
{
	cleanup_free char *text = NULL, *name = NULL;
	size_t len;

	*ret = NULL;
	*ret_n = 0;
	if (uses_other_source())
		return read_library(kind, uid, ret, ret_n, err);
	int r = fs_read(AT_FDCWD, file_of(kind), FILE_MAX, &text, &len, err);
	if (r == -ENOENT) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return r;
	name = user_name(uid);
	subid_parse(text, name, uid, ret, ret_n);
	return 0;
}

/* The first start from 100000 on where DEFAULT_SIZE ids are nobody's yet. */
static uint64_t free_start(enum subid_kind kind)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	uint64_t start = 100000;
	size_t len;

	if (fs_read(AT_FDCWD, file_of(kind), FILE_MAX, &text, &len, &err) < 0) {
		error_drop(&err, "all is free");
		return start;
	}
	cleanup_strv char **lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t first, count;
		if (strv_len(fields) == 3 && str_to_u32(fields[1], &first) == 0 &&
		    str_to_u32(fields[2], &count) == 0 && (uint64_t)first + count > start)
			start = (uint64_t)first + count;
	}
	return start;
}

static int none_given(enum subid_kind kind, uid_t uid, struct error *err)
{
	cleanup_free char *name = user_name(uid);
	uint64_t uids = free_start(SUBID_UID), gids = free_start(SUBID_GID);

	(void)error_set(err, ERR_NOT_FOUND, 0, "user %s has no line in %s",
			name ? name : "(unknown)", file_of(kind));
	return error_hint(
		err,
		"as root: usermod --add-subuids %llu-%llu --add-subgids %llu-%llu %s\n"
		"or, for a container with your own id only: --uidmap 0:0:1",
		(unsigned long long)uids, (unsigned long long)uids + DEFAULT_SIZE - 1,
		(unsigned long long)gids, (unsigned long long)gids + DEFAULT_SIZE - 1,
		name ? name : "USER");
}

int subid_rootless_map(enum subid_kind kind, uid_t uid, gid_t gid, struct idmap *ret,
		       struct error *err)
{
	cleanup_free struct subid_range *ranges = NULL;
	uint32_t next = 1;
	size_t n;
	int r = subid_read(kind, uid, &ranges, &n, err);

	if (r < 0)
		return r;
	if (n == 0)
		return none_given(kind, uid, err);
	idmap_release(ret);
	idmap_add(ret, 0, kind == SUBID_UID ? uid : gid, 1);
	for (size_t i = 0; i < n && i < IDMAP_LINES_MAX - 1; i++) {
		if ((uint64_t)next + ranges[i].count > IDMAP_NONE)
			break;
		idmap_add(ret, next, ranges[i].start, ranges[i].count);
		next += ranges[i].count;
	}
	return 0;
}
