/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/create_tables.h"
#include "cli/cubby.h"
#include "cli/pod_new.h"
#include "engine/environment.h"
#include "engine/label_option.h"
#include "engine/network_option.h"
#include "engine/pod_create.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const exit_policies[] = {"continue", "stop", NULL};

struct pod_create_values {
	struct create_options infra; /* what is its infra container's */
	struct restart_policy restart;
	struct limit_options limits;
	const char *name, *share, *infra_name, *infra_image, *infra_command, *pod_id_file;
	bool infra_wanted, infra_given, replace, share_parent;
	int exit_policy;
	char **labels, **label_files, **volumes, **volumes_from, **devices,
		**security_opt;
};

#define V struct pod_create_values

static int set_restart(const struct option_match *m, struct error *err)
{
	return restart_policy_parse(m->value, m->target, err);
}

static const char *const net_alias[] = {"net", NULL};
static const char *const dns_opt_alias[] = {"dns-opt", NULL};

static const struct option_spec options[] = {
	OPT_STRING(V, name, "name", 'n', "NAME", "name of the pod", .common = true),
	OPT_BOOL(V, replace, "replace", 0, "remove another pod of that name first",
		 .common = true),
	OPT_STRV(V, labels, "label", 'l', "KEY=VALUE", "a label", .common = true),
	OPT_STRV(V, label_files, "label-file", 0, "FILE",
		 "labels from a file, a line each"),
	OPT_STRING(V, pod_id_file, "pod-id-file", 0, "FILE", "write the pod's ID here"),
	OPT_WORD(V, exit_policy, "exit-policy", 0, exit_policies,
		 "what to do when the last container has ended", .common = true),
	OPT_CUSTOM(V, restart, "restart", 0, "POLICY", set_restart,
		   "restart policy of its containers: no, on-failure[:N], always, "
		   "unless-stopped",
		   .common = true),
	OPT_GROUP("What its containers share"),
	OPT_STRING(V, share, "share", 's', "NAMES",
		   "ipc,net,uts (default), pid, cgroup, none; +pid adds one",
		   .common = true),
	OPT_STRV(V, infra.net.networks, "network", 0, "NETWORK",
		 "as of run (default: " NETWORK_MODE_DEFAULT ")", .aliases = net_alias,
		 .common = true),
	OPT_STRING(V, infra.net.ip, "ip", 0, "ADDRESS", "its IPv4 address"),
	OPT_STRING(V, infra.net.ip6, "ip6", 0, "ADDRESS", "its IPv6 address"),
	OPT_STRING(V, infra.net.mac, "mac-address", 0, "MAC", "its MAC address"),
	OPT_STRV(V, infra.net.aliases, "network-alias", 0, "NAME",
		 "another name for it on its networks"),
	OPT_STRV(V, infra.net.publish, "publish", 'p', "HOSTPORT:PORT",
		 "publish a port at the host, as of run"),
	OPT_STRV(V, infra.net.allow, "allow-net", 0, "WORD,...",
		 "reach only these, as of run"),
	OPT_LIST(V, infra.inside.dns, "dns", 0, "ADDRESS",
		 "a DNS server, instead of the host's"),
	OPT_LIST(V, infra.inside.dns_options, "dns-option", 0, "OPTION",
		 "an option for /etc/resolv.conf", .aliases = dns_opt_alias),
	OPT_LIST(V, infra.inside.dns_searches, "dns-search", 0, "DOMAIN",
		 "a domain to search names in; . for none"),
	OPT_STRING(V, infra.namespaces.pid, "pid", 0, "MODE",
		   "whose processes are shared, with --share pid: private, host, "
		   "container:NAME, ns:PATH"),
	OPT_STRING(V, infra.namespaces.uts, "uts", 0, "MODE",
		   "private (default), host, container:NAME, ns:PATH"),
	OPT_STRING(V, infra.hostname, "hostname", 0, "NAME",
		   "host name (default: the pod's name)", .common = true),
	OPT_STRV(V, infra.add_hosts, "add-host", 0, "NAME:ADDRESS",
		 "a line for /etc/hosts", .common = true),
	OPT_BOOL(V, infra.no_hosts, "no-hosts", 0, "leave /etc/hosts as it is"),
	OPT_SIZE(V, infra.shm_size, "shm-size", 0, "SIZE",
		 "size of /dev/shm (default 64m)", .common = true),
	OPT_STRV(V, infra.sysctls, "sysctl", 0, "NAME=VALUE",
		 "set a kernel parameter of its namespaces"),
	OPT_STRING(V, infra.userns, "userns", 0, "MODE", "as of run", .common = true),
	OPT_STRV(V, infra.uidmap, "uidmap", 0, "CONTAINER:HOST:COUNT", "map user ids"),
	OPT_STRV(V, infra.gidmap, "gidmap", 0, "CONTAINER:HOST:COUNT", "map group ids"),
	OPT_STRING(V, infra.subuidname, "subuidname", 0, "NAME",
		   "map the ids that this name has in /etc/subuid"),
	OPT_STRING(V, infra.subgidname, "subgidname", 0, "NAME",
		   "the same of groups, in /etc/subgid"),
	OPT_GROUP("What each container gets"),
	OPT_STRV(V, volumes, "volume", 'v', "HOST:CONTAINER[:OPTIONS]", "a mount",
		 .common = true),
	OPT_STRV(V, volumes_from, "volumes-from", 0, "CONTAINER",
		 "the volumes of another container"),
	OPT_LIST(V, devices, "device", 0, "HOST[:CONTAINER]", "a device of the host"),
	OPT_STRV(V, security_opt, "security-opt", 0, "OPTION", "as of run",
		 .common = true),
	OPT_GROUP("Infra container"),
	OPT_BOOL(V, infra_wanted, "infra", 0,
		 "make the container that holds what is shared (default true)",
		 .given = OPT_GIVEN(V, infra_given)),
	OPT_STRING(V, infra_name, "infra-name", 0, "NAME", "its name"),
	OPT_STRING(V, infra_image, "infra-image", 0, "IMAGE", "refused: it needs none",
		   .hidden = true),
	OPT_STRING(V, infra_command, "infra-command", 0, "COMMAND",
		   "refused: it has its own program", .hidden = true),
	OPT_STRING(V, infra.monitor_pidfile, "infra-conmon-pidfile", 0, "FILE",
		   "write the process ID of its monitor here"),
	OPT_GROUP("Limits of all its containers together"),
	OPT_INCLUDE_AT(V, limits, pod_limits_table),
	OPT_STRING(V, infra.cgroup.parent, "cgroup-parent", 0, "PARENT",
		   "make its cgroup below this slice, or this cgroup"),
	OPT_BOOL(V, share_parent, "share-parent", 0,
		 "put its containers' cgroups into the pod's (default true)"),
	OPT_NOT_YET("gpus", 0),
	OPT_NOT_YET("hosts-file", 0),
	OPT_NOT_YET("shm-size-systemd", 0),
	OPT_END,
};

