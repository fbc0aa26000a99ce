/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "transfer/protocol.h"
#include "unit.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A     "sha256:" HEX_A

#define REGISTRY "\"registry\":{\"tls_verify\":-1,\"retry\":-1,\"retry_delay_usec\":-1}"

static struct json_object *parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;
	ck_assert_ok(json_parse(text, strlen(text), "test", &o, &err), &err);
	return o;
}

static void check_text(struct json_object *o, const char *want)
{
	cleanup_free char *text = json_text(o, false);
	ck_assert_str_eq(text, want);
}

START_TEST(test_fetch)
{
	static const char text[] =
		"{\"source\":\"docker://localhost:5000/a:b\",\"input_is_stdin\":true,"
		"\"names\":[\"docker.io/library/a:b\"],\"all_tags\":true,"
		"\"known_digest\":\"" A
		"\",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\","
		"\"variant\":\"v7\"},\"registry\":{\"authfile\":\"/a\",\"cert_dir\":\"/c\","
		"\"creds\":\"u:p\",\"registries_conf\":\"/r\",\"policy\":\"/p\",\"tls_verify\":0,"
		"\"retry\":5,\"retry_delay_usec\":1000000},\"import_config\":\"{}\","
		"\"import_message\":\"m\"}";
	struct error err = ERROR_INIT;
	cleanup_transfer_fetch struct transfer_fetch f;
	cleanup_json struct json_object *o = parse(text);

	ck_assert_ok(transfer_fetch_parse(o, &f, &err), &err);
	ck_assert_str_eq(f.source, "docker://localhost:5000/a:b");
	ck_assert(f.input_is_stdin && f.all_tags);
	ck_assert_str_eq(f.names[0], "docker.io/library/a:b");
	ck_assert_ptr_null(f.names[1]);
	ck_assert_str_eq(f.known_digest, A);
	ck_assert_str_eq(f.platform.variant, "v7");
	ck_assert_int_eq(f.registry.tls_verify, 0);
	ck_assert_int_eq(f.registry.retry_delay_usec, 1000000);
	cleanup_json struct json_object *again = transfer_fetch_to_json(&f);
	check_text(again, text);
}
END_TEST

START_TEST(test_send)
{
	static const char text[] =
		"{\"target\":\"docker-archive:/x\",\"output_is_stdout\":true,"
		"\"images\":[{\"manifest\":\"" A "\",\"names\":[\"a\"],"
		"\"diff_sizes\":[\"12\",\"0\"]},{\"manifest\":\"" A "\"}],"
		"\"mount_from\":[\"x/y\"],\"compression\":\"zstd\","
		"\"compression_level\":3,\"format\":\"oci\","
		"\"force_compression\":true," REGISTRY "}";
	struct error err = ERROR_INIT;
	cleanup_transfer_send struct transfer_send s;
	cleanup_json struct json_object *o = parse(text);

	ck_assert_ok(transfer_send_parse(o, &s, &err), &err);
	ck_assert_uint_eq(s.n_images, 2);
	ck_assert_str_eq(s.images[0].diff_sizes[1], "0");
	ck_assert_ptr_null(s.images[1].names);
	ck_assert_int_eq(s.compression_level, 3);
	ck_assert_int_eq(s.registry.tls_verify, -1);
	cleanup_json struct json_object *again = transfer_send_to_json(&s);
	check_text(again, text);
}
END_TEST

START_TEST(test_image)
{
	static const char text[] =
		"{\"event\":\"image\",\"names\":[\"docker.io/library/a:b\"],\"manifest\":\"" A
		"\",\"manifest_type\":\"m\",\"index\":\"" A "\",\"config\":\"" A
		"\",\"layers\":[{\"digest\":\"" A "\",\"size\":9007199254740993,"
		"\"media_type\":\"t\",\"diff_id\":\"" A "\",\"chain_id\":\"" A "\"}]}";
	struct error err = ERROR_INIT;
	cleanup_transfer_image struct transfer_image i;
	cleanup_json struct json_object *o = parse(text);

	ck_assert_ok(transfer_image_parse(o, &i, &err), &err);
	ck_assert_uint_eq(i.n_layers, 1);
	ck_assert_int_eq(i.layers[0].size, INT64_C(9007199254740993));
	cleanup_json struct json_object *again = transfer_image_to_json(&i);
	check_text(again, text);
}
END_TEST

