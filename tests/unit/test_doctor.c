/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "engine/doctor.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static void fill_dir(struct doctor_dir *d, const char *path, uint64_t magic)
{
	*d = (struct doctor_dir){
		.path = xstrdup(path),
		.existing = xstrdup(path),
		.exists = true,
		.writable = true,
		.owner = 1000,
		.mode = 0700,
		.fs_magic = magic,
		.free_bytes = 50000000000,
		.free_inodes = 1000000,
		.has_inodes = true,
	};
}

static void works(struct doctor_facts *f, enum probe_name name, const char *text)
{
	f->probes[name] = (struct probe){.state = PROBE_WORKS};
	snprintf(f->probes[name].text, PROBE_TEXT_MAX, "%s", text);
}

static void fails(struct doctor_facts *f, enum probe_name name, int code,
		  const char *text)
{
	f->probes[name] = (struct probe){.state = PROBE_FAILS, .code = code};
	snprintf(f->probes[name].text, PROBE_TEXT_MAX, "%s", text);
}

/* An ordinary user on a host where all is well. */
static void well(struct doctor_facts *f)
{
	*f = (struct doctor_facts){
		.uid = 1000,
		.user = xstrdup("alice"),
		.rootless = true,
		.own_uids = UINT32_MAX,
		.own_gids = UINT32_MAX,
		.sub_uids = 65536,
		.sub_gids = 65536,
		.free_uids = 165536,
		.free_gids = 265536,
		.runtime_dir_set = true,
		.runtime_dir_ours = true,
		.systemd = true,
		.user_manager = true,
		.lingers = true,
		.kernel = xstrdup("6.18.1-amd64"),
		.security = xstrdup("landlock,apparmor"),
		.max_user_namespaces = 60000,
		.userns_clone = DOCTOR_UNKNOWN,
		.apparmor_userns = DOCTOR_UNKNOWN,
		.inotify_instances = 128,
		.maxkeys = 200,
		.port_start = 1024,
		.ping_first = 1,
		.ping_last = 0,
	};
	for (int i = 0; i < N_PROBES; i++)
		works(f, (enum probe_name)i, "");
	f->probes[PROBE_CGROUP].number = PROBE_CGROUP_V2;
	works(f, PROBE_IDMAP_MOUNT, "on a tmpfs of a user namespace");
	works(f, PROBE_OWN_RANGE, "metadata on an idmapped tmpfs");
	works(f, PROBE_CGROUP_MAKE, "/user.slice");
	works(f, PROBE_CGROUP_CONTROLLERS, "cpuset cpu io memory hugetlb pids");
	for (int i = 0; i < 2; i++)
		f->mappers[i] = (struct doctor_mapper){
			.path = xstrdup("/usr/bin/newuidmap"), .privileged = true};
	fill_dir(&f->data, "/home/alice/.local/share/cubby", EXT4_SUPER_MAGIC);
	fill_dir(&f->run, "/run/user/1000/cubby", TMPFS_MAGIC);
	for (int i = 0; i < DOCTOR_LIMITS; i++)
		f->limits[i] = (struct doctor_limit){UINT64_MAX, UINT64_MAX};
	for (int i = 0; i < DOCTOR_PROGRAMS; i++)
		f->programs[i] = (struct doctor_program){
			.path = xstrdup("/usr/libexec/cubby/layer"),
			.version = xstrdup(CUBBY_VERSION)};
	f->nft = xstrdup("/usr/sbin/nft");
	f->uplink = xstrdup("/usr/bin/slirp4netns");
}

static const struct doctor_check *find(const struct doctor_report *r, const char *id)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (str_eq(r->checks[i].id, id))
			return &r->checks[i];
	ck_abort_msg("no check %s", id);
	return NULL;
}

static void nothing(struct doctor_facts *f)
{
}

static void as_root(struct doctor_facts *f)
{
	f->rootless = false;
	f->uid = f->data.owner = f->run.owner = 0;
	f->sub_uids = f->sub_gids = 0;
}

static void namespaces_off(struct doctor_facts *f)
{
	f->max_user_namespaces = 0;
	for (int i = PROBE_USERNS_POWER; i <= PROBE_OWN_RANGE; i++)
		f->probes[i] = (struct probe){0};
	fails(f, PROBE_USERNS, ENOSPC, "make a user namespace: no space left on device");
}

static void namespaces_off_for_root(struct doctor_facts *f)
{
	as_root(f);
	f->max_user_namespaces = 0;
	fails(f, PROBE_USERNS, ENOSPC, "make a user namespace: no space left on device");
}

