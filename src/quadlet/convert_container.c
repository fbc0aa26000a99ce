/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "quadlet/conversion.h"
#include "quadlet/keys.h"
#include "quadlet/words.h"
#include "util/mem.h"
#include "util/str.h"

/* -- [Service] */

/* systemd has to see that the container has started, or that it has ended; other types see neither. */
static int check_service(struct conversion *c, bool *ret_oneshot, struct error *err)
{
	const struct unit_section *s = unit_file_find(&c->unit->file, "Service");
	const struct unit_entry *type = unit_last(s, "Type"),
				*kill = unit_last(s, "KillMode");

	*ret_oneshot = type && str_eq(type->value, "oneshot");
	if (type && !*ret_oneshot && !str_eq(type->value, "notify"))
		return unit_error(
			err, type,
			"is \"%s\", which does not do for a container: notify, or oneshot",
			type->value);
	if (kill && !str_eq(kill->value, "mixed") &&
	    !str_eq(kill->value, "control-group"))
		return unit_error(
			err, kill,
			"is \"%s\", which does not do for a container: mixed, or control-group",
			kill->value);
	return 0;
}

static int add_reload(struct conversion *c, struct error *err)
{
	const struct unit_entry *command = unit_last(c->section, "ReloadCmd"),
				*signal = unit_last(c->section, "ReloadSignal");
	cleanup_strv char **args = NULL;

	if (!command && !signal)
		return 0;
	if (command && signal)
		return unit_error(err, signal, "cannot be had together with ReloadCmd=");
	if (signal) {
		strv_add(&args, "--cidfile=%t/%N.cid");
		strv_addf(&args, "--signal=%s", signal->value);
	} else {
		strv_add(&args, c->unit->resource);
		int r = words_split(command, &args, err);
		if (r < 0)
			return r;
	}
	cleanup_free char *line = conversion_line(c, signal ? "kill" : "exec", args);
	unit_add(&c->unit->file, "Service", "ExecReload", line);
	return 0;
}

static void add_service_lines(struct conversion *c, bool oneshot)
{
	static const char *const remove[] = {"--cidfile=%t/%N.cid", NULL};
	struct unit_file *f = &c->unit->file;
	cleanup_free char *rm = conversion_line(c, "rm -v -f -i", (char *const *)remove),
			  *again = xasprintf("-%s", rm),
			  *run = conversion_line(c, "run", c->args);

	unit_add(f, "Service", "Environment", "PODMAN_SYSTEMD_UNIT=%n");
	conversion_default(c, "Service", "KillMode", "mixed");
	unit_add(f, "Service", "ExecStop", rm);
	unit_add(f, "Service", "ExecStopPost", again);
	unit_add(f, "Service", "Delegate", "yes");
	conversion_default(c, "Service", "SyslogIdentifier", "%N");
	if (!oneshot) {
		conversion_default(c, "Service", "Type", "notify");
		/* the monitor says that it is ready */
		unit_set(f, "Service", "NotifyAccess", "all");
	}
	unit_add(f, "Service", "ExecStart", run);
}

/* -- arguments that the table of keys does not make */

static int add_notify(struct conversion *c, struct error *err)
{
	const struct unit_entry *e = unit_last(c->section, "Notify");
	bool on = false;

	if (e && str_eq(e->value, "healthy")) {
		strv_add(&c->args, "--sdnotify=healthy");
	} else {
		if (e && !words_is_flag(e->value, &on))
			return unit_error(err, e,
					  "is \"%s\", neither yes, no nor healthy",
					  e->value);
		strv_add(&c->args, on ? "--sdnotify=container" : "--sdnotify=conmon");
	}
	strv_add(&c->args, "-d");
	return 0;
}

static int add_devices(struct conversion *c, struct error *err)
{
	cleanup_strv char **words = NULL;
	int r = conversion_words(c, "AddDevice", &words, err);

	strv_foreach (w, words) {
		bool optional = **w == '-';
		cleanup_free char *path =
			xstrndup(*w + optional, strcspn(*w, ":") - optional);

		if (optional && !c->set->host->exists(path))
			continue;
		strv_add(&c->args, "--device");
		strv_add(&c->args, *w + optional);
	}
	return r;
}

static int add_environment_files(struct conversion *c, struct error *err)
{
	for (const struct unit_entry *e = unit_first_of(c->section, "EnvironmentFile"); e;
	     e = unit_next_of(c->section, e)) {
		cleanup_strv char **words = NULL;
		int r = words_split(e, &words, err);

		if (r < 0)
			return r;
		strv_foreach (w, words) {
			if (**w == '-')
				return unit_error(
					err, e,
					"names a file with - before it, but it has to be there");
			strv_add(&c->args, "--env-file");
			strv_add_take(&c->args, conversion_path(c, *w));
		}
	}
	return 0;
}

