/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): what of the host goes into the container, and what is kept from it. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/volume_owners.h"
#include "runtime/seccomp.h"
#include "spec/image.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define PROFILE_MAX         (4 << 20)
#define IMAGE_SECCOMP_LABEL "io.containers.seccomp.profile"

/* --seccomp-policy image: the profile is a label of the image's, unless --security-opt names another. */
static int plan_image_seccomp(struct create_plan *p, struct error *err)
{
	const struct image_run_config *c = p->image ? &p->image->config->config : NULL;
	const char *text =
		c ? image_annotation(c->labels, c->n_labels, IMAGE_SECCOMP_LABEL) : NULL;
	int r;

	if (!text) {
		error_set(err, ERR_INVALID, 0,
			  "--seccomp-policy image: no seccomp policy defined by image");
		return error_hint(err, "It would be the label " IMAGE_SECCOMP_LABEL);
	}
	r = seccomp_profile_parse(text, strlen(text), p->security.bounding, &p->seccomp,
				  err);
	if (r < 0)
		return error_wrap(err, "the image's label " IMAGE_SECCOMP_LABEL);
	p->security.seccomp = SECCOMP_CHOICE_FILE;
	p->security.seccomp_file = xstrdup("image");
	return 0;
}

static int plan_seccomp(struct create_plan *p, struct error *err)
{
	const char *file = p->security.seccomp_file;
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (p->security.seccomp == SECCOMP_CHOICE_DEFAULT &&
	    p->options->inside.seccomp_policy == SECCOMP_POLICY_IMAGE)
		return plan_image_seccomp(p, err);
	if (p->security.seccomp != SECCOMP_CHOICE_FILE)
		return 0;
	r = fs_read(AT_FDCWD, file, PROFILE_MAX, &text, &len, err);
	if (r < 0)
		return error_wrap(err, "--security-opt seccomp");
	r = seccomp_profile_parse(text, len, p->security.bounding, &p->seccomp, err);
	return r < 0 ? error_wrap(err, "--security-opt seccomp=%s", file) : 0;
}

int create_plan_security(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const struct security_request request = {
		.privileged = o->privileged,
		.security_opt = o->security_opt,
		.cap_add = o->cap_add,
		.cap_drop = o->cap_drop,
	};
	int r;

	r = security_plan_build(&request, &p->security, err);
	return r < 0 ? r : plan_seccomp(p, err);
}

static int check_source(struct volume *v, struct error *err)
{
	char *absolute = fs_absolute(v->source);
	struct stat st;

	if (!absolute)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	free(v->source);
	v->source = absolute;
	if (stat(absolute, &st) == 0)
		return 0;
	error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
		  "mount %s on %s: the host's %s", absolute, v->destination, absolute);
	if (err->code == ENOENT)
		return error_hint(err, "Make it first: mkdir -p %s", absolute);
	return -err->code;
}

/*
 * VOLUME of an image: a directory of the container's own that starts with what the image has there,
 * unless the user mounts something at that place.
 */
static void add_image_volumes(struct create_plan *p)
{
	if (!p->image)
		return;
	strv_foreach (path, p->image->config->config.volumes) {
		cleanup_free char *destination = path_clean(*path);

		if (!str_eq(destination, "/") &&
		    !volumes_find(&p->volumes, destination) &&
		    !volumes_find(&p->tmpfs, destination))
			volumes_add_anonymous(&p->volumes, p->data_dir, destination);
	}
}

static bool has_idmap(const struct volume *v)
{
	strv_foreach (word, v->options)
		if (str_starts(*word, "idmap"))
			return true;
	return false;
}

static int check_idmap(const struct create_plan *p, const struct volume *v,
		       struct error *err)
{
	if (!has_idmap(v))
		return 0;
	if (p->rootless) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"volume %s: idmap: the kernel lets only root of the host show its file systems with other owners",
			v->source);
		return error_hint(
			err,
			"Be yourself inside with --userns=keep-id, or give the files to the container's user: -v %s:%s:U",
			v->source, v->destination);
	}
	if (p->uids.n_lines || !strv_has(v->options, "idmap"))
		return 0;
	error_set(
		err, ERR_INVALID, 0,
		"volume %s: idmap: the container's ids are the host's, so its owners are right as they are",
		v->source);
	return error_hint(
		err,
		"Give the container ids of its own with --userns=auto, or say "
		"which owners to show: idmap=uids=FIRST-HOST-COUNT;gids=FIRST-HOST-COUNT");
}

static int add_volume(const struct engine *e, struct create_plan *p, const char *text,
		      struct error *err)
{
	struct volume *v;
	int r = volume_parse(&p->volumes, text, err);

	if (r < 0)
		return r;
	v = &p->volumes.items[p->volumes.n - 1];
	r = check_source(v, err);
	if (r >= 0)
		r = check_idmap(p, v, err);
	if (r >= 0 && v->give)
		r = volume_owners_check(e, v, err);
	return r;
}

int create_plan_mounts(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r;

	strv_foreach (text, o->volumes) {
		r = add_volume(e, p, *text, err);
		if (r < 0)
			return r;
	}
	strv_foreach (text, o->tmpfs) {
		r = tmpfs_parse(&p->tmpfs, *text, err);
		if (r < 0)
			return r;
		if (volumes_find(&p->volumes, p->tmpfs.items[p->tmpfs.n - 1].destination))
			return error_set(err, ERR_INVALID, 0,
					 "%s: duplicate mount destination",
					 p->tmpfs.items[p->tmpfs.n - 1].destination);
	}
	add_image_volumes(p);
	return 0;
}

int create_plan_devices(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r;

	strv_foreach (text, p->options->devices) {
		r = device_parse(&p->devices, *text, err);
		if (r < 0)
			return r;
	}
	if (!p->options->privileged || e->rootless)
		return 0;
	return device_add_host(&p->devices, err);
}

int create_plan_etc(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	struct etc_request request = {
		.root_fd = p->root_fd,
		.may_create = p->uids.n_lines == 0 || p->root_idmap ||
			      idmap_to_outside(&p->uids, 0) == geteuid(),
		.no_hosts = o->no_hosts,
		.no_hostname = o->no_hostname,
		.network_host = p->network_host || p->sharing.resolv_conf,
		.subuid = p->subuid != NULL,
		.subgid = p->subgid != NULL,
		.volumes = &p->volumes,
		.tmpfs = &p->tmpfs,
	};
	int r;

	strv_foreach (text, o->add_hosts) {
		r = etc_check_add_host(*text, err);
		if (r < 0)
			return r;
	}
	etc_plan_build(&request, &p->etc);
	p->run_dir = container_dir_path(e, p->id, NULL);
	return 0;
}
