/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_member.h"

#include <fcntl.h>
#include <string.h>

#include "engine/pod.h"
#include "engine/pod_cgroup.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_FILE_MAX 4096

void pod_member_release(struct pod_member *m)
{
	free(m->pod_id);
	free(m->pod_name);
	free(m->infra_words);
	strv_free(m->networks);
	strv_free(m->volumes);
	strv_free(m->volumes_from);
	strv_free(m->devices);
	strv_free(m->security_opt);
	pod_cgroup_config_release(&m->cgroup);
}

bool pod_member_wanted(const struct create_options *o)
{
	return (o->namespaces.pod || o->namespaces.pod_id_file) &&
	       !o->namespaces.is_infra;
}

static int find(const struct engine *e, const struct create_options *o, struct pod *ret,
		struct error *err)
{
	cleanup_free char *text = NULL;
	int r;

	if (o->namespaces.pod)
		return pod_find(e, o->namespaces.pod, ret, err);
	r = fs_read(AT_FDCWD, o->namespaces.pod_id_file, ID_FILE_MAX, &text, NULL, err);
	if (r < 0)
		return error_wrap(err, "--pod-id-file");
	text[strcspn(text, "\n")] = '\0';
	return pod_find(e, text, ret, err);
}

static char **join(char *const *first, char *const *second)
{
	char **all = strv_copy(first);

	strv_foreach (word, second)
		strv_add(&all, *word);
	return all;
}

static bool shares(const struct pod *p, const char *kind)
{
	return p->record.infra && strv_has(p->config.share, kind);
}

static int check_names(const struct pod *p, const struct create_options *o,
		       struct error *err)
{
	if (o->hostname && shares(p, "uts") && !o->namespaces.uts)
		return error_set(
			err, ERR_INVALID, 0,
			"cannot set hostname when joining the pod UTS namespace: invalid configuration");
	if ((o->net.publish || o->net.expose || o->net.publish_all) && shares(p, "net") &&
	    !o->net.networks)
		return error_set(
			err, ERR_INVALID, 0,
			"published or exposed ports must be defined when the pod is created: network cannot be configured when it is shared with a pod");
	if (o->add_hosts && shares(p, "net") && !o->net.networks)
		return error_set(
			err, ERR_INVALID, 0,
			"extra host entries must be specified on the pod: network cannot be configured when it is shared with a pod");
	return 0;
}

static void share(const struct pod *p, const char *kind, const char *other,
		  const char **option)
{
	if (!*option && shares(p, kind))
		*option = other;
}

static int take_restart(const struct pod *p, struct create_options *o, struct error *err)
{
	if (!p->config.restart || o->restart.when != RESTART_NO || o->auto_remove)
		return 0;
	return restart_policy_parse(p->config.restart, &o->restart, err);
}

int pod_member_build(const struct engine *e, const struct create_options *options,
		     struct pod_member *ret, struct error *err)
{
	struct create_options *o = &ret->options;
	cleanup_pod struct pod p = {0};
	int r = find(e, options, &p, err);

	if (r >= 0)
		r = check_names(&p, options, err);
	if (r < 0)
		return r;
	*o = *options;
	ret->pod_id = xstrdup(p.record.id);
	ret->pod_name = xstrdup(p.record.name);
	ret->infra_words =
		xasprintf("container:%s", p.record.infra ? p.record.infra : "");
	ret->volumes = join(p.config.volumes, options->volumes);
	ret->volumes_from = join(p.config.volumes_from, options->mount.volumes_from);
	ret->devices = join(p.config.devices, options->devices);
	ret->security_opt = join(p.config.security_opt, options->security_opt);
	o->namespaces.pod_id = ret->pod_id;
	o->namespaces.pod_name = ret->pod_name;
	o->volumes = ret->volumes;
	o->mount.volumes_from = ret->volumes_from;
	o->devices = ret->devices;
	o->security_opt = ret->security_opt;
	share(&p, "pid", ret->infra_words, &o->namespaces.pid);
	share(&p, "ipc", ret->infra_words, &o->namespaces.ipc);
	share(&p, "uts", ret->infra_words, &o->namespaces.uts);
	share(&p, "cgroup", ret->infra_words, &o->cgroup.ns);
	if (!o->net.networks && shares(&p, "net")) {
		strv_add(&ret->networks, ret->infra_words);
		o->net.networks = ret->networks;
	}
	if (!p.config.no_share_parent) {
		ret->cgroup = p.config.cgroup;
		p.config.cgroup = (struct pod_cgroup_config){0};
		pod_cgroup_join(&ret->cgroup, o);
	}
	return take_restart(&p, o, err);
}
