/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sysctl.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "spec/spec.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

enum sysctl_owner { OWNER_NONE, OWNER_USER, OWNER_NETWORK, OWNER_IPC, OWNER_UTS };

/* Source: ipc_namespaces(7), uts_namespaces(7), network_namespaces(7), namespaces(7). */
static const struct {
	const char *prefix; /* with a last dot: everything below; else exactly this key */
	enum sysctl_owner owner;
} owners[] = {
	{"net.", OWNER_NETWORK},           {"user.", OWNER_USER},
	{"fs.mqueue.", OWNER_IPC},         {"kernel.msgmax", OWNER_IPC},
	{"kernel.msgmnb", OWNER_IPC},      {"kernel.msgmni", OWNER_IPC},
	{"kernel.sem", OWNER_IPC},         {"kernel.sem_next_id", OWNER_IPC},
	{"kernel.msg_next_id", OWNER_IPC}, {"kernel.shm_next_id", OWNER_IPC},
	{"kernel.shmall", OWNER_IPC},      {"kernel.shmmax", OWNER_IPC},
	{"kernel.shmmni", OWNER_IPC},      {"kernel.shm_rmid_forced", OWNER_IPC},
	{"kernel.auto_msgmni", OWNER_IPC}, {"kernel.hostname", OWNER_UTS},
	{"kernel.domainname", OWNER_UTS},
};

/*
 * sysctl(8)'s two spellings: the first separator tells which. With dots, a slash stands
 * for a dot inside a name (net.ipv4.conf.eth0/100.forwarding). Result is a path below
 * sys/.
 */
static char *key_path(const char *key)
{
	char *path = xstrdup(key);
	size_t first = strcspn(path, "./");

	if (path[first] == '.')
		for (char *p = path; *p; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	return path;
}

static enum sysctl_owner key_owner(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		cleanup_free char *prefix = key_path(owners[i].prefix);
		if (str_ends(prefix, "/") ? str_starts(path, prefix)
					  : str_eq(path, prefix))
			return owners[i].owner;
	}
	return OWNER_NONE;
}

static bool has_parent_component(const char *path)
{
	cleanup_strv char **parts = str_split(path, '/');

	return strv_has(parts, "..") || strv_has(parts, ".") || strv_has(parts, "");
}

int sysctl_check(const struct spec *spec, const struct sysctl_scope *scope,
		 struct error *err)
{
	const struct {
		bool own;
		const char *word;
	} namespaces[] = {
		[OWNER_USER] = {scope->user, "user"},
		[OWNER_NETWORK] = {scope->network, "network"},
		[OWNER_IPC] = {scope->ipc, "ipc"},
		[OWNER_UTS] = {scope->uts, "uts"},
	};

	for (size_t i = 0; i < spec->linux->n_sysctl; i++) {
		const char *key = spec->linux->sysctl[i].key;
		cleanup_free char *path = key_path(key);
		enum sysctl_owner owner = key_owner(path);

		if (has_parent_component(path))
			return error_set(err, ERR_INVALID, 0, "sysctl %s: malformed key",
					 key);
		if (owner == OWNER_NONE)
			return error_set(
				err, ERR_INVALID, 0,
				"sysctl %s: belongs to no namespace, it would change the host",
				key);
		if (!namespaces[owner].own)
			return error_set(
				err, ERR_INVALID, 0,
				"sysctl %s: the container shares the host's %s namespace",
				key, namespaces[owner].word);
	}
	return 0;
}

int sysctl_apply(const struct spec *spec, int proc_fd, struct error *err)
{
	struct statfs fs;

	if (spec->linux->n_sysctl == 0)
		return 0;
	if (fstatfs(proc_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return error_set(err, ERR_SYSTEM, 0, "set sysctl: /proc is no procfs");
	for (size_t i = 0; i < spec->linux->n_sysctl; i++) {
		const struct spec_key_value *s = &spec->linux->sysctl[i];
		cleanup_free char *path = key_path(s->key);
		cleanup_free char *below = xasprintf("sys/%s", path);
		cleanup_fd int fd = path_open_nolink(proc_fd, below, O_WRONLY, true, err);

		if (fd < 0)
			return error_wrap(err, "set sysctl %s", s->key);
		int r = fd_write_all(fd, s->value, strlen(s->value));
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "set sysctl %s to %s",
					 s->key, s->value);
	}
	return 0;
}
