/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of create_plan_build(): --systemd. What systemd as a container's program expects, as podman gives it:
 * empty /run, /run/lock, /tmp and /var/log/journal (spec_gen_mounts.c), a cgroup of its own to write in, an id in the
 * environment, and SIGRTMIN+3 as its stop signal. See https://systemd.io/CONTAINER_INTERFACE
 */
#include "engine/create_plan.h"
#include "engine/create_steps.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "runtime/cgroup_manager.h"
#include "util/str.h"

static bool is_systemd(const char *program)
{
	static const char *const names[] = {"/sbin/init", "/usr/sbin/init",
					    "/usr/local/sbin/init", NULL};
	const char *slash = strrchr(program, '/');

	return strv_has((char *const *)names, program) ||
	       str_eq(slash ? slash + 1 : program, "systemd");
}

static bool has_cgroup2(void)
{
	struct statfs st;

	return statfs("/sys/fs/cgroup", &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC;
}

/* What it says as it boots goes to /dev/console, which must be a terminal, and to nothing else. */
static bool wants_console(const struct create_plan *p)
{
	return is_systemd(p->args[0]) &&
	       !log_driver_is_passthrough((enum log_driver)p->options->log_driver);
}

static int refuse_cgroup(const char *why, const char *hint, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0, "--systemd=always: %s", why);
	return error_hint(err, "%s", hint);
}

/* Asked for expressly it is an error before anything is made; else it is systemd's own to say. */
static int check_cgroup(const struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;

	if (o->inside.systemd != SYSTEMD_ALWAYS)
		return 0;
	if (!has_cgroup2())
		return refuse_cgroup(
			"systemd needs cgroups of version 2 only, this host has others",
			"Start the host with systemd.unified_cgroup_hierarchy=1 on the kernel's command line",
			err);
	if (o->cgroup.mode == CGROUP_DISABLED)
		return refuse_cgroup("systemd needs a cgroup of its own",
				     "Leave --cgroups=disabled out", err);
	if (!str_empty(o->cgroup.ns) && !str_eq(o->cgroup.ns, "private"))
		return refuse_cgroup("systemd needs a cgroup namespace of its own",
				     "Leave --cgroupns out, or say --cgroupns=private",
				     err);
	return 0;
}

int create_plan_systemd(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;

	p->terminal = o->terminal;
	switch ((enum systemd_word)o->inside.systemd) {
	case SYSTEMD_FALSE:
		return 0;
	case SYSTEMD_TRUE:
		p->is_systemd = is_systemd(p->args[0]);
		break;
	case SYSTEMD_ALWAYS:
		p->is_systemd = true;
		break;
	}
	if (!p->is_systemd)
		return 0;
	if (o->init)
		return error_set(
			err, ERR_INVALID, 0,
			"--init and systemd as the program cannot be used together");
	p->terminal = p->terminal || wants_console(p);
	return check_cgroup(p, err);
}
