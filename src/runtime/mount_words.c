/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mount_words.h"

#include <linux/mount.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>

#include "util/cleanup.h"

#define ATIME MOUNT_ATTR__ATIME

/*
 * The kernel wants the whole access-time field cleared when one of its values is set;
 * relatime is the value 0 and the kernel's default, so "atime" (not noatime) and
 * "nostrictatime" mean it, and "norelatime" means the only other one that updates.
 */
#define FLAG_WORDS(r, kind)                                                         \
	{r "ro", kind, MOUNT_ATTR_RDONLY, 0}, {r "rw", kind, 0, MOUNT_ATTR_RDONLY}, \
		{r "nosuid", kind, MOUNT_ATTR_NOSUID, 0},                           \
		{r "suid", kind, 0, MOUNT_ATTR_NOSUID},                             \
		{r "nodev", kind, MOUNT_ATTR_NODEV, 0},                             \
		{r "dev", kind, 0, MOUNT_ATTR_NODEV},                               \
		{r "noexec", kind, MOUNT_ATTR_NOEXEC, 0},                           \
		{r "exec", kind, 0, MOUNT_ATTR_NOEXEC},                             \
		{r "noatime", kind, MOUNT_ATTR_NOATIME, ATIME},                     \
		{r "strictatime", kind, MOUNT_ATTR_STRICTATIME, ATIME},             \
		{r "norelatime", kind, MOUNT_ATTR_STRICTATIME, ATIME},              \
		{r "relatime", kind, 0, ATIME}, {r "atime", kind, 0, ATIME},        \
		{r "nostrictatime", kind, 0, ATIME},                                \
		{r "nodiratime", kind, MOUNT_ATTR_NODIRATIME, 0},                   \
		{r "diratime", kind, 0, MOUNT_ATTR_NODIRATIME},                     \
		{r "nosymfollow", kind, MOUNT_ATTR_NOSYMFOLLOW, 0},                 \
	{                                                                           \
		r "symfollow", kind, 0, MOUNT_ATTR_NOSYMFOLLOW                      \
	}

static const struct mount_word words[] = {
	FLAG_WORDS("", WORD_ATTR),
	FLAG_WORDS("r", WORD_REC_ATTR),
	{"private", WORD_PROPAGATION, MS_PRIVATE, 0},
	{"shared", WORD_PROPAGATION, MS_SHARED, 0},
	{"slave", WORD_PROPAGATION, MS_SLAVE, 0},
	{"unbindable", WORD_PROPAGATION, MS_UNBINDABLE, 0},
	{"rprivate", WORD_REC_PROPAGATION, MS_PRIVATE, 0},
	{"rshared", WORD_REC_PROPAGATION, MS_SHARED, 0},
	{"rslave", WORD_REC_PROPAGATION, MS_SLAVE, 0},
	{"runbindable", WORD_REC_PROPAGATION, MS_UNBINDABLE, 0},
	{"sync", WORD_SUPERBLOCK, 0, 0},
	{"dirsync", WORD_SUPERBLOCK, 0, 0},
	{"lazytime", WORD_SUPERBLOCK, 0, 0},
	{"mand", WORD_SUPERBLOCK, 0, 0},
	{"iversion", WORD_SUPERBLOCK, 0, 0},
	{"acl", WORD_SUPERBLOCK, 0, 0},
	/* a new file system has none of the above unless told so; a bind cannot change
	   them */
	{"async", WORD_NOTHING, 0, 0},
	{"nolazytime", WORD_NOTHING, 0, 0},
	{"nomand", WORD_NOTHING, 0, 0},
	{"noiversion", WORD_NOTHING, 0, 0},
	{"defaults", WORD_NOTHING, 0, 0},
	/* the new mount API tells its messages to us, never to the kernel's log */
	{"silent", WORD_NOTHING, 0, 0},
	{"loud", WORD_NOTHING, 0, 0},
	{"bind", WORD_BIND, 0, 0},
	{"rbind", WORD_REC_BIND, 0, 0},
	{"remount", WORD_REMOUNT, 0, 0},
	{"idmap", WORD_IDMAP, 0, 0},
	{"ridmap", WORD_REC_IDMAP, 0, 0},
	{"tmpcopyup", WORD_COPY_UP, MOUNT_FILL_CONTENT | MOUNT_FILL_OWNER, 0},
	{"tmpcopyup=content", WORD_COPY_UP, MOUNT_FILL_CONTENT, 0},
	{"tmpcopyup=owner", WORD_COPY_UP, MOUNT_FILL_OWNER, 0},
	{"copy-file", WORD_COPY_FILE, 0, 0},
	{"src-nofollow", WORD_SOURCE_NOFOLLOW, 0, 0},
	{"dest-nofollow", WORD_DEST_NOFOLLOW, 0, 0},
	{"copy-symlink", WORD_COPY_SYMLINK, 0, 0},
	{"z", WORD_ENGINE, 0, 0},
	{"Z", WORD_ENGINE, 0, 0},
	{"U", WORD_ENGINE, 0, 0},
	{"O", WORD_ENGINE, 0, 0},
};

const struct mount_word *mount_word_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return &words[i];
	return NULL;
}

const char *mount_attr_word(uint64_t bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == WORD_ATTR && words[i].set == bit)
			return words[i].word;
	return "?";
}
