/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an image. Source: OCI image specification; see image.h. */
#include "spec/forms.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "spec/tables.h"
#include "util/mem.h"
#include "util/str.h"

#define SCHEMA_VERSION 2

static int check_schema_version(uint32_t version, const struct json_path *at,
				struct error *err)
{
	struct json_path here = {.up = at, .name = "schemaVersion"};

	if (version == SCHEMA_VERSION)
		return 0;
	return json_path_error(&here, err, "expected 2, got %u", version);
}

static int check_type(const char *type, enum media_kind kind, const char *whose,
		      const struct json_path *at, struct error *err)
{
	struct json_path here = {.up = at, .name = "mediaType"};

	if (!type || media_type_kind(type) == kind)
		return 0;
	cleanup_free char *expected = xasprintf("%s media type", whose);
	return json_path_mismatch_str(&here, expected, type, err);
}

static int check_manifest(const void *object, const struct json_path *at,
			  struct error *err)
{
	const struct image_manifest *m = object;
	struct json_path layers = {.up = at, .name = "layers"};
	int64_t total = m->config.size;

	int r = check_schema_version(m->schema_version, at, err);
	if (r == 0)
		r = check_type(m->media_type, MEDIA_MANIFEST, "a manifest's", at, err);
	if (r < 0)
		return r;
	if (m->n_layers > IMAGE_LAYERS_MAX)
		return json_path_error(
			&layers, err,
			"%zu layers, more than the %d that can be mounted over another",
			m->n_layers, IMAGE_LAYERS_MAX);
	for (size_t i = 0; i < m->n_layers; i++)
		if (__builtin_add_overflow(total, m->layers[i].size, &total))
			return json_path_error(
				&layers, err, "their sizes together are over 2^63 bytes");
	return 0;
}

static int check_index(const void *object, const struct json_path *at, struct error *err)
{
	const struct image_index *index = object;

	int r = check_schema_version(index->schema_version, at, err);
	if (r == 0)
		r = check_type(index->media_type, MEDIA_INDEX, "an index's", at, err);
	return r;
}

static int check_rootfs(const void *object, const struct json_path *at, struct error *err)
{
	const struct image_rootfs *rootfs = object;
	struct json_path type = {.up = at, .name = "type"};
	struct json_path diff_ids = {.up = at, .name = "diff_ids"};

	if (!str_eq(rootfs->type, "layers"))
		return json_path_mismatch_str(&type, "\"layers\"", rootfs->type, err);
	if (strv_len(rootfs->diff_ids) > IMAGE_LAYERS_MAX)
		return json_path_error(&diff_ids, err, "%zu layers, at most %d can be",
				       strv_len(rootfs->diff_ids), IMAGE_LAYERS_MAX);
	return 0;
}

static const struct member image_platform_members[] = {
	VALUE(image_platform, architecture, "architecture"),
	VALUE(image_platform, os, "os"),
	VALUE(image_platform, os_version, "os.version"),
	VALUE(image_platform, os_features, "os.features"),
	VALUE(image_platform, variant, "variant"),
};
DESCRIPTOR(image_platform);

static const struct member image_descriptor_members[] = {
	VALUE(image_descriptor, media_type, "mediaType", .required = true),
	VALUE(image_descriptor, digest, "digest", .required = true, .form = form_digest),
	VALUE(image_descriptor, size, "size", .required = true, .min = 0,
	      .max = INT64_MAX),
	VALUE(image_descriptor, urls, "urls"),
	STRING_MAP(image_descriptor, annotations, "annotations"),
	VALUE(image_descriptor, artifact_type, "artifactType"),
	OBJECT(image_descriptor, platform, "platform", image_platform),
};
DESCRIPTOR(image_descriptor, KEY(image_descriptor, digest, "digest"));

