/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/disk_usage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/user_ids.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"

#define BLOCK 512 /* what st_blocks counts; inode(7) */

/* Files with several names that were counted; open addressing, at most half full. */
struct inodes {
	struct inode {
		dev_t dev;
		ino_t ino; /* 0: free */
	} * items;
	size_t n, room;
};

static struct inode *inode_slot(const struct inodes *set, dev_t dev, ino_t ino)
{
	uint64_t hash = ((uint64_t)ino ^ ((uint64_t)dev << 32)) * 0x9e3779b97f4a7c15;
	size_t i = (size_t)(hash >> 20) & (set->room - 1);

	while (set->items[i].ino &&
	       (set->items[i].ino != ino || set->items[i].dev != dev))
		i = (i + 1) & (set->room - 1);
	return &set->items[i];
}

static void inodes_grow(struct inodes *set)
{
	struct inodes larger = {.n = set->n, .room = set->room ? set->room * 2 : 1024};

	larger.items = xcalloc(larger.room, sizeof(*larger.items));
	for (size_t i = 0; i < set->room; i++)
		if (set->items[i].ino)
			*inode_slot(&larger, set->items[i].dev, set->items[i].ino) =
				set->items[i];
	free(set->items);
	*set = larger;
}

/* Return: whether it is new. */
static bool inodes_add(struct inodes *set, dev_t dev, ino_t ino)
{
	struct inode *slot;

	if (set->n >= set->room / 2)
		inodes_grow(set);
	slot = inode_slot(set, dev, ino);
	if (slot->ino)
		return false;
	*slot = (struct inode){dev, ino};
	set->n++;
	return true;
}

struct usage_job {
	char *const *paths;
	int64_t *sizes; /* memory that is shared with the parent */
	struct inodes seen;
	int64_t *current;
};

static int count(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct usage_job *job = data;

	(void)err;
	if (S_ISDIR(e->st->st_mode) || e->st->st_nlink < 2 ||
	    inodes_add(&job->seen, e->st->st_dev, e->st->st_ino))
		*job->current += (int64_t)e->st->st_blocks * BLOCK;
	return 0;
}

static int count_all(void *data, struct error *err)
{
	struct usage_job *job = data;
	int r = 0;

	job->current = job->sizes;
	for (char *const *path = job->paths; r >= 0 && *path; path++, job->current++)
		r = fs_walk(AT_FDCWD, *path, count, job, err);
	free(job->seen.items);
	return r < 0 ? error_wrap(err, "count disk usage") : 0;
}

int disk_usage(const struct engine *e, char *const *paths, int64_t *ret,
	       struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct usage_job job = {.paths = paths};
	size_t size = strv_len(paths) * sizeof(*ret);
	int r;

	if (size == 0)
		return 0;
	job.sizes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (job.sizes == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "map memory");
	user_ids_any(e, &ids);
	r = user_ids_do(&ids, count_all, &job, err);
	if (r >= 0)
		memcpy(ret, job.sizes, size);
	munmap(job.sizes, size);
	return r < 0 ? r : 0;
}

int64_t disk_usage_own(int dirfd, const char *path)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (int64_t)st.st_blocks * BLOCK;
}
