/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * A memory is a header, entries sorted by device and inode, and the SHA-256 of both. It is mapped and searched as it is: nothing is
 * parsed, so that a context of ten thousand files costs a millisecond. What is learned stands in a table of its own until the end; then,
 * under a lock, both are merged with what lies there by now (somebody else may have learned as well) and renamed into place. Nobody waits
 * for the disk: after a power failure the sum is wrong and the memory empty.
 */
#include "build/file_hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "build/context_place.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sha256.h"
#include "util/str.h"
#include "util/time.h"

#define MAGIC      "cubby-f1"
#define MEMORY_MAX (1 << 30) /* bytes */
#define KEEP_FILES 64        /* contexts that are remembered */
#define KEEP_DAYS  30
#define RACY_NSEC  (2 * NSEC_PER_SEC)
#define READ_SIZE  (128 << 10)

#define NSEC_PER_SEC 1000000000LL
#define USEC_PER_DAY (24 * 3600 * USEC_PER_SEC)

struct memory_header {
	char magic[8];
	uint64_t n;
	uint64_t day; /* since the epoch: when it was written */
};

struct memory_entry {
	uint64_t device, inode, size;
	int64_t mtime_nsec, ctime_nsec;
	uint64_t day; /* when a build asked for it last, roughly */
	unsigned char digest[FILE_HASH_SIZE];
};

struct memory {
	void *map; /* NULL: none */
	size_t size;
	const struct memory_header *header;
	const struct memory_entry *entries;
	size_t n;
};

struct file_hash {
	char *dir, *name; /* of the memory; name NULL: nothing is remembered */
	struct memory memory;
	unsigned char *seen; /* one for each of the memory's entries */
	bool any_seen;
	struct memory_entry *fresh; /* learned */
	size_t n_fresh, room;
	uint32_t *slots; /* hash table of indices into fresh, from 1; 0: free */
	size_t n_slots;
	uint64_t day;
	char *buffer;
};

static int64_t nsec_of(const struct timespec *t)
{
	return t->tv_sec * NSEC_PER_SEC + t->tv_nsec;
}

static int by_inode(const void *a, const void *b)
{
	const struct memory_entry *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void memory_release(struct memory *m)
{
	if (m->map)
		munmap(m->map, m->size);
	*m = (struct memory){0};
}

static bool is_sound(struct memory *m)
{
	unsigned char sum[FILE_HASH_SIZE];
	struct sha256 sha;

	m->header = m->map;
	m->entries = (const void *)(m->header + 1);
	if (memcmp(m->header->magic, MAGIC, sizeof(m->header->magic)) != 0 ||
	    m->header->n != (m->size - sizeof(*m->header) - sizeof(sum)) /
				    sizeof(struct memory_entry) ||
	    m->size != sizeof(*m->header) + sizeof(sum) +
			       m->header->n * sizeof(struct memory_entry))
		return false;
	m->n = m->header->n;
	sha256_init(&sha);
	sha256_add(&sha, m->map, m->size - sizeof(sum));
	sha256_end_bytes(&sha, sum);
	return memcmp(sum, m->entries + m->n, sizeof(sum)) == 0;
}

/* Whatever is wrong with it, then there is none. */
static void memory_load(const struct file_hash *h, struct memory *ret)
{
	cleanup_free char *path = fs_join(h->dir, h->name);
	cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct memory m = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)(sizeof(struct memory_header) + FILE_HASH_SIZE) ||
	    st.st_size > MEMORY_MAX)
		return;
	m.size = (size_t)st.st_size;
	m.map = mmap(NULL, m.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (m.map == MAP_FAILED)
		return;
	if (is_sound(&m)) {
		*ret = m;
		return;
	}
	log_debug("%s is damaged: the files are read again", path);
	memory_release(&m);
}

static const struct memory_entry *memory_find(const struct memory *m,
					      const struct memory_entry *wanted)
{
	return m->n ? bsearch(wanted, m->entries, m->n, sizeof(*wanted), by_inode) : NULL;
}

static bool is_passing(const struct engine *e, int root_fd)
{
	cleanup_free char *places = xasprintf("%s/" CONTEXT_PLACE_DIR "/", e->paths.data);
	cleanup_free char *path = fd_path(root_fd);

	return path && str_starts(path, places);
}

struct file_hash *file_hash_open(const struct engine *e, int root_fd)
{
	struct file_hash *h = xcalloc(1, sizeof(*h));
	struct stat st;

