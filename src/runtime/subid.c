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

#include "runtime/outer_container.h"
#include "runtime/own_map.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define FILE_MAX       (16 << 20)
#define USER_ENTRY_MAX 16384  /* passwd(5): name, home, shell and the rest of one user */
#define FIRST_START    100000 /* SUB_UID_MIN and SUB_UID_COUNT of login.defs(5) */
#define DEFAULT_SIZE   65536

static const char *file_of(enum subid_kind kind)
{
	return kind == SUBID_UID ? "/etc/subuid" : "/etc/subgid";
}

char *subid_user_name(uid_t uid)
{
	char strings[USER_ENTRY_MAX];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, strings, sizeof(strings), &found) != 0 || !found)
		return NULL;
	return xstrdup(entry.pw_name);
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

/* One line, "owner:start:count"; `owner` and `number` are two ways to write the same
 * user. */
static void parse_line(const char *line, const char *name, const char *number,
		       struct subid_range **ranges, size_t *n)
{
	uint32_t start, count;
	cleanup_strv char **fields = str_split(line, ':');
	bool ours = str_eq(fields[0], number) || (name && str_eq(fields[0], name));

	if (!ours)
		return;
	if (strv_len(fields) != 3 || str_to_u32(fields[1], &start) < 0 ||
	    str_to_u32(fields[2], &count) < 0)
		log_debug("subordinate ids: malformed line \"%s\"", line);
	else
		add_range(ranges, n, start, count);
}

void subid_parse(const char *text, const char *name, uid_t uid, struct subid_range **ret,
		 size_t *ret_n)
{
	char number[16];

	*ret = NULL;
	*ret_n = 0;
	snprintf(number, sizeof(number), "%u", uid);
	while (*text) {
		size_t len = strcspn(text, "\n");
		cleanup_free char *line = xstrndup(text, len);
		parse_line(line, name, number, ret, ret_n);
		text += len + (text[len] == '\n');
	}
}

/* nsswitch.conf(5): what follows "subid:" is one word; none, and "files", mean the files.
 */
bool subid_source_is_files(const char *nsswitch)
{
	while (*nsswitch) {
		size_t len = strcspn(nsswitch, "\n");
		const char *p = nsswitch + strspn(nsswitch, " \t");
		nsswitch += len + (nsswitch[len] == '\n');
		if (!str_starts(p, "subid:"))
			continue;
		p += strlen("subid:");
		p += strspn(p, " \t");
		size_t word = strcspn(p, " \t\n#");
		return word == 0 || (word == strlen("files") && str_starts(p, "files"));
	}
	return true;
}

static bool uses_other_source(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	if (fs_read(AT_FDCWD, "/etc/nsswitch.conf", FILE_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "subordinate ids come from files");
		return false;
	}
	return !subid_source_is_files(text);
}

/* Source: subid.h of libsubid, which has been the same from version 3 to 5 but for names.
 */
struct libsubid_range {
	unsigned long start, count;
};
typedef int libsubid_get(const char *owner, struct libsubid_range **ranges);
typedef bool libsubid_init(const char *program, FILE *log);

static const struct libsubid_version {
	const char *file, *get_uids, *get_gids, *init;
} versions[] = {
	{"libsubid.so.5", "subid_get_uid_ranges", "subid_get_gid_ranges", "subid_init"},
	{"libsubid.so.4", "subid_get_uid_ranges", "subid_get_gid_ranges", "subid_init"},
	{"libsubid.so.3", "get_subuid_ranges", "get_subgid_ranges", "libsubid_init"},
};

static libsubid_get *load_library(enum subid_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		void *library = dlopen(versions[i].file, RTLD_NOW | RTLD_LOCAL);
		if (!library)
			continue;
		/* Silent: it would write to stderr otherwise. */
		libsubid_init *init = (libsubid_init *)dlsym(library, versions[i].init);
		if (init)
			(void)init("cubby", NULL);
		/* Stays loaded: the plugin behind it may have started things of its own.
		 */
		return (libsubid_get *)dlsym(library, kind == SUBID_UID
							      ? versions[i].get_uids
							      : versions[i].get_gids);
	}
	return NULL;
}