static void clone_forbidden(struct doctor_facts *f)
{
	f->userns_clone = 0;
	fails(f, PROBE_USERNS, EPERM, "make a user namespace: operation not permitted");
}

static void apparmor(struct doctor_facts *f)
{
	f->apparmor_userns = 1;
	fails(f, PROBE_USERNS_POWER, EPERM, "use a capability in a user namespace");
}

static void no_subids(struct doctor_facts *f)
{
	f->sub_uids = f->sub_gids = 0;
	f->probes[PROBE_ID_MAP] = (struct probe){0};
}

static void few_subids(struct doctor_facts *f)
{
	f->sub_gids = 1000;
}

static void nobody_known(struct doctor_facts *f)
{
	no_subids(f);
	free(f->user);
	f->user = NULL;
}

static void no_ids_left(struct doctor_facts *f)
{
	no_subids(f);
	f->free_uids = 0;
}

static void no_newuidmap(struct doctor_facts *f)
{
	free(f->mappers[0].path);
	f->mappers[0] = (struct doctor_mapper){0};
	fails(f, PROBE_ID_MAP, 0, "newuidmap is not installed");
}

static void newgidmap_bare(struct doctor_facts *f)
{
	f->mappers[1].privileged = false;
	fails(f, PROBE_ID_MAP, 0, "newgidmap has lost its privilege");
}

static void capability_elsewhere(struct doctor_facts *f)
{
	/* no bit to be seen, but it works: that is what counts */
	f->mappers[1].privileged = false;
	f->no_new_privs = true;
}

static void no_new_privs(struct doctor_facts *f)
{
	f->no_new_privs = true;
	fails(f, PROBE_ID_MAP, 0, "newuidmap cannot have its privilege");
}

static void small_namespace(struct doctor_facts *f)
{
	as_root(f);
	f->namespaced = true;
	f->own_uids = 1;
	f->own_gids = 70000;
}

static void linux_6_1(struct doctor_facts *f)
{
	free(f->kernel);
	f->kernel = xstrdup("6.1.0-18-amd64");
	fails(f, PROBE_IDMAP_MOUNT, EINVAL, "make an idmapped mount: invalid argument");
	fails(f, PROBE_OWN_RANGE, EOPNOTSUPP, "set a user xattr on a tmpfs");
	fails(f, PROBE_LOWERDIR_ADD, EINVAL, "invalid argument");
}

static void linux_5_10(struct doctor_facts *f)
{
	free(f->kernel);
	f->kernel = xstrdup("5.10.0");
	fails(f, PROBE_MOUNT_API, ENOSYS, "mount_setattr: function not implemented");
}

/* As the filter of a container engine has it: there is no such call, it says. */
static void no_clone3(struct doctor_facts *f)
{
	fails(f, PROBE_CLONE3, ENOSYS, "clone3: function not implemented");
	for (int i = PROBE_USERNS; i <= PROBE_OWN_RANGE; i++)
		f->probes[i] = (struct probe){0};
}

static void odd_kernel(struct doctor_facts *f)
{
	free(f->kernel);
	f->kernel = xstrdup("7");
}

static void no_time_namespace(struct doctor_facts *f)
{
	fails(f, PROBE_TIMENS, EINVAL, "make a process: invalid argument");
}

static void no_pid_namespace(struct doctor_facts *f)
{
	no_time_namespace(f);
	fails(f, PROBE_PIDNS, EPERM, "make a process: operation not permitted");
}

static void covered_proc(struct doctor_facts *f)
{
	fails(f, PROBE_PROC, EPERM, "proc: operation not permitted");
	fails(f, PROBE_SYSFS, EPERM, "sysfs: operation not permitted");
}

static void no_landlock(struct doctor_facts *f)
{
	free(f->security);
	f->security = xstrdup("apparmor");
	fails(f, PROBE_LANDLOCK, EOPNOTSUPP, "landlock: operation not supported");
}

static void no_home(struct doctor_facts *f)
{
	free(f->data.path);
	free(f->data.existing);
	f->data = (struct doctor_dir){
		.problem = xstrdup("neither HOME nor XDG_DATA_HOME is set")};
}

static void data_of_others(struct doctor_facts *f)
{
	f->data.owner = 1001;
}

static void data_open(struct doctor_facts *f)
{
	f->data.mode = 0770;
}

static void data_is_a_file(struct doctor_facts *f)
{
	f->data.in_the_way = true;
	f->data.writable = false;
}

