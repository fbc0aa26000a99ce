/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registries_conf.h"

#include "spec/spec.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static void add_text(struct registries_conf *c, const char *text, const char *path)
{
	struct registries_file f = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(registries_file_parse(text, strlen(text), path, &f, &err), &err);
	registries_conf_add(c, &f, path);
}

static void complete(const char *text, struct reference *ret)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(reference_parse_complete(text, ret, &err), &err);
}

/* "mirror! place" where '!' is insecure and mirrors end in '~'; "ERROR ..." on failure. */
static char *pull(const struct registries_conf *c, const char *name)
{
	cleanup_reference struct reference r = {0};
	cleanup_registry_endpoints struct registry_endpoints list = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **words = NULL;

	complete(name, &r);
	if (registries_conf_pull(c, &r, &list, &err) < 0)
		return xasprintf("ERROR %s", err.text);
	for (size_t i = 0; i < list.n; i++) {
		cleanup_free char *text = reference_text(&list.items[i].reference);
		strv_addf(&words, "%s%s%s", text, list.items[i].insecure ? "!" : "",
			  list.items[i].is_mirror ? "~" : "");
	}
	return strv_join(words, " ");
}

/* The manual page's example, and what else may stand there. */
static const char sample[] = "[[registry]]\n"
			     "prefix = 'example.com/foo'\n"
			     "location = 'internal.example.net/bar/'\n"
			     "[[registry.mirror]]\n"
			     "location = 'mirror-0.local/mirror-for-foo'\n"
			     "[[registry.mirror]]\n"
			     "location = 'mirror-1.local:5000/mirrors/foo'\n"
			     "insecure = true\n"
			     "[[registry]]\n"
			     "location = 'registry.com'\n"
			     "[[registry.mirror]]\n"
			     "location = 'mirror.registry.com'\n"
			     "pull-from-mirror = 'digest-only'\n"
			     "[[registry.mirror]]\n"
			     "location = 'tags.registry.com'\n"
			     "pull-from-mirror = 'tag-only'\n"
			     "[[registry]]\n"
			     "location = 'localhost:5000'\n"
			     "insecure = true\n"
			     "[[registry]]\n"
			     "location = 'bad.example'\n"
			     "blocked = true\n"
			     "[[registry]]\n"
			     "location = 'bad.example/but/good'\n"
			     "[[registry]]\n"
			     "prefix = '*.sub.example'\n"
			     "insecure = true\n"
			     "[[registry]]\n"
			     "prefix = '*.moved.example'\n"
			     "location = 'new.example/all'\n"
			     "[[registry]]\n"
			     "location = 'digest.example'\n"
			     "mirror-by-digest-only = true\n"
			     "[[registry.mirror]]\n"
			     "location = 'dm.example'\n"
			     "[[registry]]\n"
			     "prefix = 'one.example/x:1'\n"
			     "location = 'two.example/y:2'\n"
			     "[[registry]]\n"
			     "prefix = 'one.example/x@" DIGEST "'\n"
			     "location = 'three.example/z:3'\n"
			     "[[registry]]\n"
			     "prefix = 'docker.io'\n"
			     "location = 'hub.local/docker'\n"
			     "[[registry]]\n"
			     "prefix = 'wrong.example'\n"
			     "location = 'nohost'\n"
			     "future-setting = { a = 1 }\n";