static void defaults(void *values)
{
	V *v = values;

	pod_new_infra_options(&v->infra);
	v->infra_wanted = true;
	v->share_parent = true;
}

static bool has_network(const V *v)
{
	const struct network_options *n = &v->infra.net;

	return n->networks || n->ip || n->ip6 || n->mac || n->aliases || n->allow ||
	       n->publish || v->infra.inside.dns || v->infra.inside.dns_options ||
	       v->infra.inside.dns_searches;
}

static int refuse(const V *v, struct error *err)
{
	if (v->infra_image || v->infra_command) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"%s: an infra container needs no image, its program is Cubby's own",
			v->infra_image ? "--infra-image" : "--infra-command");
		return error_hint(err, "Leave the option out");
	}
	if (!v->infra_wanted && (v->infra_name || v->infra.hostname || has_network(v) ||
				 v->infra.userns || v->infra.add_hosts))
		return error_set(
			err, ERR_INVALID, 0,
			"cannot set what the infra container holds without an infra container: pod with --infra=false");
	return 0;
}

static int take_name(V *v, const struct command_call *call, struct error *err)
{
	if (v->name && call->n_args)
		return error_set(err, ERR_INVALID, 0,
				 "cannot specify --name and a name as argument");
	if (call->n_args)
		v->name = call->args[0];
	if (v->replace && !v->name)
		return error_set(err, ERR_INVALID, 0, "cannot replace pod without name");
	return 0;
}

