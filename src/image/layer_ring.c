/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/fd.h"

#define PAGE 4096

int layer_ring_open(struct layer_ring *r, struct error *err)
{
	size_t data = LAYER_CHUNKS * LAYER_CHUNK_SIZE;

	*r = LAYER_RING_INIT;
	r->mapped = data + LAYER_RING_NOTE_MAX + PAGE;
	void *memory = mmap(NULL, r->mapped, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "map %zu bytes of shared memory",
				 r->mapped);
	r->data = memory;
	r->note = (char *)memory + data;
	r->lens = (uint32_t *)(void *)(r->note + LAYER_RING_NOTE_MAX);
	if (pipe2(r->full, O_CLOEXEC) < 0 || pipe2(r->empty, O_CLOEXEC) < 0) {
		error_set(err, ERR_SYSTEM, errno, "make a pipe");
		layer_ring_close(r);
		return -err->code;
	}
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

void layer_ring_close(struct layer_ring *r)
{
	for (int i = 0; i < 2; i++) {
		close_end(&r->full[i]);
		close_end(&r->empty[i]);
	}
	if (r->data)
		munmap(r->data, r->mapped);
	r->data = NULL;
}

void layer_ring_reader(struct layer_ring *r)
{
	/* The read end of `empty` stays: so writing to it never raises SIGPIPE, and it holds more bytes
	 * than there are chunks. */
	close_end(&r->full[1]);
	r->available = 0;
}

void layer_ring_writer(struct layer_ring *r)
{
	close_end(&r->full[0]);
	close_end(&r->empty[1]);
	r->available = LAYER_CHUNKS;
}

/* As many bytes as there are, at least one. Return: how many, 0 at the end. */
static ssize_t take_tokens(int fd)
{
	char tokens[LAYER_CHUNKS];
	ssize_t n;

	do
		n = read(fd, tokens, sizeof(tokens));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int layer_ring_room(struct layer_ring *r, uint8_t **ret)
{
	if (r->available == 0) {
		ssize_t n = take_tokens(r->empty[0]);

		if (n <= 0)
			return n < 0 ? (int)n : -EPIPE;
		r->available = (size_t)n;
	}
	*ret = r->data + r->next * LAYER_CHUNK_SIZE;
	return 0;
}

int layer_ring_put(struct layer_ring *r, size_t len)
{
	r->lens[r->next] = (uint32_t)len;
	r->next = (r->next + 1) % LAYER_CHUNKS;
	r->available--;
	return fd_write_all(r->full[1], "", 1);
}

void layer_ring_finish(struct layer_ring *r)
{
	close_end(&r->full[1]);
}

ssize_t layer_ring_get(struct layer_ring *r, const uint8_t **ret)
{
	if (r->in_use) {
		int k = fd_write_all(r->empty[1], "", 1);

		if (k < 0)
			return k;
		r->in_use = false;
	}
	if (r->available == 0) {
		ssize_t n = take_tokens(r->full[0]);

		if (n <= 0)
			return n;
		r->available = (size_t)n;
	}
	/* the other side may be under somebody's control: once read, and bounded */
	size_t len = *(volatile uint32_t *)&r->lens[r->next];
	if (len == 0 || len > LAYER_CHUNK_SIZE)
		return -EBADMSG;
	*ret = r->data + r->next * LAYER_CHUNK_SIZE;
	r->next = (r->next + 1) % LAYER_CHUNKS;
	r->available--;
	r->in_use = true;
	return (ssize_t)len;
}
