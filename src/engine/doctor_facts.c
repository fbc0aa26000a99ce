/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/doctor_facts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/paths.h"
#include "engine/user_ids.h"
#include "runtime/probe_all.h"
#include "runtime/self.h"
#include "runtime/subid.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define SETTING_MAX      256
#define SUBID_FILE_MAX   (16 << 20)
#define PROGRAM_SAYS_MAX 256

static void dir_release(struct doctor_dir *d)
{
	free(d->path);
	free(d->existing);
	free(d->problem);
}

void doctor_facts_release(struct doctor_facts *f)
{
	free(f->user);
	free(f->sub_problem);
	free(f->mappers[0].path);
	free(f->mappers[1].path);
	dir_release(&f->data);
	dir_release(&f->run);
	free(f->kernel);
	free(f->security);
	for (size_t i = 0; i < ARRAY_SIZE(f->programs); i++) {
		free(f->programs[i].path);
		free(f->programs[i].version);
		free(f->programs[i].problem);
	}
	free(f->nft);
	free(f->uplink);
	*f = (struct doctor_facts){0};
}

/* NULL: there is no such file, or it can't be read. */
static char *read_words(const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, path, SETTING_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "not known");
		return NULL;
	}
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int64_t read_number(const char *path)
{
	cleanup_free char *text = read_words(path);
	int64_t n;

	return text && str_to_i64(text, &n) == 0 ? n : DOCTOR_UNKNOWN;
}

/* Two numbers between blanks or tabs. */
static void read_ping_range(struct doctor_facts *f)
{
	cleanup_free char *text = read_words("/proc/sys/net/ipv4/ping_group_range");
	char *second = text ? text + strcspn(text, " \t") : NULL;

	f->ping_first = f->ping_last = DOCTOR_UNKNOWN;
	if (!second || !*second)
		return;
	*second++ = '\0';
	second += strspn(second, " \t");
	if (str_to_i64(text, &f->ping_first) < 0 || str_to_i64(second, &f->ping_last) < 0)
		f->ping_first = f->ping_last = DOCTOR_UNKNOWN;
}

static void read_settings(struct doctor_facts *f)
{
	const struct {
		const char *path;
		int64_t *to;
	} settings[] = {
		{"/proc/sys/user/max_user_namespaces", &f->max_user_namespaces},
		{"/proc/sys/kernel/unprivileged_userns_clone", &f->userns_clone},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		 &f->apparmor_userns},
		{"/proc/sys/fs/inotify/max_user_instances", &f->inotify_instances},
		{"/proc/sys/kernel/keys/maxkeys", &f->maxkeys},
		{"/proc/sys/net/ipv4/ip_unprivileged_port_start", &f->port_start},
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		*settings[i].to = read_number(settings[i].path);
	read_ping_range(f);
	f->security = read_words("/sys/kernel/security/lsm");
}

static void read_limits(struct doctor_facts *f)
{
	static const int resources[] = {
		[DOCTOR_NOFILE] = RLIMIT_NOFILE,
		[DOCTOR_NPROC] = RLIMIT_NPROC,
		[DOCTOR_MEMLOCK] = RLIMIT_MEMLOCK,
	};

	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

		/* the numbers of RLIMIT_* are of an enum of the C library's */
		(void)!getrlimit((__rlimit_resource_t)resources[i], &limit);
		f->limits[i].soft =
			limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
		f->limits[i].hard =
			limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	}
}

static void look_at_mapper(const char *name, struct doctor_mapper *m)
{
	struct statvfs fs;
	struct stat st;

	m->path = proc_find(name);
	if (!m->path || stat(m->path, &st) < 0)
		return;
	m->privileged = (st.st_uid == 0 && (st.st_mode & S_ISUID)) ||
			getxattr(m->path, "security.capability", NULL, 0) > 0;
	m->nosuid = statvfs(m->path, &fs) == 0 && (fs.f_flag & ST_NOSUID);
}

/* What is set where there is no file at all: the first id that may be given away. */
static uint64_t free_start(const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	if (fs_read(AT_FDCWD, path, SUBID_FILE_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "all is free");
		return subid_free_start("");
	}
	return subid_free_start(text);
}

static uint64_t count_subids(enum subid_kind kind, struct doctor_facts *f)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free struct subid_range *ranges = NULL;
	cleanup_idmap struct idmap map = {0};
	size_t n = 0;

	if (subid_read(kind, f->uid, &ranges, &n, &err) < 0) {
		free(f->sub_problem);
		f->sub_problem = error_message(&err);
		return 0;
	}
	/* without what comes twice, and the one that is the user's own */
	subid_map_from_ranges(f->uid, ranges, n, &map);
	return idmap_size(&map) - 1;
}

static uint64_t count_own(const char *file)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (idmap_read(file, &map, &err) < 0) {
		error_drop(&err, "then it is the host's");
		return IDMAP_NONE;
	}
	return idmap_size(&map);
}

static void look_at_ids(struct doctor_facts *f)
{
	f->user = subid_user_name(f->uid);
	f->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	f->own_uids = count_own("/proc/self/uid_map");
	f->own_gids = count_own("/proc/self/gid_map");
	f->namespaced = f->own_uids < IDMAP_NONE || f->own_gids < IDMAP_NONE;
	if (!f->rootless)
		return;
	f->sub_uids = count_subids(SUBID_UID, f);
	f->sub_gids = count_subids(SUBID_GID, f);
	f->free_uids = free_start("/etc/subuid");
	f->free_gids = free_start("/etc/subgid");
	look_at_mapper("newuidmap", &f->mappers[0]);
	look_at_mapper("newgidmap", &f->mappers[1]);
}

