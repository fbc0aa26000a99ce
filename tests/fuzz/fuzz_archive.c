/* SPDX-License-Identifier: Apache-2.0 */
/* A tar archive of images that somebody has made: whatever it claims, each blob that can be had of it
 * lies inside of it, and nothing else is ever opened. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/archive_files.h"
#include "image/archive_source.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "util/fd.h"
#include "util/sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_manifest(const struct image_text *text)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_manifest struct image_manifest *m = NULL;
	const char *type = NULL;

	if (image_document_type(text->data, text->len, text->media_type, &type, &err) <
		    0 ||
	    media_type_is_index(type) ||
	    image_manifest_parse(text->data, text->len, &m, &err) < 0)
		return;
	for (size_t i = 0; i < m->n_layers; i++)
		if (m->layers[i].size < 0)
			__builtin_trap();
}

static void look_at_all(struct image_source *source)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_source_images struct source_images list = {0};

	if (source->ops->list(source, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		cleanup_image_text struct image_text text = {0};
		error_release(&err);
		if (source->ops->top(source, list.items[i].handle, &text, &err) == 0)
			look_at_manifest(&text);
	}
}

static void look_at_parts(const struct archive_files *files, size_t size)
{
	static const char *const names[] = {
		"manifest.json", "index.json", "oci-layout", "a",
		"../a",          "/a",         "a/b",        ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;
		if (archive_files_find(files, names[i], &part, &err) == 0 &&
		    (part.offset > size || part.size > size - part.offset))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_source struct image_source *source = NULL;
	struct archive_files *files = NULL;
	struct archive_wanted wanted = {.index = -1, .all = true};

	cleanup_fd int fd = sys_memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	/* compressed ones would be copied into a directory of blobs: there is none */
	if (archive_files_of_tar(TAKE_FD(fd), "input", -EBADF, &files, &err) < 0)
		return 0;
	look_at_parts(files, size);
	if (archive_open(files, &wanted, &source, &err) == 0)
		look_at_all(source);
	return 0;
}