static void odd_name(struct doctor_facts *f)
{
	free(f->data.path);
	f->data.path = xstrdup("/home/o'neil; reboot");
	f->data.mode = 0777;
}

static void data_unwritable(struct doctor_facts *f)
{
	f->data.writable = false;
	f->data.mode = 0500;
}

static void data_readonly(struct doctor_facts *f)
{
	f->data.writable = false;
	f->data.mount_flags = ST_RDONLY;
}

static void data_unmakable(struct doctor_facts *f)
{
	f->data.writable = f->data.exists = false;
	free(f->data.existing);
	f->data.existing = xstrdup("/home");
}

static void full(struct doctor_facts *f)
{
	f->data.free_bytes = 1000000;
}

static void few_inodes(struct doctor_facts *f)
{
	f->data.free_inodes = 10;
}

static void nfs(struct doctor_facts *f)
{
	f->data.fs_magic = NFS_SUPER_MAGIC;
	fails(f, PROBE_OVERLAY, EINVAL, "mount the image: invalid argument");
}

static void no_overlay(struct doctor_facts *f)
{
	fails(f, PROBE_OVERLAY, ENODEV, "this kernel does not know the file system type");
}

static void run_on_disk(struct doctor_facts *f)
{
	f->run.fs_magic = EXT4_SUPER_MAGIC;
	f->runtime_dir_ours = false;
}

static void run_open(struct doctor_facts *f)
{
	f->run.mode = 0777;
}

static void no_linger(struct doctor_facts *f)
{
	f->lingers = false;
}

static void no_systemd(struct doctor_facts *f)
{
	f->systemd = f->user_manager = f->lingers = false;
}

static void no_manager(struct doctor_facts *f)
{
	f->user_manager = false;
}

static void hybrid(struct doctor_facts *f)
{
	no_systemd(f);
	fails(f, PROBE_CGROUP, EOPNOTSUPP, "/sys/fs/cgroup is not version 2");
	f->probes[PROBE_CGROUP].number = PROBE_CGROUP_HYBRID;
	f->probes[PROBE_CGROUP_MAKE] = (struct probe){0};
}

static void cgroup_of_root(struct doctor_facts *f)
{
	fails(f, PROBE_CGROUP_MAKE, EACCES,
	      "make a cgroup in /x, which belongs to uid 0");
}

static void some_controllers(struct doctor_facts *f)
{
	works(f, PROBE_CGROUP_CONTROLLERS, "memory pids");
}

static void no_controllers(struct doctor_facts *f)
{
	works(f, PROBE_CGROUP_CONTROLLERS, "");
}

static void few_files(struct doctor_facts *f)
{
	f->limits[DOCTOR_NOFILE] = (struct doctor_limit){256, 4096};
}

static void very_few_files(struct doctor_facts *f)
{
	f->limits[DOCTOR_NOFILE] = (struct doctor_limit){256, 256};
}

static void small_sysctls(struct doctor_facts *f)
{
	f->inotify_instances = 10;
	f->maxkeys = 20;
}

static void no_tun(struct doctor_facts *f)
{
	fails(f, PROBE_TUN, ENOENT, "open /dev/net/tun: no such file or directory");
	fails(f, PROBE_FUSE, EACCES, "open /dev/fuse: permission denied");
}

static void no_network_programs(struct doctor_facts *f)
{
	free(f->nft);
	free(f->uplink);
	f->nft = f->uplink = NULL;
}

static void root_without_uplink(struct doctor_facts *f)
{
	as_root(f);
	no_network_programs(f);
}

static void own_uplink(struct doctor_facts *f)
{
	f->uplink_is_own = true;
}

static void old_layer(struct doctor_facts *f)
{
	free(f->programs[DOCTOR_LAYER].version);
	f->programs[DOCTOR_LAYER].version = xstrdup("0.0.9");
}

static void no_monitor(struct doctor_facts *f)
{
	free(f->programs[DOCTOR_MONITOR].version);
	f->programs[DOCTOR_MONITOR].version = NULL;
	f->programs[DOCTOR_MONITOR].problem = xstrdup("cubby's helper program monitor");
}

