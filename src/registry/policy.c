/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document is checked as a whole when it is read, so that a mistake shows at once and not with
 * the image that it concerns. A question is a list of scopes, the most specific first; the first that
 * the document has decides.
 */
#include "registry/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registry/places.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define HOST_FILE "/etc/containers/policy.json"
#define USER_FILE "containers/policy.json"

struct policy {
	char *path;                   /* NULL: there is no file */
	struct json_object *document; /* NULL likewise */
};

static const char *const known_types[] = {
	"insecureAcceptAnything", "reject",         "signedBy",
	"signedBaseLayer",        "sigstoreSigned", NULL};

void policy_free(struct policy *p)
{
	if (!p)
		return;
	free(p->path);
	json_object_put(p->document);
	free(p);
}

static int wrong(const char *at, const char *problem, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "%s: %s", at, problem);
}

static int check_requirement(struct json_object *o, const char *at, struct error *err)
{
	const char *type = json_get_str(o, "type");

	if (!type)
		return wrong(at, "expected an object with a type", err);
	if (!strv_has((char *const *)known_types, type)) {
		cleanup_free char *shown = json_describe(json_get(o, "type"));
		return error_set(err, ERR_INVALID, 0, "%s: unknown type %s", at, shown);
	}
	bool plain = str_eq(type, "insecureAcceptAnything") || str_eq(type, "reject");
	if (plain && json_object_object_length(o) != 1)
		return wrong(at, "there is more than the type", err);
	return 0;
}