/* The most that an image may have fits into a packet, and a packet into a socket. */
START_TEST(test_largest_image_fits)
{
	struct error err = ERROR_INIT;
	cleanup_transfer_image struct transfer_image i = {
		.manifest = xstrdup(A),
		.manifest_type = xstrdup("m"),
		.config = xstrdup(A),
		.layers = xcalloc(TRANSFER_LAYERS_MAX, sizeof(struct transfer_layer)),
		.n_layers = TRANSFER_LAYERS_MAX,
	};
	int fds[2];

	for (size_t k = 0; k < i.n_layers; k++)
		i.layers[k] = (struct transfer_layer){
			.digest = xstrdup(A),
			.size = INT64_C(1) << 40,
			.media_type = xstrdup(
				"application/vnd.docker.image.rootfs.diff.tar.gzip"),
			.diff_id = xstrdup(A),
			.chain_id = xstrdup(A),
		};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	cleanup_json struct json_object *o = transfer_image_to_json(&i), *heard = NULL;
	ck_assert_ok(transfer_say(fds[0], o, NULL, 0, &err), &err);
	ck_assert_int_eq(transfer_hear(fds[1], &heard, NULL, NULL, &err), 1);
	cleanup_transfer_image struct transfer_image again;
	ck_assert_ok(transfer_image_parse(heard, &again, &err), &err);
	ck_assert_uint_eq(again.n_layers, TRANSFER_LAYERS_MAX);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

#define IMAGE_START \
	"{\"manifest\":\"" A "\",\"manifest_type\":\"m\",\"config\":\"" A "\","
#define LAYER_REST "\"media_type\":\"t\",\"diff_id\":\"" A "\",\"chain_id\":\"" A "\"}]}"

START_TEST(test_image_refused)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"[]", "image: expected an object, got an array"},
		{"{}", "image.manifest: is missing"},
		{"{\"manifest\":\"sha256:12\"}",
		 "image.manifest: expected a digest, got \"sha256:12\""},
		{"{\"manifest\":null}", "image.manifest: is missing"},
		{"{\"manifest\":\"../../x\"}",
		 "image.manifest: expected a digest, got \"../../x\""},
		{IMAGE_START "\"layers\":[],\"extra\":1}",
		 "image: unexpected member \"extra\""},
		{IMAGE_START "\"layers\":[],\"event\":\"blob\"}",
		 "image: unexpected member \"event\""},
		{IMAGE_START "\"layers\":{}}",
		 "image.layers: expected an array of at most 500 layers"},
		{IMAGE_START "\"layers\":[1]}",
		 "image.layers[0]: expected an object, got 1"},
		{IMAGE_START "\"layers\":[{\"digest\":\"" A "\",\"size\":-1," LAYER_REST,
		 "image.layers[0].size: -1 is out of its range"},
		{IMAGE_START "\"layers\":[{\"digest\":\"" A "\"," LAYER_REST,
		 "image.layers[0].size: is missing"},
		{IMAGE_START "\"layers\":[{\"digest\":\"" A "\",\"size\":1.5," LAYER_REST,
		 "image.layers[0].size: expected a whole number, got 1.5"},
		{IMAGE_START "\"names\":[1],\"layers\":[]}",
		 "image.names[0]: expected a string, got 1"},
		{"{\"manifest\":\"" A "\",\"manifest_type\":\"\"}",
		 "image.manifest_type: is empty"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct error err = ERROR_INIT;
		struct transfer_image i;
		cleanup_json struct json_object *o = parse(cases[k].text);
		ck_assert_int_lt(transfer_image_parse(o, &i, &err), 0);
		ck_assert_message(&err, cases[k].want);
		ck_assert_ptr_null(i.manifest); /* nothing to be released */
	}
}
END_TEST

#define SEND_START "{\"target\":\"t\"," REGISTRY ",\"compression_level\":-1,\"images\":"