static const struct {
	void (*change)(struct doctor_facts *f);
	const char *id;
	enum doctor_status status;
	const char *detail;  /* a part of it */
	const char *command; /* all of it; NULL: none */
	const char *remedy;  /* a part; NULL: any */
} cases[] = {
	{namespaces_off, "user-namespace", DOCTOR_MISSING, "no space left",
	 "sysctl -w user.max_user_namespaces=65536", "/etc/sysctl.d"},
	{namespaces_off, "nested-user-namespace", DOCTOR_UNTRIED,
	 "needs a user namespace", NULL, NULL},
	{namespaces_off, "id-map", DOCTOR_UNTRIED, "no user namespace", NULL, NULL},
	{namespaces_off, "overlay", DOCTOR_UNTRIED, "needs a user namespace and", NULL,
	 NULL},
	{namespaces_off_for_root, "user-namespace", DOCTOR_MISSING, "no space left",
	 "sysctl -w user.max_user_namespaces=65536", NULL},
	{clone_forbidden, "user-namespace", DOCTOR_MISSING, "not permitted",
	 "sysctl -w kernel.unprivileged_userns_clone=1", NULL},
	{apparmor, "user-namespace", DOCTOR_MISSING, "capability",
	 "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", NULL},
	{as_root, "subordinate-ids", DOCTOR_OK, "all ids", NULL, NULL},
	{as_root, "id-map-programs", DOCTOR_OK, "itself", NULL, NULL},
	{small_namespace, "subordinate-ids", DOCTOR_DEGRADED, "1 id", NULL,
	 "cubby unshare"},
	{no_subids, "subordinate-ids", DOCTOR_MISSING, "/etc/subuid and /etc/subgid",
	 "usermod --add-subuids 165536-231071 --add-subgids 265536-331071 alice", NULL},
	{no_subids, "id-map", DOCTOR_UNTRIED, "no ids to map", NULL, NULL},
	{few_subids, "subordinate-ids", DOCTOR_DEGRADED, "1000 group ids",
	 "usermod --add-subuids 165536-231071 --add-subgids 265536-331071 alice", NULL},
	{nobody_known, "subordinate-ids", DOCTOR_MISSING, "none", NULL, "user database"},
	{no_ids_left, "subordinate-ids", DOCTOR_MISSING, "none", NULL, "given away"},
	{no_newuidmap, "id-map-programs", DOCTOR_MISSING, "newuidmap is not installed",
	 "apt-get install uidmap", NULL},
	{no_newuidmap, "id-map", DOCTOR_MISSING, "not installed", NULL, "above"},
	{newgidmap_bare, "id-map-programs", DOCTOR_MISSING, "setuid bit",
	 "chmod u+s /usr/bin/newuidmap", NULL},
	{capability_elsewhere, "id-map-programs", DOCTOR_OK, "", NULL, NULL},
	{no_new_privs, "id-map-programs", DOCTOR_MISSING, "no_new_privs", NULL,
	 "NoNewPrivileges"},
	{linux_6_1, "kernel-version", DOCTOR_OK, "6.1.0", NULL, NULL},
	{linux_6_1, "own-range", DOCTOR_DEGRADED, "layers are copied", NULL, "6.16"},
	{linux_6_1, "idmapped-mount", DOCTOR_DEGRADED, "invalid", NULL, "6.3"},
	{linux_6_1, "many-layers", DOCTOR_OK, "500, mounted by one list"},
	{linux_5_10, "kernel-version", DOCTOR_DEGRADED, "older than 6.1", NULL, "newer"},
	{linux_5_10, "system-calls", DOCTOR_MISSING, "mount calls: mount_setattr", NULL,
	 "6.1"},
	{no_clone3, "system-calls", DOCTOR_MISSING, "clone3: function", NULL,
	 "seccomp=unconfined"},
	{no_clone3, "user-namespace", DOCTOR_UNTRIED, "needs clone3", NULL, NULL},
	{odd_kernel, "kernel-version", DOCTOR_OK, "7", NULL, NULL},
	{no_time_namespace, "namespaces", DOCTOR_DEGRADED, "time: ", NULL, NULL},
	{no_pid_namespace, "namespaces", DOCTOR_MISSING, "pid, time: ", NULL, NULL},
	{covered_proc, "file-systems", DOCTOR_MISSING, "proc, sysfs: ", NULL, "unmask"},
	{no_landlock, "landlock", DOCTOR_DEGRADED, "not supported", NULL,
	 "lsm=landlock,apparmor"},
	{no_home, "data-directory", DOCTOR_MISSING, "HOME", NULL, "--root"},
	{no_home, "data-space", DOCTOR_UNTRIED, "data directory", NULL, NULL},
	{data_of_others, "data-directory", DOCTOR_MISSING, "uid 1001", NULL, "uid 1001"},
	{data_open, "data-directory", DOCTOR_MISSING, "by others",
	 "chmod go-w /home/alice/.local/share/cubby", NULL},
	{data_is_a_file, "data-directory", DOCTOR_MISSING, "not a directory", NULL,
	 "Move"},
	{odd_name, "data-directory", DOCTOR_MISSING, "by others",
	 "chmod go-w '/home/o'\\''neil; reboot'", NULL},
	{data_unwritable, "data-directory", DOCTOR_MISSING, "can't be written",
	 "chmod u+rwx /home/alice/.local/share/cubby", NULL},
	{data_readonly, "data-directory", DOCTOR_MISSING, "read-only",
	 "mount -o remount,rw \"$(findmnt -nT /home/alice/.local/share/cubby -o TARGET)\"",
	 NULL},
	{data_unmakable, "data-directory", DOCTOR_MISSING, "can't be made in /home",
	 "install -d -m 0700 -o 1000 /home/alice/.local/share/cubby", NULL},
	{full, "data-space", DOCTOR_DEGRADED, "1 MB", "cubby system prune", NULL},
	{few_inodes, "data-space", DOCTOR_DEGRADED, "10 inodes", NULL, "inodes"},
	{nfs, "overlay", DOCTOR_MISSING, "invalid", NULL, "nfs"},
	{no_overlay, "overlay", DOCTOR_MISSING, "does not know", "modprobe overlay",
	 NULL},
	{run_on_disk, "run-directory", DOCTOR_DEGRADED, "XDG_RUNTIME_DIR",
	 "loginctl enable-linger alice", "/run/user/1000"},
	{run_open, "run-directory", DOCTOR_MISSING, "others",
	 "chmod go-w /run/user/1000/cubby", NULL},
	{no_linger, "lingering", DOCTOR_DEGRADED, "log out", "loginctl enable-linger",
	 "enable-linger alice"},
	{no_systemd, "lingering", DOCTOR_OK, "no systemd", NULL, NULL},
	{no_manager, "user-manager", DOCTOR_DEGRADED, "manager",
	 "loginctl enable-linger alice", NULL},
	{hybrid, "cgroup", DOCTOR_MISSING, "hybrid", NULL, "cgroup_no_v1=all"},
	{hybrid, "cgroup-controllers", DOCTOR_UNTRIED, "version 2", NULL, NULL},
	{cgroup_of_root, "cgroup-controllers", DOCTOR_MISSING, "uid 0", NULL,
	 "systemd-run"},
	{nothing, "cgroup-controllers", DOCTOR_OK, "cpu, cpuset, io, memory, pids", NULL,
	 NULL},
	{some_controllers, "cgroup-controllers", DOCTOR_DEGRADED, "cpu, cpuset, io",
	 "mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset "
	 "io memory pids\\n' > /etc/systemd/system/user@.service.d/delegate.conf && systemctl "
	 "daemon-reload",
	 "log in"},
	{few_files, "resource-limits", DOCTOR_DEGRADED, "nofile 256", "ulimit -n 1024",
	 NULL},
	{very_few_files, "resource-limits", DOCTOR_DEGRADED, "nofile 256",
	 "echo 'alice - nofile 1024' >> /etc/security/limits.d/cubby.conf", NULL},
	{small_sysctls, "inotify", DOCTOR_DEGRADED, "10 ",
	 "sysctl -w fs.inotify.max_user_instances=1024", NULL},
	{small_sysctls, "keys", DOCTOR_DEGRADED, "20 ",
	 "sysctl -w kernel.keys.maxkeys=2000", NULL},
	{no_tun, "tun", DOCTOR_DEGRADED, "/dev/net/tun", "modprobe tun", NULL},
	{no_tun, "fuse", DOCTOR_DEGRADED, "/dev/fuse", "chmod a+rw /dev/fuse", NULL},
	{nothing, "uplink", DOCTOR_OK, "slirp4netns", NULL, NULL},
	{own_uplink, "uplink", DOCTOR_OK, "cubby's own", NULL, NULL},
	{no_tun, "uplink", DOCTOR_MISSING, "/dev/net/tun", "modprobe tun", NULL},
	{no_network_programs, "uplink", DOCTOR_MISSING, "slirp4netns",
	 "apt-get install slirp4netns", NULL},
	{root_without_uplink, "uplink", DOCTOR_OK, "host", NULL, NULL},
	{no_network_programs, "firewall", DOCTOR_MISSING, "nft",
	 "apt-get install nftables", "--network none"},
	{old_layer, "programs", DOCTOR_MISSING, "0.0.9", NULL, "again"},
	{no_monitor, "programs", DOCTOR_MISSING, "monitor", NULL, "again"},
};

