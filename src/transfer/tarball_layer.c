/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/tarball_layer.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "image/blob_writer.h"
#include "image/compress.h"
#include "image/decompress.h"
#include "image/hash.h"
#include "image/layer.h"
#include "spec/media_type.h"
#include "transfer/control.h"
#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"

#define CHUNK     (256 * 1024)
#define PIPE_SIZE (1024 * 1024)

enum way {
	WAY_UNKNOWN, /* too little has come */
	WAY_PLAIN,   /* the blob's digest is the diff id */
	WAY_KEEP,    /* as it is; another process uncompresses and hashes */
	WAY_CONVERT, /* uncompressed and compressed again */
};

struct tarball {
	enum way way;
	enum compression compression;
	char start[COMPRESSION_MAGIC_MAX];
	size_t start_len;
	struct blob_writer *writer;
	/* WAY_KEEP */
	pid_t hasher;
	int feed_fd, answer_fd;
	/* WAY_CONVERT */
	struct decompressor *decompressor;
	struct compressor *compressor;
	struct hash *hash;
	uint8_t *plain;
};

void tarball_layer_release(struct tarball_layer *l)
{
	free(l->digest);
	free(l->diff_id);
	*l = (struct tarball_layer){0};
}

void tarball_free(struct tarball *t)
{
	if (!t)
		return;
	if (t->hasher > 0)
		kill(t->hasher, SIGKILL);
	while (t->hasher > 0 && waitpid(t->hasher, NULL, 0) < 0 && errno == EINTR)
		;
	if (t->feed_fd >= 0)
		close(t->feed_fd);
	if (t->answer_fd >= 0)
		close(t->answer_fd);
	blob_writer_close(t->writer);
	decompressor_free(t->decompressor);
	compressor_free(t->compressor);
	hash_free(t->hash);
	free(t->plain);
	free(t);
}

int tarball_new(int blobs_fd, void (*progress)(void *data, uint64_t done), void *data,
		struct tarball **ret, struct error *err)
{
	cleanup_tarball struct tarball *t = xcalloc(1, sizeof(*t));
	struct blob_wanted wanted = {.size = -1, .max = LAYER_MAX_BYTES};
	cleanup_fd int fd = -EBADF;

	t->feed_fd = t->answer_fd = -EBADF;
	int r = blob_writer_open(blobs_fd, &wanted, true, &t->writer, &fd, err);
	if (r < 0)
		return r;
	if (progress)
		blob_writer_progress(t->writer, progress, data);
	*ret = TAKE_PTR(t);
	return 0;
}

/* What can be had of the input, hashed: decompressor_step() until nothing more comes. */
static int uncompress(struct decompressor *d, const void *data, size_t len,
		      uint8_t *plain,
		      int (*sink)(void *arg, const uint8_t *p, size_t n,
				  struct error *err),
		      void *arg, struct error *err)
{
	struct decompress_io io = {.in = data, .in_len = len};

	do {
		io.out = plain;
		io.out_len = CHUNK;
		int r = decompressor_step(d, &io, err);
		if (r == 0)
			r = sink(arg, plain, CHUNK - io.out_len, err);
		if (r < 0)
			return r;
	} while (io.in_len > 0 || io.out_len == 0);
	return 0;
}

static int hash_sink(void *hash, const uint8_t *p, size_t n, struct error *err)
{
	hash_add(hash, p, n);
	return 0;
}

