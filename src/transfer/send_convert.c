/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/blob_writer.h"
#include "image/blobs.h"
#include "image/compress.h"
#include "image/layer.h"
#include "transfer/control.h"
#include "transfer/send.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/time.h"

#define CHUNK         (256 * 1024)
#define PIPE_SIZE     (1024 * 1024)
#define PROGRESS_USEC (USEC_PER_SEC / 10)

typedef int plain_sink(void *arg, const uint8_t *p, size_t n, struct error *err);

/* A blob of the store, read, uncompressed, given to the sink. */
struct reading {
	int fd;
	plain_sink *sink;
	void *arg;
	void (*progress)(void *data, uint64_t done); /* may be NULL */
	void *data;
	uint64_t plain; /* bytes given to the sink; at most LAYER_MAX_BYTES */
};

static int read_some(int fd, uint8_t *data, size_t *ret_n, struct error *err)
{
	ssize_t n;

	do
		n = read(fd, data, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read a blob");
	*ret_n = (size_t)n;
	return 0;
}

static int give(struct reading *r, const uint8_t *p, size_t n, struct error *err)
{
	r->plain += n;
	if (r->plain > LAYER_MAX_BYTES)
		return error_set(err, ERR_INVALID, EFBIG, "uncompress a layer");
	return r->sink(r->arg, p, n, err);
}

static int step(struct reading *r, struct decompressor *d, const uint8_t *in, size_t n,
		uint8_t *plain, struct error *err)
{
	struct decompress_io io = {.in = in, .in_len = n};

	do {
		io.out = plain;
		io.out_len = CHUNK;
		int result = decompressor_step(d, &io, err);
		if (result == 0)
			result = give(r, plain, CHUNK - io.out_len, err);
		if (result < 0)
			return result;
	} while (io.in_len > 0 || io.out_len == 0);
	return 0;
}

static int read_plain(struct reading *r, struct error *err)
{
	cleanup_decompressor struct decompressor *d = NULL;
	cleanup_free uint8_t *in = xmalloc(CHUNK), *plain = xmalloc(CHUNK);
	int64_t told = time_monotonic_usec();
	uint64_t done = 0;
	size_t n = 0;

	int result = read_some(r->fd, in, &n, err);
	if (result == 0)
		result = decompressor_new(compression_detect(in, n), &d, err);
	while (result == 0 && n > 0) {
		result = step(r, d, in, n, plain, err);
		done += n;
		if (r->progress && time_monotonic_usec() - told >= PROGRESS_USEC) {
			told = time_monotonic_usec();
			r->progress(r->data, done);
		}
		if (result == 0)
			result = read_some(r->fd, in, &n, err);
	}
	return result < 0 ? result : decompressor_end(d, err);
}

int send_compression(int blobs_fd, const char *digest, enum compression *ret,
		     struct error *err)
{
	char start[COMPRESSION_MAGIC_MAX];

	cleanup_fd int fd = blob_open(blobs_fd, digest, err);
	if (fd < 0)
		return fd;
	ssize_t n = pread(fd, start, sizeof(start), 0);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the blob %s", digest);
	*ret = compression_detect(start, (size_t)n);
	return 0;
}

static int no_sink(void *arg, const uint8_t *p, size_t n, struct error *err)
{
	return 0;
}

int send_count(int blobs_fd, const char *digest, int64_t *ret, struct error *err)
{
	cleanup_fd int fd = blob_open(blobs_fd, digest, err);
	if (fd < 0)
		return fd;
	struct reading reading = {.fd = fd, .sink = no_sink};
	int r = read_plain(&reading, err);
	if (r < 0)
		return error_wrap(err, "uncompress the blob %s", digest);
	*ret = (int64_t)reading.plain;
	return 0;
}

static int compress_sink_fn(void *arg, const uint8_t *p, size_t n, struct error *err)
{
	return compressor_add(arg, p, n, err);
}

static int to_writer(void *writer, const void *bytes, size_t len, struct error *err)
{
	return blob_writer_add(writer, bytes, len, err);
}

int send_recompress(const struct send_recompress *options, char **ret_digest,
		    int64_t *ret_size, struct error *err)
{
	struct blob_wanted wanted = {.size = -1, .max = LAYER_MAX_BYTES};
	cleanup_blob_writer struct blob_writer *w = NULL;
	cleanup_compressor struct compressor *c = NULL;
	cleanup_fd int reader_fd = -EBADF;
	uint64_t size = 0;

	cleanup_fd int fd = blob_open(options->blobs_fd, options->digest, err);
	if (fd < 0)
		return fd;
	int r = blob_writer_open(options->blobs_fd, &wanted, true, &w, &reader_fd, err);
	if (r == 0)
		r = compressor_new(options->compression, options->level, to_writer, w, &c,
				   err);
	if (r < 0)
		return r;
	struct reading reading = {
		.fd = fd,
		.sink = compress_sink_fn,
		.arg = c,
		.progress = options->progress,
		.data = options->data,
	};
	r = read_plain(&reading, err);
	if (r == 0)
		r = compressor_end(c, err);
	if (r == 0)
		r = blob_writer_finish(w, ret_digest, &size, err);
	*ret_size = (int64_t)size;
	return r < 0 ? error_wrap(err, "compress the layer %s", options->digest) : 0;
}

struct send_unpack {
	pid_t pid;
	int answer_fd;
};

void send_unpack_free(struct send_unpack *u)
{
	if (!u)
		return;
	if (u->pid > 0)
		kill(u->pid, SIGKILL);
	while (u->pid > 0 && waitpid(u->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (u->answer_fd >= 0)
		close(u->answer_fd);
	free(u);
}

static int pipe_sink(void *arg, const uint8_t *p, size_t n, struct error *err)
{
	const int *fd = arg;
	int r = fd_write_all(*fd, p, n);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to a pipe") : 0;
}

static _noreturn_ void be_unpacker(int blob_fd, int out_fd, int answer_fd, pid_t parent)
{
	cleanup_error struct error err = ERROR_INIT, ignored = ERROR_INIT;
	cleanup_json struct json_object *answer = json_object_new_object();
	struct reading reading = {.fd = blob_fd, .sink = pipe_sink, .arg = &out_fd};

	json_add_str(answer, "event", "done");
	int r = control_worker(parent, &err);
	if (r == 0)
		r = read_plain(&reading, &err);
	if (r < 0) {
		json_object_put(answer);
		answer = transfer_error_to_json(&err);
	}
	_exit(transfer_say(answer_fd, answer, NULL, 0, &ignored) < 0 ? EXIT_FAILURE : 0);
}

int send_unpack_start(int blobs_fd, const char *digest, struct send_unpack **ret,
		      int *ret_fd, struct error *err)
{
	cleanup_send_unpack struct send_unpack *u = xcalloc(1, sizeof(*u));
	int answer[2], plain[2];
	pid_t parent = getpid();

	u->answer_fd = -EBADF;
	cleanup_fd int blob_fd = blob_open(blobs_fd, digest, err);
	if (blob_fd < 0)
		return blob_fd;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answer) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	u->answer_fd = answer[0];
	cleanup_fd int answer_fd = answer[1];
	if (pipe2(plain, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	cleanup_fd int plain_fd = plain[0], out_fd = plain[1];
	(void)fcntl(out_fd, F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; not vital */
	u->pid = fork();
	if (u->pid == 0) {
		close(u->answer_fd);
		close(plain_fd);
		be_unpacker(blob_fd, out_fd, answer_fd, parent);
	}
	if (u->pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "start a process");
	*ret = TAKE_PTR(u);
	*ret_fd = TAKE_FD(plain_fd);
	return 0;
}

int send_unpack_end(struct send_unpack *u, struct error *err)
{
	cleanup_json struct json_object *answer = NULL;
	struct error came = ERROR_INIT;
	const char *event = NULL;

	int r = transfer_hear(u->answer_fd, &answer, NULL, NULL, err);
	if (r == 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "uncompress a layer: the process that does it ended "
				 "unexpectedly");
	if (r > 0)
		r = json_to_str(json_get(answer, "event"), "event", &event, err);
	if (r < 0 || event[0] == 'd')
		return r;
	r = transfer_error_parse(answer, &came);
	return error_move(err, &came);
}