static void check_case(size_t n)
{
	cleanup_doctor_facts struct doctor_facts f = {0};
	cleanup_doctor_report struct doctor_report r = {0};
	const struct doctor_check *c;

	well(&f);
	cases[n].change(&f);
	doctor_judge(&f, &r);
	c = find(&r, cases[n].id);
	ck_assert_msg(c->status == cases[n].status, "case %zu: %s is %s: %s", n, c->id,
		      doctor_status_word(c->status), c->detail);
	ck_assert_msg(strstr(c->detail, cases[n].detail), "case %zu: %s: %s", n, c->id,
		      c->detail);
	ck_assert_msg(str_eq(c->command, cases[n].command), "case %zu: %s: %s", n, c->id,
		      c->command);
	if (cases[n].remedy)
		ck_assert_msg(c->remedy && strstr(c->remedy, cases[n].remedy),
			      "case %zu: %s: %s", n, c->id, c->remedy);
}

START_TEST(test_judgement)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(i);
}
END_TEST

static void check_complete(const struct doctor_report *r)
{
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];

		ck_assert(c->id && c->subject && c->name && *c->why);
		ck_assert_msg(*c->detail, "%s says nothing", c->id);
		ck_assert_msg(c->status != DOCTOR_MISSING || *c->loss,
			      "%s: what is lost?", c->id);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(c->id, r->checks[j].id);
	}
}