static int hash_feed(int feed_fd, enum compression compression,
		     char digest[static DIGEST_TEXT_MAX], struct error *err)
{
	cleanup_decompressor struct decompressor *d = NULL;
	cleanup_hash struct hash *hash = NULL;
	cleanup_free uint8_t *in = xmalloc(CHUNK), *plain = xmalloc(CHUNK);
	ssize_t n = 0;

	int r = decompressor_new(compression, &d, err);
	if (r == 0)
		r = hash_new(NULL, &hash, err);
	while (r == 0) {
		n = read(feed_fd, in, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r = uncompress(d, in, (size_t)n, plain, hash_sink, hash, err);
	}
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read from a pipe");
	if (r == 0)
		r = decompressor_end(d, err);
	return r < 0 ? r : hash_end(hash, digest, err);
}

static _noreturn_ void be_hasher(int feed_fd, int answer_fd, enum compression compression,
				 pid_t parent)
{
	cleanup_error struct error err = ERROR_INIT, ignored = ERROR_INIT;
	cleanup_json struct json_object *answer = NULL;
	char digest[DIGEST_TEXT_MAX];

	int r = control_worker(parent, &err);
	if (r == 0)
		r = hash_feed(feed_fd, compression, digest, &err);
	if (r < 0) {
		answer = transfer_error_to_json(&err);
	} else {
		answer = json_object_new_object();
		json_add_str(answer, "event", "hashed");
		json_add_str(answer, "diff_id", digest);
	}
	_exit(transfer_say(answer_fd, answer, NULL, 0, &ignored) < 0 ? EXIT_FAILURE : 0);
}

static int start_hasher(struct tarball *t, struct error *err)
{
	int feed[2], answer[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answer) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	t->answer_fd = answer[0];
	cleanup_fd int answer_fd = answer[1];
	if (pipe2(feed, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	t->feed_fd = feed[1];
	cleanup_fd int feed_fd = feed[0];
	(void)fcntl(t->feed_fd, F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; not vital */
	t->hasher = fork();
	if (t->hasher == 0) {
		close(t->feed_fd);
		close(t->answer_fd);
		be_hasher(feed_fd, answer_fd, t->compression, parent);
	}
	if (t->hasher < 0)
		return error_set(err, ERR_SYSTEM, errno, "start a process");
	return 0;
}

static int compressed(void *data, const void *bytes, size_t len, struct error *err)
{
	struct tarball *t = data;

	return blob_writer_add(t->writer, bytes, len, err);
}

static int plain_sink(void *data, const uint8_t *p, size_t n, struct error *err)
{
	struct tarball *t = data;

	hash_add(t->hash, p, n);
	return compressor_add(t->compressor, p, n, err);
}

static int choose_way(struct tarball *t, struct error *err)
{
	int r;

	t->compression = compression_detect(t->start, t->start_len);
	if (t->compression == COMPRESSION_NONE) {
		t->way = WAY_PLAIN;
		return 0;
	}
	if (media_type_layer(false, compression_name(t->compression))) {
		t->way = WAY_KEEP;
		return start_hasher(t, err);
	}
	t->way = WAY_CONVERT;
	t->plain = xmalloc(CHUNK);
	r = decompressor_new(t->compression, &t->decompressor, err);
	if (r == 0)
		r = compressor_new(COMPRESSION_GZIP, -1, compressed, t, &t->compressor,
				   err);
	t->compression = COMPRESSION_GZIP;
	return r < 0 ? r : hash_new(NULL, &t->hash, err);
}

static int take(struct tarball *t, const void *data, size_t len, struct error *err)
{
	if (t->way == WAY_CONVERT)
		return uncompress(t->decompressor, data, len, t->plain, plain_sink, t,
				  err);
	int r = blob_writer_add(t->writer, data, len, err);
	if (r < 0 || t->way == WAY_PLAIN)
		return r;
	r = fd_write_all(t->feed_fd, data, len);
	/* it has ended early, and says why at the end */
	return r == 0 || r == -EPIPE ? 0
				     : error_set(err, ERR_SYSTEM, -r, "write to a pipe");
}

int tarball_add(struct tarball *t, const void *data, size_t len, struct error *err)
{
	if (t->way != WAY_UNKNOWN)
		return take(t, data, len, err);
	size_t n = sizeof(t->start) - t->start_len;
	n = n < len ? n : len;
	memcpy(t->start + t->start_len, data, n);
	t->start_len += n;
	if (t->start_len < sizeof(t->start))
		return 0;
	int r = choose_way(t, err);
	if (r == 0)
		r = take(t, t->start, t->start_len, err);
	return r < 0 ? r : take(t, (const char *)data + n, len - n, err);
}

static int hear_hasher(struct tarball *t, char **ret, struct error *err)
{
	cleanup_json struct json_object *answer = NULL;
	struct error came = ERROR_INIT;
	const char *event = NULL, *diff_id = NULL;

	close(TAKE_FD(t->feed_fd));
	int r = transfer_hear(t->answer_fd, &answer, NULL, NULL, err);
	if (r == 0)
		return error_set(
			err, ERR_SYSTEM, 0,
			"hash a tar: the process that does it ended unexpectedly");
	if (r > 0)
		r = json_to_str(json_get(answer, "event"), "event", &event, err);
	if (r < 0)
		return r;
	if (strcmp(event, "hashed") != 0) {
		r = transfer_error_parse(answer, &came);
		return error_move(err, &came);
	}
	r = json_to_str(json_get(answer, "diff_id"), "diff_id", &diff_id, err);
	if (r == 0)
		*ret = xstrdup(diff_id);
	return r;
}

static int end_conversion(struct tarball *t, char **ret, struct error *err)
{
	char digest[DIGEST_TEXT_MAX];

	int r = decompressor_end(t->decompressor, err);
	if (r == 0)
		r = compressor_end(t->compressor, err);
	if (r == 0)
		r = hash_end(t->hash, digest, err);
	if (r == 0)
		*ret = xstrdup(digest);
	return r;
}

int tarball_end(struct tarball *t, struct tarball_layer *ret, struct error *err)
{
	cleanup_tarball_layer struct tarball_layer layer = {0};
	int r = 0;

	if (t->way == WAY_UNKNOWN && t->start_len == 0)
		return error_set(err, ERR_INVALID, 0,
				 "nothing came: a tar has 1024 bytes at least");
	if (t->way == WAY_UNKNOWN)
		r = choose_way(t, err);
	if (r == 0 && t->start_len < sizeof(t->start))
		r = take(t, t->start, t->start_len, err);
	if (r == 0 && t->way == WAY_KEEP)
		r = hear_hasher(t, &layer.diff_id, err);
	if (r == 0 && t->way == WAY_CONVERT)
		r = end_conversion(t, &layer.diff_id, err);
	if (r == 0)
		r = blob_writer_finish(t->writer, &layer.digest, &layer.size, err);
	if (r < 0)
		return r;
	if (!layer.diff_id)
		layer.diff_id = xstrdup(layer.digest);
	layer.media_type = media_type_layer(false, compression_name(t->compression));
	*ret = layer;
	layer = (struct tarball_layer){0};
	return 0;
}
