/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor_layer sequential|overlapped file|files LAYER DIRECTORY
 *
 * The least that taking in a layer costs: read LAYER, a tar that may be compressed by gzip, hash
 * what was read, decompress it, hash that too, and write the same bytes below DIRECTORY: as
 * one file, or as as many files of the same sizes as the tar holds. No registry, no names,
 * owners, modes or times, no checks, no record, no fsync. Overlapped: decompression, hash and writing
 * are three processes, which hand on a ring of shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOT_SIZE     (256 * 1024)
#define N_SLOTS       32
#define BLOCK         512
#define FILES_PER_DIR 500

static void die(const char *what)
{
	fprintf(stderr, "floor_layer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *no_null(void *p)
{
	if (!p)
		die("allocate memory");
	return p;
}

/* -- hash */

static EVP_MD_CTX *hash_new(void)
{
	EVP_MD_CTX *h = no_null(EVP_MD_CTX_new());
	if (EVP_DigestInit_ex(h, EVP_sha256(), NULL) != 1)
		die("sha256");
	return h;
}

static void hash_print(EVP_MD_CTX *h, const char *of)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_DigestFinal_ex(h, md, &n);
	EVP_MD_CTX_free(h);
	printf("%s sha256:", of);
	for (unsigned i = 0; i < n; i++)
		printf("%02x", md[i]);
	printf("\n");
	fflush(stdout);
}

/* -- files */

struct writer {
	bool files;
	int dir_fd, fd;
	unsigned n_files;
	char block[BLOCK]; /* a header, as much of it as came */
	size_t n_block;
	uint64_t body, padding; /* still to come of this entry */
};

static void write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n <= 0)
			die("write");
		data += n;
		len -= n;
	}
}

static void next_file(struct writer *w)
{
	char name[32];
	if (w->n_files % FILES_PER_DIR == 0) {
		snprintf(name, sizeof(name), "d%u", w->n_files / FILES_PER_DIR);
		if (mkdirat(w->dir_fd, name, 0755) < 0)
			die(name);
	}
	snprintf(name, sizeof(name), "d%u/f%u", w->n_files / FILES_PER_DIR, w->n_files);
	w->n_files++;
	w->fd = openat(w->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd < 0)
		die(name);
}

static void header(struct writer *w)
{
	char size[13] = "";
	memcpy(size, w->block + 124, 12);
	w->body = (size[0] & 0x80) ? 0 : strtoull(size, NULL, 8);
	w->padding = (BLOCK - w->body % BLOCK) % BLOCK;
	char type = w->block[156];
	if (w->block[0] && (type == '0' || type == '\0'))
		next_file(w);
}

