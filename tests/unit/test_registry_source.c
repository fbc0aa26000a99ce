/* SPDX-License-Identifier: Apache-2.0 */
/* Registries as sources and targets: which place is asked for what, in which order. */
#include "image/blobs.h"
#include "image/hash.h"
#include "registry/registry_source.h"
#include "registry/registry_target.h"
#include "registry_child.h"
#include "spec/image.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/str.h"

#define MANIFEST                                                                         \
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+"    \
	"json\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json"    \
	"\",\"size\":2,\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe7" \
	"7e8310c060f61caaff8a\"},\"layers\":[]}"

static char *dir, *manifest_digest;
static struct registry_options options;

/* The manifest as a JSON string. */
static char *quoted(void)
{
	struct json_object *o = json_object_new_string(MANIFEST);
	char *text = json_text(o, false);

	json_put(o);
	return text;
}

/* A registry that has the manifest as NAME:t, with the other members of its set-up. */
static struct registry_child start(const char *name, const char *more)
{
	cleanup_free char *text = quoted();
	cleanup_free char *setup =
		xasprintf("{\"manifests\": {\"%s\": {\"t\": %s}}%s}", name, text, more);

	return registry_child_start(setup);
}

static void write_file(const char *name, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	cleanup_file FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
}

static void setup(const char *conf)
{
	struct error err = ERROR_INIT;

	dir = xstrdup(unit_dir());
	ck_assert_ok(hash_text(MANIFEST, strlen(MANIFEST), &manifest_digest, &err), &err);
	setenv("HOME", dir, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("REGISTRY_AUTH_FILE");
	write_file("registries.conf", conf);
	write_file("auth.json", "{}");
	write_file("policy.json",
		   "{\"default\": [{\"type\": \"insecureAcceptAnything\"}],"
		   "\"transports\": {\"docker\": {\"rejected.example\": "
		   "[{\"type\": \"reject\"}]}}}");
	options = REGISTRY_OPTIONS_INIT;
	options.registries_conf = xasprintf("%s/registries.conf", dir);
	options.authfile = xasprintf("%s/auth.json", dir);
	options.policy = xasprintf("%s/policy.json", dir);
	options.retry = 0;
}

/* All images of a source: their names and digests, or the error. */
static char *pull(const char *reference, bool all_tags)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_source struct image_source *s = NULL;
	cleanup_source_images struct source_images list = {0};
	cleanup_buf struct buf said;

	buf_init(&said, 100000);
	int r = registry_source_open(&options, reference, all_tags, &s, &err);
	if (r == 0)
		r = s->ops->list(s, &list, &err);
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		cleanup_image_text struct image_text text = {0};

		buf_printf(&said, "%s%s", i ? " " : "", list.items[i].names[0]);
		r = s->ops->top(s, list.items[i].handle, &text, &err);
		if (r == 0)
			ck_assert_str_eq(text.digest, manifest_digest);
	}
	return r < 0 ? error_message(&err) : buf_take(&said);
}

static void check_pull(const char *reference, bool all_tags, const char *want)
{
	cleanup_free char *got = pull(reference, all_tags);

	ck_assert_msg(strstr(got, want) != NULL, "%s: %s, not %s", reference, got, want);
}

START_TEST(test_names)
{
	setup("");
	struct registry_child child = start("a/b", "");
	cleanup_free char *tagged = xasprintf("%s/a/b:t", child.host);
	cleanup_free char *bare = xasprintf("%s/a/b", child.host);
	cleanup_free char *by_digest = xasprintf("%s@%s", bare, manifest_digest);
	cleanup_free char *both = xasprintf("%s:other@%s", bare, manifest_digest);

	check_pull(tagged, false, tagged);
	check_pull(bare, false, "manifest unknown");
	check_pull(bare, true, tagged);
	check_pull(by_digest, false, by_digest);
	check_pull(both, false, both);
	check_pull(tagged, true, "it names one already");
	check_pull("rejected.example/a", false, "reject");
	ck_assert_int_eq(registry_child_count(&child, "GET manifests/other"), 0);
	registry_child_stop(&child);
}
END_TEST

/* Mirrors first; the place itself if they don't have it; the name stays. */
START_TEST(test_mirrors)
{
	struct registry_child mirror = start("m/b", ""), empty = start("none", ""),
			      own = start("x/b", "");
	cleanup_free char *conf =
		xasprintf("[[registry]]\nprefix = \"example.invalid/a\"\n"
			  "location = \"%s/x\"\n"
			  "[[registry.mirror]]\nlocation = \"%s/m\"\n"
			  "[[registry.mirror]]\nlocation = \"%s/m\"\n",
			  own.host, empty.host, mirror.host);

	setup(conf);
	check_pull("example.invalid/a/b:t", false, "example.invalid/a/b:t");
	ck_assert_int_eq(registry_child_count(&empty, "GET ."), 1);
	ck_assert_int_eq(registry_child_count(&mirror, "GET /m/b/manifests/t"), 1);
	ck_assert_int_eq(registry_child_count(&own, "GET ."), 0);
	registry_child_stop(&mirror);
	check_pull("example.invalid/a/b:t", false, "example.invalid/a/b:t");
	ck_assert_int_eq(registry_child_count(&own, "GET /x/b/manifests/t"), 1);
	registry_child_stop(&own);
	check_pull("example.invalid/a/b:t", false, "connection refused");
	registry_child_stop(&empty);
}
END_TEST

