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

int create_plan_systemd(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;

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
	if (has_cgroup2() || o->inside.systemd != SYSTEMD_ALWAYS)
		return 0;
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"--systemd=always: systemd needs cgroups of version 2 only, this host has others");
	return error_hint(err,
			  "Start the host with systemd.unified_cgroup_hierarchy=1 on the "
			  "kernel's command line");
}
