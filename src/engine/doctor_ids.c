/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces, and the ids to fill them with. */
#include <inttypes.h>

#include "engine/doctor_rules.h"
#include "util/str.h"

#define RANGE 65536 /* ids 0 to 65535: what images expect */

static const char to_do_first[] = "Mend the checks above first.";

static void how_to_allow_namespaces(const struct doctor_facts *f, int code,
				    struct doctor_check *c)
{
	if (f->max_user_namespaces == 0)
		check_sysctl(c, "user.max_user_namespaces", "65536");
	else if (f->userns_clone == 0)
		check_sysctl(c, "kernel.unprivileged_userns_clone", "1");
	else if (f->apparmor_userns == 1 && (code == EPERM || code == EACCES))
		check_sysctl(c, "kernel.apparmor_restrict_unprivileged_userns", "0");
}

static void judge_user_namespace(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *made = &f->probes[PROBE_USERNS],
			   *power = &f->probes[PROBE_USERNS_POWER];

	c->essential = f->rootless || f->namespaced;
	if (!check_probe(c, made, DOCTOR_MISSING)) {
		how_to_allow_namespaces(f, made->code, c);
		return;
	}
	if (!check_probe(c, power, DOCTOR_MISSING)) {
		how_to_allow_namespaces(f, power->code, c);
		return;
	}
	check_set(c, DOCTOR_OK, "made, with all capabilities inside");
}

static void judge_nested(const struct doctor_facts *f, struct doctor_check *c)
{
	if (check_probe(c, &f->probes[PROBE_USERNS_NESTED], DOCTOR_DEGRADED))
		check_set(c, DOCTOR_OK, "one inside the other");
}

static void judge_own_ids(const struct doctor_facts *f, struct doctor_check *c)
{
	uint64_t least = f->own_uids < f->own_gids ? f->own_uids : f->own_gids;

	if (!f->namespaced) {
		check_set(c, DOCTOR_OK, "root has all ids of the host");
		return;
	}
	if (least >= RANGE) {
		check_set(c, DOCTOR_OK, "this user namespace has %" PRIu64 " ids", least);
		return;
	}
	check_set(c, DOCTOR_DEGRADED, "this user namespace has %" PRIu64 " ids only",
		  least);
	check_remedy(c, "Start cubby where there are more: 'cubby unshare' as a user "
			"with subordinate ids.");
}

static void how_to_get_ids(const struct doctor_facts *f, struct doctor_check *c)
{
	if (!f->user)
		check_remedy(
			c,
			"Uid %u is not in the user database, so it can't be given any; "
			"use your own id only: --uidmap 0:0:1.",
			f->uid);
	else if (f->free_uids == 0 || f->free_gids == 0)
		check_remedy(c, "All ids of /etc/subuid or /etc/subgid are given away; "
				"use your own id only: --uidmap 0:0:1.");
	else
		check_command(c, true,
			      "usermod --add-subuids %" PRIu64 "-%" PRIu64
			      " --add-subgids %" PRIu64 "-%" PRIu64 " %s",
			      f->free_uids, f->free_uids + RANGE - 1, f->free_gids,
			      f->free_gids + RANGE - 1, f->user);
}

static void judge_subordinate(const struct doctor_facts *f, struct doctor_check *c)
{
	if (!f->rootless) {
		judge_own_ids(f, c);
		return;
	}
	if (f->sub_problem) {
		check_set(c, DOCTOR_MISSING, "%s", f->sub_problem);
		return;
	}
	if (f->sub_uids >= RANGE && f->sub_gids >= RANGE) {
		check_set(c, DOCTOR_OK, "%" PRIu64 " user ids, %" PRIu64 " group ids",
			  f->sub_uids, f->sub_gids);
		return;
	}
	if (f->sub_uids == 0 || f->sub_gids == 0)
		check_set(c, DOCTOR_MISSING, "none in %s%s%s",
			  f->sub_uids == 0 ? "/etc/subuid" : "",
			  f->sub_uids == 0 && f->sub_gids == 0 ? " and " : "",
			  f->sub_gids == 0 ? "/etc/subgid" : "");
	else
		check_set(c, DOCTOR_DEGRADED,
			  "only %" PRIu64 " user ids, %" PRIu64
			  " group ids; images expect %d",
			  f->sub_uids, f->sub_gids, RANGE);
	how_to_get_ids(f, c);
}

/* The first of the two that is not as it must be; true: there is one. */
static bool judge_mapper(const struct doctor_mapper *m, const char *name,
			 struct doctor_check *c)
{
	if (!m->path) {
		check_set(c, DOCTOR_MISSING, "%s is not installed", name);
		check_command(c, true, "apt-get install uidmap");
		check_remedy(c, "Other distributions have it in shadow-utils or shadow.");
		return true;
	}
	if (m->nosuid) {
		check_set(c, DOCTOR_MISSING, "%s is on a file system mounted nosuid",
			  m->path);
		check_command(c, true,
			      "mount -o remount,suid \"$(findmnt -nT %s -o TARGET)\"",
			      m->path);
		return true;
	}
	if (!m->privileged) {
		check_set(c, DOCTOR_MISSING, "%s has lost its setuid bit", m->path);
		check_command(c, true, "chmod u+s %s", m->path);
		return true;
	}
	return false;
}

