/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a registry that misbehaves. */
#include <sys/wait.h>

#include "image/blobs.h"
#include "image/hash.h"
#include "registry/client_blob.h"
#include "registry/client_list.h"
#include "registry/client_manifest.h"
#include "registry/client_upload.h"
#include "registry_child.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/str.h"

#define BLOB_PIECE "0123456789abcdef"
#define BLOB_TIMES 300000
#define BLOB_LEN   (16 * BLOB_TIMES)
#define BLOB_JSON  "\"blobs\": {\"a/b\": [[\"" BLOB_PIECE "\", 300000]]}"

#define MANIFEST                                                                                   \
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","       \
	"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"size\":2,"       \
	"\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"}," \
	"\"layers\":[]}"

static struct registry_child child;
static struct http *http;
static struct buf retries;
static int blobs_fd;
static char *blob, *digest;

static void on_retry(void *data, const char *text)
{
	buf_printf(&retries, "%s\n", text);
}

static struct client *start_with(const char *setup, struct client_options options)
{
	struct error err = ERROR_INIT;
	struct http_options http_options = {.retries = -1,
					    .retry_delay_usec = 1000,
					    .stall_sec = 1,
					    .on_retry = on_retry};
	cleanup_fd int dir_fd = unit_dirfd();

	buf_init(&retries, 100000);
	buf_add_str(&retries, "");
	blobs_fd = blobs_open(dir_fd, &err);
	ck_assert_ok(blobs_fd, &err);
	blob = xmalloc(BLOB_LEN + 1);
	for (size_t i = 0; i < BLOB_TIMES; i++)
		memcpy(blob + 16 * i, BLOB_PIECE, 16);
	ck_assert_ok(hash_text(blob, BLOB_LEN, &digest, &err), &err);
	child = registry_child_start(setup);
	ck_assert_ok(http_new(&http_options, &http, &err), &err);
	options.http = http;
	if (!options.host)
		options.host = child.host;
	return client_new(&options);
}

static struct client *start(const char *setup)
{
	return start_with(setup, (struct client_options){0});
}

static void stop(struct client *c)
{
	client_free(c);
	http_free(http);
	buf_release(&retries);
	free(blob);
	free(digest);
	close(blobs_fd);
	registry_child_stop(&child);
}

/* Fetch the blob; "" or the error's sentence. */
static char *fetch(struct client *c, int64_t size, uint64_t *ret_have)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_blob_writer struct blob_writer *w = NULL;
	cleanup_fd int fd = -EBADF;
	struct blob_wanted wanted = {.digest = digest, .size = size};

	ck_assert_ok(blob_writer_open(blobs_fd, &wanted, false, &w, &fd, &err), &err);
	int r = client_get_blob(c, "a/b", digest, size, w, &err);
	*ret_have = blob_writer_offset(w);
	if (r == 0)
		r = blob_writer_finish(w, NULL, NULL, &err);
	return r < 0 ? error_message(&err) : xstrdup("");
}

struct blob_case {
	const char *fault; /* JSON members */
	const char *error; /* a part of it; "": none */
	const char *retry; /* a part of what was said */
	long requests;
};

static void check_blob(const struct blob_case *t)
{
	cleanup_free char *setup = xasprintf(
		"{" BLOB_JSON ", \"faults\": [{\"path\": \"/v2/a/b/blobs/\", %s}]}",
		t->fault);
	struct client *c = start(setup);
	uint64_t have;
	cleanup_free char *error = fetch(c, BLOB_LEN, &have);

	ck_assert_msg(*t->error ? strstr(error, t->error) != NULL : !*error, "%s: %s",
		      t->fault, error);
	ck_assert_msg(!t->retry || strstr(retries.data, t->retry), "%s: %s", t->fault,
		      retries.data);
	ck_assert_int_eq(registry_child_count(&child, "GET /v2/a/b/blobs/"), t->requests);
	ck_assert_int_eq(blob_size(blobs_fd, digest), *t->error ? -ENOENT : BLOB_LEN);
	stop(c);
}

