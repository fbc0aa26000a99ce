/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create_plan.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/create_image.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/names.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

void create_plan_release(struct create_plan *p)
{
	fd_cleanup_(&p->root_fd);
	for (size_t i = 0; i < p->n_rlimits; i++)
		free(p->rlimits[i].type);
	free(p->rlimits);
	cgroup_place_release(&p->cgroup_place);
	if (p->resources)
		spec_resources_free(p->resources);
	free(p->id);
	free(p->name);
	free(p->rootfs);
	free(p->init_program);
	free(p->cwd);
	free(p->hostname);
	free(p->run_dir);
	free(p->data_dir);
	free(p->upper);
	free(p->work);
	free(p->subuid);
	free(p->subgid);
	log_settings_release(&p->log);
	health_config_release(&p->health);
	strv_free(p->entrypoint);
	strv_free(p->args);
	strv_free(p->env);
	strv_free(p->sysctls);
	strv_free(p->labels);
	strv_free(p->annotations);
	user_identity_release(&p->user);
	etc_words_release(&p->etc_words);
	idmap_release(&p->uids);
	idmap_release(&p->gids);
	user_ids_release(&p->whole);
	settings_release(&p->settings);
	userns_plan_release(&p->userns);
	sharing_plan_release(&p->sharing);
	network_config_release(&p->net);
	security_plan_release(&p->security);
	if (p->seccomp)
		spec_seccomp_free(p->seccomp);
	volumes_release(&p->volumes);
	volumes_release(&p->tmpfs);
	secret_uses_release(&p->secrets);
	device_nodes_release(&p->devices);
	*p = CREATE_PLAN_INIT;
}

static int plan_name(struct create_plan *p, struct error *err)
{
	p->name_chosen = p->options->name != NULL;
	p->name = p->name_chosen ? xstrdup(p->options->name) : name_random(0);
	return name_check(p->name, err);
}

/* Later steps use what earlier ones have found: the id names the host, the root has the users. */
static int build(const struct engine *e, struct create_plan *p, struct error *err)
{
	static create_step *const steps[] = {
		create_plan_rootfs,   create_plan_command,  create_plan_systemd,
		create_plan_sharing,  create_plan_hostname, create_plan_userns,
		create_plan_network,  create_plan_publish,  create_plan_user,
		create_plan_ids,      create_plan_map,      create_plan_root_owner,
		create_plan_security, create_plan_limits,   create_plan_labels,
		create_plan_life,     create_plan_log,      create_plan_health,
		create_plan_mounts,   create_plan_secrets,  create_plan_env,
		create_plan_nested,   create_plan_cwd,      create_plan_devices,
		create_plan_etc,      create_plan_cgroup,   create_plan_inside,
	};
	int r = name_random_id(&p->id, err);

	if (r >= 0)
		r = plan_name(p, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(steps); i++)
		r = steps[i](e, p, err);
	return r;
}

int create_plan_build(const struct engine *e, const struct create_options *options,
		      struct create_plan *ret, struct error *err)
{
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	int r;

	if (e->unshared)
		return engine_refuse_unshared("make a container", err);
	p.options = options;
	p.rootless = e->rootless;
	r = build(e, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	p = CREATE_PLAN_INIT;
	return 0;
}

static const char *seccomp_word(const struct security_plan *s)
{
	switch (s->seccomp) {
	case SECCOMP_CHOICE_DEFAULT:
		return "default";
	case SECCOMP_CHOICE_NONE:
		return "unconfined";
	case SECCOMP_CHOICE_FILE:
		break;
	}
	return s->seccomp_file;
}

static const char *image_user(const struct create_plan *p)
{
	return p->image ? create_image_user(p->image) : NULL;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void create_plan_config(const struct create_plan *p, struct container_config *ret)
{
	const struct create_options *o = p->options;

	*ret = (struct container_config){
		.rootfs = p->image || o->namespaces.is_infra ? NULL : xstrdup(p->rootfs),
		.entrypoint = strv_copy(p->entrypoint),
		.command = o->namespaces.is_infra ? NULL : strv_copy(p->args),
		.create_command = strv_copy(o->create_command),
		.create_dir = getcwd(NULL, 0),
		.attach = strv_copy(o->attach),
		.add_hosts = strv_copy(o->add_hosts),
		.group_add = strv_copy(o->group_add),
		.devices = strv_copy(o->devices),
		.dns = strv_copy(o->inside.dns),
		.dns_options = strv_copy(o->inside.dns_options),
		.dns_search = strv_copy(o->inside.dns_searches),
		.timeout_sec = o->timeout_sec,
		.labels = strv_copy(p->labels),
		.cap_add = capability_names(p->security.added),
		.cap_drop = strv_copy(o->cap_drop),
		.user = copy(o->user ? o->user : image_user(p)),
		.image = p->image ? xstrdup(p->image->name) : NULL,
		.userns = copy(p->userns.words),
		.network = sharing_words(&p->sharing, NS_NETWORK),
		.pid = sharing_words(&p->sharing, NS_PID),
		.ipc = sharing_words(&p->sharing, NS_IPC),
		.uts = sharing_words(&p->sharing, NS_UTS),
		.cgroupns = sharing_words(&p->sharing, NS_CGROUP),
		.cgroup_mode = o->cgroup.mode,
		.cgroup_parent = copy(o->cgroup.parent),
		.dependencies = strv_copy(p->sharing.dependencies),
		.detach_keys = copy(o->detach_keys),
		.seccomp = xstrdup(seccomp_word(&p->security)),
		.cidfile = o->cidfile ? fs_absolute(o->cidfile) : NULL,
		.pidfile = o->pidfile ? fs_absolute(o->pidfile) : NULL,
		.pod_name = copy(o->namespaces.pod_name),
		.is_infra = o->namespaces.is_infra,
		.interactive = o->interactive,
		.terminal = o->terminal,
		.privileged = o->privileged,
		.nested = o->nested,
		.systemd = p->is_systemd,
		.init = o->init,
		.read_only = o->read_only,
		.remove_image = o->inside.remove_image,
		.single_id = p->image && p->image->single_id,
		.restart = restart_policy_text(&o->restart),
		.stop_signal = p->stop_signal,
		.stop_timeout_sec = o->stop_timeout_sec,
	};
	log_settings_keep(&p->log, ret);
	health_config_copy(&p->health, &ret->health);
	ret->sdnotify = o->sdnotify;
	network_config_copy(&p->net, &ret->net);
	create_mounts_config(p, ret);
	ret->secrets = create_secrets_lines(p);
}

char *create_plan_warning(const struct create_plan *p)
{
	cleanup_strv char **sources = NULL;
	cleanup_free char *list = NULL;

	if (p->ports_discarded)
		return xstrdup("Port mappings have been discarded as one of the Host, "
			       "Container, Pod, and None network modes are in use");
	if (p->rootless || p->uids.n_lines || p->user.uid != 0)
		return create_plan_owner_hint(p);
	for (size_t i = 0; i < p->volumes.n; i++)
		if (p->volumes.items[i].kind == VOLUME_BIND &&
		    p->volumes.items[i].writable && !p->volumes.items[i].overlay)
			strv_add(&sources, p->volumes.items[i].source);
	if (!sources)
		return NULL;
	list = strv_join(sources, ", ");
	return xasprintf("root in the container can change %s as the host's root; "
			 "add --uidmap 0:2000:1000 or -u UID:GID to prevent it",
			 list);
}