/* Each check says what it is, and what it is for, whatever is wrong. */
START_TEST(test_complete)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_doctor_facts struct doctor_facts f = {0};
		cleanup_doctor_report struct doctor_report r = {0};

		well(&f);
		cases[i].change(&f);
		doctor_judge(&f, &r);
		check_complete(&r);
	}
}
END_TEST

static void much(struct doctor_facts *f)
{
	no_new_privs(f);
	hybrid(f);
	no_tun(f);
}

START_TEST(test_summary)
{
	static const struct {
		void (*change)(struct doctor_facts *f);
		const char *want;
	} sums[] = {
		{nothing, "35 ok: containers run"},
		{no_tun,
		 "32 ok, 2 degraded, 1 missing: containers run, but without a way out of their networks"},
		{hybrid,
		 "33 ok, 1 missing, 1 not tried: containers run, but without limits"},
		{no_controllers, "34 ok, 1 missing: containers run, but without limits"},
		{much,
		 "28 ok, 2 degraded, 4 missing, 1 not tried: containers run, but with one id "
		 "only (--uidmap 0:0:1), without limits, without a way out of their networks"},
		{clone_forbidden, "34 ok, 1 missing: containers do not run here"},
		{namespaces_off_for_root,
		 "34 ok, 1 missing: containers run, but without user namespaces"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		cleanup_doctor_facts struct doctor_facts f = {0};
		cleanup_doctor_report struct doctor_report r = {0};

		well(&f);
		sums[i].change(&f);
		doctor_judge(&f, &r);
		ck_assert_str_eq(r.summary, sums[i].want);
	}
}
END_TEST

START_TEST(test_fix)
{
	static const struct {
		void (*change)(struct doctor_facts *f);
		const char *id;
		enum doctor_fix want;
	} fixes[] = {
		{nothing, "data-directory", DOCTOR_FIX_NONE},
		{data_open, "data-directory", DOCTOR_FIX_DATA_MODE},
		{data_unwritable, "data-directory", DOCTOR_FIX_DATA_MODE},
		{data_of_others, "data-directory", DOCTOR_FIX_NONE},
		{data_readonly, "data-directory", DOCTOR_FIX_NONE},
		{run_open, "run-directory", DOCTOR_FIX_RUN_MODE},
		{no_linger, "lingering", DOCTOR_FIX_LINGER},
		{no_systemd, "lingering", DOCTOR_FIX_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixes); i++) {
		cleanup_doctor_facts struct doctor_facts f = {0};
		cleanup_doctor_report struct doctor_report r = {0};
		const struct doctor_check *c;

		well(&f);
		fixes[i].change(&f);
		doctor_judge(&f, &r);
		c = find(&r, fixes[i].id);
		ck_assert_int_eq(c->fix, fixes[i].want);
		/* what it does is what it says */
		ck_assert(c->fix == DOCTOR_FIX_NONE || (c->command && !c->as_root));
	}
}
END_TEST

UNIT_MAIN("doctor", test_judgement, test_complete, test_summary, test_fix)
