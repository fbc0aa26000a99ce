/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_kind.h"

#include <errno.h>
#include <stddef.h>

#include "util/str.h"

static const char *const type_words[] = {
	[EVENT_CONTAINER] = "container", [EVENT_IMAGE] = "image",
	[EVENT_NETWORK] = "network",     [EVENT_POD] = "pod",
	[EVENT_SECRET] = "secret",       [EVENT_SYSTEM] = "system",
	[EVENT_VOLUME] = "volume",
};

static const char *const status_words[] = {
	[EVENT_ATTACH] = "attach",
	[EVENT_AUTO_UPDATE] = "auto-update",
	[EVENT_BUILD] = "build",
	[EVENT_CHECKPOINT] = "checkpoint",
	[EVENT_CLEANUP] = "cleanup",
	[EVENT_COMMIT] = "commit",
	[EVENT_CONNECT] = "connect",
	[EVENT_COPY] = "copy",
	[EVENT_CREATE] = "create",
	[EVENT_DIED] = "died",
	[EVENT_DISCONNECT] = "disconnect",
	[EVENT_EXEC] = "exec",
	[EVENT_EXEC_DIED] = "exec_died",
	[EVENT_EXPORT] = "export",
	[EVENT_HEALTH_STATUS] = "health_status",
	[EVENT_IMPORT] = "import",
	[EVENT_INIT] = "init",
	[EVENT_KILL] = "kill",
	[EVENT_LOAD] = "loadfromarchive",
	[EVENT_MOUNT] = "mount",
	[EVENT_OOM] = "oom",
	[EVENT_PAUSE] = "pause",
	[EVENT_PRUNE] = "prune",
	[EVENT_PULL] = "pull",
	[EVENT_PULL_ERROR] = "pull-error",
	[EVENT_PUSH] = "push",
	[EVENT_REFRESH] = "refresh",
	[EVENT_REFUSED] = "refused",
	[EVENT_REMOVE] = "remove",
	[EVENT_RENAME] = "rename",
	[EVENT_RENUMBER] = "renumber",
	[EVENT_RESTART] = "restart",
	[EVENT_RESTORE] = "restore",
	[EVENT_ROTATE] = "rotate",
	[EVENT_SAVE] = "save",
	[EVENT_START] = "start",
	[EVENT_STOP] = "stop",
	[EVENT_SYNC] = "sync",
	[EVENT_TAG] = "tag",
	[EVENT_UNMOUNT] = "unmount",
	[EVENT_UNPAUSE] = "unpause",
	[EVENT_UNTAG] = "untag",
	[EVENT_UPDATE] = "update",
};

static const char *const backend_words[] = {
	[EVENT_BACKEND_FILE] = "file",
	[EVENT_BACKEND_JOURNALD] = "journald",
	[EVENT_BACKEND_NONE] = "none",
};

static int find_word(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(words[i], word))
			return (int)i;
	return -EINVAL;
}

const char *event_type_word(enum event_type type)
{
	return type_words[type];
}

const char *event_status_word(enum event_status status)
{
	return status_words[status];
}

const char *event_backend_word(enum event_backend backend)
{
	return backend_words[backend];
}

int event_type_parse(const char *word, enum event_type *ret)
{
	int i = find_word(type_words, ARRAY_SIZE(type_words), word);

	if (i < 0)
		return i;
	*ret = (enum event_type)i;
	return 0;
}

int event_status_parse(const char *word, enum event_status *ret)
{
	int i = find_word(status_words, ARRAY_SIZE(status_words), word);

	if (i < 0)
		return i;
	*ret = (enum event_status)i;
	return 0;
}

int event_backend_parse(const char *word, enum event_backend *ret)
{
	int i = find_word(backend_words, ARRAY_SIZE(backend_words), word);

	if (i < 0)
		return i;
	*ret = (enum event_backend)i;
	return 0;
}