static int check_requirements(struct json_object *o, const char *at, struct error *err)
{
	if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) == 0)
		return wrong(at, "expected an array of one or more requirements", err);
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		cleanup_free char *here = xasprintf("%s[%zu]", at, i);
		int r = check_requirement(json_object_array_get_idx(o, i), here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_transport(struct json_object *o, const char *at, struct error *err)
{
	if (!json_object_is_type(o, json_type_object))
		return wrong(at, "expected an object", err);
	json_object_object_foreach (o, scope, requirements) {
		cleanup_free char *quoted = str_quote(scope);
		cleanup_free char *here = xasprintf("%s[%s]", at, quoted);
		int r = check_requirements(requirements, here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_transports(struct json_object *o, struct error *err)
{
	if (!json_object_is_type(o, json_type_object))
		return wrong("transports", "expected an object", err);
	json_object_object_foreach (o, name, transport) {
		cleanup_free char *quoted = str_quote(name);
		cleanup_free char *here = xasprintf("transports[%s]", quoted);
		int r = check_transport(transport, here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_document(struct json_object *document, struct error *err)
{
	if (!json_object_is_type(document, json_type_object))
		return wrong("policy", "expected an object", err);
	json_object_object_foreach (document, key, value) {
		int r = 0;
		if (str_eq(key, "transports"))
			r = check_transports(value, err);
		else if (!str_eq(key, "default"))
			r = wrong(key, "there is no such member", err);
		if (r < 0)
			return r;
	}
	return check_requirements(json_get(document, "default"), "default", err);
}

int policy_parse(const char *text, size_t len, const char *path, struct policy **ret,
		 struct error *err)
{
	cleanup_json struct json_object *document = NULL;

	int r = json_parse(text, len, path, &document, err);
	if (r < 0)
		return r;
	r = check_document(document, err);
	if (r < 0) {
		error_wrap(err, "%s", path);
		return r;
	}
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->path = xstrdup(path);
	(*ret)->document = TAKE_PTR(document);
	return 0;
}

int policy_load(const char *file, struct policy **ret, struct error *err)
{
	cleanup_free char *user = places_in_config(USER_FILE), *text = NULL;
	size_t len = 0;
	const char *path = file;

	if (!path)
		path = user && access(user, F_OK) == 0 ? user : HOST_FILE;
	int r = fs_read(AT_FDCWD, path, POLICY_MAX, &text, &len, err);
	if (r == 0)
		return policy_parse(text, len, path, ret, err);
	if (file || err->kind != ERR_NOT_FOUND)
		return r;
	error_release(err);
	*ret = xcalloc(1, sizeof(**ret));
	return 0;
}

/* What decides, and where it stands; *ret_at is the caller's. */
static struct json_object *find(const struct policy *p, const char *transport,
				char *const *scopes, char **ret_at)
{
	struct json_object *of_transport =
		json_get(json_get(p->document, "transports"), transport);

	strv_foreach (scope, scopes) {
		struct json_object *found = json_get(of_transport, *scope);
		if (!found)
			continue;
		cleanup_free char *quoted = str_quote(*scope);
		*ret_at = xasprintf("transports.%s[%s]", transport, quoted);
		return found;
	}
	*ret_at = xstrdup("default");
	return json_get(p->document, "default");
}

static int denied(const struct policy *p, const char *what, const char *at,
		  struct error *err)
{
	int r = error_set(err, ERR_DENIED, 0, "%s: the policy rejects it", what);

	error_hint(err, "%s: %s says so", p->path, at);
	return r;
}

static int cannot_check(const struct policy *p, const char *what, const char *at,
			const char *type, struct error *err)
{
	int r = error_set(
		err, ERR_UNSUPPORTED, 0,
		"%s: the policy demands signatures (%s), which are not supported", what,
		type);

	error_hint(err,
		   "%s: %s says so; if you trust the image all the same, give it "
		   "{\"type\":\"insecureAcceptAnything\"} there",
		   p->path, at);
	return r;
}

/* All requirements have to be met; of several that are not, a rejection is said. */
static int decide(const struct policy *p, const char *transport, char *const *scopes,
		  const char *what, struct error *err)
{
	cleanup_free char *at = NULL;
	const char *unsupported = NULL;

	if (!p->document)
		return 0;
	struct json_object *requirements = find(p, transport, scopes, &at);
	for (size_t i = 0; i < json_object_array_length(requirements); i++) {
		const char *type =
			json_get_str(json_object_array_get_idx(requirements, i), "type");
		if (str_eq(type, "reject"))
			return denied(p, what, at, err);
		if (!str_eq(type, "insecureAcceptAnything"))
			unsupported = type;
	}
	return unsupported ? cannot_check(p, what, at, unsupported, err) : 0;
}

/* "host/a/b", "host/a", "host" */
static void add_parents(char ***scopes, const char *name)
{
	cleanup_free char *at = xstrdup(name);

	for (char *slash; *at; *slash = '\0') {
		strv_add(scopes, at);
		slash = strrchr(at, '/');
		if (!slash)
			break;
	}
}

/* "*.b.c", "*.c" of "a.b.c:5000" */
static void add_wildcards(char ***scopes, const char *registry)
{
	cleanup_free char *host = xstrndup(registry, strcspn(registry, ":"));

	for (const char *dot = strchr(host, '.'); dot; dot = strchr(dot + 1, '.'))
		strv_addf(scopes, "*%s", dot);
}

int policy_check_registry(const struct policy *p, const struct reference *r,
			  struct error *err)
{
	cleanup_free char *text = reference_text(r), *name = reference_repository(r);
	cleanup_strv char **scopes = NULL;

	if (r->digest)
		strv_addf(&scopes, "%s@%s", name, r->digest);
	if (r->tag)
		strv_addf(&scopes, "%s:%s", name, r->tag);
	add_parents(&scopes, name);
	add_wildcards(&scopes, r->registry);
	strv_add(&scopes, "");
	return decide(p, "docker", scopes, text, err);
}

/* Those transports whose scopes are paths; the others know only their default. */
static bool has_path_scopes(const char *transport)
{
	return str_eq(transport, "dir") || str_eq(transport, "oci") ||
	       str_eq(transport, "oci-archive");
}

int policy_check_path(const struct policy *p, const char *transport, const char *path,
		      const char *name, struct error *err)
{
	cleanup_free char *what = xasprintf("%s:%s%s%s", transport, path ? path : "-",
					    name ? ":" : "", name ? name : "");
	cleanup_free char *real = path ? realpath(path, NULL) : NULL;
	cleanup_strv char **scopes = NULL;

	/* what is not there is nobody's image: whoever opens it says so */
	if (real && has_path_scopes(transport)) {
		if (name && !str_eq(transport, "dir"))
			strv_addf(&scopes, "%s:%s", real, name);
		add_parents(&scopes, real);
	}
	strv_add(&scopes, "");
	return decide(p, transport, scopes, what, err);
}