/* Another directory may be the current one when a container is made. */
static int make_absolute(char *const *volumes, char ***ret, struct error *err)
{
	strv_foreach (text, volumes) {
		cleanup_free char *path = NULL, *source = NULL;

		if (**text != '.') {
			strv_add(ret, *text);
			continue;
		}
		source = xstrndup(*text, strcspn(*text, ":"));
		path = fs_absolute(source);
		if (!path)
			return error_set(err, ERR_SYSTEM, errno,
					 "find the working directory");
		strv_addf(ret, "%s%s", path, *text + strlen(source));
	}
	return 0;
}

static int fill_config(const V *v, const struct command_call *call, struct pod_config *c,
		       struct error *err)
{
	cleanup_strv char **words = NULL;
	int r = 0;

	strv_foreach (path, v->label_files)
		if (r >= 0)
			r = environment_lines("--label-file", *path, &words, err);
	strv_foreach (text, v->labels)
		strv_add(&words, *text);
	if (r >= 0)
		r = label_option_collect("--label", words, true, &c->labels, err);
	if (r >= 0)
		r = pod_share_parse(v->share, &c->share, err);
	if (r >= 0)
		r = make_absolute(v->volumes, &c->volumes, err);
	if (r < 0)
		return r;
	c->create_command = strv_copy(call->argv);
	c->hostname = v->infra.hostname ? xstrdup(v->infra.hostname) : NULL;
	c->network = v->infra.net.networks ? strv_join(v->infra.net.networks, " ")
					   : xstrdup(NETWORK_MODE_DEFAULT);
	c->userns = v->infra.userns ? xstrdup(v->infra.userns) : NULL;
	c->exit_policy = xstrdup(exit_policies[v->exit_policy]);
	c->restart = restart_policy_text(&v->restart);
	c->volumes_from = strv_copy(v->volumes_from);
	c->devices = strv_copy(v->devices);
	c->security_opt = strv_copy(v->security_opt);
	c->add_hosts = strv_copy(v->infra.add_hosts);
	c->sysctls = strv_copy(v->infra.sysctls);
	c->no_share_parent = !v->share_parent;
	return 0;
}

static int create(const struct command_call *call, struct engine *e,
		  const struct pod_config *config, struct error *err)
{
	V *v = call->values;
	struct pod_request request = {
		.engine = e,
		.name = v->name,
		.infra = v->infra_wanted && (config->share || v->infra_given),
		.infra_name = v->infra_name,
		.replace = v->replace,
		.config = *config,
		.limits = &v->limits,
		.cgroup = {.parent = v->infra.cgroup.parent},
		.infra_options = v->infra,
		.warn = cubby_warn,
	};
	cleanup_free char *id = NULL;
	int r;

	request.infra_options.create_command = call->argv;
	request.infra_options.cgroup.parent = NULL; /* the pod's */
	r = pod_create(&request, &id, err);
	if (r >= 0 && v->pod_id_file)
		r = fs_write_atomic(AT_FDCWD, v->pod_id_file, id, strlen(id), 0644,
				    v->replace ? 0 : FS_WRITE_EXCLUSIVE, err);
	if (r < 0)
		return r;
	printf("%s\n", id);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	V *v = call->values;
	cleanup_pod_config struct pod_config config = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = refuse(v, err);

	if (r >= 0)
		r = take_name(v, call, err);
	/* the file of the pod that is replaced is replaced too: a unit's may be left from before a crash */
	if (r >= 0 && v->pod_id_file && !v->replace &&
	    fs_exists(AT_FDCWD, v->pod_id_file))
		r = error_set(err, ERR_CONFLICT, 0, "--pod-id-file %s: it exists already",
			      v->pod_id_file);
	if (r >= 0)
		r = fill_config(v, call, &config, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	return r < 0 ? r : create(call, &e, &config, err);
}

const struct command cmd_pod_create = {
	.name = "create",
	.group = "Pods",
	.usage = "[options] [NAME]",
	.summary = "create a pod: containers that share namespaces",
	.description =
		"Containers are put into it with 'cubby create --pod NAME' and 'cubby run --pod NAME'.",
	.examples = "cubby pod create shop\n"
		    "cubby pod create --share +pid --hostname www --label team=a shop\n"
		    "cubby pod create --memory 2g --cpus 1.5 shop",
	.options = options,
	.values_size = sizeof(V),
	.defaults = defaults,
	.max_args = 1,
	.run = run,
};
