/* SPDX-License-Identifier: Apache-2.0 */
/* What the conversions of all kinds of files share: arguments, lines of the service, references to other files. */
#pragma once

#include "quadlet/names.h"
#include "quadlet/quadlet.h"

struct conversion {
	struct quadlet_set *set;
	struct quadlet_unit *unit;
	struct unit_section *
		section; /* the unit's own; NULL if it has none. Sections must not be added while it is used */
	char **global;   /* words of GlobalArgs= */
	char **args;     /* of the command, behind its name */
	char **after;    /* units that have to be there first: required, and waited for */
	char **mounts;   /* paths whose file systems have to be there */
	char *directory; /* of the file */
};
void conversion_release(struct conversion *c);
#define cleanup_conversion cleanup(conversion_release)

typedef int (*conversion_fn)(struct conversion *c, struct error *err);
int convert_container(struct conversion *c, struct error *err) _must_check_;
int convert_volume(struct conversion *c, struct error *err) _must_check_;
int convert_network(struct conversion *c, struct error *err) _must_check_;
int convert_image(struct conversion *c, struct error *err) _must_check_;
int convert_build(struct conversion *c, struct error *err) _must_check_;
int convert_pod(struct conversion *c, struct error *err) _must_check_;

/* conversion_words() - the words of all values of a key, added to *v. */
int conversion_words(const struct conversion *c, const char *key, char ***v,
		     struct error *err) _must_check_;

/* conversion_line() - a command line for the service: cubby, global words, those of `command` (blanks between), then args. Caller frees. */
char *conversion_line(const struct conversion *c, const char *command, char *const *args);

/* conversion_set() - a line of the service, unless the file itself sets the key. */
void conversion_default(struct conversion *c, const char *section, const char *key,
			const char *value);
/* conversion_oneshot() - the service of what is made once: its command; stays_active: RemainAfterExit. */
void conversion_oneshot(struct conversion *c, const char *command, bool stays_active);

/* conversion_path() - absolute, seen from the file's directory; what begins with a specifier stays. Caller frees. */
char *conversion_path(const struct conversion *c, const char *path);

/* conversion_refer() - what another file makes, which the service then requires. `kinds`: extensions that are meant, with blanks
 * around each. Return: 1 with the name in *ret (caller frees), 0: it is no such name, or -errno. */
int conversion_refer(struct conversion *c, const struct unit_entry *e, const char *name,
		     const char *extensions, char **ret, struct error *err) _must_check_;

/* conversion_volumes(), _networks(), _mounts() - all values of Volume=, Network=, Mount= as arguments. */
int conversion_volumes(struct conversion *c, struct error *err) _must_check_;
int conversion_networks(struct conversion *c, struct error *err) _must_check_;
int conversion_mounts(struct conversion *c, struct error *err) _must_check_;
