/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine and the transfer program say to each other. The transfer program is started as
 *
 *     transfer OPERATION          fd 3: control, a SOCK_SEQPACKET pair's end
 *                                 fd 4: the data directory (O_PATH), where there is one
 *                                 fds 0, 1: the user's, where an archive is read or written there
 *
 * Its log goes to stderr if CUBBY_LOG_LEVEL is in its environment (a word of --log-level); nothing else
 * does. It ends at once when nobody holds the other end of the control socket any more.
 *
 * Every packet is one JSON object of at most TRANSFER_PACKET_MAX bytes; some carry fds. The engine's
 * first packet is the request. The transfer program's packets have a member "event":
 *
 *   image     an image's manifest and config are in the blobs, checked: a struct transfer_image. The
 *             engine answers {"unpack": [true, false, ...]}, a flag a layer: whether it has to be
 *             unpacked (its blob is fetched too if it is not there), in order. With "spare", flags
 *             too: the layer was built here, and needs no blob.
 *             {"skip": true}: it has this very image, nothing else of it is wanted; "image_end" follows.
 *   blob      layer "index" of this image is being fetched or is there: 2 fds (file, growth pipe; see
 *             image/blob_writer.h) or 1 fd (complete). Only for layers to be unpacked. It may come
 *             again for the same layer if the download had to begin at 0 again.
 *   progress  "id" (a digest), "done", "total" (-1: unknown), "state": "waiting", "fetching",
 *             "checking", "done", "exists", "sending", "retry" (with "text", why)
 *   image_end all blobs of this image are in place
 *   note      "text": one line for people, on stderr, unless --quiet
 *   result    what an operation that is no fetch has to say, members by operation
 *   end       success; nothing follows
 *   error     "kind", "code", "text", "hint": a struct error; nothing follows
 *
 * Requests and results of the operations that concern no image; "registry" is a struct
 * transfer_registry_options in each request:
 *
 *   login     "server": HOST[:PORT][/NAMESPACE], "user", "password"; result: "where" they are kept now. With
 *             "stored": true instead of user and password; result: "user", if one is logged in
 *   logout    "server"; without it: all. No result.
 *   search    "term": WORD or HOST/WORD, "limit" (absent or 0: the default), "list_tags": true if term is
 *             a repository whose tags are wanted; result: "items": [{"index": HOST, "name": HOST/PATH,
 *             "description", "stars", "official", "automated"}] (of tags: "index", "name", "tag"),
 *             "left_out": how many more there were than fit
 *
 *   download  "url", "max_bytes", "etag", "last_modified" (of what is here already; may be absent). The bytes go to fd 1, a file. Result:
 *             "size", "digest", "url" (that answered), or "unchanged": true; "etag", "last_modified", "content_type",
 *             "file_name", "mtime" (seconds) if the server said so
 *
 *   send      a struct transfer_send; result: "manifest", digest of the last one as it was sent, "made": [DIGEST],
 *             blobs in the store that were only made to be sent
 *   verify    "blobs": [DIGEST]; a result "digest", "problem" for each that is not what its name says
 *
 * End of file without "end" or "error" is a failure (the program was killed).
 *
 * The sandboxed operations (unpack, pack) have no control socket: see transfer/sandboxed.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define TRANSFER_CONTROL_FD 3
#define TRANSFER_DATA_FD    4
#define TRANSFER_PACKET_MAX \
	(192 * 1024) /* fits into a socket's buffer as Linux makes it */
#define TRANSFER_LAYERS_MAX \
	500 /* of an image: what overlayfs stacks, and what fits into a packet */

struct json_object;

/* Where the bytes come from and go to, and how to speak to registries. Strings owned. */
struct transfer_registry_options {
	char *authfile, *cert_dir, *creds; /* NULL: not given; creds "USER[:PASSWORD]" */
	char *registries_conf,
		*policy;          /* NULL: the usual places (tests give their own) */
	int tls_verify;           /* 1, 0; -1: not given */
	int64_t retry;            /* attempts after the first; -1: default 3 */
	int64_t retry_delay_usec; /* -1: default, exponential from 1 s */
};

struct transfer_platform {
	char *os, *architecture, *variant; /* NULL: this host's */
};

