/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/protocol.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "transfer/fields.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX   4096 /* of an error's or a note's text */
#define IMAGES_MAX 1024 /* of one request to send */

#define TABLE(name, words, event_name, type)                                 \
	static const struct field_table name = {.what = (words),             \
						.event = (event_name),       \
						.size = sizeof(struct type), \
						.fields = name##_fields,     \
						.n_fields = ARRAY_SIZE(name##_fields)}

#define AT(type, member)        .key = #member, .offset = offsetof(struct type, member)
#define TEXT(type, member)      AT(type, member), .kind = FIELD_TEXT
#define TEXT_OF(type, member)   TEXT(type, member), .needed = true
#define DIGEST(type, member)    AT(type, member), .kind = FIELD_DIGEST
#define DIGEST_OF(type, member) DIGEST(type, member), .needed = true
#define STRV(type, member)      AT(type, member), .kind = FIELD_STRV
#define BOOL(type, member)      AT(type, member), .kind = FIELD_BOOL
#define I64(type, member, lowest, highest) \
	AT(type, member), .kind = FIELD_I64, .min = (lowest), .max = (highest)
#define INT(type, member, lowest, highest) \
	AT(type, member), .kind = FIELD_INT, .min = (lowest), .max = (highest)
#define STRUCT(type, member, table) \
	AT(type, member), .kind = FIELD_STRUCT, .sub = &(table)
#define LIST(type, member, count, table, most)                                \
	AT(type, member), .kind = FIELD_LIST, .max = (most), .sub = &(table), \
			  .count_offset = offsetof(struct type, count)

static const struct field registry_table_fields[] = {
	{TEXT(transfer_registry_options, authfile)},
	{TEXT(transfer_registry_options, cert_dir)},
	{TEXT(transfer_registry_options, creds)},
	{TEXT(transfer_registry_options, registries_conf)},
	{TEXT(transfer_registry_options, policy)},
	{INT(transfer_registry_options, tls_verify, -1, 1)},
	{I64(transfer_registry_options, retry, -1, 1000)},
	{I64(transfer_registry_options, retry_delay_usec, -1,
	     INT64_C(3600) * 1000 * 1000)},
};
TABLE(registry_table, "registry", NULL, transfer_registry_options);

static const struct field platform_table_fields[] = {
	{TEXT(transfer_platform, os)},
	{TEXT(transfer_platform, architecture)},
	{TEXT(transfer_platform, variant)},
};
TABLE(platform_table, "platform", NULL, transfer_platform);

static const struct field fetch_table_fields[] = {
	{TEXT_OF(transfer_fetch, source)},
	{BOOL(transfer_fetch, input_is_stdin)},
	{STRV(transfer_fetch, names)},
	{BOOL(transfer_fetch, all_tags)},
	{DIGEST(transfer_fetch, known_digest)},
	{STRUCT(transfer_fetch, platform, platform_table)},
	{STRUCT(transfer_fetch, registry, registry_table)},
	{TEXT(transfer_fetch, import_config)},
	{TEXT(transfer_fetch, import_message)},
	{BOOL(transfer_fetch, is_commit)},
	{DIGEST(transfer_fetch, import_base)},
	{TEXT(transfer_fetch, import_history)},
	{BOOL(transfer_fetch, import_docker)},
};
TABLE(fetch_table, "request to fetch", NULL, transfer_fetch);

static const struct field send_image_table_fields[] = {
	{DIGEST(transfer_send_image, manifest)}, {TEXT(transfer_send_image, index)},
	{BOOL(transfer_send_image, index_only)}, {STRV(transfer_send_image, names)},
	{STRV(transfer_send_image, diff_sizes)},
};
TABLE(send_image_table, "image", NULL, transfer_send_image);

static const struct field send_table_fields[] = {
	{TEXT_OF(transfer_send, target)},
	{BOOL(transfer_send, output_is_stdout)},
	{LIST(transfer_send, images, n_images, send_image_table, IMAGES_MAX)},
	{STRV(transfer_send, mount_from)},
	{TEXT(transfer_send, compression)},
	{I64(transfer_send, compression_level, -1, 1000)},
	{TEXT(transfer_send, format)},
	{BOOL(transfer_send, force_compression)},
	{STRUCT(transfer_send, registry, registry_table)},
};
TABLE(send_table, "request to send", NULL, transfer_send);

static const struct field layer_table_fields[] = {
	{DIGEST_OF(transfer_layer, digest)},   {I64(transfer_layer, size, 0, INT64_MAX)},
	{TEXT_OF(transfer_layer, media_type)}, {DIGEST_OF(transfer_layer, diff_id)},
	{DIGEST_OF(transfer_layer, chain_id)},
};
TABLE(layer_table, "layer", NULL, transfer_layer);

static const struct field image_table_fields[] = {
	{STRV(transfer_image, names)},
	{STRV(transfer_image, digest_names)},
	{DIGEST_OF(transfer_image, manifest)},
	{TEXT_OF(transfer_image, manifest_type)},
	{DIGEST(transfer_image, index)},
	{DIGEST_OF(transfer_image, config)},
	{LIST(transfer_image, layers, n_layers, layer_table, TRANSFER_LAYERS_MAX)},
};
TABLE(image_table, "image", "image", transfer_image);

void transfer_registry_options_release(struct transfer_registry_options *o)
{
	fields_release(&registry_table, o);
}

void transfer_fetch_release(struct transfer_fetch *f)
{
	fields_release(&fetch_table, f);
}

void transfer_send_release(struct transfer_send *s)
{
	fields_release(&send_table, s);
}

void transfer_image_release(struct transfer_image *i)
{
	fields_release(&image_table, i);
}

struct json_object *transfer_registry_options_to_json(
	const struct transfer_registry_options *o)
{
	return fields_to_json(&registry_table, o);
}

int transfer_registry_options_parse(struct json_object *o,
				    struct transfer_registry_options *ret,
				    struct error *err)
{
	return fields_parse(&registry_table, o, ret, err);
}

struct json_object *transfer_fetch_to_json(const struct transfer_fetch *f)
{
	return fields_to_json(&fetch_table, f);
}

int transfer_fetch_parse(struct json_object *o, struct transfer_fetch *ret,
			 struct error *err)
{
	return fields_parse(&fetch_table, o, ret, err);
}

struct json_object *transfer_send_to_json(const struct transfer_send *s)
{
	return fields_to_json(&send_table, s);
}

static int check_send(const struct transfer_send *s, struct error *err)
{
	uint64_t size;

	if (s->compression && !str_eq(s->compression, "gzip") &&
	    !str_eq(s->compression, "zstd"))
		return error_set(
			err, ERR_INVALID, 0,
			"request to send.compression: expected gzip or zstd, got %s",
			s->compression);
	if (s->format && !str_eq(s->format, "oci") && !str_eq(s->format, "v2s2"))
		return error_set(err, ERR_INVALID, 0,
				 "request to send.format: expected oci or v2s2, got %s",
				 s->format);
	for (size_t i = 0; i < s->n_images; i++) {
		if (!s->images[i].manifest == !s->images[i].index)
			return error_set(err, ERR_INVALID, 0,
					 "request to send.images[%zu]: expected either a "
					 "manifest or an index",
					 i);
		strv_foreach (text, s->images[i].diff_sizes)
			if (str_to_u64(*text, &size) < 0 || size > INT64_MAX)
				return error_set(
					err, ERR_INVALID, 0,
					"request to send.images[%zu].diff_sizes: "
					"expected decimal numbers",
					i);
	}
	return 0;
}

int transfer_send_parse(struct json_object *o, struct transfer_send *ret,
			struct error *err)
{
	int r = fields_parse(&send_table, o, ret, err);

	if (r == 0)
		r = check_send(ret, err);
	if (r < 0)
		fields_release(&send_table, ret);
	return r;
}

struct json_object *transfer_image_to_json(const struct transfer_image *i)
{
	return fields_to_json(&image_table, i);
}

int transfer_image_parse(struct json_object *o, struct transfer_image *ret,
			 struct error *err)
{
	return fields_parse(&image_table, o, ret, err);
}

/* Text that strangers had a part in: bounded, nothing that a terminal would obey, UTF-8. */
static char *safe_text(const char *text)
{
	cleanup_free char *start = xstrndup(text, TEXT_MAX);
	cleanup_free char *visible = str_visible(start, "");
	size_t len = strlen(visible);

	if (len <= TEXT_MAX)
		return TAKE_PTR(visible);
	for (len = TEXT_MAX; len > 0 && ((unsigned char)visible[len] & 0xc0) == 0x80;)
		len--; /* no character cut in two */
	return xstrndup(visible, len);
}

struct json_object *transfer_error_to_json(const struct error *e)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *text = safe_text(e->text ? e->text : "unknown failure");
	cleanup_free char *hint = e->hint ? safe_text(e->hint) : NULL;

	json_add_str(o, "event", "error");
	json_add_i64(o, "kind", e->kind);
	json_add_i64(o, "code", e->code);
	json_add_str(o, "text", text);
	json_add_str(o, "hint", hint);
	return o;
}

struct json_object *transfer_note_to_json(const char *text)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *safe = safe_text(text);

	json_add_str(o, "event", "note");
	json_add_str(o, "text", safe);
	return o;
}