static int read_library(enum subid_kind kind, const char *owner, struct subid_range **ret,
			size_t *ret_n, struct error *err)
{
	struct libsubid_range *ranges = NULL;

	libsubid_get *get = load_library(kind);
	if (!get) {
		(void)error_set(
			err, ERR_UNSUPPORTED, 0,
			"read the subordinate ids: /etc/nsswitch.conf names a source that "
			"needs libsubid, which is not installed");
		return error_hint(err, "as root: apt-get install libsubid4");
	}
	int n = get(owner, &ranges);
	if (n < 0) {
		(void)error_set(err, ERR_UNAVAILABLE, 0,
				"read the subordinate ids of %s: the source that "
				"/etc/nsswitch.conf names for subid does not answer",
				owner);
		return error_hint(err, "getsubids %s%s shows the same without cubby",
				  kind == SUBID_GID ? "-g " : "", owner);
	}
	for (int i = 0; i < n; i++)
		if (ranges[i].start <= UINT32_MAX && ranges[i].count <= UINT32_MAX)
			add_range(ret, ret_n, (uint32_t)ranges[i].start,
				  (uint32_t)ranges[i].count);
	free(ranges);
	return 0;
}

/* name: NULL if the user has none. uid: UINT32_MAX if only the name counts. */
static int read_ranges(enum subid_kind kind, const char *name, uid_t uid,
		       struct subid_range **ret, size_t *ret_n, struct error *err)
{
	cleanup_free char *text = NULL, *number = xasprintf("%u", uid);
	size_t len;

	*ret = NULL;
	*ret_n = 0;
	if (uses_other_source())
		return read_library(kind, name ? name : number, ret, ret_n, err);
	int r = fs_read(AT_FDCWD, file_of(kind), FILE_MAX, &text, &len, err);
	if (r == -ENOENT) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return r;
	subid_parse(text, name, uid, ret, ret_n);
	return 0;
}

int subid_read(enum subid_kind kind, uid_t uid, struct subid_range **ret, size_t *ret_n,
	       struct error *err)
{
	cleanup_free char *name = subid_user_name(uid);
	return read_ranges(kind, name, uid, ret, ret_n, err);
}

int subid_read_name(enum subid_kind kind, const char *name, struct subid_range **ret,
		    size_t *ret_n, struct error *err)
{
	char strings[USER_ENTRY_MAX];
	struct passwd entry, *found = NULL;
	uid_t uid = UINT32_MAX;

	if (getpwnam_r(name, &entry, strings, sizeof(strings), &found) == 0 && found)
		uid = found->pw_uid;
	return read_ranges(kind, name, uid, ret, ret_n, err);
}

uint64_t subid_free_start(const char *text)
{
	uint64_t start = FIRST_START;

	while (*text) {
		size_t len = strcspn(text, "\n");
		cleanup_free char *line = xstrndup(text, len);
		cleanup_strv char **fields = str_split(line, ':');
		uint32_t first, count;
		if (strv_len(fields) == 3 && str_to_u32(fields[1], &first) == 0 &&
		    str_to_u32(fields[2], &count) == 0 && (uint64_t)first + count > start)
			start = (uint64_t)first + count;
		text += len + (text[len] == '\n');
	}
	return start + DEFAULT_SIZE <= IDMAP_NONE ? start : 0;
}

static uint64_t free_start(enum subid_kind kind)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	if (fs_read(AT_FDCWD, file_of(kind), FILE_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "all is free");
		return FIRST_START;
	}
	return subid_free_start(text);
}

char *subid_more_line(uid_t uid)
{
	cleanup_free char *name = subid_user_name(uid);
	unsigned long long uids = free_start(SUBID_UID), gids = free_start(SUBID_GID);

	if (!name || uids == 0 || gids == 0)
		return NULL;
	return xasprintf("usermod --add-subuids %llu-%llu --add-subgids %llu-%llu %s",
			 uids, uids + DEFAULT_SIZE - 1, gids, gids + DEFAULT_SIZE - 1,
			 name);
}

