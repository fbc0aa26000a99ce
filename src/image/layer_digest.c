/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_digest.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/hash.h"
#include "util/proc.h"

/* Less than this is hashed sooner than a process is started. */
#define ALONE_MAX ((uint64_t)2 << 20)

int layer_digest_init(struct layer_digest *d, struct error *err)
{
	*d = (struct layer_digest){.ring = LAYER_RING_INIT};
	return hash_new(NULL, &d->hash, err);
}

static void wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void layer_digest_release(struct layer_digest *d)
{
	layer_ring_close(&d->ring); /* which ends the other process */
	if (d->pid > 0)
		wait_for(d->pid);
	hash_free(d->hash);
	*d = (struct layer_digest){.ring = LAYER_RING_INIT};
}

/* The other process: hashes on from where it was forked; its note is the digest. */
static _noreturn_ void be_hasher(struct layer_digest *d, pid_t parent)
{
	cleanup_error struct error err = ERROR_INIT;
	const uint8_t *bytes;
	ssize_t n;

	layer_ring_reader(&d->ring);
	if (proc_die_with(parent) < 0)
		_exit(EXIT_FAILURE);
	while ((n = layer_ring_get(&d->ring, &bytes)) > 0)
		hash_add(d->hash, bytes, (size_t)n);
	if (n < 0 || hash_end(d->hash, d->ring.note, &err) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

static int start_hasher(struct layer_digest *d, struct error *err)
{
	pid_t parent = getpid();
	int r = layer_ring_open(&d->ring, err);

	if (r < 0)
		return r;
	d->pid = fork();
	if (d->pid == 0)
		be_hasher(d, parent);
	if (d->pid < 0) {
		d->pid = 0;
		return error_set(err, ERR_SYSTEM, errno, "start a process to hash");
	}
	layer_ring_writer(&d->ring);
	return 0;
}

static int broken(struct error *err)
{
	return error_set(err, ERR_SYSTEM, 0,
			 "hash a layer: the process for it was killed");
}

static int hand_on(struct layer_digest *d, struct error *err)
{
	if (!d->chunk || d->used == 0)
		return 0;
	d->chunk = NULL;
	return layer_ring_put(&d->ring, d->used) < 0 ? broken(err) : 0;
}

static int fill(struct layer_digest *d, const uint8_t *bytes, size_t len,
		struct error *err)
{
	while (len > 0) {
		size_t part;
		int r = 0;

		if (!d->chunk) {
			if (layer_ring_room(&d->ring, &d->chunk) < 0)
				return broken(err);
			d->used = 0;
		}
		part = LAYER_CHUNK_SIZE - d->used < len ? LAYER_CHUNK_SIZE - d->used
							: len;
		memcpy(d->chunk + d->used, bytes, part);
		d->used += part;
		bytes += part;
		len -= part;
		if (d->used == LAYER_CHUNK_SIZE)
			r = hand_on(d, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int layer_digest_add(void *data, const void *bytes, size_t len, struct error *err)
{
	struct layer_digest *d = data;
	int r = 0;

	if (d->pid == 0 && d->size + len > ALONE_MAX)
		r = start_hasher(d, err);
	if (r < 0)
		return r;
	d->size += len;
	if (d->pid > 0)
		return fill(d, bytes, len, err);
	hash_add(d->hash, bytes, len);
	return 0;
}

int layer_digest_end(struct layer_digest *d, char ret[static DIGEST_TEXT_MAX],
		     struct error *err)
{
	int r;

	if (d->pid == 0)
		return hash_end(d->hash, ret, err);
	r = hand_on(d, err);
	layer_ring_finish(&d->ring);
	wait_for(d->pid);
	d->pid = 0;
	if (r < 0)
		return r;
	memcpy(ret, d->ring.note, DIGEST_TEXT_MAX);
	ret[DIGEST_TEXT_MAX - 1] = '\0';
	return digest_valid(ret) ? 0 : broken(err);
}