static int add_user(struct conversion *c, struct error *err)
{
	const struct unit_entry *user = unit_last(c->section, "User"),
				*group = unit_last(c->section, "Group");

	if (group && !user)
		return unit_error(err, group, "needs User= beside it");
	if (!user)
		return 0;
	strv_add(&c->args, "--user");
	strv_addf(&c->args, "%s%s%s", user->value, group ? ":" : "",
		  group ? group->value : "");
	return 0;
}

/* Both sides know each other: the pod starts its containers, and they go with it. */
static int add_pod(struct conversion *c, struct error *err)
{
	const struct unit_entry *e = unit_last(c->section, "Pod"),
				*start = unit_last(c->section, "StartWithPod");
	cleanup_names_found struct names_found pod = {0};
	bool with_pod = true;

	if (!e)
		return 0;
	if (!str_ends(e->value, ".pod"))
		return unit_error(err, e, "is \"%s\", no NAME.pod", e->value);
	int r = start ? words_flag(start, &with_pod, err) : 0;
	if (r == 0)
		r = names_find(c->set, e, e->value, &pod, err);
	if (r < 0)
		return r;
	strv_addf(&c->args, "--pod-id-file=%%t/%s.pod-id", pod.service);
	cleanup_free char *service = xasprintf("%s.service", pod.service);
	unit_add(&c->unit->file, "Unit", "BindsTo", service);
	unit_add(&c->unit->file, "Unit", "After", service);
	if (with_pod)
		strv_addf(&((struct quadlet_unit *)pod.unit)->members, "%s.service",
			  c->unit->service);
	return 0;
}

/* The image or the root directory, and what runs in it. */
static int add_image(struct conversion *c, struct error *err)
{
	const struct unit_entry *image = unit_last(c->section, "Image"),
				*rootfs = unit_last(c->section, "Rootfs"),
				*exec = unit_last(c->section, "Exec");
	cleanup_free char *means = NULL;

	if (image && rootfs)
		return unit_error(err, rootfs, "cannot be had together with Image=");
	if (!image && !rootfs)
		return error_set(
			err, ERR_INVALID, 0,
			"%s: [Container] has neither Image= nor Rootfs=", c->unit->path);
	if (rootfs) {
		strv_add(&c->args, "--rootfs");
		strv_add_take(&c->args, conversion_path(c, rootfs->value));
	} else {
		cleanup_strv char **words = NULL;
		int r = words_split(image, &words, err);
		if (r < 0)
			return r;
		if (strv_len(words) != 1)
			return unit_error(err, image, "is more than one word");
		r = conversion_refer(c, image, words[0], ".image .build", &means, err);
		if (r < 0)
			return r;
		const char *name = means ? means : words[0];
		if (*name == '-')
			return unit_error(err, image, "is \"%s\", which is no image",
					  name);
		strv_add(&c->args, name);
	}
	return exec ? words_split(exec, &c->args, err) : 0;
}

int convert_container(struct conversion *c, struct error *err)
{
	static int (*const steps[])(struct conversion *, struct error *) = {
		add_devices,        add_environment_files, add_user, conversion_networks,
		conversion_volumes, conversion_mounts,     add_pod,
	};
	const struct unit_entry *cgroups = unit_last(c->section, "CgroupsMode");
	bool oneshot;
	int r = check_service(c, &oneshot, err);

	strv_addf(&c->args, "--name=%s",
		  unit_last(c->section, "ContainerName")  ? c->unit->resource
		  : strchr(c->unit->service, '@') != NULL ? "systemd-%p_%i"
							  : "systemd-%N");
	strv_add(&c->args, "--cidfile=%t/%N.cid");
	strv_add(&c->args, "--replace");
	strv_add(&c->args, "--rm");
	strv_addf(&c->args, "--cgroups=%s", cgroups ? cgroups->value : "split");
	/* `journalctl -u` is where people look for a service's output */
	if (!unit_last(c->section, "LogDriver") && !unit_last(c->section, "LogOpt"))
		strv_add(&c->args, "--log-driver=journald");
	if (r == 0 && !oneshot)
		r = add_notify(c, err);
	if (r == 0)
		r = keys_apply(c->section, c->unit->kind, &c->args, err);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && r == 0; i++)
		r = steps[i](c, err);
	if (r == 0)
		r = conversion_words(c, "PodmanArgs", &c->args, err);
	if (r == 0)
		r = add_image(c, err);
	if (r == 0)
		r = add_reload(c, err);
	if (r == 0)
		add_service_lines(c, oneshot);
	return r;
}
