/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/names.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

static const struct {
	const char *extension, *section, *suffix, *name_key;
} kinds[QUADLET_N_KINDS] = {
	[QUADLET_CONTAINER] = {".container", "Container", "", "ContainerName"},
	[QUADLET_VOLUME] = {".volume", "Volume", "-volume", "VolumeName"},
	[QUADLET_NETWORK] = {".network", "Network", "-network", "NetworkName"},
	[QUADLET_IMAGE] = {".image", "Image", "-image", "Image"},
	[QUADLET_BUILD] = {".build", "Build", "-build", "ImageTag"},
	[QUADLET_POD] = {".pod", "Pod", "-pod", "PodName"},
	[QUADLET_KUBE] = {".kube", "Kube", "", "Yaml"},
};

int quadlet_kind_of(const char *name)
{
	for (int k = 0; k < QUADLET_N_KINDS; k++)
		if (*name != '.' && str_ends(name, kinds[k].extension))
			return k;
	return -1;
}

const char *quadlet_extension(enum quadlet_kind kind)
{
	return kinds[kind].extension;
}

const char *quadlet_section(enum quadlet_kind kind)
{
	return kinds[kind].section;
}

char *names_base(const char *name)
{
	const char *dot = strrchr(name, '.');

	return xstrndup(name, dot ? (size_t)(dot - name) : strlen(name));
}

bool names_template(const char *base, char **ret_prefix, const char **ret_instance)
{
	const char *at = strchr(base, '@');

	if (!at || at == base)
		return false;
	*ret_prefix = xstrndup(base, at - base);
	*ret_instance = at + 1;
	return true;
}

/* Of a service: what systemd takes as a name, and no path. systemd.unit(5). */
static bool service_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789:-_.\\@");

	return *name && *name != '.' && !name[n] && n < 247;
}

static char *service_name(const struct quadlet_unit *u, const struct unit_entry *given,
			  const char *base)
{
	cleanup_free char *prefix = NULL;
	const char *instance;

	if (given)
		return xstrdup(given->value);
	if (names_template(base, &prefix, &instance))
		return xasprintf("%s%s@%s", prefix, kinds[u->kind].suffix, instance);
	return xasprintf("%s%s", base, kinds[u->kind].suffix);
}

/* The name of what is made, where none is given. */
static char *default_name(const struct quadlet_unit *u, const char *base)
{
	cleanup_free char *prefix = NULL;
	const char *instance;

	if (u->kind == QUADLET_CONTAINER)
		base = u->service;
	if (names_template(base, &prefix, &instance))
		return xasprintf("systemd-%s_%s", prefix, *instance ? instance : "%i");
	return xasprintf("systemd-%s", base);
}

/* An image's name is one word, and people put quotes around it. */
static char *unquoted(const char *value)
{
	size_t len = strlen(value);

	if (len > 1 && (*value == '"' || *value == '\'') && value[len - 1] == *value)
		return xstrndup(value + 1, len - 2);
	return xstrdup(value);
}

static char *image_name(const struct unit_section *s, enum quadlet_kind kind)
{
	const struct unit_entry *tag = kind == QUADLET_BUILD
					       ? unit_first_of(s, "ImageTag")
					       : unit_last(s, "ImageTag");
	if (!tag && kind == QUADLET_IMAGE)
		tag = unit_last(s, "Image");
	return tag ? unquoted(tag->value) : NULL;
}

/* Commands would take it for an option. */
static int check_resource(const struct quadlet_unit *u, struct error *err)
{
	if (!u->resource || *u->resource != '-')
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s: \"%s\" is no name", u->path,
			 u->resource);
}

int names_give(struct quadlet_unit *u, struct error *err)
{
	const struct unit_section *s = unit_file_find(&u->file, kinds[u->kind].section);
	const struct unit_entry *service = unit_last(s, "ServiceName");
	cleanup_free char *base = names_base(u->name);

	u->service = service_name(u, service, base);
	if (!service_ok(u->service))
		return error_set(err, ERR_INVALID, 0,
				 "%s: \"%s\" is no name of a service", u->path,
				 u->service);
	if (u->kind == QUADLET_IMAGE || u->kind == QUADLET_BUILD) {
		u->resource = image_name(s, u->kind);
		return check_resource(u, err);
	}
	const struct unit_entry *name = unit_last(s, kinds[u->kind].name_key);
	u->resource = name ? xstrdup(name->value) : default_name(u, base);
	return check_resource(u, err);
}

/* -- finding */

void names_found_release(struct names_found *f)
{
	free(f->service);
	free(f->resource);
	*f = (struct names_found){0};
}

static const struct quadlet_unit *find_unit(const struct quadlet_set *s, const char *name)
{
	for (size_t i = 0; i < s->n_units; i++)
		if (str_eq(s->units[i].name, name))
			return &s->units[i];
	return NULL;
}

/* The name with the instance for each %i. */
static char *instantiate(const char *text, const char *instance)
{
	cleanup_strv char **parts = NULL;

	for (const char *at; (at = strstr(text, "%i")) != NULL; text = at + 2)
		strv_add_take(&parts, xstrndup(text, at - text));
	strv_add(&parts, text);
	return strv_join(parts, instance);
}

int names_find(const struct quadlet_set *s, const struct unit_entry *e, const char *name,
	       struct names_found *ret, struct error *err)
{
	const struct quadlet_unit *u = find_unit(s, name);
	cleanup_free char *base = names_base(name), *prefix = NULL;
	const char *instance = "";

	if (!u && names_template(base, &prefix, &instance)) {
		cleanup_free char *template =
			xasprintf("%s@%s", prefix, name + strlen(base));
		u = find_unit(s, template);
	}
	if (!u || !u->service || !u->resource) {
		unit_error(err, e,
			   u ? "names %s, of which nothing can be made"
			     : "names %s, and there is no such file",
			   name);
		err->kind = ERR_NOT_FOUND;
		return -EINVAL;
	}
	bool fill = *instance && str_ends(u->service, "@");
	ret->unit = u;
	ret->service = xasprintf("%s%s", u->service, fill ? instance : "");
	ret->resource = fill ? instantiate(u->resource, instance) : xstrdup(u->resource);
	return 0;
}