static int none_given(enum subid_kind kind, uid_t uid, struct error *err)
{
	cleanup_free char *name = subid_user_name(uid), *line = subid_more_line(uid);

	if (!name) {
		/* newuidmap(1) wants to know the caller's name, so a line alone would not
		 * do. */
		(void)error_set(
			err, ERR_NOT_FOUND, 0,
			"uid %u has no subordinate ids, and no entry in the user database",
			uid);
		return error_hint(
			err, "run a container with your own id only: --uidmap 0:0:1");
	}
	(void)error_set(err, ERR_NOT_FOUND, 0,
			"user %s has no subordinate ids: no line in %s", name,
			file_of(kind));
	if (outer_container_hint_ids(err))
		return -EINVAL; /* no errno fits */
	if (!line)
		return error_hint(
			err, "the ids of /etc/subuid or /etc/subgid are used up; run a "
			     "container with your own id only: --uidmap 0:0:1");
	return error_hint(err,
			  "as root: %s; or run a container with your own id only: "
			  "--uidmap 0:0:1",
			  line);
}

/*
 * Add a range after what the map holds, without the ids that it holds already: a user may
 * have the same range by name and by number, and the kernel refuses to map an id twice.
 */
static void add_without_overlap(struct idmap *map, uint32_t *next,
				struct subid_range range)
{
	uint64_t start = range.start, end = start + range.count;

	while (start < end && map->n_lines < IDMAP_LINES_MAX) {
		uint64_t stop = end;
		bool held = false;
		for (size_t i = 0; i < map->n_lines; i++) {
			uint64_t first = map->lines[i].outside;
			uint64_t after = first + map->lines[i].count;
			if (start >= first && start < after) {
				held = true;
				start = after;
			} else if (first > start && first < stop) {
				stop = first;
			}
		}
		if (held)
			continue;
		uint64_t count = stop - start;
		if (count > IDMAP_NONE - (uint64_t)*next)
			count = IDMAP_NONE - *next;
		if (count == 0)
			return;
		idmap_add(map, *next, (uint32_t)start, (uint32_t)count);
		*next += (uint32_t)count;
		start = stop;
	}
}

void subid_map_from_ranges(uint32_t own, const struct subid_range *ranges, size_t n,
			   struct idmap *ret)
{
	uint32_t next = 1;

	idmap_release(ret);
	idmap_add(ret, 0, own, 1);
	for (size_t i = 0; i < n; i++)
		add_without_overlap(ret, &next, ranges[i]);
}

int subid_rootless_map(enum subid_kind kind, uid_t uid, gid_t gid, struct idmap *ret,
		       struct error *err)
{
	cleanup_free struct subid_range *ranges = NULL;
	size_t n;
	int r;

	if (uid == 0)
		return kind == SUBID_UID ? own_map_uids(ret, err)
					 : own_map_gids(ret, err);
	r = subid_read(kind, uid, &ranges, &n, err);
	if (r < 0)
		return r;
	if (n == 0)
		return none_given(kind, uid, err);
	subid_map_from_ranges(kind == SUBID_UID ? uid : gid, ranges, n, ret);
	return 0;
}

int subid_hint_more(enum subid_kind kind, uid_t uid, struct error *err)
{
	cleanup_free char *hint = TAKE_PTR(err->hint), *name = subid_user_name(uid);
	unsigned long long start = free_start(kind);
	const char *option = kind == SUBID_UID ? "--add-subuids" : "--add-subgids";

	if (!name || start == 0)
		return error_hint(err, "%s%sthe ids come from %s", hint ? hint : "",
				  hint ? "; " : "", file_of(kind));
	return error_hint(err, "%s%sfor more ids in %s, as root: usermod %s %llu-%llu %s",
			  hint ? hint : "", hint ? "; " : "", file_of(kind), option,
			  start, start + DEFAULT_SIZE - 1, name);
}
