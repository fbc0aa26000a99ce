/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read here becomes a filter that a container is locked in by, so it is believed
 * only if nobody but us could have written it. Torn files can't be: they are renamed into
 * place; the sum is for disks that lost power.
 */
#include "runtime/seccomp_cache.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"

#define MAGIC         "cubbyBPF"
#define FORMAT        1
#define FILE_SIZE_MAX (1 << 20)
#define NAME_MAX_LEN  32

struct header {
	char magic[8];
	uint32_t format;
	uint32_t key_len;
	uint32_t flags;
	uint32_t notifies;
	uint32_t n_insns;
	uint32_t reserved;
	uint64_t sum; /* of the key and the instructions */
};

#define FNV_BASIS 0xcbf29ce484222325ULL

static uint64_t fnv(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}

static void file_name(const struct buf *key, char name[static NAME_MAX_LEN])
{
	snprintf(name, NAME_MAX_LEN, "%016llx.bpf",
		 (unsigned long long)fnv(FNV_BASIS, key->data, key->len));
}

/* The file's bytes in a buffer of the caller's; their number, 0 if it isn't to be
 * believed. */
static size_t read_own_file(int dirfd, const char *name, char **ret)
{
	cleanup_fd int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	cleanup_free char *data = NULL;
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		return 0;
	if (st.st_size < (off_t)sizeof(struct header) || st.st_size > FILE_SIZE_MAX)
		return 0;
	size = st.st_size;
	data = xmalloc(size);
	if (read(fd, data, size) != (ssize_t)size)
		return 0;
	*ret = TAKE_PTR(data);
	return size;
}

int seccomp_cache_read(int dirfd, const struct buf *key, struct seccomp_filter *ret)
{
	cleanup_free char *data = NULL;
	char name[NAME_MAX_LEN];
	const char *body;
	struct header h;
	size_t size, insns_size;

	file_name(key, name);
	size = read_own_file(dirfd, name, &data);
	if (!size)
		return -ENOENT;
	memcpy(&h, data, sizeof(h));
	body = data + sizeof(h);
	if (memcmp(h.magic, MAGIC, sizeof(h.magic)) != 0 || h.format != FORMAT ||
	    h.key_len != key->len || !h.n_insns || h.n_insns > BPF_MAXINSNS)
		return -ENOENT;
	insns_size = h.n_insns * sizeof(struct sock_filter);
	if (size != sizeof(h) + h.key_len + insns_size ||
	    memcmp(body, key->data, key->len) != 0 ||
	    h.sum != fnv(FNV_BASIS, body, h.key_len + insns_size))
		return -ENOENT;
	*ret = (struct seccomp_filter){
		.insns = xmemdup(body + h.key_len, insns_size),
		.n_insns = h.n_insns,
		.flags = h.flags,
		.notifies = h.notifies,
	};
	return 0;
}

void seccomp_cache_write(int dirfd, const struct buf *key,
			 const struct seccomp_filter *filter)
{
	cleanup_error struct error err = ERROR_INIT;
	struct header h = {
		.magic = MAGIC,
		.format = FORMAT,
		.key_len = key->len,
		.flags = filter->flags,
		.notifies = filter->notifies,
		.n_insns = filter->n_insns,
	};
	size_t insns_size = filter->n_insns * sizeof(*filter->insns);
	cleanup_free char *data = xmalloc(sizeof(h) + key->len + insns_size);
	char name[NAME_MAX_LEN];

	memcpy(data + sizeof(h), key->data, key->len);
	memcpy(data + sizeof(h) + key->len, filter->insns, insns_size);
	h.sum = fnv(FNV_BASIS, data + sizeof(h), key->len + insns_size);
	memcpy(data, &h, sizeof(h));
	file_name(key, name);
	if (fs_write_atomic(dirfd, name, data, sizeof(h) + key->len + insns_size, 0600, 0,
			    &err) < 0)
		error_drop(&err, "the next container compiles its seccomp filter again");
}