START_TEST(test_pull)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{"example.com/foo/image:latest",
		 "mirror-0.local/mirror-for-foo/image:latest~ "
		 "mirror-1.local:5000/mirrors/foo/image:latest!~ "
		 "internal.example.net/bar/image:latest"},
		{"example.com/foo:1", "mirror-0.local/mirror-for-foo:1~ "
				      "mirror-1.local:5000/mirrors/foo:1!~ "
				      "internal.example.net/bar:1"},
		{"example.com/foobar", "example.com/foobar:latest"},
		{"example.com/f", "example.com/f:latest"},
		{"registry.com/image:t", "tags.registry.com/image:t~ "
					 "registry.com/image:t"},
		{"registry.com/image@" DIGEST, "mirror.registry.com/image@" DIGEST "~ "
					       "registry.com/image@" DIGEST},
		{"registry.com/image:t@" DIGEST,
		 "mirror.registry.com/image:t@" DIGEST "~ "
		 "registry.com/image:t@" DIGEST},
		{"localhost:5000/a", "localhost:5000/a:latest!"},
		{"localhost:5001/a", "localhost:5001/a:latest"},
		{"registry.com:5000/a", "registry.com:5000/a:latest"},
		{"bad.example/a:1",
		 "ERROR use bad.example/a:1: registry bad.example is blocked"},
		{"bad.example/but/good:1", "bad.example/but/good:1"},
		{"bad.example/but/good/x:1", "bad.example/but/good/x:1"},
		{"a.sub.example/x:1", "a.sub.example/x:1!"},
		{"a.b.sub.example:5000/x:1", "a.b.sub.example:5000/x:1!"},
		{"sub.example/x:1", "sub.example/x:1"},
		{"xsub.example/x:1", "xsub.example/x:1"},
		{"other.example/a.sub.example/x:1", "other.example/a.sub.example/x:1"},
		{"a.moved.example/x/y:1", "new.example/all/x/y:1"},
		{"digest.example/a:1", "digest.example/a:1"},
		{"digest.example/a@" DIGEST,
		 "dm.example/a@" DIGEST "~ digest.example/a@" DIGEST},
		{"one.example/x:1", "two.example/y:2"},
		{"one.example/x:12", "one.example/x:12"},
		{"one.example/x:5@" DIGEST, "three.example/z:3"},
		{"debian", "hub.local/docker/library/debian:latest"},
		{"wrong.example/a:1",
		 "ERROR /etc/r.conf: location \"nohost\" names no registry: a host has a "
		 "'.' or a port, or is localhost"},
	};

	cleanup_registries_conf struct registries_conf c = {0};
	add_text(&c, sample, "/etc/r.conf");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = pull(&c, cases[i].name);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

/* Names stay as they are, and mirrors are for reading. */
START_TEST(test_push)
{
	static const struct {
		const char *name;
		bool insecure;
	} cases[] = {
		{"example.com/foo/image:latest", false},
		{"localhost:5000/a:1", true},
		{"docker.io/library/debian:1", false},
	};

	cleanup_registries_conf struct registries_conf c = {0};
	add_text(&c, sample, "/etc/r.conf");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_reference struct reference r = {0};
		cleanup_registry_endpoints struct registry_endpoints list = {0};
		struct error err = ERROR_INIT;
		complete(cases[i].name, &r);
		ck_assert_ok(registries_conf_push(&c, &r, &list, &err), &err);
		ck_assert_uint_eq(list.n, 1);
		cleanup_free char *text = reference_text(&list.items[0].reference);
		ck_assert_str_eq(text, cases[i].name);
		ck_assert(list.items[0].insecure == cases[i].insecure);
	}
	cleanup_reference struct reference bad = {0};
	struct registry_endpoints none = {0};
	struct error err = ERROR_INIT;
	complete("bad.example/x", &bad);
	ck_assert_int_lt(registries_conf_push(&c, &bad, &none, &err), 0);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.hint, "/etc/r.conf says so");
	error_release(&err);
}
END_TEST

START_TEST(test_host)
{
	cleanup_registries_conf struct registries_conf c = {0};
	struct error err = ERROR_INIT;

	add_text(&c, sample, "/etc/r.conf");
	ck_assert_int_eq(registries_conf_host(&c, "localhost:5000", &err), 1);
	ck_assert_int_eq(registries_conf_host(&c, "localhost", &err), 0);
	ck_assert_int_eq(registries_conf_host(&c, "x.sub.example:1", &err), 1);
	ck_assert_int_eq(registries_conf_host(&c, "one.example", &err), 0);
	ck_assert_int_lt(registries_conf_host(&c, "bad.example", &err), 0);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	error_release(&err);
}
END_TEST

static char *candidates(const struct registries_conf *c, const char *name)
{
	cleanup_reference struct reference r = {0};
	cleanup_references struct references list = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **words = NULL;

	ck_assert_ok(reference_parse(name, &r, &err), &err);
	if (registries_conf_candidates(c, &r, &list, &err) < 0)
		return xasprintf("ERROR %s", err.text);
	for (size_t i = 0; i < list.n; i++)
		strv_add_take(&words, reference_text(&list.items[i]));
	return strv_join(words, " ");
}

