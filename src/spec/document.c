/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/document.h"

#include "util/mem.h"

int document_read(const struct descriptor *d, struct json_object *document,
		  const struct json_path *root, void **ret, struct error *err)
{
	void *object = xcalloc(1, d->size);

	int r = descriptor_decode(d, document, object, root, err);
	if (r == 0)
		r = descriptor_check(d, object, root, err);
	if (r < 0)
		descriptor_free(d, object);
	else
		*ret = object;
	return r;
}
