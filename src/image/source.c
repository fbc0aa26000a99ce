/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source.h"

#include <stdlib.h>

#include "util/str.h"

void image_text_release(struct image_text *t)
{
	free(t->data);
	free(t->media_type);
	free(t->digest);
	*t = (struct image_text){0};
}

void source_images_release(struct source_images *list)
{
	for (size_t i = 0; i < list->n; i++) {
		strv_free(list->items[i].names);
		free(list->items[i].handle);
	}
	free(list->items);
	*list = (struct source_images){0};
}

void image_source_close(struct image_source *s)
{
	if (s)
		s->ops->close(s);
}

void image_target_close(struct image_target *t)
{
	if (t)
		t->ops->close(t);
}
