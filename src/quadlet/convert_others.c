/* SPDX-License-Identifier: Apache-2.0 */
/* What is made once, before containers need it: volumes, networks, images. */
#include <string.h>

#include "quadlet/conversion.h"
#include "quadlet/keys.h"
#include "quadlet/words.h"
#include "util/mem.h"
#include "util/str.h"

/* -- volumes */

/* uid= or gid= of the option o; names are looked up here, since mount(2) takes numbers. */
static int add_owner(struct conversion *c, const char *key, char ***o, struct error *err)
{
	const struct unit_entry *e = unit_last(c->section, key);
	bool group = str_eq(key, "Group");

	if (!e)
		return 0;
	bool number = e->value[strspn(e->value, "0123456789")] == '\0';
	bool specifier = strchr(e->value, '%') != NULL;
	cleanup_free char *id = number || specifier
					? xstrdup(e->value)
					: c->set->host->id_of(e->value, group);
	if (!id)
		return unit_error(err, e, "is \"%s\", and there is no such %s", e->value,
				  group ? "group" : "user");
	strv_addf(o, "%s=%s", group ? "gid" : "uid", id);
	return 0;
}

static int add_mount_options(struct conversion *c, struct error *err)
{
	const struct unit_entry *options = unit_last(c->section, "Options"),
				*type = unit_last(c->section, "Type"),
				*copy = unit_last(c->section, "Copy");
	cleanup_strv char **o = NULL;
	bool on = true;

	if ((type || options) && !unit_last(c->section, "Device"))
		return unit_error(err, type ? type : options, "needs Device= beside it");
	int r = copy ? words_flag(copy, &on, err) : 0;
	if (r == 0)
		r = add_owner(c, "User", &o, err);
	if (r == 0)
		r = add_owner(c, "Group", &o, err);
	if (r < 0)
		return r;
	if (options)
		strv_add(&o, options->value);
	if (copy) {
		strv_add(&c->args, "--opt");
		strv_add(&c->args, on ? "copy" : "nocopy");
	}
	if (o) {
		cleanup_free char *joined = strv_join(o, ",");
		strv_add(&c->args, "--opt");
		strv_addf(&c->args, "o=%s", joined);
	}
	return 0;
}

int convert_volume(struct conversion *c, struct error *err)
{
	const struct unit_entry *driver = unit_last(c->section, "Driver");
	int r = keys_apply(c->section, c->unit->kind, &c->args, err);

	if (driver && str_eq(driver->value, "image"))
		return unit_error(err, driver,
				  "is \"image\": no volume is made of an image");
	if (r == 0)
		r = add_mount_options(c, err);
	if (r == 0)
		r = conversion_words(c, "PodmanArgs", &c->args, err);
	if (r < 0)
		return r;
	strv_add(&c->args, c->unit->resource);
	conversion_oneshot(c, "volume create --ignore", true);
	return 0;
}

/* -- networks */

static void add_valued(struct conversion *c, const char *option,
		       const struct unit_entry **e)
{
	if (!*e)
		return;
	strv_add(&c->args, option);
	strv_add(&c->args, (*e)->value);
	*e = unit_next_of(c->section, *e);
}

/* Each subnet with its gateway and its range: the first of each, the second of each. */
static int add_subnets(struct conversion *c, struct error *err)
{
	const struct unit_entry *subnet = unit_first_of(c->section, "Subnet"),
				*gateway = unit_first_of(c->section, "Gateway"),
				*range = unit_first_of(c->section, "IPRange");

	while (subnet) {
		add_valued(c, "--subnet", &subnet);
		add_valued(c, "--gateway", &gateway);
		add_valued(c, "--ip-range", &range);
	}
	const struct unit_entry *left = gateway ? gateway : range;
	return left ? unit_error(err, left, "has no Subnet= of its own") : 0;
}

static int add_deletion(struct conversion *c, struct error *err)
{
	const struct unit_entry *e = unit_last(c->section, "NetworkDeleteOnStop");
	char *const name[] = {c->unit->resource, NULL};
	bool on = false;
	int r = e ? words_flag(e, &on, err) : 0;

	if (r < 0 || !on)
		return r;
	cleanup_free char *line = conversion_line(c, "network rm", name);
	unit_add(&c->unit->file, "Service", "ExecStopPost", line);
	return 0;
}

int convert_network(struct conversion *c, struct error *err)
{
	int r = keys_apply(c->section, c->unit->kind, &c->args, err);

	if (r == 0)
		r = add_subnets(c, err);
	if (r == 0)
		r = conversion_words(c, "PodmanArgs", &c->args, err);
	if (r == 0)
		r = add_deletion(c, err);
	if (r < 0)
		return r;
	strv_add(&c->args, c->unit->resource);
	conversion_oneshot(c, "network create --ignore", true);
	return 0;
}

/* -- images */

int convert_image(struct conversion *c, struct error *err)
{
	const struct unit_entry *image = unit_last(c->section, "Image");
	cleanup_strv char **words = NULL;

	if (!image)
		return error_set(err, ERR_INVALID, 0,
				 "%s: [Image] has no Image=", c->unit->path);
	int r = words_split(image, &words, err);
	if (r == 0 && strv_len(words) != 1)
		r = unit_error(err, image, "is more than one word");
	if (r == 0 && *words[0] == '-')
		r = unit_error(err, image, "is \"%s\", which is no image", words[0]);
	if (r == 0)
		r = keys_apply(c->section, c->unit->kind, &c->args, err);
	if (r == 0)
		r = conversion_words(c, "PodmanArgs", &c->args, err);
	if (r < 0)
		return r;
	strv_add(&c->args, words[0]);
	conversion_oneshot(c, "image pull", true);
	return 0;
}