/* fetch: from anywhere into the blobs. */
struct transfer_fetch {
	char *source; /* "debian", "docker://...", "docker-archive:PATH[:REF]", "oci:", "oci-archive:", "dir:",
			 "archive:PATH" (load: kind found by looking), "tarball:PATH" (import: one layer) */
	bool input_is_stdin; /* PATH is "-": fd 0 */
	char **names; /* canonical names to be recorded instead of the source's own; may be empty */
	bool all_tags;
	char *known_digest; /* --pull=newer: the manifest digest that the engine has; if it is still the
				same only {"event":"result","unchanged":true} and "end" follow */
	struct transfer_platform platform;
	struct transfer_registry_options registry;
	/* import */
	char *import_config; /* JSON of an OCI image config to be completed with rootfs and history */
	char *import_message;
	/* commit, which is an import of one layer more */
	bool is_commit;    /* nobody's policy is asked: the bytes are the caller's own */
	char *import_base; /* digest of the manifest of the image below; NULL: none */
	char *import_history; /* JSON of the history's new entry; NULL: import's */
	bool import_docker;   /* in Docker's format instead of OCI's */
};

/* send: from the blobs to anywhere. */
struct transfer_send_image {
	char *manifest; /* digest of a manifest or an index in the blobs; NULL: `index` */
	char *index;    /* the text of an index */
	bool index_only; /* what it names is at the target already */
	char **names;    /* canonical references at the target; may be empty (archives) */
	char **diff_sizes; /* unused by registries; strv of decimal numbers: bytes of each layer's tar */
};
struct transfer_send {
	char *target; /* "docker://...", "docker-archive:PATH", "oci:PATH", "oci-archive:PATH", "dir:PATH" */
	bool output_is_stdout; /* PATH is "-": fd 1 */
	struct transfer_send_image *images;
	size_t n_images;
	char **mount_from; /* repositories of the target's registry that may hold the blobs */
	char *compression; /* NULL: as they are, uncompressed ones become gzip; "gzip", "zstd" */
	int64_t compression_level; /* -1: default */
	char *format;              /* NULL: as it is; "oci", "v2s2" */
	bool force_compression;
	struct transfer_registry_options registry;
};

/* An image as it was fetched. */
struct transfer_layer {
	char *digest; /* of the blob */
	int64_t size; /* of the blob */
	char *media_type;
	char *diff_id, *chain_id;
};
struct transfer_image {
	char **names;                   /* canonical, with tag; empty: none */
	char **digest_names;            /* canonical repository@digest */
	char *manifest, *manifest_type; /* digest, media type */
	char *index;                    /* digest of the index that led to it, or NULL */
	char *config;                   /* digest */
	struct transfer_layer *layers;
	size_t n_layers;
};

void transfer_registry_options_release(struct transfer_registry_options *o);
void transfer_fetch_release(struct transfer_fetch *f);
void transfer_send_release(struct transfer_send *s);
void transfer_image_release(struct transfer_image *i);
#define cleanup_transfer_fetch cleanup(transfer_fetch_release)
#define cleanup_transfer_send  cleanup(transfer_send_release)
#define cleanup_transfer_image cleanup(transfer_image_release)

/* Each struct to JSON (caller owns) and back (checked: nothing unknown, nothing out of its range;
 * caller releases). An image's JSON is the whole event "image". */
struct json_object *transfer_registry_options_to_json(
	const struct transfer_registry_options *o);
int transfer_registry_options_parse(struct json_object *o,
				    struct transfer_registry_options *ret,
				    struct error *err) _must_check_;
struct json_object *transfer_fetch_to_json(const struct transfer_fetch *f);
int transfer_fetch_parse(struct json_object *o, struct transfer_fetch *ret,
			 struct error *err) _must_check_;
struct json_object *transfer_send_to_json(const struct transfer_send *s);
int transfer_send_parse(struct json_object *o, struct transfer_send *ret,
			struct error *err) _must_check_;
struct json_object *transfer_image_to_json(const struct transfer_image *i);
int transfer_image_parse(struct json_object *o, struct transfer_image *ret,
			 struct error *err) _must_check_;

/* transfer_say() - one packet with its fds (they stay the caller's). */
int transfer_say(int control_fd, struct json_object *packet, const int *fds, size_t n_fds,
		 struct error *err) _must_check_;

/* transfer_hear() - the next packet, caller owns; *ret_n_fds fds in fds (room for FD_PASS_MAX,
 * close-on-exec, caller owns; NULL: they are closed). Return: 1, 0 at end of file, or -errno. A packet
 * that is no JSON object or too long is ERR_INVALID. */
int transfer_hear(int control_fd, struct json_object **ret, int *fds, size_t *ret_n_fds,
		  struct error *err) _must_check_;

/* A line for people as the event "note". What a terminal would obey is shown instead. */
struct json_object *transfer_note_to_json(const char *text);

/* An error as the event "error", and back into *err: what came (0), or why it could not be read. */
struct json_object *transfer_error_to_json(const struct error *e);
int transfer_error_parse(struct json_object *o, struct error *err) _must_check_;