static void judge_mappers(const struct doctor_facts *f, struct doctor_check *c)
{
	if (!f->rootless) {
		check_set(c, DOCTOR_OK, "root writes maps itself");
		return;
	}
	/* however it got its privilege */
	if (f->probes[PROBE_ID_MAP].state != PROBE_WORKS) {
		if (judge_mapper(&f->mappers[0], "newuidmap", c) ||
		    judge_mapper(&f->mappers[1], "newgidmap", c))
			return;
		if (f->no_new_privs) {
			check_set(c, DOCTOR_MISSING,
				  "no_new_privs is set here, so they get no privilege");
			check_remedy(c, "Start cubby outside of the sandbox or service "
					"(NoNewPrivileges=) that sets it.");
			return;
		}
	}
	check_set(c, DOCTOR_OK, "%s, %s", f->mappers[0].path ? f->mappers[0].path : "-",
		  f->mappers[1].path ? f->mappers[1].path : "-");
}

static void judge_id_map(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_ID_MAP];

	if (check_probe(c, p, DOCTOR_MISSING)) {
		if (f->rootless)
			check_set(c, DOCTOR_OK,
				  "%" PRIu64 " user ids, %" PRIu64
				  " group ids, really written",
				  p->number, p->second);
		else
			check_set(c, DOCTOR_OK, "really written");
		return;
	}
	if (c->status == DOCTOR_UNTRIED)
		check_set(c, DOCTOR_UNTRIED, "%s",
			  f->probes[PROBE_USERNS].state == PROBE_WORKS
				  ? "there are no ids to map"
				  : "there is no user namespace");
	else if (f->no_new_privs || !f->mappers[0].privileged || f->mappers[0].nosuid ||
		 !f->mappers[1].privileged || f->mappers[1].nosuid)
		check_remedy(c, to_do_first);
}

static void judge_idmapped_mount(const struct doctor_facts *f, struct doctor_check *c)
{
	if (check_probe(c, &f->probes[PROBE_IDMAP_MOUNT], DOCTOR_DEGRADED))
		check_set(c, DOCTOR_OK, "%s", f->probes[PROBE_IDMAP_MOUNT].text);
	else if (c->status == DOCTOR_DEGRADED && f->rootless &&
		 !doctor_kernel_has(f, 6, 3))
		check_remedy(c, "Linux 6.3 or newer has it for ordinary users.");
}

static void judge_own_range(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_OWN_RANGE];

	if (check_probe(c, p, DOCTOR_DEGRADED)) {
		check_set(c, DOCTOR_OK, "%s", p->text);
		return;
	}
	if (c->status == DOCTOR_UNTRIED)
		return;
	if ((f->rootless || f->namespaced) && !doctor_kernel_has(f, 6, 16)) {
		check_set(c, DOCTOR_DEGRADED, "layers are copied");
		check_remedy(c, "Linux 6.16 or newer can do without the copies.");
		return;
	}
	check_set(c, DOCTOR_DEGRADED, "layers are copied: %s", p->text);
	if (f->rootless || f->namespaced)
		return;
	check_remedy(c, "Keep the data on ext4, xfs or btrfs: cubby --root DIR ...");
}

static const struct doctor_rule rules[] = {
	{"user-namespace", "user namespace",
	 "Root of a container is an ordinary user outside by means of a user namespace.",
	 "without user namespaces", judge_user_namespace, "clone3"},
	{"nested-user-namespace", "nested namespace",
	 "A container with ids of its own, and containers inside containers, are user "
	 "namespaces inside one.",
	 "not one inside the other", judge_nested, "a user namespace"},
	{"subordinate-ids", "subordinate ids",
	 "They are the other users of your containers; images expect 65536.",
	 "with one id only (--uidmap 0:0:1)", judge_subordinate},
	{"id-map-programs", "newuidmap, newgidmap",
	 "They write your ids into a user namespace, which the kernel lets only root do.",
	 "with one id only (--uidmap 0:0:1)", judge_mappers},
	{"id-map", "map of all ids",
	 "Containers get all of your ids unless you say otherwise.",
	 "with one id only (--uidmap 0:0:1)", judge_id_map},
	{"idmapped-mount", "idmapped mount",
	 "It shows files with other owners without changing them.",
	 "without idmapped mounts", judge_idmapped_mount,
	 "a user namespace and a data directory"},
	{"own-range", "range without a copy",
	 "A container with a range of ids of its own (--userns=auto) shares its image's layers "
	 "with the others.",
	 "with copies of layers", judge_own_range,
	 "a user namespace and a data directory"},
};
const struct doctor_subject doctor_ids = {"Ids", rules, ARRAY_SIZE(rules)};
