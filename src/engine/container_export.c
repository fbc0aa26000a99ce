/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_view.h"
#include "engine/event.h"
#include "engine/image_send.h"
#include "engine/packer.h"

static int pack(const struct engine *e, const struct container_view *view, int out_fd,
		struct error *err)
{
	const struct packer_request request = {.view = view, .out_fd = out_fd};
	cleanup_packer struct packer p = PACKER_INIT;
	int r = packer_start(e, &request, &p, err);

	return r < 0 ? r : packer_wait(&p, err);
}

int container_export(const struct engine *e, const char *id, int out_fd,
		     struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_container_view struct container_view view = CONTAINER_VIEW_INIT;
	int r = container_reload(e, id, &c, err);

	if (r >= 0)
		r = container_view_get(e, &c, &view, err);
	if (r >= 0)
		r = pack(e, &view, out_fd, err);
	if (r < 0)
		return error_wrap(err, "export container %.12s", id);
	event_container(e, &c.record, &c.config, EVENT_EXPORT);
	return 0;
}