START_TEST(test_blob)
{
	static const struct blob_case cases[] = {
		{"\"times\": 0", "", NULL, 1},
		{"\"cut\": 1100000, \"times\": 3", "", "the connection was cut", 4},
		{"\"cut\": 1100000", "", "the connection was cut", 5},
		{"\"cut\": 1000", "connection was cut", "the connection was cut", 4},
		{"\"cut\": 100, \"no_range\": true, \"times\": 1", "", NULL, 2},
		{"\"cut\": 0, \"times\": 1", "", "cut", 2},
		{"\"corrupt\": true", "digest", NULL, 1},
		{"\"length\": 77", "has 77 bytes", NULL, 1},
		{"\"truncate\": 77", "has 77 bytes", NULL, 1},
		{"\"length\": 5000000", "has 5000000 bytes", NULL, 1},
		{"\"status\": 404, \"text\": \"{\\\"errors\\\":[{\\\"code\\\":\\\"BLOB_UNKNOWN\\\","
		 "\\\"message\\\":\\\"no\\\\u001b[2Jblob\\\"}]}\"",
		 "blob (BLOB_UNKNOWN)", NULL, 1},
		{"\"status\": 503, \"times\": 2, \"headers\": {\"Retry-After\": \"0\"}",
		 "", "answers 503 (service unavailable); again in 0.0 s", 3},
		{"\"status\": 429, \"times\": 1", "", "429", 2},
		{"\"status\": 500", "answers 500", "500", 4},
		{"\"redirect\": \"loop\"", "more than 10", NULL, 11},
		{"\"redirect\": \"file:///etc/passwd\"", "only http and https", NULL, 1},
		{"\"redirect\": \"http://127.0.0.1:1/x\"", "connection refused", NULL, 1},
		{"\"drip\": [1, 0.3]", "no data for too long", "no data for too long", 4},
		{"\"hang\": true, \"times\": 1", "", "no data for too long", 2},
		{"\"header_bytes\": 70000", "headers of over", NULL, 1},
		{"\"unauthorized\": true", "wants a login", NULL, 2},
	};

	check_blob(&cases[_i]);
}
END_TEST
#define N_BLOB_CASES 21

static void resume(const char *fault, long requests, const char *error)
{
	cleanup_free char *setup = xasprintf(
		"{" BLOB_JSON ", \"faults\": [{\"path\": \"/blobs/\", \"status\": 404, "
		"\"skip\": 1, \"times\": 1}, {\"path\": \"/blobs/\", \"cut\": 2000, "
		"\"times\": 1}, {\"path\": \"/blobs/\", %s}]}",
		fault);
	struct client *c = start(setup);
	uint64_t have;
	cleanup_free char *first = fetch(c, BLOB_LEN, &have);

	ck_assert_uint_eq(have, 2000);
	ck_assert_ptr_nonnull(strstr(first, "404"));
	cleanup_free char *second = fetch(c, BLOB_LEN, &have);
	ck_assert_msg(*error ? strstr(second, error) != NULL : !*second, "%s: %s", fault,
		      second);
	ck_assert_int_eq(registry_child_count(&child, "GET /blobs/"), requests);
	stop(c);
}

/* What an earlier process left is gone on with. */
START_TEST(test_resume)
{
	resume("\"times\": 0", 3, "");
	resume("\"no_range\": true", 3, "");
	resume("\"wrong_range\": true", 3, "");
	resume("\"status\": 416, \"times\": 1", 4, "");
	resume("\"status\": 206, \"times\": 1, \"headers\": {\"Content-Range\": \"x\"}, "
	       "\"text\": \"abc\"",
	       4, "");
	resume("\"status\": 206, \"headers\": {\"Content-Range\": \"bytes 9000-9002/4800000\"}, "
	       "\"text\": \"abc\"",
	       4, "another part");
}
END_TEST

static void check_manifest(const char *faults, const char *reference, const char *error)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_text struct image_text text = {0};
	cleanup_json struct json_object *string = json_object_new_string(MANIFEST);
	cleanup_free char *quoted = json_text(string, false);
	cleanup_free char *setup =
		xasprintf("{\"manifests\": {\"a/b\": {\"t\": %s}}, \"faults\": [%s]}",
			  quoted, faults);
	struct client *c = start(setup);

	int r = client_get_manifest(c, "a/b", reference, &text, &err);
	cleanup_free char *message = r < 0 ? error_message(&err) : xstrdup("");
	ck_assert_msg(*error ? strstr(message, error) != NULL : !*message, "%s: %s",
		      faults, message);
	if (r == 0) {
		ck_assert_str_eq(text.data, MANIFEST);
		ck_assert_str_eq(text.media_type,
				 "application/vnd.oci.image.manifest.v1+json");
	}
	stop(c);
}

