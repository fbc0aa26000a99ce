/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/blobs.h"
#include "image/reference.h"
#include "transfer/control.h"
#include "transfer/send.h"
#include "transfer/transfer.h"
#include "util/json.h"
#include "util/str.h"

void send_release(struct send *s)
{
	image_target_close(s->target);
	transfer_send_release(&s->request);
	transport_release(&s->transport);
	strv_free(s->made);
	s->made = NULL;
	if (s->blobs_fd >= 0)
		close(s->blobs_fd);
	s->target = NULL;
	s->blobs_fd = -EBADF;
}

static int check_request(const struct send *s, struct error *err)
{
	const struct transfer_send *q = &s->request;

	if (q->n_images == 0)
		return error_set(err, ERR_INVALID, 0, "send to %s: no images were named",
				 q->target);
	if (s->transport.kind == TRANSPORT_DOCKER_ARCHIVE &&
	    (q->compression || q->format))
		return error_set(
			err, ERR_INVALID, 0,
			"send to %s: such an archive has one format, and is not compressed",
			q->target);
	if (s->transport.reference && s->transport.kind != TRANSPORT_REGISTRY &&
	    q->n_images > 1)
		return error_set(err, ERR_INVALID, 0,
				 "send to %s: one name cannot be %zu images", q->target,
				 q->n_images);
	return 0;
}

/* "docker-archive:PATH:REFERENCE": the name that the image has in it. */
static int name_by_target(struct send *s, struct error *err)
{
	struct transfer_send_image *image = &s->request.images[0];
	cleanup_reference struct reference ref = {0};

	if (s->transport.kind != TRANSPORT_DOCKER_ARCHIVE || !s->transport.reference)
		return 0;
	int r = reference_parse_complete(s->transport.reference, &ref, err);
	if (r < 0)
		return r;
	strv_free(image->names);
	image->names = NULL;
	strv_add_take(&image->names, reference_text(&ref));
	return 0;
}

static int send_all(struct send *s, struct json_object *result, struct error *err)
{
	struct json_object *pushed = json_object_new_array();

	json_add(result, "pushed", pushed);
	for (size_t i = 0; i < s->request.n_images; i++) {
		cleanup_image_text struct image_text sent = {0};
		struct json_object *o = json_object_new_object();
		json_object_array_add(pushed, o);
		int r = send_image(s, &s->request.images[i], &sent, err);
		if (r < 0)
			return r;
		json_add_str(o, "manifest", sent.digest);
		json_add_str(o, "type", sent.media_type);
		json_add_strv(o, "names", s->request.images[i].names);
		if (i + 1 == s->request.n_images)
			json_add_str(result, "manifest", sent.digest);
	}
	return s->target->ops->finish(s->target, err);
}

int op_send(struct json_object *request, struct error *err)
{
	cleanup_send struct send s = {.data_fd = TRANSFER_DATA_FD, .blobs_fd = -EBADF};
	cleanup_json struct json_object *result = json_object_new_object();

	json_add_str(result, "event", "result");
	int r = transfer_send_parse(request, &s.request, err);
	if (r < 0)
		return r;
	r = transport_parse(s.request.target, &s.transport, err);
	if (r == 0)
		r = check_request(&s, err);
	if (r == 0)
		r = name_by_target(&s, err);
	if (r < 0)
		return r;
	s.blobs_fd = blobs_open(s.data_fd, err);
	if (s.blobs_fd < 0)
		return s.blobs_fd;
	r = send_open(&s, err);
	if (r == 0)
		r = send_all(&s, result, err);
	json_add_strv(result, "made", s.made);
	return r < 0 ? r : control_say(result, err);
}
