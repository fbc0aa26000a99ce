/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_progress.h"

#include "util/json.h"

static int64_t number_of(struct json_object *packet, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	int64_t value = -1;

	if (json_get(packet, key) &&
	    json_to_i64(json_get(packet, key), key, &value, &err) < 0)
		value = -1;
	return value;
}

void image_progress_show(const struct image_progress *p, struct json_object *packet)
{
	const char *id = json_get_str(packet, "id"),
		   *state = json_get_str(packet, "state");

	if (p && p->update && id && state)
		p->update(p->data, id, state, number_of(packet, "done"),
			  number_of(packet, "total"), json_get_str(packet, "text"));
}

void image_progress_note(const struct image_progress *p, struct json_object *packet)
{
	const char *text = json_get_str(packet, "text");

	if (p && p->note && text)
		p->note(p->data, text);
}
