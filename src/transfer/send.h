/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the operation "send":
 *
 *   send_open     the target is opened, then this process confines itself
 *   send_image    from an image's manifest or index to what has to be sent, and what comes of it
 *   send_blobs    config and layers, by several workers if the target takes that
 *   send_convert  layers compressed, or uncompressed, on their way
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/decompress.h"
#include "image/source.h"
#include "image/transport.h"
#include "spec/image.h"
#include "transfer/protocol.h"

struct send {
	struct transfer_send request;
	struct transport transport;
	int data_fd, blobs_fd;
	struct image_target *target;
	bool remote; /* a registry */
	char **made; /* strv: blobs of the store that were compressed for the target only */
};
void send_release(struct send *s);
#define cleanup_send cleanup(send_release)

int send_open(struct send *s, struct error *err) _must_check_;

/* send_image() - with all its blobs. *ret is the manifest or index as it was sent. */
int send_image(struct send *s, const struct transfer_send_image *image,
	       struct image_text *ret, struct error *err) _must_check_;

/* What is to be done with a blob. */
struct send_blob {
	const struct image_descriptor *from; /* in the store */
	struct image_descriptor to;          /* owned: what the target gets */
	bool convert; /* to.digest and to.size are known only afterwards */
	bool unpack; /* the target gets the tar itself: `to` is known, but for a size of -1 */
	enum compression compression; /* with convert */
};

/* send_blobs() - each once. to is complete afterwards. */
int send_blobs(struct send *s, struct send_blob *blobs, size_t n,
	       struct error *err) _must_check_;

/* send_recompress() - a blob of the store into a new one of it. progress gets bytes read. */
struct send_recompress {
	int blobs_fd;
	const char *digest;
	enum compression compression;
	int64_t level; /* -1: the usual */
	void (*progress)(void *data, uint64_t done);
	void *data;
};
int send_recompress(const struct send_recompress *options, char **ret_digest,
		    int64_t *ret_size, struct error *err) _must_check_;

/* send_compression() - what the blob really is, by its first bytes. */
int send_compression(int blobs_fd, const char *digest, enum compression *ret,
		     struct error *err) _must_check_;

/* send_count() - bytes of the tar that a compressed blob holds. */
int send_count(int blobs_fd, const char *digest, int64_t *ret,
	       struct error *err) _must_check_;

/*
 * send_unpack_start() - *ret_fd is a pipe from which the tar can be read, uncompressed by another
 * process; send_unpack_end() says how that went, after all was read (or fd was closed).
 */
struct send_unpack; /* opaque; heap */
int send_unpack_start(int blobs_fd, const char *digest, struct send_unpack **ret,
		      int *ret_fd, struct error *err) _must_check_;
int send_unpack_end(struct send_unpack *u, struct error *err) _must_check_;
void send_unpack_free(struct send_unpack *u);
DEFINE_CLEANUP(struct send_unpack *, send_unpack_free)
#define cleanup_send_unpack cleanup(send_unpack_freep)