	h->day = (uint64_t)(time_now_usec() / USEC_PER_DAY);
	if (root_fd < 0 || is_passing(e, root_fd) || fstat(root_fd, &st) < 0)
		return h;
	h->dir = fs_join(e->paths.data, FILE_HASH_DIR);
	h->name = xasprintf("%" PRIx64 "-%" PRIx64, (uint64_t)st.st_dev,
			    (uint64_t)st.st_ino);
	memory_load(h, &h->memory);
	h->seen = xcalloc(h->memory.n + 1, 1);
	return h;
}

static uint32_t *slot_of(const struct file_hash *h, const struct memory_entry *entry)
{
	uint64_t hash = (entry->inode ^ (entry->device << 32)) * 0x9e3779b97f4a7c15;
	size_t i = (size_t)(hash >> 20) & (h->n_slots - 1);

	while (h->slots[i] && by_inode(&h->fresh[h->slots[i] - 1], entry) != 0)
		i = (i + 1) & (h->n_slots - 1);
	return &h->slots[i];
}

static void grow(struct file_hash *h)
{
	h->room = h->room ? h->room * 2 : 256;
	h->fresh = xreallocarray(h->fresh, h->room, sizeof(*h->fresh));
	free(h->slots);
	h->n_slots = h->room * 2;
	h->slots = xcalloc(h->n_slots, sizeof(*h->slots));
	for (size_t i = 0; i < h->n_fresh; i++)
		*slot_of(h, &h->fresh[i]) = (uint32_t)i + 1;
}

static void learn(struct file_hash *h, const struct memory_entry *entry)
{
	uint32_t *slot;

	if (h->n_fresh == h->room)
		grow(h);
	slot = slot_of(h, entry);
	if (!*slot)
		*slot = (uint32_t)++h->n_fresh;
	h->fresh[*slot - 1] = *entry;
}

static bool is_same(const struct memory_entry *a, const struct memory_entry *b)
{
	return a->size == b->size && a->mtime_nsec == b->mtime_nsec &&
	       a->ctime_nsec == b->ctime_nsec;
}

static const struct memory_entry *recall(struct file_hash *h,
					 const struct memory_entry *wanted)
{
	const struct memory_entry *found = NULL;
	uint32_t slot = h->n_slots ? *slot_of(h, wanted) : 0;

	if (slot && is_same(&h->fresh[slot - 1], wanted))
		return &h->fresh[slot - 1];
	found = memory_find(&h->memory, wanted);
	if (!found || !is_same(found, wanted))
		return NULL;
	h->seen[found - h->memory.entries] = 1;
	h->any_seen = true;
	return found;
}

static struct memory_entry describe(const struct stat *st, uint64_t day)
{
	return (struct memory_entry){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_nsec = nsec_of(&st->st_mtim),
		.ctime_nsec = nsec_of(&st->st_ctim),
		.day = day,
	};
}

static int changed(const char *name, struct error *err)
{
	return error_set(err, ERR_UNAVAILABLE, 0,
			 "read %s: it was replaced while it was read", name);
}

static int read_content(struct file_hash *h, int fd, const char *name,
			struct memory_entry *entry, struct error *err)
{
	struct sha256 sha;
	uint64_t left = entry->size;

	if (!h->buffer)
		h->buffer = xmalloc(READ_SIZE);
	sha256_init(&sha);
	while (left > 0) {
		ssize_t n = read(fd, h->buffer, left < READ_SIZE ? left : READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, error_kind_of(errno), errno, "read %s",
					 name);
		if (n == 0)
			break; /* it has become shorter */
		sha256_add(&sha, h->buffer, (size_t)n);
		left -= (uint64_t)n;
	}
	sha256_end_bytes(&sha, entry->digest);
	return 0;
}

/* Such a file may change without its times telling. */
static bool is_racy(const struct memory_entry *entry, int64_t now_nsec)
{
	return entry->mtime_nsec > now_nsec - RACY_NSEC ||
	       entry->ctime_nsec > now_nsec - RACY_NSEC;
}

