/* SPDX-License-Identifier: Apache-2.0 */
/* The image that somebody wants to run: the one that is here, or fetched. */
#include <stdlib.h>

#include "engine/image.h"
#include "engine/image_fetch.h"
#include "engine/layer_dir.h"
#include "engine/layer_settle.h"
#include "image/reference.h"
#include "runtime/self.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

#define HELLO_REPOSITORY "cubby/hello"
#define HELLO_NAME       "localhost/cubby/hello:latest"
#define HELLO_FILE       "hello.oci.tar"

static bool is_hello(const char *text)
{
	cleanup_reference struct reference ref = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (reference_parse(text, &ref, &err) < 0)
		return false;
	return str_eq(ref.repository, HELLO_REPOSITORY) && !ref.digest &&
	       (!ref.registry || str_eq(ref.registry, "localhost")) &&
	       (!ref.tag || str_eq(ref.tag, "latest"));
}

/* The image of the installation: no registry is asked. */
static int fetch_hello(const struct engine *e, const struct image_fetch_options *o,
		       struct image_fetched *ret, struct error *err)
{
	cleanup_free char *path = NULL, *source = NULL;
	char *names[] = {(char *)HELLO_NAME, NULL};
	struct image_fetch_options options = *o;
	int r = self_data(HELLO_FILE, &path, err);

	if (r < 0)
		return r;
	source = xasprintf("oci-archive:%s", path);
	options.fetch.source = source;
	options.fetch.names = names;
	options.fetch.known_digest = NULL;
	return image_fetch(e, &options, ret, err);
}

static int fetch_and_find(const struct engine *e, const char *text,
			  const struct image_fetch_options *o, struct image_record *ret,
			  char **ret_name, struct error *err)
{
	cleanup_image_fetched struct image_fetched fetched = {0};
	struct image_fetch_options options = *o;
	int r;

	options.fetch.source = (char *)text;
	r = is_hello(text) ? fetch_hello(e, o, &fetched, err)
			   : image_fetch(e, &options, &fetched, err);
	if (r < 0)
		return r;
	if (fetched.unchanged || !fetched.ids)
		return image_find(e, text, ret, ret_name, err);
	if (ret_name)
		*ret_name = fetched.names ? xstrdup(fetched.names[0]) : NULL;
	return image_record_by_id(e->store, fetched.ids[0], ret, err);
}

/* All its layers, as this user's containers need them. */
static bool has_layers(const struct engine *e, const struct image_record *r,
		       bool single_id)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int layers_fd = layers_open(e, &err);

	strv_foreach (chain_id, r->layers)
		if (layers_fd < 0 || !layer_dir_exists(layers_fd, *chain_id, single_id))
			return false;
	return true;
}

static bool fits(const char *asked, const char *has)
{
	return !asked || str_eq(asked, has);
}

/* The one that is here may be another platform's than the one that is asked for. */
static int is_for_platform(const struct image_record *r,
			   const struct transfer_platform *p, struct error *err)
{
	struct image_config *config = NULL;
	int k;

	if (!p->os && !p->architecture && !p->variant)
		return 1;
	k = image_config_of(r, &config, err);
	if (k < 0)
		return k;
	k = fits(p->os, config->os) && fits(p->architecture, config->architecture) &&
	    fits(p->variant, config->variant);
	image_config_free(config);
	return k;
}

static int find_here(const struct engine *e, const char *text,
		     const struct image_fetch_options *o, struct image_record *ret,
		     char **ret_name, struct error *err)
{
	int r = image_find(e, text, ret, ret_name, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r >= 0)
		r = is_for_platform(ret, &o->fetch.platform, err);
	if (r <= 0)
		return r;
	r = layers_settle(e, ret, o->single_id, err);
	if (r < 0)
		return r;
	if (has_layers(e, ret, o->single_id))
		return 1;
	r = image_unpack(e, ret, o, err);
	return r < 0 ? r : 1;
}

static void take_record(struct image_record *here, char **name, struct image_record *ret,
			char **ret_name)
{
	image_record_release(ret);
	*ret = *here;
	*here = (struct image_record){0};
	if (ret_name)
		*ret_name = TAKE_PTR(*name);
}

int image_get(const struct engine *e, const char *text, enum pull_policy policy,
	      const struct image_fetch_options *o, struct image_record *ret,
	      char **ret_name, struct error *err)
{
	cleanup_image_record struct image_record here = {0};
	cleanup_free char *name = NULL;
	struct image_fetch_options options = *o;
	bool is_here;
	int r = policy == PULL_ALWAYS ? 0 : find_here(e, text, o, &here, &name, err);

	if (r < 0)
		return r;
	is_here = r > 0;
	if (is_here && policy != PULL_NEWER) {
		take_record(&here, &name, ret, ret_name);
		return 0;
	}
	if (policy == PULL_NEVER) {
		error_set(err, ERR_NOT_FOUND, 0, "%s: image not known", text);
		return error_hint(err, "Get it first: cubby pull %s", text);
	}
	options.fetch.known_digest = is_here ? here.manifest : NULL;
	r = fetch_and_find(e, text, &options, ret, ret_name, err);
	if (r < 0 && is_here) {
		error_drop(err, "the one that is here will do");
		take_record(&here, &name, ret, ret_name);
		return 0;
	}
	return r;
}