START_TEST(test_short_names)
{
	static const char one[] = "unqualified-search-registries = ['a.example']";
	static const char two[] =
		"unqualified-search-registries = ['a.example:5000/ns/', 'docker.io']\n"
		"[aliases]\n'fedora' = 'registry.example/f/fedora'\n";
	static const char enforcing[] =
		"unqualified-search-registries = ['a.example', 'b.example']\n"
		"short-name-mode = 'enforcing'\n"
		"[aliases]\n'fedora' = 'registry.example/f/fedora'\n";
	static const struct {
		const char *conf, *name, *want;
	} cases[] = {
		{"", "debian", "docker.io/library/debian:latest"},
		{"", "me/mine:1", "docker.io/me/mine:1"},
		{"", "quay.io/a/b", "quay.io/a/b:latest"},
		{"unqualified-search-registries = []", "debian",
		 "docker.io/library/debian:latest"},
		{one, "debian", "a.example/debian:latest"},
		{one, "localhost/x", "localhost/x:latest"},
		{two, "debian:12",
		 "a.example:5000/ns/debian:12 docker.io/library/debian:12"},
		{two, "a/b@" DIGEST,
		 "a.example:5000/ns/a/b@" DIGEST " docker.io/a/b@" DIGEST},
		{two, "fedora", "registry.example/f/fedora:latest"},
		{two, "fedora:40", "registry.example/f/fedora:40"},
		{two, "x.example/fedora:40", "x.example/fedora:40"},
		{enforcing, "debian:1",
		 "ERROR debian:1: the name is short, could mean an image of each of "
		 "a.example, b.example, and short-name-mode is enforcing"},
		{enforcing, "fedora", "registry.example/f/fedora:latest"},
		{"short-name-mode = 'enforcing'", "debian",
		 "docker.io/library/debian:latest"},
		{"short-name-mode = 'disabled'\n[aliases]\n'a/b' = 'c.d/e'", "a/b",
		 "c.d/e:latest"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_registries_conf struct registries_conf c = {0};
		add_text(&c, cases[i].conf, "x");
		cleanup_free char *got = candidates(&c, cases[i].name);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_wrong)
{
	static const struct {
		const char *text, *message; /* after "f: " */
		enum error_kind kind;
	} cases[] = {
		{"x", "line 1, column 2: the text ends too soon", ERR_INVALID},
		{"[registries.search]\nregistries = []",
		 "version 1 of the format ([registries.search] and the like) is not "
		 "supported",
		 ERR_UNSUPPORTED},
		{"registry = 1", "registry: expected an array of objects, got 1",
		 ERR_INVALID},
		{"[[registry]]\nlocation = 1",
		 "registry[0].location: expected a string, got 1", ERR_INVALID},
		{"[[registry]]\n", "registry[0]: neither a prefix nor a location",
		 ERR_INVALID},
		{"[[registry]]\nprefix = 'a.b'", "registry[0].location: missing",
		 ERR_INVALID},
		{"[[registry]]\nlocation = 'https://a.b'",
		 "registry[0].location: expected HOST[:PORT][/PATH] without \"://\", got "
		 "\"https://a.b\"",
		 ERR_INVALID},
		{"[[registry]]\nprefix = '*.a.b/c'\nlocation = 'x.y'",
		 "registry[0].prefix: expected *.HOST and nothing behind it, got "
		 "\"*.a.b/c\"",
		 ERR_INVALID},
		{"[[registry]]\nprefix = 'a.*.b'\nlocation = 'x.y'",
		 "registry[0].prefix: expected '*' only as in *.HOST, got \"a.*.b\"",
		 ERR_INVALID},
		{"[[registry]]\nlocation = 'a.b'\nblocked = 'yes'",
		 "registry[0].blocked: expected true or false, got \"yes\"", ERR_INVALID},
		{"[[registry]]\nlocation = 'a.b'\n[[registry.mirror]]\ninsecure = true",
		 "registry[0].mirror[0].location: missing", ERR_INVALID},
		{"[[registry]]\nlocation = 'a.b'\n[[registry.mirror]]\nlocation = "
		 "'c.d'\npull-from-mirror = 'never'",
		 "registry[0].mirror[0][\"pull-from-mirror\"]: unknown word \"never\"",
		 ERR_INVALID},
		{"[[registry]]\nlocation = 'a.b'\nmirror-by-digest-only = "
		 "true\n[[registry.mirror]]\nlocation = 'c.d'\npull-from-mirror = 'all'",
		 "registry[0].mirror[0]: pull-from-mirror cannot stand beside "
		 "mirror-by-digest-only = true",
		 ERR_INVALID},
		{"short-name-mode = 'x'", "[\"short-name-mode\"]: unknown mode \"x\"",
		 ERR_INVALID},
		{"unqualified-search-registries = 'docker.io'",
		 "[\"unqualified-search-registries\"]: expected an array of strings, got "
		 "\"docker.io\"",
		 ERR_INVALID},
		{"unqualified-search-registries = ['']",
		 "[\"unqualified-search-registries\"][0]: is empty", ERR_INVALID},
		{"[aliases]\n'a:1' = 'b.c/d'",
		 "aliases[\"a:1\"]: an alias is a name without registry, tag and digest",
		 ERR_INVALID},
		{"[aliases]\n'a.b/c' = 'b.c/d'",
		 "aliases[\"a.b/c\"]: an alias is a name without registry, tag and digest",
		 ERR_INVALID},
		{"[aliases]\na = 'd'",
		 "aliases.a: expected a name with its registry, without tag and digest, "
		 "got \"d\"",
		 ERR_INVALID},
		{"[aliases]\na = 'b.c/d:1'", NULL, ERR_INVALID},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct registries_file f = {0};
		struct error err = ERROR_INIT;
		int r = registries_file_parse(cases[i].text, strlen(cases[i].text), "f",
					      &f, &err);
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_int_eq(err.kind, cases[i].kind);
		ck_assert_ptr_null(f.entries);
		if (cases[i].message) {
			cleanup_free char *want = xasprintf("f: %s", cases[i].message);
			ck_assert_message(&err, want);
		}
		error_release(&err);
	}
}
END_TEST

static const char *dir;

static void write_file(const char *name, const char *text)
{
	cleanup_free char *path = fs_join(dir, name);
	cleanup_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_mkdirs(AT_FDCWD, parent, 0700, &err), &err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, &err),
		     &err);
}

