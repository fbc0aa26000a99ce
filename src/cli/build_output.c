/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/image_args.h"
#include "cli/progress.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_files.h"
#include "engine/image_send.h"
#include "image/blobs.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

void build_outputs_release(struct build_outputs *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->items[i].dest);
		free(o->items[i].name);
	}
	free(o->items);
	*o = (struct build_outputs){0};
}

static int set_type(struct build_output *o, const char *word, struct error *err)
{
	static const char *const words[] = {"local",  "tar",   "oci",
					    "docker", "image", "registry"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_eq(words[i], word)) {
			o->kind = (enum build_output_kind)i;
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, 0,
			 "invalid build output type: \"%s\": there are local, tar, oci, "
			 "docker, image, registry",
			 word);
}

static int set_flag(bool *target, const char *key, const char *value, struct error *err)
{
	if (!str_eq(value, "true") && !str_eq(value, "false"))
		return error_set(err, ERR_INVALID, 0,
				 "--output %s=%s: expected true or false", key, value);
	*target = str_eq(value, "true");
	return 0;
}

static void set_text(char **target, const char *value)
{
	free(*target);
	*target = xstrdup(value);
}

static int set_key(struct build_output *o, const char *key, const char *value,
		   struct error *err)
{
	bool flag = true;
	int r;

	if (str_eq(key, "type"))
		return set_type(o, value, err);
	if (str_eq(key, "dest") || str_eq(key, "path"))
		set_text(&o->dest, value);
	else if (str_eq(key, "name"))
		set_text(&o->name, value);
	else if (str_eq(key, "push"))
		return set_flag(&o->push, key, value, err);
	else if (str_eq(key, "tar")) {
		r = set_flag(&flag, key, value, err);
		o->is_directory = !flag;
		return r;
	} else {
		return error_set(err, ERR_INVALID, 0,
				 "--output: unrecognized key \"%s\": there are type, "
				 "dest, name, push, tar",
				 key);
	}
	return 0;
}

/* "DIR" or "-": what podman takes it for. */
static void set_short(struct build_output *o, const char *text)
{
	o->kind = str_eq(text, "-") ? BUILD_OUTPUT_TAR : BUILD_OUTPUT_LOCAL;
	o->dest = xstrdup(text);
}