START_TEST(test_manifest)
{
	cleanup_free char *own = NULL, *fault = NULL;
	struct error err = ERROR_INIT;
	const char *other =
		"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

	ck_assert_ok(hash_text(MANIFEST, strlen(MANIFEST), &own, &err), &err);
	fault = xasprintf("{\"path\": \"/manifests/\", \"digest_header\": \"%s\"}",
			  other);
	check_manifest("", "t", "");
	check_manifest("", own, "");
	check_manifest("", "x", "manifest unknown (MANIFEST_UNKNOWN)");
	check_manifest("{\"path\": \"/manifests/\", \"corrupt\": true}", own,
		       "not sha256:");
	check_manifest("{\"path\": \"/manifests/\", \"corrupt\": true}", "t",
		       "the registry says");
	check_manifest(fault, "t", "the registry says");
	check_manifest(fault, own, "");
	check_manifest("{\"path\": \"/manifests/\", \"size\": 5000000}", "t",
		       "longer than 4194304");
	check_manifest("{\"path\": \"/manifests/\", \"media_type\": \"text/plain\"}", "t",
		       "");
	check_manifest("{\"path\": \"/manifests/\", \"media_type\": "
		       "\"application/vnd.oci.image.index.v1+json\"}",
		       "t", "declared as an index");
	check_manifest("{\"path\": \"/manifests/\", \"cut\": 10, \"times\": 2}", "t", "");
	check_manifest("{\"path\": \"/manifests/\", \"truncate\": 0}", "t", "empty");
}
END_TEST

static void check_login(const char *setup, struct client_options options,
			const char *error)
{
	cleanup_error struct error err = ERROR_INIT;
	struct client *c = start_with(setup, options);

	int r = client_ping(c, &err);
	cleanup_free char *message = r < 0 ? error_message(&err) : xstrdup("");
	ck_assert_msg(*error ? strstr(message, error) != NULL : !*message, "%s: %s",
		      setup, message);
	stop(c);
}

START_TEST(test_login)
{
	struct client_options right = {.user = "me", .password = "se:cret"},
			      wrong = {.user = "me", .password = "x"}, none = {0},
			      token = {.identity_token = "id&1"},
			      bad_token = {.identity_token = "id&2"};
#define BASIC "{\"auth\": \"basic\", \"users\": {\"me\": \"se:cret\"}"
#define TOKEN \
	"{\"auth\": \"token\", \"identity_token\": \"id&1\", \"users\": {\"me\": \"se:cret\"}"
#define AT_TOKEN ", \"faults\": [{\"path\": \"/token\", "

	check_login("{}", none, "");
	check_login("{}", right, "");
	check_login(BASIC "}", right, "");
	check_login(BASIC "}", wrong, "refuses the credentials of me");
	check_login(BASIC "}", none, "wants a login");
	check_login(TOKEN "}", right, "");
	check_login(TOKEN "}", wrong,
		    "refuses the credentials of me: incorrect username");
	check_login(TOKEN "}", token, "");
	check_login(TOKEN "}", bad_token, "refuses the credentials of the last login");
	check_login(TOKEN AT_TOKEN "\"status\": 200, \"text\": \"{}\"}]}", right,
		    "no token");
	check_login(TOKEN AT_TOKEN "\"status\": 200, \"text\": \"[\"}]}", right,
		    "answer");
	check_login(
		TOKEN AT_TOKEN
		"\"status\": 200, \"text\": \"{\\\"token\\\":\\\"a\\\\r\\\\nb\\\"}\"}]}",
		right, "token is malformed");
	check_login(TOKEN AT_TOKEN
		    "\"status\": 200, \"text\": \"{\\\"token\\\":\\\"lie\\\"}\"}]}",
		    right, "refuses the credentials of me");
	check_login(TOKEN AT_TOKEN "\"status\": 503, \"times\": 1}]}", right, "");
	check_login(TOKEN AT_TOKEN "\"status\": 418}]}", right,
		    "the token server answers 418");
	check_login(TOKEN ", \"faults\": [{\"path\": \"/v2/\", \"unauthorized\": true}]}",
		    right, "refuses the credentials of me");
	check_login("{\"faults\": [{\"path\": \"/v2/\", \"status\": 404}]}", none,
		    "no registry");
	check_login("{\"faults\": [{\"path\": \"/v2/\", \"status\": 401, \"headers\": "
		    "{\"WWW-Authenticate\": \"Negotiate\"}}]}",
		    right, "does not know: \"Negotiate\"");
}
END_TEST