struct error_packet {
	int64_t kind, code;
	char *text, *hint;
};
static const struct field error_table_fields[] = {
	{I64(error_packet, kind, ERR_NONE + 1, ERR_NO_PROGRAM)},
	{I64(error_packet, code, 0, INT_MAX)},
	{TEXT_OF(error_packet, text)},
	{TEXT(error_packet, hint)},
};
TABLE(error_table, "error", "error", error_packet);

int transfer_error_parse(struct json_object *o, struct error *err)
{
	struct error_packet e;
	int r = fields_parse(&error_table, o, &e, err);

	if (r < 0)
		return r;
	error_release(err);
	*err = (struct error){
		.kind = (enum error_kind)e.kind,
		.code = (int)e.code,
		.text = safe_text(e.text),
		.hint = e.hint ? safe_text(e.hint) : NULL,
	};
	fields_release(&error_table, &e);
	return 0;
}

int transfer_say(int control_fd, struct json_object *packet, const int *fds, size_t n_fds,
		 struct error *err)
{
	cleanup_free char *text = json_text(packet, false);
	size_t len = strlen(text);

	if (len > TRANSFER_PACKET_MAX)
		return error_set(
			err, ERR_INVALID, E2BIG,
			"send a packet of %zu bytes to the other side of a transfer",
			len);
	int r = fd_send(control_fd, text, len, fds, n_fds);
	if (r < 0)
		return error_set(err,
				 r == -EPIPE || r == -ECONNRESET ? ERR_UNAVAILABLE
								 : ERR_SYSTEM,
				 -r, "speak to the other side of a transfer");
	return 0;
}