static int set_pairs(struct build_output *o, const char *text, struct error *err)
{
	cleanup_strv char **pairs = str_split(text, ',');

	strv_foreach (pair, pairs) {
		char *equals = strchr(*pair, '=');
		int r;

		if (!equals)
			return error_set(err, ERR_INVALID, 0,
					 "--output %s: expected KEY=VALUE, not \"%s\"",
					 text, *pair);
		*equals = '\0';
		r = set_key(o, *pair, equals + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check(const struct build_output *o, const char *text, struct error *err)
{
	if (o->kind == BUILD_OUTPUT_LOCAL && str_eq(o->dest, "-"))
		return error_set(err, ERR_INVALID, 0,
				 "--output %s: files of a directory can't go to stdout: "
				 "type=tar",
				 text);
	if (str_empty(o->dest) && o->kind == BUILD_OUTPUT_LOCAL)
		return error_set(err, ERR_INVALID, 0,
				 "--output %s: missing required key \"dest\"", text);
	if (o->is_directory &&
	    (o->kind != BUILD_OUTPUT_OCI || str_empty(o->dest) || str_eq(o->dest, "-")))
		return error_set(err, ERR_INVALID, 0,
				 "--output %s: tar=false is for type=oci with a dest",
				 text);
	return 0;
}

int build_outputs_parse(char *const *texts, struct build_outputs *ret, struct error *err)
{
	strv_foreach (text, texts) {
		struct build_output *o;
		int r = 0;

		ret->items = xreallocarray(ret->items, ret->n + 1, sizeof(*ret->items));
		o = &ret->items[ret->n++];
		*o = (struct build_output){0};
		if (strchr(*text, '='))
			r = set_pairs(o, *text, err);
		else
			set_short(o, *text);
		if (r >= 0)
			r = check(o, *text, err);
		if (r < 0)
			return r;
		/* of these no destination is stdout, as with Docker */
		if (!o->dest &&
		    (o->kind == BUILD_OUTPUT_TAR || o->kind == BUILD_OUTPUT_OCI))
			o->dest = xstrdup("-");
		if (str_eq(o->dest, "-")) {
			if (ret->to_stdout)
				return error_set(err, ERR_INVALID, 0,
						 "--output: two of them go to stdout");
			ret->to_stdout = true;
		}
	}
	return 0;
}

static int send(const struct build_delivery *d, const char *target, bool to_stdout,
		char *const *names, const char *format, struct error *err)
{
	cleanup_progress struct progress *p =
		progress_new(PROGRESS_SEND, d->quiet || to_stdout);
	const struct image_to_send image = {.image = d->image, .names = names};
	struct image_send_options o = {
		.send = {.target = (char *)target,
			 .output_is_stdout = to_stdout,
			 .format = (char *)format,
			 .compression_level = -1},
		.images = &image,
		.n_images = 1,
		.progress = progress_callbacks(p),
	};
	int r;

	registry_values_fill(d->registry, &o.send.registry);
	r = image_send(d->engine, &o, NULL, err);
	progress_end(p, r >= 0);
	return r;
}

static int push(const struct build_delivery *d, const char *name, struct error *err)
{
	cleanup_free char *target = xasprintf("docker://%s", name);
	char *names[] = {(char *)name, NULL};

	return send(d, target, false, names, NULL, err);
}

static int push_all(const struct build_delivery *d, struct error *err)
{
	int r = 0;

	strv_foreach (name, d->names) {
		r = push(d, *name, err);
		if (r < 0)
			break;
	}
	return r;
}

/* Names that Docker's type=image,name=a,b gives: one here. */
static int deliver_image(const struct build_output *o, const struct build_delivery *d,
			 struct error *err)
{
	cleanup_free char *name = NULL;
	bool pushes = o->push || o->kind == BUILD_OUTPUT_REGISTRY;
	int r = 0;

	if (o->name) {
		r = image_canonical_name(o->name, &name, err);
		if (r >= 0)
			r = image_tag(d->engine, d->image->id, name, err);
		return r < 0 || !pushes ? r : push(d, name, err);
	}
	if (!pushes)
		return 0;
	if (!d->names || !d->names[0]) {
		error_set(err, ERR_INVALID, 0,
			  "--output type=registry: the image has no name");
		return error_hint(err, "-t REGISTRY/NAME:TAG");
	}
	return push_all(d, err);
}

static int deliver_tar(const struct build_output *o, const struct build_delivery *d,
		       struct error *err)
{
	cleanup_fd int fd = cli_open_output(str_eq(o->dest, "-") ? NULL : o->dest, err);

	return fd < 0 ? fd : image_files_tar(d->engine, d->image, fd, err);
}

static int deliver_archive(const struct build_output *o, const struct build_delivery *d,
			   struct error *err)
{
	bool docker = o->kind == BUILD_OUTPUT_DOCKER, to_stdout = str_eq(o->dest, "-");
	cleanup_free char *target = NULL;
	int r = 0;

	if (!o->dest) /* docker's: the image is loaded, as it is already */
		return 0;
	if (to_stdout)
		r = cli_refuse_terminal(STDOUT_FILENO,
					"refusing to write an archive to "
					"a terminal",
					"--output type=...,dest=FILE", err);
	if (r < 0)
		return r;
	target = xasprintf("%s:%s",
			   docker            ? "docker-archive"
			   : o->is_directory ? "oci"
					     : "oci-archive",
			   o->dest);
	return send(d, target, to_stdout, d->names, docker ? NULL : "oci", err);
}

static int deliver(const struct build_output *o, const struct build_delivery *d,
		   struct error *err)
{
	switch (o->kind) {
	case BUILD_OUTPUT_LOCAL:
		return image_files_directory(d->engine, d->image, o->dest, err);
	case BUILD_OUTPUT_TAR:
		return deliver_tar(o, d, err);
	case BUILD_OUTPUT_OCI:
	case BUILD_OUTPUT_DOCKER:
		return deliver_archive(o, d, err);
	case BUILD_OUTPUT_IMAGE:
	case BUILD_OUTPUT_REGISTRY:
		break;
	}
	return deliver_image(o, d, err);
}

int build_outputs_deliver(const struct build_outputs *o, const struct build_delivery *d,
			  struct error *err)
{
	for (size_t i = 0; i < o->n; i++) {
		int r = deliver(&o->items[i], d, err);

		if (r < 0)
			return r;
	}
	return d->push ? push_all(d, err) : 0;
}

int build_write_metadata(const struct build_delivery *d, const char *path,
			 struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *descriptor = json_object_new_object();
	cleanup_free char *config = xasprintf("sha256:%s", d->image->id), *text = NULL,
			  *names = strv_join(d->names, ",");
	cleanup_fd int blobs_fd = image_blobs_open(d->engine, err);
	int64_t size = blobs_fd < 0 ? 0 : blob_size(blobs_fd, d->image->manifest);

	json_add_str(o, "containerimage.config.digest", config);
	json_add_str(descriptor, "mediaType", d->image->manifest_type);
	json_add_str(descriptor, "digest", d->image->manifest);
	json_add_i64(descriptor, "size", size);
	json_add(o, "containerimage.descriptor", descriptor);
	json_add_str(o, "containerimage.digest", d->image->manifest);
	if (d->names && d->names[0])
		json_add_str(o, "image.name", names);
	if (blobs_fd < 0)
		return blobs_fd;
	text = json_text(o, true);
	return fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, 0, err);
}