/* A token is for a scope, and is asked for once. */
START_TEST(test_scopes)
{
	cleanup_error struct error err = ERROR_INIT;
	struct client *c = start_with("{" BLOB_JSON ", \"auth\": \"token\"}",
				      (struct client_options){0});
	uint64_t have;

	for (int i = 0; i < 2; i++) {
		cleanup_free char *error = fetch(c, BLOB_LEN, &have);
		ck_assert_str_eq(error, "");
		ck_assert_ok(blob_remove(blobs_fd, digest, &err), &err);
	}
	ck_assert_int_eq(registry_child_count(&child, "GET /token"), 1);
	ck_assert_int_eq(registry_child_count(&child, "GET /blobs/"), 3);
	ck_assert_int_eq(
		client_has_blob(c, "a/b", digest, "repository:a/b:pull,push", &err), 1);
	ck_assert_int_eq(registry_child_count(&child, "GET /token"), 2);
	stop(c);
}
END_TEST

/* A process forked from the one that asked first has connections of its own. */
START_TEST(test_fork)
{
	struct error err = ERROR_INIT;
	struct client *c = start("{" BLOB_JSON ", \"auth\": \"token\"}");
	int status;

	ck_assert_int_eq(client_has_blob(c, "a/b", digest, "repository:a/b:pull", &err),
			 1);
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			uint64_t have;
			cleanup_free char *error = fetch(c, BLOB_LEN, &have);
			_exit(*error ? 1 : 0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		ck_assert_ok(blob_remove(blobs_fd, digest, &err), &err);
		ck_assert_int_eq(
			client_has_blob(c, "a/b", digest, "repository:a/b:pull", &err),
			1);
	}
	ck_assert_int_eq(registry_child_count(&child, "GET /token"), 1);
	stop(c);
}
END_TEST

static uint64_t told;

static void on_progress(void *data, uint64_t done)
{
	told = done;
}

struct upload_case {
	const char *setup; /* JSON members */
	const char *error;
	long posts, patches, puts;
};

static void check_upload(const struct upload_case *t)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *setup = xasprintf("{%s}", t->setup);
	struct client *c = start(setup);
	cleanup_file FILE *file = tmpfile();
	struct client_upload upload = {.repository = "c/d",
				       .digest = digest,
				       .size = BLOB_LEN,
				       .fd = fileno(file),
				       .progress = on_progress};

	ck_assert_uint_eq(fwrite(blob, 1, BLOB_LEN, file), BLOB_LEN);
	ck_assert_int_eq(fflush(file), 0);
	int r = client_put_blob(c, &upload, &err);
	cleanup_free char *message = r < 0 ? error_message(&err) : xstrdup("");
	ck_assert_msg(*t->error ? strstr(message, t->error) != NULL : !*message, "%s: %s",
		      t->setup, message);
	if (r == 0) {
		ck_assert_int_eq(client_has_blob(c, "c/d", digest, NULL, &err), 1);
		ck_assert_uint_eq(told, BLOB_LEN);
	}
	long posts = registry_child_count(&child, "POST ."),
	     patches = registry_child_count(&child, "PATCH ."),
	     puts = registry_child_count(&child, "PUT .");
	ck_assert_msg(posts == t->posts && patches == t->patches && puts == t->puts,
		      "%s: %ld POST, %ld PATCH, %ld PUT", t->setup, posts, patches, puts);
	stop(c);
}

START_TEST(test_upload)
{
#define FAULT "\"faults\": [{\"path\": \"/uploads/\", "
	static const struct upload_case cases[] = {
		{"\"faults\": []", "", 1, 0, 1},
		{"\"chunk_min\": 100000", "", 1, 1, 1},
		{FAULT "\"method\": \"PUT\", \"status\": 405, \"times\": 1}]", "", 2, 1,
		 2},
		{FAULT
		 "\"method\": \"PUT\", \"status\": 413, \"times\": 1},"
		 "{\"path\": \"/uploads/\", \"method\": \"PATCH\", \"status\": 413, \"times\": 2}]",
		 "", 2, 7, 2},
		{FAULT "\"method\": \"PUT\", \"cut_upload\": 2000000, \"times\": 1}]", "",
		 1, 1, 2},
		{FAULT "\"method\": \"PUT\", \"cut_upload\": 0, \"times\": 1}]", "", 1, 0,
		 2},
		{FAULT "\"method\": \"PUT\", \"status\": 503, \"times\": 1}]", "", 1, 0,
		 2},
		{FAULT
		 "\"method\": \"PUT\", \"cut_upload\": 2000000, \"times\": 1},"
		 "{\"path\": \"/uploads/\", \"method\": \"PATCH\", \"cut_upload\": 100000, \"times\": 1}]",
		 "", 1, 2, 2},
		{FAULT
		 "\"method\": \"PUT\", \"cut_upload\": 1000, \"times\": 1},"
		 "{\"path\": \"/uploads/\", \"method\": \"GET\", \"status\": 404, \"times\": 1}]",
		 "", 2, 0, 2},
		{FAULT "\"method\": \"POST\", \"status\": 403}]", "403 (forbidden)", 1, 0,
		 0},
		{FAULT "\"method\": \"POST\", \"status\": 202}]", "where to send it", 1,
		 0, 0},
		{FAULT "\"method\": \"PUT\", \"status\": 400}]", "400 (bad request)", 2,
		 1, 2},
		{FAULT "\"method\": \"PUT\", \"status\": 500}]", "500", 1, 0, 4},
		{"\"chunk_min\": 1," FAULT
		 "\"method\": \"PATCH\", \"status\": 202, \"headers\": "
		 "{\"Range\": \"0-9999999\"}}]",
		 "says that it has 10000000", 1, 1, 0},
	};

	check_upload(&cases[_i]);
}
END_TEST
#define N_UPLOAD_CASES 14

