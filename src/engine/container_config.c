/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_config.h"

#include <stddef.h>
#include <string.h>

#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define MEMBER(json_key, json_type, name) \
	JSON_MEMBER(struct container_config, json_key, json_type, name)

static const struct json_member members[] = {
	MEMBER("rootfs", STR, rootfs),
	MEMBER("image", STR, image),
	MEMBER("entrypoint", STRV, entrypoint),
	MEMBER("command", STRV, command),
	MEMBER("createCommand", STRV, create_command),
	MEMBER("createDir", STR, create_dir),
	MEMBER("attach", STRV, attach),
	MEMBER("addHosts", STRV, add_hosts),
	MEMBER("groupAdd", STRV, group_add),
	MEMBER("devices", STRV, devices),
	MEMBER("dns", STRV, dns),
	MEMBER("dnsOptions", STRV, dns_options),
	MEMBER("dnsSearch", STRV, dns_search),
	MEMBER("timeout", I64, timeout_sec),
	MEMBER("labels", STRV, labels),
	MEMBER("binds", STRV, binds),
	MEMBER("mounts", STRV, mounts),
	MEMBER("secrets", STRV, secrets),
	MEMBER("capAdd", STRV, cap_add),
	MEMBER("capDrop", STRV, cap_drop),
	MEMBER("user", STR, user),
	MEMBER("network", STR, network),
	MEMBER("userns", STR, userns),
	MEMBER("pid", STR, pid),
	MEMBER("ipc", STR, ipc),
	MEMBER("uts", STR, uts),
	MEMBER("cgroupns", STR, cgroupns),
	MEMBER("cgroups", I64, cgroup_mode),
	MEMBER("cgroupParent", STR, cgroup_parent),
	MEMBER("dependencies", STRV, dependencies),
	MEMBER("detachKeys", STR, detach_keys),
	MEMBER("seccomp", STR, seccomp),
	MEMBER("logDriver", STR, log_driver),
	MEMBER("logPath", STR, log_path),
	MEMBER("logTag", STR, log_tag),
	MEMBER("logLabels", STRV, log_labels),
	MEMBER("logMaxSize", I64, log_max_size),
	MEMBER("logMaxFiles", I64, log_max_files),
	MEMBER("healthTest", STRV, health.test),
	MEMBER("healthInterval", I64, health.interval),
	MEMBER("healthTimeout", I64, health.timeout),
	MEMBER("healthStartPeriod", I64, health.start_period),
	MEMBER("healthStartInterval", I64, health.start_interval),
	MEMBER("healthRetries", I64, health.retries),
	MEMBER("healthStartupTest", STRV, health.startup_test),
	MEMBER("healthStartupInterval", I64, health.startup_interval),
	MEMBER("healthStartupTimeout", I64, health.startup_timeout),
	MEMBER("healthStartupRetries", I64, health.startup_retries),
	MEMBER("healthStartupSuccess", I64, health.startup_success),
	MEMBER("healthOnFailure", I64, health.on_failure),
	MEMBER("healthLogDestination", STR, health.log_destination),
	MEMBER("healthMaxLogCount", I64, health.max_log_count),
	MEMBER("healthMaxLogSize", I64, health.max_log_size),
	MEMBER("sdNotify", I64, sdnotify),
	MEMBER("cidFile", STR, cidfile),
	MEMBER("pidFile", STR, pidfile),
	MEMBER("podName", STR, pod_name),
	MEMBER("infra", BOOL, is_infra),
	MEMBER("interactive", BOOL, interactive),
	MEMBER("terminal", BOOL, terminal),
	MEMBER("systemd", BOOL, systemd),
	MEMBER("privileged", BOOL, privileged),
	MEMBER("nested", BOOL, nested),
	MEMBER("init", BOOL, init),
	MEMBER("readOnly", BOOL, read_only),
	MEMBER("singleId", BOOL, single_id),
	MEMBER("removeImage", BOOL, remove_image),
	MEMBER("restart", STR, restart),
	MEMBER("stopSignal", I64, stop_signal),
	MEMBER("stopTimeout", I64, stop_timeout_sec),
	{NULL},
};

void container_config_release(struct container_config *c)
{
	json_members_release(members, c);
	network_config_release(&c->net);
	*c = (struct container_config){0};
}

char *container_config_text(const struct container_config *c)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_members_add(o, members, c);
	if (!network_config_is_empty(&c->net))
		json_add(o, "net", network_config_json(&c->net));
	return json_text(o, false);
}

int container_config_parse(const char *text, struct container_config *ret,
			   struct error *err)
{
	cleanup_container_config struct container_config c = {0};
	cleanup_json struct json_object *o = NULL;
	struct json_object *net;
	int r;

	r = json_parse(text, strlen(text), "container record", &o, err);
	if (r < 0)
		return r;
	net = json_get(o, "net");
	r = json_members_read(o, members, &c, err);
	if (r >= 0 && net)
		r = network_config_read(net, &c.net, err);
	if (r < 0)
		return error_wrap(err, "container record");
	*ret = c;
	c = (struct container_config){0};
	return 0;
}

const char *container_config_source(const struct container_config *c)
{
	return c->image ? c->image : c->rootfs ? c->rootfs : "";
}

const char *container_config_label(const struct container_config *c, const char *key)
{
	size_t len = strlen(key);

	strv_foreach (label, c->labels)
		if (strncmp(*label, key, len) == 0 && (*label)[len] == '=')
			return *label + len + 1;
	return NULL;
}

struct json_object *container_config_pairs(char *const *words)
{
	struct json_object *o = json_object_new_object();

	strv_foreach (word, words) {
		cleanup_free char *key = xstrndup(*word, strcspn(*word, "="));

		json_add_str(o, key, *word + strlen(key) + 1);
	}
	return o;
}
