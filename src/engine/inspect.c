/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/inspect.h"

#include "engine/ports_view.h"
#include "engine/restart_policy.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/health.h"
#include "engine/inspect_gaps.h"
#include "engine/inspect_limits.h"
#include "engine/inspect_mounts.h"
#include "engine/inspect_network.h"
#include "engine/log_target.h"
#include "engine/oom.h"
#include "engine/sdnotify.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/time.h"

#define NO_TIME "0001-01-01T00:00:00Z" /* Go's zero, which clients compare with */

struct subject {
	const struct engine *engine;
	const struct container *c;
	const struct spec *spec;
};

static void add_time(struct json_object *o, const char *key, int64_t usec)
{
	char text[TIME_TEXT_MAX];

	json_add_str(o, key, usec ? time_rfc3339(usec, text) : NO_TIME);
}

/* Of one that runs: whether that happened to any of its processes so far, as with Docker. */
static bool is_oom_killed(const struct subject *s)
{
	struct cgroup_oom oom;

	if (!status_is_up(s->c->status))
		return s->c->record.oom_killed;
	return container_oom_look(s->engine, s->c->record.id, &oom) && oom.kills;
}

/* MemoryPeak is ours: what --memory would have had to be, at the least. */
static void add_cgroup(const struct subject *s, struct json_object *o)
{
	cleanup_free char *path =
		status_is_up(s->c->status)
			? container_cgroup_path(s->engine, s->c->record.id)
			: NULL;

	json_add_str(o, "CgroupPath", path ? path : "");
	if (s->c->record.memory_peak && !status_is_up(s->c->status))
		json_add_u64(o, "MemoryPeak", s->c->record.memory_peak);
}

static struct json_object *state(const struct subject *s)
{
	const struct container *c = s->c;
	struct json_object *o = json_object_new_object();

	json_add_str(o, "OciVersion", s->spec->oci_version);
	json_add_str(o, "Status", status_word(c->status));
	json_add_bool(o, "Running", c->status == CONTAINER_RUNNING);
	json_add_bool(o, "Paused", c->status == CONTAINER_PAUSED);
	json_add_bool(o, "Restarting", false);
	json_add_bool(o, "OOMKilled", is_oom_killed(s));
	json_add_bool(o, "Dead", false);
	json_add_i64(o, "Pid", c->init.pid);
	json_add_i64(o, "ConmonPid", c->monitor.pid);
	json_add_i64(o, "ExitCode", c->record.exit_code);
	json_add_str(o, "Error", c->record.failure ? c->record.failure : "");
	add_time(o, "StartedAt", c->record.started_usec);
	add_time(o, "FinishedAt", c->record.finished_usec);
	add_cgroup(s, o);
	json_add_bool(o, "StoppedByUser", c->record.stopped);
	json_add(o, "Health", health_inspect(s->engine, c));
	return o;
}

static struct json_object *annotations(const struct spec *spec)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < spec->n_annotations; i++)
		json_add_str(o, spec->annotations[i].key, spec->annotations[i].value);
	return o;
}

/* podman leaves out what there is none of. */
static void add_health(struct json_object *o, const struct health_config *h)
{
	struct json_object *check = health_config_json(h, false),
			   *startup = health_config_json(h, true);

	if (check)
		json_add(o, "Healthcheck", check);
	if (startup)
		json_add(o, "StartupHealthCheck", startup);
	if (!health_config_has_check(h))
		return;
	json_add_str(o, "HealthcheckOnFailureAction",
		     health_action_word((enum health_action)h->on_failure));
	json_add_str(o, "HealthLogDestination", h->log_destination);
	json_add_i64(o, "HealthcheckMaxLogCount", h->max_log_count);
	json_add_i64(o, "HealthcheckMaxLogSize", h->max_log_size);
}

static struct json_object *config(const struct subject *s)
{
	const struct container_config *asked = &s->c->config;
	const struct spec_process *p = s->spec->process;
	struct json_object *o = json_object_new_object();
	char signal[SIGNAL_NAME_MAX], umask_text[8];