START_TEST(test_short_names)
{
	struct registry_child one = start("none", ""), two = start("a/b", "");
	cleanup_free char *conf = xasprintf(
		"unqualified-search-registries = [\"rejected.example\", \"%s\", \"%s\"]\n"
		"short-name-mode = \"permissive\"\n",
		one.host, two.host);
	cleanup_free char *found = xasprintf("%s/a/b:t", two.host);

	setup(conf);
	check_pull("a/b:t", false, found);
	ck_assert_int_eq(registry_child_count(&one, "GET ."), 1);
	ck_assert_int_eq(registry_child_count(&two, "GET ."), 1);
	check_pull("a/b", true, found);
	check_pull("a/c:t", false, "find a/c:t: fetch the manifest localhost:");
	registry_child_stop(&one);
	registry_child_stop(&two);
}
END_TEST

static int blob_file(const char *text)
{
	FILE *f = tmpfile();

	fputs(text, f);
	ck_assert_int_eq(fflush(f), 0);
	return fileno(f); /* stays open: this process ends soon */
}

START_TEST(test_push)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_target struct image_target *t = NULL;
	cleanup_strv char **from = NULL, **names = NULL, **wrong = NULL;
	cleanup_free char *held = NULL, *other = NULL;

	setup("");
	struct registry_child child =
		start("x", ", \"auth\": \"token\", \"blobs\": {\"c/d\": [\"held\"]}");
	cleanup_free char *text = xasprintf("%s/a/b:new", child.host);
	cleanup_free char *tag = xasprintf("%s/a/b:t2", child.host);

	strv_addf(&from, "%s/nothing", child.host);
	strv_addf(&from, "%s/c/d", child.host);
	strv_add(&names, text);
	strv_add(&names, tag);
	strv_addf(&wrong, "%s/a/c:new", child.host);
	ck_assert_ok(hash_text("held", 4, &held, &err), &err);
	ck_assert_ok(hash_text("other", 5, &other, &err), &err);
	struct image_descriptor held_d = {.digest = held, .size = 4},
				other_d = {.digest = other, .size = 5};
	struct image_text m = {
		.data = (char *)MANIFEST,
		.len = strlen(MANIFEST),
		.media_type = (char *)"application/vnd.oci.image.manifest.v1+json",
		.digest = manifest_digest};

	ck_assert_ok(registry_target_open(&options, text, from, &t, &err), &err);
	ck_assert_int_eq(t->ops->has_blob(t, &held_d, &err), 1); /* mounted */
	ck_assert_int_eq(registry_child_count(&child, "POST mount="), 2);
	ck_assert_int_eq(t->ops->has_blob(t, &held_d, &err), 1); /* there */
	ck_assert_int_eq(t->ops->has_blob(t, &other_d, &err), 0);
	ck_assert_int_eq(registry_child_count(&child, "POST ."), 4);
	ck_assert_ok(t->ops->blob(t, &other_d, blob_file("other"), NULL, NULL, &err),
		     &err);
	/* into the upload that the attempt at mounting opened */
	ck_assert_int_eq(registry_child_count(&child, "POST ."), 4);
	ck_assert_int_eq(t->ops->has_blob(t, &other_d, &err), 1);
	ck_assert_ok(t->ops->manifest(t, &m, names, &err), &err);
	ck_assert_int_eq(registry_child_count(&child, "PUT /a/b/manifests/(new|t2)$"), 2);
	ck_assert_ok(t->ops->manifest(t, &m, NULL, &err), &err);
	ck_assert_int_eq(registry_child_count(&child, "PUT /a/b/manifests/sha256:"), 1);
	ck_assert_int_lt(t->ops->manifest(t, &m, wrong, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "another repository"));
	error_release(&err);
	ck_assert_ok(t->ops->finish(t, &err), &err);
	check_pull(tag, false, tag);
	registry_child_stop(&child);
}
END_TEST

/* The password goes to the registry that it is for, and to no other that is redirected to. */
START_TEST(test_credentials)
{
	struct registry_child elsewhere = start("a/b", "");
	cleanup_free char *fault = xasprintf(
		", \"auth\": \"basic\", \"users\": {\"me\": \"pass\"}, \"faults\": "
		"[{\"path\": \"/manifests/\", \"skip\": 2, \"redirect\": "
		"\"http://127.0.0.1:%d/v2/a/b/manifests/t\"}]",
		elsewhere.port);

	setup("");
	struct registry_child child = start("a/b", fault);
	cleanup_free char *text = xasprintf("%s/a/b:t", child.host);
	cleanup_free char *auth = xasprintf(
		"{\"auths\": {\"%s\": {\"auth\": \"bWU6cGFzcw==\"}}}", child.host);
	cleanup_free char *wrong = xasprintf(
		"{\"auths\": {\"%s\": {\"auth\": \"bWU6d3Jvbmc=\"}}}", child.host);

	check_pull(text, false, "wants a login");
	write_file("auth.json", auth);
	check_pull(text, false, text);
	ck_assert_int_eq(registry_child_count(&elsewhere, "GET ."), 1);
	ck_assert_int_eq(registry_child_count(&elsewhere, "AUTHORIZED ."), 0);
	ck_assert_int_ge(registry_child_count(&child, "AUTHORIZED ."), 1);
	write_file("auth.json", wrong);
	registry_child_stop(&child);
	child = start("a/b", ", \"auth\": \"basic\", \"users\": {\"me\": \"pass\"}");
	cleanup_free char *again = xasprintf("%s/a/b:t", child.host);
	options.creds = "me:wrong";
	check_pull(again, false, "refuses the credentials of me");
	options.creds = "me:pass";
	check_pull(again, false, again);
	registry_child_stop(&child);
	registry_child_stop(&elsewhere);
}
END_TEST

UNIT_MAIN_TIMEOUT("registry_source", 120, test_names, test_mirrors, test_short_names,
		  test_push, test_credentials)
