/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/inspect_network.h"
#include "engine/pod_cgroup.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

static void add_time(struct json_object *o, const char *key, int64_t usec)
{
	char text[TIME_TEXT_MAX];

	json_add_str(o, key, time_rfc3339(usec, text));
}

static struct json_object *members(const struct pod *p, bool is_summary)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->members.n; i++) {
		const struct container *c = &p->members.items[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "Id", c->record.id);
		json_add_str(o, is_summary ? "Names" : "Name", c->record.name);
		json_add_str(o, is_summary ? "Status" : "State", status_word(c->status));
		if (is_summary)
			json_add_i64(o, "RestartCount", c->record.restarts);
		json_object_array_add(list, o);
	}
	return list;
}

/* NULL: it has none. */
static const struct container *infra_of(const struct pod *p)
{
	for (size_t i = 0; i < p->members.n; i++)
		if (pod_is_infra(p, &p->members.items[i]))
			return &p->members.items[i];
	return NULL;
}

/* Caller frees. */
static char **networks_of(const struct pod *p)
{
	const struct container *infra = infra_of(p);

	return infra ? container_networks(&infra->config) : NULL;
}

struct json_object *pod_summary(const struct pod *p)
{
	cleanup_free char *above = pod_cgroup_above(&p->config.cgroup);
	cleanup_strv char **networks = networks_of(p);
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Cgroup", above);
	json_add(o, "Containers", members(p, true));
	add_time(o, "Created", p->record.created_usec);
	json_add_str(o, "Id", p->record.id);
	json_add_str(o, "InfraId", p->record.infra ? p->record.infra : "");
	json_add_str(o, "Name", p->record.name);
	json_add_str(o, "Namespace", "");
	json_add_strv(o, "Networks", networks);
	json_add_str(o, "Status", pod_status_word(p->status));
	json_add(o, "Labels", container_config_pairs(p->config.labels));
	return o;
}

static struct json_object *infra_config(const struct pod *p)
{
	const struct container *infra = infra_of(p);
	cleanup_strv char **networks = networks_of(p);
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "HostNetwork", str_eq(p->config.network, "host"));
	json_add_strv(o, "Networks", networks);
	if (infra && infra->config.net.n_attachments == 1) {
		const struct network_attachment *a = &infra->config.net.attachments[0];

		json_add_str(o, "StaticIP", a->ip ? a->ip : a->ip6 ? a->ip6 : "");
		json_add_str(o, "StaticMAC", a->mac ? a->mac : "");
	}
	json_add_strv(o, "DNSServer", infra ? infra->config.dns : NULL);
	json_add_strv(o, "DNSSearch", infra ? infra->config.dns_search : NULL);
	json_add_strv(o, "DNSOption", infra ? infra->config.dns_options : NULL);
	json_add_bool(o, "NoManageResolvConf", false);
	json_add_bool(o, "NoManageHosts", false);
	json_add_strv(o, "HostAdd", p->config.add_hosts);
	json_add_str(o, "userns", p->config.userns ? p->config.userns : "");
	return o;
}

static void add_number(struct json_object *o, const char *key, bool has, int64_t value)
{
	if (has)
		json_add_i64(o, key, value);
}

static void add_devices(struct json_object *o, const char *key,
			const struct spec_throttle_device *list, size_t n)
{
	struct json_object *devices = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path =
			xasprintf("%" PRId64 ":%" PRId64, list[i].major, list[i].minor);
		struct json_object *one = json_object_new_object();

		json_add_str(one, "Path", path);
		json_add_i64(one, "Rate", (int64_t)list[i].rate);
		json_object_array_add(devices, one);
	}
	if (n)
		json_add(o, key, devices);
	else
		json_object_put(devices);
}

/* Podman's names; what was not asked for is left out, as there. */
static void add_limits(struct json_object *o, const char *text)
{
	cleanup(spec_resources_freep) struct spec_resources *r = NULL;
	cleanup_error struct error err = ERROR_INIT;

	if (!text || spec_resources_parse(text, strlen(text), &r, &err) < 0) {
		error_drop(&err, "it has none that we know");
		return;
	}
	if (r->cpu) {
		add_number(o, "cpu_period", r->cpu->has_period, (int64_t)r->cpu->period);
		add_number(o, "cpu_quota", r->cpu->has_quota, r->cpu->quota);
		add_number(o, "cpu_shares", r->cpu->has_shares, (int64_t)r->cpu->shares);
		if (r->cpu->cpus)
			json_add_str(o, "cpuset_cpus", r->cpu->cpus);
		if (r->cpu->mems)
			json_add_str(o, "cpuset_mems", r->cpu->mems);
	}
	if (r->memory) {
		add_number(o, "memory_limit", r->memory->has_limit, r->memory->limit);
		add_number(o, "memory_swap", r->memory->has_swap, r->memory->swap);
	}
	if (r->block_io) {
		const struct spec_block_io *b = r->block_io;

		add_number(o, "blkio_weight", b->has_weight, b->weight);
		add_devices(o, "device_read_bps", b->read_bps, b->n_read_bps);
		add_devices(o, "device_write_bps", b->write_bps, b->n_write_bps);
	}
	if (r->pids)
		json_add_i64(o, "pids_limit", r->pids->limit);
}

struct json_object *pod_document(const struct pod *p)
{
	cleanup_free char *above = pod_cgroup_above(&p->config.cgroup);
	struct json_object *o = json_object_new_object();
	const struct pod_config *c = &p->config;