/* A user's registries.conf hides the host's, so nothing of this machine is seen. */
START_TEST(test_load)
{
	cleanup_registries_conf struct registries_conf c = {0}, alone = {0}, named = {0};
	struct error err = ERROR_INIT;

	dir = unit_dir();
	setenv("XDG_CONFIG_HOME", dir, 1);
	unsetenv("CONTAINERS_REGISTRIES_CONF");
	write_file("containers/registries.conf",
		   "unqualified-search-registries = ['first.example']\n"
		   "credential-helpers = ['pass']\n"
		   "[[registry]]\nlocation = 'a.example'\ninsecure = true\n"
		   "[[registry]]\nlocation = 'b.example'\n"
		   "[aliases]\n'cubby-test-gone' = 'x.y/z'\n'cubby-test' = 'x.y/z'\n");
	write_file("containers/registries.conf.d/10-x.conf",
		   "unqualified-search-registries = ['second.example']\n"
		   "[[registry]]\nlocation = 'a.example'\nblocked = true\n");
	write_file("containers/registries.conf.d/20-x.conf",
		   "[aliases]\n'cubby-test-gone' = ''\n'cubby-test' = 'v.w/z'\n");
	write_file("containers/registries.conf.d/30-x.txt", "nonsense");
	write_file("alone.conf", "unqualified-search-registries = ['alone.example']\n");
	ck_assert_ok(registries_conf_load(NULL, &c, &err), &err);
	ck_assert_str_eq(c.search[0], "second.example");
	ck_assert_str_eq(c.helpers[0], "pass");
	ck_assert_uint_eq(c.n_entries, 2);
	cleanup_free char *blocked = pull(&c, "a.example/x:1");
	ck_assert_str_eq(blocked,
			 "ERROR use a.example/x:1: registry a.example is blocked");
	ck_assert_ptr_nonnull(strstr(c.sources[0], "10-x.conf"));
	cleanup_free char *gone = candidates(&c, "cubby-test-gone");
	ck_assert_str_eq(gone, "second.example/cubby-test-gone:latest");
	cleanup_free char *alias = candidates(&c, "cubby-test");
	ck_assert_str_eq(alias, "v.w/z:latest");

	cleanup_free char *path = fs_join(dir, "alone.conf");
	ck_assert_ok(registries_conf_load(path, &alone, &err), &err);
	ck_assert_str_eq(alone.search[0], "alone.example");
	ck_assert_uint_eq(alone.n_entries + alone.n_aliases, 0);

	setenv("CONTAINERS_REGISTRIES_CONF", path, 1);
	ck_assert_ok(registries_conf_load(NULL, &named, &err), &err);
	ck_assert_str_eq(named.search[0],
			 "second.example"); /* drop-ins count all the same */

	setenv("CONTAINERS_REGISTRIES_CONF", "/nonexistent/registries.conf", 1);
	struct registries_conf none = {0};
	ck_assert_int_lt(registries_conf_load(NULL, &none, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

UNIT_MAIN("registries_conf", test_pull, test_push, test_host, test_short_names,
	  test_wrong, test_load)