/* The path itself, or the nearest directory above that is there. Caller frees. */
static char *existing_part(const char *path)
{
	char *part = xstrdup(path);
	struct stat st;

	while (stat(part, &st) < 0) {
		char *slash = strrchr(part, '/');

		if (!slash || slash == part) {
			part[slash ? 1 : 0] = '\0';
			break;
		}
		*slash = '\0';
	}
	return part;
}

void doctor_dir_look(const char *path, struct doctor_dir *ret)
{
	struct statvfs vfs;
	struct statfs fs;
	struct stat st;

	*ret = (struct doctor_dir){0};
	if (!path)
		return;
	ret->path = xstrdup(path);
	ret->existing = existing_part(path);
	ret->exists = str_eq(ret->existing, path) && stat(path, &st) == 0;
	if (stat(ret->existing, &st) == 0) {
		ret->owner = st.st_uid;
		ret->mode = st.st_mode & 07777;
		ret->in_the_way = !S_ISDIR(st.st_mode);
		ret->writable =
			S_ISDIR(st.st_mode) &&
			faccessat(AT_FDCWD, ret->existing, W_OK | X_OK, AT_EACCESS) == 0;
	}
	if (statfs(ret->existing, &fs) < 0 || statvfs(ret->existing, &vfs) < 0)
		return;
	ret->fs_magic = (uint32_t)fs.f_type;
	ret->mount_flags = vfs.f_flag;
	ret->free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	ret->free_inodes = vfs.f_favail;
	ret->has_inodes = vfs.f_files > 0;
}

static void look_at_dirs(const char *root, const char *runroot, struct doctor_facts *f)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	struct engine_paths paths = {0};
	struct stat st;

	f->runtime_dir_set = runtime_dir && *runtime_dir;
	f->runtime_dir_ours = f->runtime_dir_set && stat(runtime_dir, &st) == 0 &&
			      S_ISDIR(st.st_mode) && st.st_uid == f->uid;
	if (engine_paths_from_environment(root, runroot, &paths, &err) < 0) {
		f->data.problem = error_message(&err);
		return;
	}
	doctor_dir_look(paths.data, &f->data);
	doctor_dir_look(paths.run, &f->run);
	engine_paths_release(&paths);
}

/* Source: sd_booted(3), logind's state in /var/lib/systemd/linger. */
static void look_at_session(struct doctor_facts *f)
{
	cleanup_free char *manager = xasprintf("/run/user/%u/systemd/private", f->uid);
	cleanup_free char *linger =
		xasprintf("/var/lib/systemd/linger/%s", f->user ? f->user : "");

	f->systemd = fs_exists(AT_FDCWD, "/run/systemd/system");
	f->user_manager = fs_exists(AT_FDCWD, manager);
	f->lingers = f->user && fs_exists(AT_FDCWD, linger);
}

static void start_program(const char *name, struct doctor_program *p)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf said = {0};
	char *const argv[] = {(char *)name, (char *)"--version", NULL};
	int r = self_helper(name, &p->path, &err);

	buf_init(&said, PROGRAM_SAYS_MAX);
	if (r >= 0)
		r = proc_run(p->path, argv, &said, &err);
	if (r < 0) {
		p->problem = error_message(&err);
		return;
	}
	if (said.data && r == 0) {
		said.data[strcspn(said.data, "\n")] = '\0';
		if (str_starts(said.data, name) && said.data[strlen(name)] == ' ')
			p->version = xstrdup(said.data + strlen(name) + 1);
	}
}

static void start_programs(struct doctor_facts *f)
{
	static const char *const names[] = {
		[DOCTOR_MONITOR] = "monitor",   [DOCTOR_INIT] = "init",
		[DOCTOR_TRANSFER] = "transfer", [DOCTOR_LAYER] = "layer",
		[DOCTOR_NETWORK] = "network",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		start_program(names[i], &f->programs[i]);
}

/* What the network of containers is made with besides ours. */
static void look_for_network_programs(struct doctor_facts *f)
{
	static const char *const names[] = {"slirp4netns", "pasta"};
	cleanup_error struct error err = ERROR_INIT;

	f->nft = proc_find("nft");
	for (size_t i = 0; i < ARRAY_SIZE(names) && !f->uplink; i++)
		f->uplink = proc_find(names[i]);
	if (f->uplink)
		return;
	if (self_helper("uplink", &f->uplink, &err) < 0)
		error_drop(&err, "there is none of ours");
	else
		f->uplink_is_own = true;
}

static void whole_map(const struct doctor_facts *f, struct user_ids *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	struct engine e = {.rootless = f->rootless};

	if (f->rootless && user_ids_get(&e, false, ret, &err) < 0)
		error_drop(&err, "there is no whole map to try");
	if (!f->rootless)
		user_ids_confine(ret);
}

int doctor_look(const char *root, const char *runroot, struct doctor_facts *ret,
		struct error *err)
{
	cleanup_doctor_facts struct doctor_facts f = {.uid = geteuid(),
						      .rootless = geteuid() != 0};
	cleanup_user_ids struct user_ids ids = {0};
	struct probe_host host = {
		.is_root = geteuid() == 0, .uids = &ids.uids, .gids = &ids.gids};
	struct utsname kernel = {0};
	int r;

	look_at_dirs(root, runroot, &f);
	look_at_ids(&f);
	look_at_session(&f);
	read_settings(&f);
	read_limits(&f);
	start_programs(&f);
	look_for_network_programs(&f);
	(void)!uname(&kernel);
	f.kernel = xstrdup(kernel.release);
	whole_map(&f, &ids);
	host.is_namespaced = f.namespaced;
	host.data_dir = f.data.writable ? f.data.existing : NULL;
	r = probe_all(&host, f.probes, err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct doctor_facts){0};
	return 0;
}