	snprintf(umask_text, sizeof(umask_text), "%04o", p->user.umask & 0777);
	json_add_str(o, "Hostname", s->spec->hostname);
	json_add_str(o, "Domainname", s->spec->domainname ? s->spec->domainname : "");
	json_add_str(o, "User", asked->user ? asked->user : "");
	json_add_bool(o, "AttachStdin", strv_has(asked->attach, "stdin"));
	json_add_bool(o, "AttachStdout", strv_has(asked->attach, "stdout"));
	json_add_bool(o, "AttachStderr", strv_has(asked->attach, "stderr"));
	json_add_bool(o, "Tty", asked->terminal);
	json_add_bool(o, "OpenStdin", asked->interactive);
	json_add_strv(o, "Env", p->env);
	json_add_strv(o, "Cmd", asked->command);
	json_add_str(o, "Image", container_config_source(asked));
	json_add_str(o, "WorkingDir", p->cwd);
	json_add_strv(o, "Entrypoint", asked->entrypoint);
	json_add(o, "Labels", container_config_pairs(asked->labels));
	json_add(o, "Annotations", annotations(s->spec));
	json_add_str(o, "StopSignal", signal_name((int)asked->stop_signal, signal));
	json_add_i64(o, "StopTimeout", asked->stop_timeout_sec);
	json_add(o, "Secrets", inspect_secrets(asked));
	json_add_strv(o, "CreateCommand", asked->create_command);
	json_add_str(o, "Umask", umask_text);
	json_add_str(o, "sdNotifyMode", sdnotify_words[asked->sdnotify]);
	add_health(o, &asked->health);
	return o;
}

static struct json_object *map_lines(const struct spec_id_mapping *lines, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text = xasprintf("%u:%u:%u", lines[i].container_id,
						    lines[i].host_id, lines[i].size);

		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

static struct json_object *id_mappings(const struct spec_linux *l)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "UidMap", map_lines(l->uid_mappings, l->n_uid_mappings));
	json_add(o, "GidMap", map_lines(l->gid_mappings, l->n_gid_mappings));
	return o;
}

static struct json_object *ulimits(const struct spec_process *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->n_rlimits; i++) {
		struct json_object *o = json_object_new_object();

		json_add_str(o, "Name", p->rlimits[i].type);
		json_add_u64(o, "Soft", p->rlimits[i].soft);
		json_add_u64(o, "Hard", p->rlimits[i].hard);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *security_options(const struct subject *s)
{
	struct json_object *list = json_object_new_array();
	const char *seccomp = s->c->config.seccomp;

	if (seccomp && !str_eq(seccomp, "default")) {
		cleanup_free char *text = xasprintf("seccomp=%s", seccomp);

		json_object_array_add(list, json_object_new_string(text));
	}
	if (s->spec->process->no_new_privileges)
		json_object_array_add(list, json_object_new_string("no-new-privileges"));
	return list;
}

static struct json_object *log_config(const struct subject *s)
{
	cleanup_log_settings struct log_settings log = LOG_SETTINGS_INIT;
	struct json_object *o = json_object_new_object();
	cleanup_free char *path = NULL, *size = NULL;

	log_settings_recall(&s->c->config, &log);
	path = log_path(s->engine, s->c->record.id, &log);
	size = xasprintf("%" PRId64 "B", log.max_size);
	json_add_str(o, "Type", log_driver_words[log.driver]);
	json_add_str(o, "Path", path ? path : "");
	json_add_str(o, "Tag", log.tag ? log.tag : "");
	json_add_str(o, "Size", size);
	return o;
}

/* podman's words: a namespace of its own is "private", however its map came about. */
static const char *userns_mode(const struct subject *s)
{
	const char *asked = s->c->config.userns;

	if (asked && (str_starts(asked, "container:") || str_starts(asked, "ns:")))
		return asked;
	return s->spec->linux->n_uid_mappings ? "private" : "";
}

static struct json_object *restart_policy(const struct container_config *asked)
{
	cleanup_error struct error err = ERROR_INIT;
	struct json_object *o = json_object_new_object();
	struct restart_policy policy = {0};

	if (asked->restart && restart_policy_parse(asked->restart, &policy, &err) < 0)
		error_drop(&err, "it has none that we know");
	json_add_str(o, "Name", restart_policy_word(policy.when));
	json_add_i64(o, "MaximumRetryCount", policy.max);
	return o;
}

static struct json_object *host_config(const struct subject *s)
{
	const struct container_config *asked = &s->c->config;
	struct json_object *o = json_object_new_object();

