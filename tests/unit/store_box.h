/* SPDX-License-Identifier: Apache-2.0 */
/* An engine on a directory of its own with images made by hand, for tests of what the engine does with
 * its store. */
#pragma once

#include "engine/engine.h"
#include "engine/layer_dir.h"
#include "image/blobs.h"
#include "store/image_record.h"
#include "unit.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"

#define BOX_HEX(digit) \
	digit "000000000000000000000000000000000000000000000000000000000000000"
#define BOX_DIGEST(digit) "sha256:" BOX_HEX(digit)

struct store_box {
	struct engine engine;
	int layers_fd, blobs_fd;
};

static inline struct store_box store_box_open(void)
{
	struct store_box b = {.engine = ENGINE_INIT};
	struct error err = ERROR_INIT;
	char *top = xstrdup(unit_dir());
	char *data = fs_join(top, "data"), *run = fs_join(top, "run");
	int data_fd;

	ck_assert_ok(engine_open(&b.engine, data, run, &err), &err);
	data_fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	b.layers_fd = layers_open(&b.engine, &err);
	b.blobs_fd = blobs_open(data_fd, &err);
	ck_assert_int_ge(b.layers_fd, 0);
	ck_assert_int_ge(b.blobs_fd, 0);
	close(data_fd);
	free(top);
	free(data);
	free(run);
	return b;
}

static inline void store_box_close(struct store_box *b)
{
	engine_release(&b->engine);
	close(b->layers_fd);
	close(b->blobs_fd);
}

static inline void box_file(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* A layer with one file, recorded or not. */
static inline void box_layer(struct store_box *b, const char *chain_id, bool record)
{
	const struct layer_record r = {
		.chain_id = (char *)chain_id,
		.diff_id = (char *)chain_id,
		.blob = (char *)chain_id,
		.tar_size = 1024,
		.disk_size = 4096,
	};
	cleanup_free char *name = layer_dir_name(chain_id, false);
	cleanup_free char *file = xasprintf("%s/file", name);
	struct error err = ERROR_INIT;

	ck_assert_int_eq(mkdirat(b->layers_fd, name, 0755), 0);
	box_file(b->layers_fd, file, chain_id);
	if (record)
		ck_assert_ok(layer_record_insert(b->engine.store, &r, &err), &err);
}

static inline void box_blob(struct store_box *b, const char *digest, const char *text)
{
	cleanup_free char *path = digest_path(digest);

	box_file(b->blobs_fd, path, text);
}

static inline bool box_yes_layer(void *data, const char *chain_id, bool single_id)
{
	(void)data;
	(void)chain_id;
	(void)single_id;
	return true;
}

static inline bool box_yes_blob(void *data, const char *digest)
{
	(void)data;
	(void)digest;
	return true;
}

static inline void box_image(struct store_box *b, const struct image_record *r)
{
	static const struct image_presence yes = {box_yes_layer, box_yes_blob, NULL};
	struct error err = ERROR_INIT;

	ck_assert_ok(image_record_insert(b->engine.store, r, false, &yes, &err), &err);
}