static void close_file(struct writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static size_t least(uint64_t a, size_t b)
{
	return a < b ? a : b;
}

static void writer_eat(struct writer *w, const char *data, size_t len)
{
	if (!w->files) {
		write_all(w->fd, data, len);
		return;
	}
	while (len > 0) {
		size_t n;
		if (w->body > 0) {
			n = least(w->body, len);
			if (w->fd >= 0)
				write_all(w->fd, data, n);
			w->body -= n;
		} else if (w->padding > 0) {
			n = least(w->padding, len);
			w->padding -= n;
		} else {
			close_file(w);
			n = least(BLOCK - w->n_block, len);
			memcpy(w->block + w->n_block, data, n);
			w->n_block += n;
			if (w->n_block == BLOCK) {
				w->n_block = 0;
				header(w);
			}
		}
		data += n;
		len -= n;
	}
}

static void writer_open(struct writer *w, bool files, const char *dir)
{
	*w = (struct writer){.files = files, .fd = -1};
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die(dir);
	w->dir_fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (w->dir_fd < 0)
		die(dir);
	if (!files)
		w->fd = openat(w->dir_fd, "file",
			       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!files && w->fd < 0)
		die("file");
}

/* -- the ring: one process fills the slots, others empty them */

struct ring {
	size_t len[N_SLOTS];
	char data[N_SLOTS][SLOT_SIZE];
};

struct consumer { /* a byte for each filled slot there, one for each emptied slot back */
	int filled[2], emptied[2];
	pid_t pid;
};

struct floor {
	struct ring *ring;
	unsigned slot; /* being filled */
	uint64_t n_slots_used;
	bool overlapped;
	struct consumer hasher, saver;
	EVP_MD_CTX *hash;
	struct writer writer;
};

static bool take(int fd)
{
	char byte;
	ssize_t n = read(fd, &byte, 1);
	if (n < 0)
		die("read from a pipe");
	return n == 1;
}

static void give(int fd)
{
	if (write(fd, "", 1) != 1)
		die("write to a pipe");
}

static void consume(struct floor *f, struct consumer *c, bool hash)
{
	for (unsigned slot = 0; take(c->filled[0]); slot = (slot + 1) % N_SLOTS) {
		if (hash)
			EVP_DigestUpdate(f->hash, f->ring->data[slot],
					 f->ring->len[slot]);
		else
			writer_eat(&f->writer, f->ring->data[slot], f->ring->len[slot]);
		give(c->emptied[1]);
	}
	if (hash)
		hash_print(f->hash, "tar  ");
	close_file(&f->writer);
	exit(0);
}

static void start(struct floor *f, struct consumer *c, bool hash)
{
	if (pipe2(c->filled, O_CLOEXEC) < 0 || pipe2(c->emptied, O_CLOEXEC) < 0)
		die("pipe");
	c->pid = fork();
	if (c->pid < 0)
		die("fork");
	if (c->pid == 0) {
		close(c->filled[1]);
		if (!hash)
			close(f->hasher.filled[1]);
		consume(f, c, hash);
	}
	close(c->filled[0]);
	close(c->emptied[1]);
}

static void finish(struct consumer *c)
{
	int status;
	close(c->filled[1]);
	if (waitpid(c->pid, &status, 0) != c->pid || status != 0)
		die("a process");
}

/* The slot to be filled next, when it is empty. */
static char *slot_wait(struct floor *f)
{
	if (f->overlapped && f->n_slots_used >= N_SLOTS &&
	    (!take(f->hasher.emptied[0]) || !take(f->saver.emptied[0])))
		die("a process ended early");
	return f->ring->data[f->slot];
}

static void slot_done(struct floor *f, size_t len)
{
	f->ring->len[f->slot] = len;
	if (f->overlapped) {
		give(f->hasher.filled[1]);
		give(f->saver.filled[1]);
	} else {
		EVP_DigestUpdate(f->hash, f->ring->data[f->slot], len);
		writer_eat(&f->writer, f->ring->data[f->slot], len);
	}
	f->n_slots_used++;
	f->slot = (f->slot + 1) % N_SLOTS;
}

/* -- from the layer into the ring */

static size_t read_some(int fd, char *buf, EVP_MD_CTX *hash)
{
	ssize_t n = read(fd, buf, SLOT_SIZE);
	if (n < 0)
		die("read the layer");
	if (hash)
		EVP_DigestUpdate(hash, buf, n);
	return n;
}

static void inflate_slot(struct inflate_state *in, int fd, char *input, EVP_MD_CTX *hash)
{
	while (in->avail_out > 0 && in->block_state != ISAL_BLOCK_FINISH) {
		if (in->avail_in == 0) {
			in->next_in = (uint8_t *)input;
			in->avail_in = read_some(fd, input, hash);
			if (in->avail_in == 0)
				break;
		}
		if (isal_inflate(in) != ISAL_DECOMP_OK) {
			errno = EBADMSG;
			die("decompress");
		}
	}
}

static void unpack(struct floor *f, int fd)
{
	struct inflate_state *in = no_null(calloc(1, sizeof(*in)));
	char *input = no_null(malloc(SLOT_SIZE));
	EVP_MD_CTX *hash = hash_new();
	isal_inflate_init(in);
	in->crc_flag = ISAL_GZIP;
	size_t len;
	do {
		in->next_out = (uint8_t *)slot_wait(f);
		in->avail_out = SLOT_SIZE;
		inflate_slot(in, fd, input, hash);
		len = SLOT_SIZE - in->avail_out;
		if (len > 0)
			slot_done(f, len);
	} while (len == SLOT_SIZE);
	hash_print(hash, "layer");
	free(input);
	free(in);
}

static void copy(struct floor *f, int fd)
{
	size_t len;
	while ((len = read_some(fd, slot_wait(f), NULL)) > 0)
		slot_done(f, len);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr,
			"usage: floor_layer sequential|overlapped file|files LAYER "
			"DIRECTORY\n");
		return 2;
	}
	struct floor f = {.overlapped = strcmp(argv[1], "overlapped") == 0,
			  .hash = hash_new()};
	f.ring = mmap(NULL, sizeof(*f.ring), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f.ring == MAP_FAILED)
		die("map memory");
	writer_open(&f.writer, strcmp(argv[2], "files") == 0, argv[4]);
	int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	unsigned char magic[2] = {0};
	if (fd < 0 || pread(fd, magic, 2, 0) != 2)
		die(argv[3]);
	if (f.overlapped) {
		start(&f, &f.hasher, true);
		start(&f, &f.saver, false);
	}
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		unpack(&f, fd);
	else
		copy(&f, fd);
	if (f.overlapped) {
		finish(&f.hasher);
		finish(&f.saver);
	} else {
		hash_print(f.hash, "tar  ");
	}
	close_file(&f.writer);
	return 0;
}