static int hear(int control_fd, char *text, struct json_object **ret, struct error *err,
		int fds[static FD_PASS_MAX], size_t *n_fds)
{
	ssize_t len = fd_recv(control_fd, text, TRANSFER_PACKET_MAX, fds, n_fds);

	if (len == -ECONNRESET) /* it ended without reading all that we said */
		return 0;
	if (len == -EBADMSG)
		return error_set(
			err, ERR_INVALID, 0,
			"hear the other side of a transfer: a packet that is too long");
	if (len < 0)
		return error_set(err, ERR_SYSTEM, (int)-len,
				 "hear the other side of a transfer");
	if (len == 0)
		return 0;
	cleanup_json struct json_object *o = NULL;
	int r = json_parse(text, (size_t)len, "packet of a transfer", &o, err);
	if (r < 0)
		return r;
	if (!json_object_is_type(o, json_type_object))
		return error_set(err, ERR_INVALID, 0,
				 "packet of a transfer: is no object");
	*ret = TAKE_PTR(o);
	return 1;
}

int transfer_hear(int control_fd, struct json_object **ret, int *fds, size_t *ret_n_fds,
		  struct error *err)
{
	cleanup_free char *text = xmalloc(TRANSFER_PACKET_MAX);
	int came[FD_PASS_MAX];
	size_t n = 0;

	int r = hear(control_fd, text, ret, err, came, &n);
	bool wanted = r > 0 && fds && ret_n_fds;
	for (size_t i = 0; i < n && !wanted; i++)
		close(came[i]);
	if (wanted)
		memcpy(fds, came, n * sizeof(int));
	if (ret_n_fds)
		*ret_n_fds = wanted ? n : 0;
	return r;
}