	json_add(o, "Binds", inspect_binds(asked));
	json_add(o, "Tmpfs", inspect_tmpfs(asked));
	json_add_str(o, "ContainerIDFile", asked->cidfile ? asked->cidfile : "");
	json_add(o, "LogConfig", log_config(s));
	json_add_str(o, "NetworkMode", asked->network);
	json_add_str(o, "PidMode", asked->pid ? asked->pid : "private");
	json_add_str(o, "IpcMode", asked->ipc ? asked->ipc : "shareable");
	json_add_str(o, "UTSMode", asked->uts ? asked->uts : "private");
	json_add(o, "RestartPolicy", restart_policy(asked));
	json_add_bool(o, "AutoRemove", s->c->record.auto_remove);
	json_add_strv(o, "CapAdd", asked->cap_add);
	json_add_strv(o, "CapDrop", asked->cap_drop);
	json_add_bool(o, "Privileged", asked->privileged);
	json_add_bool(o, "Nested", asked->nested);
	json_add_bool(o, "ReadonlyRootfs", asked->read_only);
	json_add_bool(o, "Init", asked->init);
	json_add(o, "SecurityOpt", security_options(s));
	json_add(o, "Ulimits", ulimits(s->spec->process));
	json_add_str(o, "UsernsMode", userns_mode(s));
	json_add(o, "IDMappings", id_mappings(s->spec->linux));
	json_add_i64(o, "OomScoreAdj", s->spec->process->oom_score_adj);
	inspect_limits(s->spec->linux->resources, o);
	inspect_cgroup(s->engine, s->c, o);
	return o;
}

static void add_identity(const struct subject *s, struct json_object *o)
{
	char *const *args = s->c->config.command;

	json_add_str(o, "Id", s->c->record.id);
	add_time(o, "Created", s->c->record.created_usec);
	json_add_str(o, "Path", args ? args[0] : "");
	json_add_strv(o, "Args", args ? args + 1 : NULL);
	json_add(o, "State", state(s));
	json_add_str(o, "Image", s->c->record.image ? s->c->record.image : "");
	json_add_str(o, "ImageName", s->c->config.image ? s->c->config.image : "");
	json_add_str(o, "Rootfs", s->c->config.rootfs ? s->c->config.rootfs : "");
	json_add_str(o, "Pod", s->c->record.pod ? s->c->record.pod : "");
	json_add_bool(o, "IsInfra", s->c->config.is_infra);
	json_add_strv(o, "Dependencies", s->c->config.dependencies);
	json_add_str(o, "Name", s->c->record.name);
	json_add_i64(o, "RestartCount", s->c->record.restarts);
}

static void add_places(const struct subject *s, struct json_object *o)
{
	cleanup_free char *static_dir =
		container_data_path(s->engine, s->c->record.id, NULL);
	cleanup_free char *config_path =
		s->c->record.auto_remove
			? container_dir_path(s->engine, s->c->record.id, CONFIG_FILE)
			: container_data_path(s->engine, s->c->record.id, CONFIG_FILE);

	json_add_str(o, "StaticDir", static_dir);
	json_add_str(o, "OCIConfigPath", config_path);
	json_add_str(o, "PidFile", s->c->config.pidfile ? s->c->config.pidfile : "");
}

int container_inspect(const struct engine *e, const struct container *c,
		      struct json_object **ret, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	struct subject s = {.engine = e, .c = c};
	const struct spec_capabilities *capabilities;
	struct json_object *o;
	int r;

	r = container_dir_spec(e, c->record.id, &spec, err);
	if (r < 0)
		return error_wrap(err, "inspect container %s", c->record.name);
	s.spec = spec;
	capabilities = spec->process->capabilities;
	o = json_object_new_object();
	add_identity(&s, o);
	add_places(&s, o);
	json_add_strv(o, "BoundingCaps", capabilities->bounding);
	json_add_strv(o, "EffectiveCaps", capabilities->effective);
	json_add_str(o, "AppArmorProfile",
		     spec->process->apparmor_profile ? spec->process->apparmor_profile
						     : "");
	json_add(o, "Mounts", inspect_mounts(&c->config));
	json_add(o, "Config", config(&s));
	json_add(o, "HostConfig", host_config(&s));
	json_add(o, "NetworkSettings", inspect_network_settings(e, c));
	inspect_fill_gaps(e, c, spec, o);
	ports_view_inspect(e, c, o);
	*ret = o;
	return 0;
}
