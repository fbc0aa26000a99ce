/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/auto_update.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/health_state.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/remove.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define MOMENT_MSEC   2000 /* one that ends at once does so within it */
#define LOOK_USEC     (USEC_PER_SEC / 5)
#define PATIENCE_USEC (600 * USEC_PER_SEC)
#define SLACK_USEC    (10 * USEC_PER_SEC)

static const struct {
	const char *word;
	enum auto_policy policy;
} policies
	[] =
		{
			{"registry", AUTO_REGISTRY},
			{"image", AUTO_REGISTRY}, /* of podman's first version */
			{"local", AUTO_LOCAL},
			{"disabled", AUTO_NONE},
			{"", AUTO_NONE},
};

int auto_policy_parse(const char *text, enum auto_policy *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (str_eq(text ? text : "", policies[i].word)) {
			*ret = policies[i].policy;
			return 0;
		}
	error_set(err, ERR_INVALID, 0, "invalid auto-update policy \"%s\"", text);
	return error_hint(err, "The label %s is registry, local or disabled",
			  AUTO_UPDATE_LABEL);
}

const char *auto_policy_word(enum auto_policy policy)
{
	return policy == AUTO_REGISTRY ? "registry" : policy == AUTO_LOCAL ? "local" : "";
}

/* ------------------------------------------------------------------------ images */

struct look {
	bool found;
};

/* There is another one: that is all we wanted to know. */
static int on_found(void *data, const struct transfer_image *image, struct error *err)
{
	struct look *look = data;

	(void)image;
	look->found = true;
	return error_set(err, ERR_CONFLICT, ECANCELED, "only look");
}

/* For the platform that the container's image is of, whatever this host's is. */
static int ask_registry(const struct engine *e, const struct auto_image *a,
			const struct image_record *old, struct look *look, char **ret_id,
			struct error *err)
{
	cleanup(image_config_freep) struct image_config *config = NULL;
	cleanup_image_fetched struct image_fetched fetched = {0};
	struct image_fetch_options o = {
		.fetch =
			{
				.source = a->container->config.image,
				.known_digest = old->manifest,
				.registry = a->registry,
			},
		.single_id = a->container->config.single_id,
		.progress = a->progress,
		.accept = a->only_look ? on_found : NULL,
		.accept_data = look,
	};
	int r = image_config_of(old, &config, err);

	if (r < 0)
		return r;
	o.fetch.platform = (struct transfer_platform){config->os, config->architecture,
						      config->variant};
	if (a->authfile)
		o.fetch.registry.authfile = (char *)a->authfile;
	r = image_fetch(e, &o, &fetched, err);
	if (r < 0 && look->found) {
		error_release(err);
		return 1;
	}
	if (r < 0 || fetched.unchanged || !fetched.ids)
		return r < 0 ? r : 0;
	*ret_id = xstrdup(fetched.ids[0]);
	return 1;
}

static int look_here(const struct engine *e, const struct auto_image *a, char **ret_id,
		     struct error *err)
{
	cleanup_image_record struct image_record here = {0};
	int r = image_find(e, a->container->config.image, &here, NULL, err);

	if (r < 0)
		return r;
	*ret_id = xstrdup(here.id);
	return 1;
}

static int check_name(const struct auto_image *a, struct error *err)
{
	const char *image = a->container->config.image;

	if (!image || !strchr(image, '/')) {
		error_set(err, ERR_INVALID, 0,
			  "its image has no name of a registry, so nobody can be asked");
		return error_hint(err, "Make it from a full name, such as "
				       "docker.io/library/nginx:latest");
	}
	if (a->policy == AUTO_REGISTRY && str_starts(image, "localhost/")) {
		error_set(err, ERR_INVALID, 0, "its image %s is of no registry", image);
		return error_hint(err,
				  "With the label %s=local it follows that name here",
				  AUTO_UPDATE_LABEL);
	}
	return 0;
}

int auto_image_newer(const struct engine *e, const struct auto_image *a, char **ret_id,
		     struct error *err)
{
	cleanup_image_record struct image_record old = {0};
	struct look look = {0};
	int r = check_name(a, err);

	*ret_id = NULL;
	/* a digest means one image for ever */
	if (r < 0 || strchr(a->container->config.image, '@'))
		return r;
	if (a->policy == AUTO_LOCAL) {
		r = look_here(e, a, ret_id, err);
	} else {
		r = image_record_by_id(e->store, a->container->record.image, &old, err);
		if (r >= 0)
			r = ask_registry(e, a, &old, &look, ret_id, err);
	}
	if (r > 0 && str_eq(*ret_id, a->container->record.image))
		r = 0;
	return r;
}

/* -------------------------------------------------------------------- well or not */

static int not_well(const struct container *c, const char *how, struct error *err)
{
	error_set(err, ERR_CONFLICT, 0, "container %s %s", c->record.name, how);
	return error_hint(err, "cubby logs %s", c->record.name);
}

/* How long checks may go on until they must have said something. */
static int64_t patience(const struct health_config *h)
{
	int64_t each = h->interval + h->timeout;
	int64_t all = h->start_period + SLACK_USEC;

	if (each < 0 || each > PATIENCE_USEC || h->retries > 1000 ||
	    h->start_period > PATIENCE_USEC)
		return PATIENCE_USEC;
	all += each * (h->retries + 1);
	return all < PATIENCE_USEC && !h->startup_test ? all : PATIENCE_USEC;
}

static int ended(const struct container *c, int code, struct error *err)
{
	cleanup_free char *how = xasprintf("ended at once, with exit status %d", code);

	return code == 0 ? 0 : not_well(c, how, err);
}

/* Return: 1 to look again. */
static int look_at_health(const struct container *c, struct error *err)
{
	if (!status_is_up(c->status))
		return ended(c, (int)c->record.exit_code, err);
	if (str_eq(c->health, "starting"))
		return 1;
	return str_eq(c->health, "unhealthy") ? not_well(c, "is unhealthy", err) : 0;
}

int auto_update_wait(const struct engine *e, const char *id, struct error *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_USEC * 1000};
	int64_t until = 0;
	int code = 0, r;

	for (;;) {
		cleanup_container struct container c = {0};

		r = container_reload(e, id, &c, err);
		if (r < 0 && err->kind == ERR_NOT_FOUND) { /* --rm */
			error_release(err);
			return error_set(err, ERR_CONFLICT, 0,
					 "container %.12s ended at once", id);
		}
		if (r < 0)
			return r;
		if (!c.health || !health_state_is_due(&c.config.health)) {
			r = status_is_up(c.status)
				    ? container_wait(e, &c, MOMENT_MSEC, &code, err)
				    : 0;
			if (!status_is_up(c.status))
				code = (int)c.record.exit_code;
			return r == -ETIMEDOUT ? 0 : r < 0 ? r : ended(&c, code, err);
		}
		r = look_at_health(&c, err);
		if (r <= 0)
			return r;
		if (until == 0)
			until = time_monotonic_usec() + patience(&c.config.health);
		if (time_monotonic_usec() > until)
			return not_well(&c, "does not become healthy", err);
		(void)nanosleep(&pause, NULL);
	}
}