	json_add_str(o, "Id", p->record.id);
	json_add_str(o, "Name", p->record.name);
	add_time(o, "Created", p->record.created_usec);
	json_add_strv(o, "CreateCommand", c->create_command);
	json_add_str(o, "ExitPolicy", c->exit_policy);
	json_add_str(o, "State", pod_status_word(p->status));
	json_add_str(o, "Hostname", c->hostname ? c->hostname : "");
	json_add(o, "Labels", container_config_pairs(c->labels));
	json_add_bool(o, "CreateCgroup", c->cgroup.parent != NULL);
	json_add_str(o, "CgroupParent", above);
	json_add_str(o, "CgroupPath", c->cgroup.path ? c->cgroup.path : "");
	json_add_bool(o, "CreateInfra", p->record.infra != NULL);
	json_add_str(o, "InfraContainerID", p->record.infra ? p->record.infra : "");
	json_add(o, "InfraConfig", infra_config(p));
	json_add_strv(o, "SharedNamespaces", p->record.infra ? c->share : NULL);
	json_add_strv(o, "Volumes", c->volumes);
	json_add_strv(o, "VolumesFrom", c->volumes_from);
	json_add_strv(o, "Devices", c->devices);
	json_add_strv(o, "SecurityOpts", c->security_opt);
	add_limits(o, c->cgroup.limits);
	json_add_str(o, "RestartPolicy", c->restart ? c->restart : "");
	json_add_i64(o, "NumContainers", (int64_t)p->members.n);
	json_add(o, "Containers", members(p, false));
	return o;
}

static bool has_label(const struct pod *p, const char *wanted)
{
	size_t len = strlen(wanted);

	strv_foreach (label, p->config.labels)
		if (strchr(wanted, '=')
			    ? str_eq(*label, wanted)
			    : strncmp(*label, wanted, len) == 0 && (*label)[len] == '=')
			return true;
	return false;
}

static bool has_member(const struct pod *p, const char *key, const char *value)
{
	for (size_t i = 0; i < p->members.n; i++) {
		const struct container *c = &p->members.items[i];

		if ((str_eq(key, "ctr-ids") && str_starts(c->record.id, value)) ||
		    (str_eq(key, "ctr-names") && strstr(c->record.name, value)) ||
		    (str_eq(key, "ctr-status") &&
		     strcasecmp(status_word(c->status), value) == 0))
			return true;
	}
	return false;
}

static bool matches_one(const struct pod *p, const char *key, const char *value)
{
	int64_t number;

	if (str_eq(key, "id"))
		return str_starts(p->record.id, value);
	if (str_eq(key, "name"))
		return strstr(p->record.name, value) != NULL;
	if (str_eq(key, "label"))
		return has_label(p, value);
	if (str_eq(key, "status"))
		return strcasecmp(pod_status_word(p->status), value) == 0;
	if (str_eq(key, "ctr-number"))
		return str_to_i64(value, &number) >= 0 && (int64_t)p->members.n == number;
	if (str_eq(key, "until"))
		return time_parse(value, &number) >= 0 && p->record.created_usec < number;
	if (str_eq(key, "network"))
		return infra_of(p) ? container_is_at_network(&infra_of(p)->config, value)
				   : str_eq(p->config.network, value);
	return has_member(p, key, value);
}

static int check_value(const char *key, const char *value, struct error *err)
{
	int64_t number;

	if (str_eq(key, "ctr-number") && str_to_i64(value, &number) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "--filter ctr-number=%s: expected a number", value);
	if (str_eq(key, "until") && time_parse(value, &number) < 0)
		return error_set(err, ERR_INVALID, 0, "--filter until=%s: not a time",
				 value);
	if (!str_eq(key, "status"))
		return 0;
	for (enum pod_status s = 0; s < POD_STATUSES; s++)
		if (strcasecmp(pod_status_word(s), value) == 0)
			return 0;
	return error_set(err, ERR_INVALID, 0, "%s is not a valid pod status", value);
}

int pod_filter_check(char *const *filters, struct error *err)
{
	static const char *const keys[] = {
		"ctr-ids", "ctr-names", "ctr-number", "ctr-status", "id", "label",
		"name",    "network",   "status",     "until",      NULL};

	strv_foreach (filter, filters) {
		cleanup_free char *key = xstrndup(*filter, strcspn(*filter, "="));
		int r;

		if (!strchr(*filter, '='))
			return error_set(err, ERR_INVALID, 0,
					 "invalid filter \"%s\": expected KEY=VALUE",
					 *filter);
		if (!strv_has((char *const *)keys, key)) {
			error_set(err, ERR_INVALID, 0, "\"%s\" is an invalid filter",
				  key);
			return error_hint(
				err,
				"There are: ctr-ids, ctr-names, ctr-number, ctr-status, id, label, name, network, status, until");
		}
		r = check_value(key, strchr(*filter, '=') + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool pod_filter_matches(char *const *filters, const struct pod *p)
{
	strv_foreach (filter, filters) {
		size_t len = strcspn(*filter, "=");
		cleanup_free char *key = xstrndup(*filter, len);
		bool any = false, all = true;

		strv_foreach (other, filters) {
			bool same = strncmp(*other, *filter, len + 1) == 0;
			bool holds = same && matches_one(p, key, *other + len + 1);

			any = any || holds;
			all = all && (!same || holds);
		}
		if (str_eq(key, "label") ? !all : !any)
			return false;
	}
	return true;
}