static const struct member image_manifest_members[] = {
	VALUE(image_manifest, schema_version, "schemaVersion", .required = true),
	VALUE(image_manifest, media_type, "mediaType"),
	VALUE(image_manifest, artifact_type, "artifactType"),
	EMBEDDED(image_manifest, config, "config", image_descriptor),
	ARRAY(image_manifest, layers, "layers", image_descriptor),
	OBJECT(image_manifest, subject, "subject", image_descriptor),
	STRING_MAP(image_manifest, annotations, "annotations"),
};
DESCRIPTOR(image_manifest, .check = check_manifest);

static const struct member image_index_members[] = {
	VALUE(image_index, schema_version, "schemaVersion", .required = true),
	VALUE(image_index, media_type, "mediaType"),
	VALUE(image_index, artifact_type, "artifactType"),
	ARRAY(image_index, manifests, "manifests", image_descriptor),
	OBJECT(image_index, subject, "subject", image_descriptor),
	STRING_MAP(image_index, annotations, "annotations"),
};
DESCRIPTOR(image_index, .check = check_index);

/* Docker's; start periods and retries below 0 make no sense to anybody. */
static const struct member image_healthcheck_members[] = {
	VALUE(image_healthcheck, test, "Test"),
	VALUE(image_healthcheck, interval, "Interval", .min = 0, .max = INT64_MAX),
	VALUE(image_healthcheck, timeout, "Timeout", .min = 0, .max = INT64_MAX),
	VALUE(image_healthcheck, start_period, "StartPeriod", .min = 0, .max = INT64_MAX),
	VALUE(image_healthcheck, start_interval, "StartInterval", .min = 0,
	      .max = INT64_MAX),
	VALUE(image_healthcheck, retries, "Retries", .min = 0, .max = INT32_MAX),
};
static DESCRIPTOR(image_healthcheck);

static const struct member image_run_config_members[] = {
	VALUE(image_run_config, hostname, "Hostname"),
	VALUE(image_run_config, domainname, "Domainname"),
	VALUE(image_run_config, user, "User"),
	KEYS(image_run_config, exposed_ports, "ExposedPorts"),
	VALUE(image_run_config, env, "Env"),
	VALUE(image_run_config, entrypoint, "Entrypoint"),
	VALUE(image_run_config, cmd, "Cmd"),
	OBJECT(image_run_config, healthcheck, "Healthcheck", image_healthcheck),
	VALUE(image_run_config, args_escaped, "ArgsEscaped"),
	KEYS(image_run_config, volumes, "Volumes"),
	VALUE(image_run_config, working_dir, "WorkingDir"),
	VALUE(image_run_config, on_build, "OnBuild"),
	STRING_MAP(image_run_config, labels, "Labels"),
	VALUE(image_run_config, stop_signal, "StopSignal"),
	OPTIONAL(image_run_config, stop_timeout, "StopTimeout"),
	VALUE(image_run_config, shell, "Shell"),
};
static DESCRIPTOR(image_run_config);

static const struct member image_rootfs_members[] = {
	VALUE(image_rootfs, type, "type", .required = true),
	VALUE(image_rootfs, diff_ids, "diff_ids", .form = form_digest),
};
static DESCRIPTOR(image_rootfs, .check = check_rootfs);

static const struct member image_history_members[] = {
	VALUE(image_history, created, "created"),
	VALUE(image_history, created_by, "created_by"),
	VALUE(image_history, author, "author"),
	VALUE(image_history, comment, "comment"),
	VALUE(image_history, empty_layer, "empty_layer"),
};
static DESCRIPTOR(image_history);

/* architecture and os are REQUIRED by OCI, but not in Docker's documents: who needs them sees that
 * they are not there. */
static const struct member image_config_members[] = {
	VALUE(image_config, created, "created"),
	VALUE(image_config, author, "author"),
	VALUE(image_config, architecture, "architecture"),
	VALUE(image_config, variant, "variant"),
	VALUE(image_config, os, "os"),
	VALUE(image_config, os_version, "os.version"),
	VALUE(image_config, os_features, "os.features"),
	EMBEDDED(image_config, config, "config", image_run_config),
	EMBEDDED(image_config, rootfs, "rootfs", image_rootfs),
	ARRAY(image_config, history, "history", image_history),
};
DESCRIPTOR(image_config);
