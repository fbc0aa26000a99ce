/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, the map of all the user's ids, and what a network namespace of one's own can have. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include "runtime/namespace.h"
#include "runtime/probe_try.h"
#include "runtime/sandbox.h"
#include "util/sys.h"

static int nothing(void *data, struct error *err)
{
	return 0;
}

static int make(const struct probe_run *run, bool with_user, unsigned long new_flags,
		struct error *err)
{
	const struct probe_place place = {.with_user = with_user, .new_flags = new_flags};

	return probe_in(run, &place, nothing, NULL, err);
}

static int try_user(const struct probe_run *run, struct probe *p, struct error *err)
{
	return make(run, true, 0, err);
}

/* A security module may let everybody make a namespace, and take all power from who is in it. */
static int use_power(void *data, struct error *err)
{
	static const char name[] = "cubby-doctor";

	if (sys_unshare(CLONE_NEWUTS) < 0 || sethostname(name, strlen(name)) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "use a capability in a user namespace");
	return 0;
}

static int try_power(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct probe_place place = {.with_user = true};

	return probe_in(run, &place, use_power, NULL, err);
}

static int nest(void *data, struct error *err)
{
	static const struct idmap_line line = {.inside = 0, .outside = 0, .count = 1};
	const struct idmap root = {.lines = (struct idmap_line *)&line, .n_lines = 1};
	const struct sandbox_options o = {.uids = &root, .gids = &root, .run = nothing};

	return sandbox_call(&o, err);
}

static int try_nested(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct probe_place place = {.with_user = true};

	return probe_in(run, &place, nest, NULL, err);
}

static int try_id_map(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct sandbox_options o = {
		.uids = run->host->uids, .gids = run->host->gids, .run = nothing};
	int r = sandbox_call(&o, err);

	p->number = idmap_size(o.uids);
	p->second = idmap_size(o.gids);
	return r;
}

/* Root can do without a user namespace where there can be none. */
static bool wants_user(const struct probe_run *run)
{
	return !run->host->is_root || run->shared[PROBE_USERNS].state == PROBE_WORKS;
}

#define TRY_NAMESPACE(name, flag)                                                        \
	static int name(const struct probe_run *run, struct probe *p, struct error *err) \
	{                                                                                \
		return make(run, wants_user(run), (flag), err);                          \
	}

TRY_NAMESPACE(try_mount, CLONE_NEWNS)
TRY_NAMESPACE(try_pid, CLONE_NEWPID)
TRY_NAMESPACE(try_network, CLONE_NEWNET)
TRY_NAMESPACE(try_ipc, CLONE_NEWIPC)
TRY_NAMESPACE(try_uts, CLONE_NEWUTS)
TRY_NAMESPACE(try_cgroup, CLONE_NEWCGROUP)
TRY_NAMESPACE(try_time, CLONE_NEWTIME)

static int raise_loopback(void *data, struct error *err)
{
	return namespace_loopback_up(err);
}

static int try_loopback(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct probe_place place = {.with_user = wants_user(run),
					  .new_flags = CLONE_NEWNET};

	return probe_in(run, &place, raise_loopback, NULL, err);
}

/* Source: Documentation/networking/tuntap.rst. Without IFF_PERSIST it goes with the fd. */
static int make_tun(void *data, struct error *err)
{
	struct ifreq request = {.ifr_name = "cubby0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	cleanup_fd int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open /dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "make a tun interface");
	return 0;
}

static int try_tun(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct probe_place place = {.with_user = wants_user(run),
					  .new_flags = CLONE_NEWNET};

	return probe_in(run, &place, make_tun, NULL, err);
}

void probe_namespaces(const struct probe_run *run)
{
	static const struct probe_try user[] = {{PROBE_USERNS, try_user}};
	static const struct probe_try in_user[] = {
		{PROBE_USERNS_POWER, try_power},
		{PROBE_USERNS_NESTED, try_nested},
	};
	static const struct probe_try id_map[] = {{PROBE_ID_MAP, try_id_map}};
	static const struct probe_try others[] = {
		{PROBE_MNTNS, try_mount},   {PROBE_PIDNS, try_pid},
		{PROBE_NETNS, try_network}, {PROBE_IPCNS, try_ipc},
		{PROBE_UTSNS, try_uts},     {PROBE_CGROUPNS, try_cgroup},
		{PROBE_TIMENS, try_time},   {PROBE_LOOPBACK, try_loopback},
		{PROBE_TUN, try_tun},
	};
	bool user_works;

	probe_each(run, user, ARRAY_SIZE(user));
	user_works = run->shared[PROBE_USERNS].state == PROBE_WORKS;
	if (user_works)
		probe_each(run, in_user, ARRAY_SIZE(in_user));
	if (user_works && run->host->uids->n_lines && run->host->gids->n_lines)
		probe_each(run, id_map, ARRAY_SIZE(id_map));
	if (user_works || run->host->is_root)
		probe_each(run, others, ARRAY_SIZE(others));
}
