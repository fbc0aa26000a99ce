/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/install.h"

#include <string.h>

#include "quadlet/words.h"
#include "util/mem.h"
#include "util/str.h"

static void report(const struct quadlet_set *s, const struct unit_entry *e,
		   const char *name, const char *why)
{
	cleanup_error struct error err = ERROR_INIT;

	unit_error(&err, e, "names \"%s\", which %s", name, why);
	s->tell(s->tell_data, false, &err);
}

/* One directory entry. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 256;
}

static void add_alias(const struct quadlet_set *s, const struct quadlet_unit *u,
		      const struct unit_entry *e, const char *name, char ***v)
{
	if (!is_name(name) || !str_ends(name, ".service")) {
		report(s, e, name, "is no name of a service");
		return;
	}
	strv_add(v, name);
	strv_addf(v, "%s.service", u->service);
}

/* `self`: what is wanted, an instance where u is a template; NULL if nothing can be. */
static void add_wanted(const struct quadlet_set *s, const struct quadlet_unit *u,
		       const struct unit_entry *e, const char *name, char ***v)
{
	const struct unit_entry *instance =
		unit_last(unit_file_find(&u->file, "Install"), "DefaultInstance");
	bool template = str_ends(u->service, "@");
	const char *directory = str_eq(e->key, "WantedBy")     ? "wants"
				: str_eq(e->key, "RequiredBy") ? "requires"
							       : "upholds";

	if (!is_name(name)) {
		report(s, e, name, "is no name of a unit");
		return;
	}
	if (template && !instance)
		return;
	cleanup_free char *self =
		xasprintf("%s%s.service", u->service, template ? instance->value : "");
	if (!is_name(self)) {
		report(s, instance, instance->value, "is no name of an instance");
		return;
	}
	strv_addf(v, "%s.%s/%s", name, directory, self);
	strv_addf(v, "../%s.service", u->service);
}

char **install_links(const struct quadlet_set *s, const struct quadlet_unit *u)
{
	static const char *const keys[] = {"Alias", "WantedBy", "RequiredBy", "UpheldBy"};
	const struct unit_section *install = unit_file_find(&u->file, "Install");
	char **v = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		unit_foreach(e, install, keys[i])
		{
			cleanup_error struct error err = ERROR_INIT;
			cleanup_strv char **words = NULL;

			if (words_split(e, &words, &err) < 0)
				s->tell(s->tell_data, false, &err);
			strv_foreach (w, words) {
				if (i == 0)
					add_alias(s, u, e, *w, &v);
				else
					add_wanted(s, u, e, *w, &v);
			}
		}
	return v;
}
