/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/paths.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/own_map.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define PASSWD_MAX 4096

void engine_paths_release(struct engine_paths *p)
{
	free(p->data);
	free(p->run);
	free(p->cache);
	*p = (struct engine_paths){0};
}

/* FNV-1a: only keeps the run directories of different data directories apart. */
static uint64_t text_hash(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	return hash;
}

/* The XDG rule: a variable that holds a relative path is as good as unset. */
static char *below_base(const char *variable, const char *home, const char *below_home)
{
	cleanup_free char *base = NULL;

	if (variable && variable[0] == '/')
		return fs_join(variable, "cubby");
	if (!home || home[0] != '/')
		return NULL;
	base = fs_join(home, below_home);
	return fs_join(base, "cubby");
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static char *default_run(const struct engine_paths_input *in)
{
	if (in->unshared_data)
		return copy(in->unshared_run);
	if (in->uid == 0)
		return xstrdup(PATHS_ROOT_RUN);
	if (in->runtime_dir && in->runtime_dir[0] == '/' && in->runtime_dir_ours)
		return fs_join(in->runtime_dir, "cubby");
	if (in->run_user_dir_ours)
		return xasprintf("/run/user/%u/cubby", in->uid);
	return xasprintf("/tmp/cubby-run-%u", in->uid);
}

static char *default_data(const struct engine_paths_input *in)
{
	if (in->unshared_data)
		return xstrdup(in->unshared_data);
	if (in->uid == 0)
		return xstrdup(PATHS_ROOT_DATA);
	if (in->has_users_data && !(in->data_home && in->data_home[0] == '/'))
		return xasprintf(PATHS_USERS_DATA "/%u", in->uid);
	return below_base(in->data_home, in->home, ".local/share");
}

static char *default_cache(const struct engine_paths_input *in)
{
	if (in->unshared_data)
		return copy(in->unshared_cache);
	if (in->uid == 0)
		return xstrdup("/var/cache/cubby");
	return below_base(in->cache_home, in->home, ".cache");
}

int engine_paths_choose(const struct engine_paths_input *in, struct engine_paths *ret,
			struct error *err)
{
	cleanup_free char *run = default_run(in);
	cleanup_free char *data = default_data(in);

	if (!data && !in->root) {
		error_set(
			err, ERR_NOT_FOUND, 0,
			"find a place for the containers' data: neither HOME nor XDG_DATA_HOME is set");
		return error_hint(err, "Set HOME, or say where: cubby --root DIR ...");
	}
	ret->unshared = in->unshared_data != NULL;
	ret->cache = default_cache(in);
	ret->data = in->root ? xstrdup(in->root) : xstrdup(data);
	if (in->runroot)
		ret->run = xstrdup(in->runroot);
	else if (str_eq(ret->data, data))
		ret->run = TAKE_PTR(run);
	else
		ret->run = xasprintf("%s-%016" PRIx64, run, text_hash(ret->data));
	return 0;
}

static bool is_own_dir(const char *path, uid_t uid)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

static bool has_users_data(const char *home)
{
	cleanup_free char *usual = below_base(NULL, home, ".local/share");
	struct stat st;

	return stat(PATHS_USERS_DATA, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (st.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
	       !(usual && fs_exists(AT_FDCWD, usual));
}

static int make_absolute(const char *path, char **ret, struct error *err)
{
	if (!path)
		return 0;
	*ret = fs_absolute(path);
	if (!*ret)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	return 0;
}

/* From the host's users; into buf. NULL: unknown. */
static const char *home_of(uid_t uid, char buf[static PASSWD_MAX])
{
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, buf, PASSWD_MAX, &found) != 0 || !found)
		return NULL;
	return found->pw_dir;
}

static void read_unshared(struct engine_paths_input *in)
{
	const char *data = getenv(PATHS_DATA_VARIABLE);

	if (str_empty(data) || str_empty(getenv(PATHS_RUN_VARIABLE)) || in->uid != 0 ||
	    own_map_is_host())
		return;
	in->unshared_data = data;
	in->unshared_run = getenv(PATHS_RUN_VARIABLE);
	in->unshared_cache = getenv(PATHS_CACHE_VARIABLE);
}

int engine_paths_from_environment(const char *root, const char *runroot,
				  struct engine_paths *ret, struct error *err)
{
	cleanup_free char *abs_root = NULL, *abs_runroot = NULL, *run_user = NULL;
	char buf[PASSWD_MAX];
	uid_t uid = geteuid();
	struct engine_paths_input in = {
		.uid = uid,
		.home = getenv("HOME"),
		.data_home = getenv("XDG_DATA_HOME"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.cache_home = getenv("XDG_CACHE_HOME"),
	};
	int r;

	r = make_absolute(root, &abs_root, err);
	if (r < 0)
		return r;
	r = make_absolute(runroot, &abs_runroot, err);
	if (r < 0)
		return r;
	if (uid != 0 && str_empty(in.home))
		in.home = home_of(uid, buf);
	in.has_users_data = uid != 0 && has_users_data(in.home);
	run_user = xasprintf("/run/user/%u", uid);
	in.runtime_dir_ours = is_own_dir(in.runtime_dir, uid);
	in.run_user_dir_ours = is_own_dir(run_user, uid);
	in.root = abs_root;
	in.runroot = abs_runroot;
	read_unshared(&in);
	return engine_paths_choose(&in, ret, err);
}
