/* SPDX-License-Identifier: Apache-2.0 */
#include "build/named_context.h"

#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define IMAGE_CONTEXT "docker-image://" /* what the rest of build/ knows */

void named_contexts_release(struct named_contexts *c)
{
	for (size_t i = 0; i < c->n; i++)
		context_source_release(&c->sources[i]);
	free(c->sources);
	strv_free(c->list);
	*c = (struct named_contexts){0};
}

/* The image that a place means, as cubby pull takes it; NULL: none. Caller frees. */
static char *image_of(const char *place)
{
	static const char *const schemes[] = {IMAGE_CONTEXT, "container-image://",
					      "docker://"};
	static const char *const layouts[] = {"oci-layout://", "oci-layout:"};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_starts(place, schemes[i]))
			return xstrdup(place + strlen(schemes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (str_starts(place, layouts[i]))
			return xasprintf("oci:%s", place + strlen(layouts[i]));
	return NULL;
}

static int add(const struct engine *e, const char *name, const char *place,
	       const struct transfer_registry_options *registry, struct named_contexts *c,
	       struct error *err)
{
	cleanup_free char *image = image_of(place);
	struct context_source *s;
	int r;

	if (image) {
		strv_addf(&c->list, "%s=" IMAGE_CONTEXT "%s", name, image);
		return 0;
	}
	c->sources = xreallocarray(c->sources, c->n + 1, sizeof(*c->sources));
	s = &c->sources[c->n++];
	*s = CONTEXT_SOURCE_INIT;
	r = context_source_files(e, place, registry, s, err);
	if (r < 0)
		return error_wrap(err, "--build-context %s", name);
	strv_addf(&c->list, "%s=%s", name, s->directory);
	return 0;
}

int named_contexts_open(const struct engine *e, char *const *typed,
			const struct transfer_registry_options *registry,
			struct named_contexts *ret, struct error *err)
{
	strv_foreach (pair, typed) {
		const char *equals = strchr(*pair, '=');
		cleanup_free char *name = NULL;
		int r;

		if (!equals || equals == *pair || !equals[1])
			return error_set(err, ERR_INVALID, 0,
					 "--build-context %s: expected NAME=PLACE",
					 *pair);
		name = xstrndup(*pair, (size_t)(equals - *pair));
		r = add(e, name, equals + 1, registry, ret, err);
		if (r < 0)
			return r;
	}
	return 0;
}
