/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create_image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/image.h"
#include "engine/image_view.h"
#include "runtime/idmap.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

void create_image_release(struct create_image *i)
{
	image_record_release(&i->record);
	free(i->name);
	if (i->config)
		image_config_free(i->config);
	strv_free(i->layer_paths);
	*i = (struct create_image){0};
}

/* With the user's own id alone all files must be its own. */
static bool maps_one_id(const struct engine *e, const struct create_options *o)
{
	return e->rootless && o->uidmap && !o->userns && str_eq(o->uidmap[0], "0:0:1") &&
	       strv_len(o->uidmap) == 1 && !o->gidmap;
}

static int check_architecture(const struct create_image *i, struct error *err)
{
	if (!i->config->os || str_eq(i->config->os, "linux"))
		return 0;
	return error_set(err, ERR_UNSUPPORTED, 0, "image %s is for %s, not for Linux",
			 i->name, i->config->os);
}

int create_image_get(const struct engine *e, const struct create_options *o,
		     const struct image_progress *progress, struct create_image *ret,
		     struct error *err)
{
	cleanup_create_image struct create_image i = {0};
	struct image_fetch_options fetch = {
		.fetch = o->fetch,
		.single_id = maps_one_id(e, o),
		.progress = progress,
	};
	int r;

	if (e->unshared)
		return engine_refuse_unshared("make a container", err);
	r = image_get(e, o->image_name, (enum pull_policy)o->pull_policy, &fetch,
		      &i.record, &i.name, err);
	if (r < 0)
		return r;
	if (!i.name)
		i.name = xstrdup(i.record.names ? i.record.names[0] : o->image_name);
	i.single_id = fetch.single_id;
	r = image_config_of(&i.record, &i.config, err);
	if (r >= 0)
		r = check_architecture(&i, err);
	if (r < 0)
		return r;
	if (!i.record.layers)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "image %s has no layers: there is nothing in it to run",
				 i.name);
	i.layer_paths = image_layer_paths(e, i.record.layers, i.single_id);
	*ret = i;
	i = (struct create_image){0};
	return 0;
}

const char *create_image_user(const struct create_image *i)
{
	return str_empty(i->config->config.user) ? NULL : i->config->config.user;
}
