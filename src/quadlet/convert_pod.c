/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod: made before it starts, removed after it ended. Its containers are services of their own, bound to it.
 *
 * The service is "active" as long as nobody stops it: the process that holds the pod's namespaces has a cgroup of its own, so that
 * the pod's limits hold, and systemd takes no process from there for a service's main one.
 */
#include "quadlet/conversion.h"
#include "quadlet/keys.h"
#include "util/mem.h"
#include "util/str.h"

static int make_arguments(struct conversion *c, struct error *err)
{
	const struct unit_entry *policy = unit_last(c->section, "ExitPolicy");

	strv_add(&c->args, "--pod-id-file=%t/%N.pod-id");
	strv_addf(&c->args, "--exit-policy=%s", policy ? policy->value : "stop");
	strv_add(&c->args, "--replace");
	strv_addf(&c->args, "--infra-name=%s-infra", c->unit->resource);
	strv_addf(&c->args, "--name=%s", c->unit->resource);
	int r = keys_apply(c->section, c->unit->kind, &c->args, err);
	if (r == 0)
		r = conversion_networks(c, err);
	if (r == 0)
		r = conversion_volumes(c, err);
	if (r == 0)
		r = conversion_words(c, "PodmanArgs", &c->args, err);
	return r;
}

static void add_command(struct conversion *c, const char *key, const char *command)
{
	cleanup_free char *line = conversion_line(c, command, NULL);

	unit_add(&c->unit->file, "Service", key, line);
}

int convert_pod(struct conversion *c, struct error *err)
{
	struct unit_file *f = &c->unit->file;
	const struct unit_entry *type = unit_last(unit_file_find(f, "Service"), "Type");

	if (type && !str_eq(type->value, "oneshot"))
		return unit_error(err, type,
				  "is \"%s\", which does not do for a pod: leave it out",
				  type->value);
	int r = make_arguments(c, err);
	if (r < 0)
		return r;
	strv_foreach (m, c->unit->members) {
		unit_add(f, "Unit", "Wants", *m);
		unit_add(f, "Unit", "Before", *m);
	}
	cleanup_free char *create = conversion_line(c, "pod create", c->args);
	unit_add(f, "Service", "ExecStartPre", create);
	add_command(c, "ExecStart", "pod start --pod-id-file=%t/%N.pod-id");
	add_command(c, "ExecStop",
		    "pod stop --pod-id-file=%t/%N.pod-id --ignore --time=10");
	add_command(c, "ExecStopPost",
		    "pod rm --pod-id-file=%t/%N.pod-id --ignore --force");
	unit_add(f, "Service", "Environment", "PODMAN_SYSTEMD_UNIT=%n");
	conversion_default(c, "Service", "SyslogIdentifier", "%N");
	conversion_default(c, "Service", "Type", "oneshot");
	conversion_default(c, "Service", "RemainAfterExit", "yes");
	unit_set(f, "Service", "Restart", "on-failure"); /* others it may not have */
	return 0;
}
