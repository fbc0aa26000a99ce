/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_drop.h"

#include "engine/container_config.h"
#include "engine/image.h"
#include "engine/settle.h"
#include "store/container_record.h"
#include "store/image_record.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

static int drop(const struct engine *e, const char *text, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup(image_removal_release) struct image_removal removal = {0};
	cleanup_free char *name = NULL;
	int r = image_find(e, text, &record, &name, err);

	removal.by_id = !name;
	return r < 0 ? r : image_remove(e, &record, name, &removal, err);
}

static bool is_there(const struct engine *e, const char *container)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (container_record_get(e->store, container, &record, &err) >= 0)
		return true;
	error_drop(&err, "the container is gone");
	return false;
}

int image_drop(struct engine *e, const char *name, const char *container,
	       char **ret_reason, struct error *err)
{
	int r = e->store ? 0 : engine_open_store(e, err);

	*ret_reason = NULL;
	if (r >= 0 && !is_there(e, container))
		r = drop(e, name, err);
	if (r >= 0 || (err->kind != ERR_CONFLICT && err->kind != ERR_NOT_FOUND))
		return r;
	*ret_reason = error_message(err);
	error_release(err);
	return 0;
}

/* The image that goes with it; NULL: none. Caller frees. */
static char *image_to_drop(const struct engine *e, const char *id)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_container_config struct container_config config = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (container_record_get(e->store, id, &record, &err) < 0 ||
	    container_config_parse(record.config, &config, &err) < 0) {
		error_drop(&err, "somebody else has cleaned up");
		return NULL;
	}
	return config.remove_image && record.auto_remove && config.image
		       ? xstrdup(config.image)
		       : NULL;
}

int container_cleanup(struct engine *e, const char *id, struct error *err)
{
	cleanup_free char *image = image_to_drop(e, id), *reason = NULL;
	int r = container_settle(e, id, true, err);

	if (r < 0 || !image)
		return r;
	r = image_drop(e, image, id, &reason, err);
	if (reason)
		log_info("--rmi: %s", reason);
	return r;
}