static int read_file(struct file_hash *h, int dir_fd, const char *name,
		     struct memory_entry *entry, struct error *err)
{
	int64_t now_nsec = time_now_usec() * 1000;
	cleanup_fd int fd = openat(
		dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct memory_entry after;
	struct stat st;
	int r;

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", name);
	r = read_content(h, fd, name, entry, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", name);
	after = describe(&st, h->day);
	if (!S_ISREG(st.st_mode) || by_inode(&after, entry) != 0)
		return changed(name, err);
	/* one that is being written is what was read of it: whoever copies it sees that its times are new */
	if (h->name && is_same(&after, entry) && !is_racy(entry, now_nsec))
		learn(h, entry);
	return 0;
}

int file_hash_get(struct file_hash *h, int dir_fd, const char *name,
		  const struct stat *st, unsigned char ret[static FILE_HASH_SIZE],
		  struct error *err)
{
	struct memory_entry entry = describe(st, h->day);
	const struct memory_entry *found = recall(h, &entry);
	int r = found ? 0 : read_file(h, dir_fd, name, &entry, err);

	if (r >= 0)
		memcpy(ret, (found ? found : &entry)->digest, FILE_HASH_SIZE);
	return r;
}

static bool was_seen(const struct file_hash *h, const struct memory_entry *entry)
{
	const struct memory_entry *own = memory_find(&h->memory, entry);

	return own && h->seen[own - h->memory.entries];
}

/* What is kept of the entries that lie there now. */
static size_t keep(const struct file_hash *h, const struct memory *now,
		   struct memory_entry *to)
{
	size_t n = 0;

	for (size_t i = 0; i < now->n; i++) {
		struct memory_entry entry = now->entries[i];

		if (h->n_slots && *slot_of(h, &entry))
			continue;
		if (was_seen(h, &entry))
			entry.day = h->day;
		if (entry.day + KEEP_DAYS >= h->day)
			to[n++] = entry;
	}
	return n;
}

static int write_memory(const struct file_hash *h, const struct memory *now,
			struct error *err)
{
	cleanup_free char *path = fs_join(h->dir, h->name);
	cleanup_free struct memory_header *header =
		xcalloc(1, sizeof(*header) + FILE_HASH_SIZE +
				   (now->n + h->n_fresh) * sizeof(struct memory_entry));
	struct memory_entry *entries = (void *)(header + 1);
	struct sha256 sha;
	size_t n, size;

	n = keep(h, now, entries);
	if (h->n_fresh)
		memcpy(entries + n, h->fresh, h->n_fresh * sizeof(*entries));
	n += h->n_fresh;
	qsort(entries, n, sizeof(*entries), by_inode);
	memcpy(header->magic, MAGIC, sizeof(header->magic));
	header->n = n;
	header->day = h->day;
	size = sizeof(*header) + n * sizeof(*entries);
	sha256_init(&sha);
	sha256_add(&sha, header, size);
	sha256_end_bytes(&sha, (unsigned char *)header + size);
	return fs_write_atomic(AT_FDCWD, path, header, size + FILE_HASH_SIZE, 0600, 0,
			       err);
}

/* The oldest of too many, and what is too old. */
static void sweep(const struct file_hash *h)
{
	cleanup_dir DIR *dir = opendir(h->dir);
	cleanup_free char *oldest = NULL;
	int64_t oldest_usec = INT64_MAX, now = time_now_usec();
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		struct stat st;
		int64_t then;

		if (entry->d_name[0] == '.' || str_eq(entry->d_name, FILE_HASH_LOCK) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		then = st.st_mtim.tv_sec * USEC_PER_SEC;
		if (then < now - KEEP_DAYS * USEC_PER_DAY) {
			(void)!unlinkat(dirfd(dir), entry->d_name, 0);
			continue;
		}
		n++;
		if (then >= oldest_usec)
			continue;
		oldest_usec = then;
		free(oldest);
		oldest = xstrdup(entry->d_name);
	}
	if (dir && n > KEEP_FILES)
		(void)!unlinkat(dirfd(dir), oldest, 0);
}

static int save(const struct file_hash *h, struct error *err)
{
	cleanup_free char *lock_path = fs_join(h->dir, FILE_HASH_LOCK);
	cleanup(memory_release) struct memory now = {0};
	cleanup_fd int lock_fd = -EBADF;
	int r = fs_mkdirs(AT_FDCWD, h->dir, 0700, err);

	if (r < 0)
		return r;
	lock_fd = fs_lock(AT_FDCWD, lock_path, true, true, err);
	if (lock_fd < 0)
		return lock_fd;
	memory_load(h, &now);
	r = write_memory(h, &now, err);
	if (r >= 0)
		sweep(h);
	return r;
}

/* Also once a day for the days in it. */
static bool is_to_be_saved(const struct file_hash *h)
{
	return h->n_fresh > 0 ||
	       (h->any_seen && h->memory.header && h->memory.header->day < h->day);
}

void file_hash_free(struct file_hash *h)
{
	cleanup_error struct error err = ERROR_INIT;

	if (h->name && is_to_be_saved(h) && save(h, &err) < 0)
		error_drop(&err, "the files of this context will be read again");
	memory_release(&h->memory);
	free(h->dir);
	free(h->name);
	free(h->seen);
	free(h->fresh);
	free(h->slots);
	free(h->buffer);
	free(h);
}