START_TEST(test_mount)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *upload = NULL, *no_upload = NULL;
	struct client *c = start("{" BLOB_JSON ", \"auth\": \"token\"}");

	ck_assert_int_eq(client_mount_blob(c, "c/d", digest, "a/b", &no_upload, &err), 1);
	ck_assert_ptr_null(no_upload);
	ck_assert_int_eq(client_has_blob(c, "c/d", digest, "repository:c/d:pull", &err),
			 1);
	ck_assert_int_eq(client_mount_blob(c, "e", digest, "f", &upload, &err), 0);
	ck_assert_ptr_nonnull(strstr(upload, "/v2/e/blobs/uploads/"));
	stop(c);
}
END_TEST

START_TEST(test_lists)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **tags = NULL;
	cleanup_client_search struct client_search found = {0};
	cleanup_buf struct buf setup;

	buf_init(&setup, 1 << 20);
	buf_add_str(
		&setup,
		"{\"auth\": \"token\", \"manifests\": {\"a/b\": {\"_\\u001b[2J\": \"\"");
	for (int i = 0; i < 2500; i++)
		buf_printf(&setup, ", \"t%d\": \"\"", i);
	buf_add_str(&setup, "}, \"x/another\": {\"t\": \"\"}}}");
	struct client *c = start(setup.data);
	ck_assert_ok(client_list_tags(c, "a/b", &tags, &err), &err);
	ck_assert_uint_eq(strv_len(tags), 2500);
	ck_assert_int_eq(registry_child_count(&child, "GET /tags/list"), 4);
	ck_assert_int_lt(client_list_tags(c, "no", &tags, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_ok(client_search(c, "ANOTH", 5, &found, &err), &err);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(found.items[0].name, "x/another");
	stop(c);
}
END_TEST

START_TEST(test_search)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_client_search struct client_search found = {0};
	struct client *c = start(
		"{\"search_results\": [{\"name\": \"ab\", \"star_count\": 7, "
		"\"description\": \"x\", \"is_official\": true}, "
		"{\"name\": \"a\\u001b\"}, {\"name\": \"abc\", \"star_count\": \"x\"}]}");

	ck_assert_ok(client_search(c, "a", 5, &found, &err), &err);
	ck_assert_uint_eq(found.n, 2);
	ck_assert_int_eq(found.items[0].stars, 7);
	ck_assert(found.items[0].official && !found.items[1].official);
	ck_assert_str_eq(found.items[1].description, "");
	stop(c);
}
END_TEST

START_TEST(test_schemes)
{
	struct client_options verify = {.verify_given = true}, none = {0},
			      unknown = {.host = "registry.invalid"},
			      closed = {.host = "localhost:1"};

	check_login("{}", none, "");
	check_login("{}", verify, "speak TLS with localhost:");
	check_login("{}", unknown, "find host registry.invalid");
	check_login("{}", closed, "connect to localhost:1: connection refused");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("registry_client");
	TCase *tcase = tcase_create("registry_client");

	tcase_set_timeout(tcase, 180);
	tcase_add_loop_test(tcase, test_blob, 0, N_BLOB_CASES);
	tcase_add_test(tcase, test_resume);
	tcase_add_test(tcase, test_manifest);
	tcase_add_test(tcase, test_login);
	tcase_add_test(tcase, test_scopes);
	tcase_add_test(tcase, test_fork);
	tcase_add_loop_test(tcase, test_upload, 0, N_UPLOAD_CASES);
	tcase_add_test(tcase, test_mount);
	tcase_add_test(tcase, test_lists);
	tcase_add_test(tcase, test_search);
	tcase_add_test(tcase, test_schemes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