START_TEST(test_request_refused)
{
	static const struct {
		bool send;
		const char *text, *want;
	} cases[] = {
		{false, "{}", "request to fetch.source: is missing"},
		{false, "{\"source\":\"\"}", "request to fetch.source: is empty"},
		{false, "{\"source\":\"a\",\"platform\":{}}",
		 "request to fetch.registry: is missing"},
		{false,
		 "{\"source\":\"a\",\"platform\":{},\"registry\":{\"tls_verify\":2}}",
		 "request to fetch.registry.tls_verify: 2 is out of its range"},
		{true, SEND_START "[],\"format\":\"v1\"}",
		 "request to send.format: expected oci or v2s2, got v1"},
		{true, SEND_START "[],\"compression\":\"lz4\"}",
		 "request to send.compression: expected gzip or zstd, got lz4"},
		{true,
		 SEND_START "[{\"manifest\":\"" A "\",\"diff_sizes\":[\"1\",\"-1\"]}]}",
		 "request to send.images[0].diff_sizes: expected decimal numbers"},
		{true, SEND_START "[{}]}",
		 "request to send.images[0]: expected either a manifest or an index"},
		{true, SEND_START "[{\"manifest\":\"" A "\",\"index\":\"{}\"}]}",
		 "request to send.images[0]: expected either a manifest or an index"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct error err = ERROR_INIT;
		struct transfer_fetch f;
		struct transfer_send s;
		cleanup_json struct json_object *o = parse(cases[k].text);
		ck_assert_int_lt(cases[k].send ? transfer_send_parse(o, &s, &err)
					       : transfer_fetch_parse(o, &f, &err),
				 0);
		ck_assert_message(&err, cases[k].want);
	}
}
END_TEST

START_TEST(test_error)
{
	struct error err = ERROR_INIT, came = ERROR_INIT;

	error_set(&err, ERR_NOT_FOUND, ENOENT, "fetch \x1b[31ma\xff\nb");
	error_hint(&err, "do that");
	cleanup_json struct json_object *o = transfer_error_to_json(&err);
	ck_assert_ok(transfer_error_parse(o, &came), &came);
	ck_assert_int_eq(came.kind, ERR_NOT_FOUND);
	ck_assert_int_eq(came.code, ENOENT);
	ck_assert_str_eq(came.text, "fetch \\x1b[31ma\\xff\\nb");
	ck_assert_str_eq(came.hint, "do that");
	error_release(&came);

	cleanup_free char *text = xmalloc(9001); /* é: never cut in two */
	for (size_t i = 0; i < 9000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[9000] = '\0';
	error_set(&err, ERR_SYSTEM, 0, "x%s", text);
	cleanup_json struct json_object *big = transfer_error_to_json(&err);
	ck_assert_ok(transfer_error_parse(big, &came), &came);
	ck_assert_uint_le(strlen(came.text), 4096);
	ck_assert_uint_ge(strlen(came.text), 4090);
	error_release(&came);
	error_release(&err);

	cleanup_json struct json_object *bad =
		parse("{\"event\":\"error\",\"kind\":0,\"code\":0,\"text\":\"a\"}");
	ck_assert_int_lt(transfer_error_parse(bad, &came), 0);
	ck_assert_message(&came, "error.kind: 0 is out of its range");
}
END_TEST

START_TEST(test_packets)
{
	struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = parse("{\"event\":\"end\"}"), *heard = NULL;
	int fds[2], pipe_fds[2], came[FD_PASS_MAX];
	size_t n = 99;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	ck_assert_ok(transfer_say(fds[0], o, pipe_fds, 2, &err), &err);
	ck_assert_int_eq(transfer_hear(fds[1], &heard, came, &n, &err), 1);
	ck_assert_uint_eq(n, 2);
	check_text(heard, "{\"event\":\"end\"}");
	ck_assert_int_eq(fcntl(came[0], F_GETFD), FD_CLOEXEC);
	close(came[0]);
	close(came[1]);

	ck_assert_int_eq(fd_send(fds[0], "[]", 2, pipe_fds, 1), 0);
	ck_assert_int_lt(transfer_hear(fds[1], &heard, came, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_message(&err, "packet of a transfer: is no object");
	ck_assert_int_eq(fd_send(fds[0], "{", 1, NULL, 0), 0);
	ck_assert_int_lt(transfer_hear(fds[1], &heard, NULL, NULL, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);

	cleanup_free char *long_text = xcalloc(1, TRANSFER_PACKET_MAX + 1);
	memset(long_text, ' ', TRANSFER_PACKET_MAX + 1);
	ck_assert_int_eq(fd_send(fds[0], long_text, TRANSFER_PACKET_MAX + 1, NULL, 0), 0);
	ck_assert_int_lt(transfer_hear(fds[1], &heard, NULL, NULL, &err), 0);
	ck_assert_message(&err,
			  "hear the other side of a transfer: a packet that is too long");
	memset(long_text, 'a', TRANSFER_PACKET_MAX);
	long_text[TRANSFER_PACKET_MAX] = '\0';
	json_add_str(o, "text", long_text);
	ck_assert_int_lt(transfer_say(fds[0], o, NULL, 0, &err), 0);
	ck_assert_int_eq(err.code, E2BIG);
	error_release(&err);

	close(fds[0]);
	ck_assert_int_eq(transfer_hear(fds[1], &heard, came, &n, &err), 0);
	ck_assert_int_lt(transfer_say(fds[1], heard, NULL, 0, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
	error_release(&err);
}
END_TEST

UNIT_MAIN("transfer_protocol", test_fetch, test_send, test_image, test_largest_image_fits,
	  test_image_refused, test_request_refused, test_error, test_packets)
