/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kind of archive it is. Newer versions of `docker save` write both manifest.json and an OCI
 * layout. The layout has the manifests themselves, so digests stay what they were; but it is of
 * use only if it has the images' names too.
 */
#include "image/archive_files.h"
#include "image/archive_oci.h"
#include "image/archive_source.h"
#include "spec/image.h"
#include "util/json.h"

static bool all_named(const struct archive_files *files)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_index struct image_index *index = NULL;
	cleanup_free char *text = NULL;
	size_t len = 0;

	if (archive_files_read(files, "index.json", IMAGE_MANIFEST_MAX, &text, &len,
			       &err) < 0 ||
	    image_index_parse(text, len, &index, &err) < 0)
		return false;
	for (size_t i = 0; i < index->n_manifests; i++)
		if (!image_annotation(index->manifests[i].annotations,
				      index->manifests[i].n_annotations,
				      ARCHIVE_OCI_CONTAINERD_NAME))
			return false;
	return index->n_manifests > 0;
}

/* manifest.json is docker's list, or the manifest of a "dir:". */
static bool is_list(const struct archive_files *files)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *text = NULL;
	size_t len = 0;

	return archive_files_read(files, "manifest.json", IMAGE_MANIFEST_MAX, &text, &len,
				  &err) == 0 &&
	       json_parse(text, len, "manifest.json", &o, &err) == 0 &&
	       json_object_is_type(o, json_type_array);
}

enum transport_kind archive_kind(const struct archive_files *files)
{
	bool list = is_list(files), layout = archive_files_has(files, "oci-layout");

	if (layout && (!list || all_named(files)))
		return TRANSPORT_OCI_ARCHIVE;
	if (list)
		return TRANSPORT_DOCKER_ARCHIVE;
	if (archive_files_has(files, "manifest.json"))
		return TRANSPORT_DIR;
	return TRANSPORT_ARCHIVE;
}

int archive_open(struct archive_files *files, const struct archive_wanted *wanted,
		 struct image_source **ret, struct error *err)
{
	cleanup_archive_files struct archive_files *mine = files;
	enum transport_kind kind = archive_kind(files);

	if (kind == TRANSPORT_OCI_ARCHIVE)
		return archive_oci_open(TAKE_PTR(mine), wanted, ret, err);
	if (kind == TRANSPORT_DOCKER_ARCHIVE)
		return archive_docker_open(TAKE_PTR(mine), wanted, ret, err);
	if (kind == TRANSPORT_DIR)
		return archive_dir_open(TAKE_PTR(mine), ret, err);
	error_set(err, ERR_INVALID, 0,
		  "%s: no image is in it (neither manifest.json nor oci-layout)",
		  archive_files_name(files));
	return error_hint(err, "if it holds a root file system, use: cubby import");
}
