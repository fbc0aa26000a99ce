/* SPDX-License-Identifier: Apache-2.0 */
/* The network, and device files. */
#include <inttypes.h>

#include "engine/doctor_rules.h"
#include "util/str.h"

static void judge_loopback(const struct doctor_facts *f, struct doctor_check *c)
{
	if (check_probe(c, &f->probes[PROBE_LOOPBACK], DOCTOR_MISSING))
		check_set(c, DOCTOR_OK, "a network namespace with a loopback interface");
}

static void judge_firewall(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->nft) {
		check_set(c, DOCTOR_OK, "%s", f->nft);
		return;
	}
	check_set(c, DOCTOR_MISSING, "nft is not installed");
	check_command(c, true, "apt-get install nftables");
	check_remedy(c, "Containers with --network none or host do without it.");
}

/* A device file that is absent, or not for everybody. */
static void how_to_get_device(const struct doctor_facts *f, const struct probe *p,
			      const char *module, struct doctor_check *c)
{
	const char *device = str_eq(module, "tun") ? "/dev/net/tun" : "/dev/fuse";

	if (f->namespaced)
		check_remedy(c, "In a container, start that one with --device %s.",
			     device);
	else if (p->code == ENOENT || p->code == ENODEV || p->code == ENXIO)
		check_command(c, true, "modprobe %s", module);
	else if (p->code == EACCES || p->code == EPERM)
		check_command(c, true, "chmod a+rw %s", device);
}

static void judge_tun(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_TUN];

	if (check_probe(c, p, DOCTOR_DEGRADED))
		check_set(c, DOCTOR_OK, "an interface made in a network namespace");
	else if (c->status == DOCTOR_DEGRADED)
		how_to_get_device(f, p, "tun", c);
}

/* An ordinary user's; root's containers go through the host's own interfaces. */
static void judge_uplink(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *tun = &f->probes[PROBE_TUN];

	if (!f->rootless) {
		check_set(c, DOCTOR_OK, "the interfaces of the host");
		return;
	}
	if (!f->uplink) {
		check_set(c, DOCTOR_MISSING,
			  "neither slirp4netns nor pasta is installed");
		check_command(c, true, "apt-get install slirp4netns");
		return;
	}
	if (!check_probe(c, tun, DOCTOR_MISSING)) {
		how_to_get_device(f, tun, "tun", c);
		return;
	}
	check_set(c, DOCTOR_OK, "%s", f->uplink_is_own ? "cubby's own" : f->uplink);
}

static void judge_fuse(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_FUSE];

	if (check_probe(c, p, DOCTOR_DEGRADED))
		check_set(c, DOCTOR_OK, "opened");
	else
		how_to_get_device(f, p, "fuse", c);
}

static void judge_ports(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->port_start == DOCTOR_UNKNOWN)
		check_set(c, DOCTOR_OK, "not to be seen from here");
	else if (f->port_start <= 1)
		check_set(c, DOCTOR_OK, "all may be used by everybody");
	else
		check_set(c, DOCTOR_OK,
			  "from %" PRId64 " up they may be used by everybody",
			  f->port_start);
}

static void judge_ping(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->ping_first == DOCTOR_UNKNOWN)
		check_set(c, DOCTOR_OK, "not to be seen from here");
	else if (f->ping_first > f->ping_last)
		check_set(c, DOCTOR_OK, "for programs with CAP_NET_RAW");
	else
		check_set(c, DOCTOR_OK, "for groups %" PRId64 " to %" PRId64,
			  f->ping_first, f->ping_last);
}

static const struct doctor_rule rules[] = {
	{"loopback", "own network", "A container's network is apart from the host's.",
	 "without a network of their own", judge_loopback, "a user namespace"},
	{"firewall", "nftables",
	 "Networks are kept apart by it, and what --allow-net says holds.",
	 "without networks", judge_firewall},
	{"uplink", "way out",
	 "An ordinary user's containers reach other hosts through a program that has a tun "
	 "device.",
	 "without a way out of their networks", judge_uplink, "a user namespace"},
	{"tun", "tun device",
	 "Programs in a container that is given --device /dev/net/tun make "
	 "tunnels with it.",
	 "without tunnels", judge_tun, "a user namespace"},
	{"fuse", "fuse device",
	 "Programs in a container that is given --device /dev/fuse make file systems with it.",
	 "without fuse", judge_fuse},
	{"low-ports", "ports of the host",
	 "For published ports and for containers with --network host. Root allows lower "
	 "ones by sysctl net.ipv4.ip_unprivileged_port_start=80.",
	 "", judge_ports},
	{"ping", "ping on the host", "For containers with --network host.", "",
	 judge_ping},
};
const struct doctor_subject doctor_network = {"Network", rules, ARRAY_SIZE(rules)};
