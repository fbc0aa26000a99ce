/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/joined.h"

#include <fcntl.h>
#include <string.h>

#include "engine/container.h"
#include "runtime/borrow_mount.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

void joined_release(struct joined *j)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		fd_cleanup_(&j->fds[i]);
	fd_cleanup_(&j->shm_fd);
}

/* The rest of the words after "container:"; NULL: others. */
static const char *after(const char *words, const char *prefix)
{
	return words && str_starts(words, prefix) ? words + strlen(prefix) : NULL;
}

static int not_running(const struct container *c, struct error *err)
{
	error_set(
		err, ERR_CONFLICT, 0,
		"container %s does not run, so there are no namespaces of it to join: container state improper",
		c->record.name);
	return error_hint(err, "Start it first: cubby start %s", c->record.name);
}

/* One other container, with its init proven to be who it was. */
struct source {
	struct container container;
	int pid_fd;
};

static void source_release(struct source *s)
{
	container_release(&s->container);
	fd_cleanup_(&s->pid_fd);
}

static int source_open(const struct engine *e, const char *id, struct source *s,
		       struct error *err)
{
	int r = container_find(e, id, &s->container, err);

	if (r < 0)
		return r;
	if (!status_is_up(s->container.status))
		return not_running(&s->container, err);
	s->pid_fd = proc_id_open(&s->container.init);
	return s->pid_fd < 0 ? not_running(&s->container, err) : 0;
}

/* What /proc said was of the process that the pidfd is of. */
static int source_prove(const struct source *s, struct error *err)
{
	return proc_id_alive(&s->container.init) ? 0 : not_running(&s->container, err);
}

static int open_shm(const struct source *s, struct joined *j, struct error *err)
{
	j->shm_fd = borrow_mount(s->pid_fd, s->container.init.pid, SHARED_SHM_PATH, err);
	return j->shm_fd < 0 ? j->shm_fd : 0;
}

static int open_of_container(const struct engine *e, enum namespace_kind kind,
			     const char *id, struct joined *j, struct error *err)
{
	cleanup(source_release) struct source s = {.pid_fd = -EBADF};
	int r = source_open(e, id, &s, err);

	if (r >= 0)
		r = j->fds[kind] = namespace_open_of(kind, s.container.init.pid, err);
	if (r >= 0 && kind == NS_IPC)
		r = open_shm(&s, j, err);
	return r < 0 ? r : source_prove(&s, err);
}

/* The user namespace that another one, at a path, belongs to. */
static int open_owner(const char *path, int *ret_fd, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int owner_fd;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the namespace %s", path);
	owner_fd = namespace_open_owner(fd);
	if (owner_fd < 0)
		return error_set(err, ERR_DENIED, -owner_fd,
				 "open the user namespace that %s belongs to", path);
	*ret_fd = owner_fd;
	if (namespace_is_current(NS_USER, owner_fd))
		fd_cleanup_(ret_fd);
	return 0;
}

int joined_open_user(const struct engine *e, const char *words, int *ret_fd,
		     struct error *err)
{
	const char *path = after(words, "owner:");

	*ret_fd = -EBADF;
	if (path)
		return open_owner(path, ret_fd, err);
	path = after(words, "ns:");
	return namespace_open(NS_USER, path ? path : words, ret_fd, err);
}

static int open_one(const struct engine *e, enum namespace_kind kind, const char *words,
		    struct joined *j, struct error *err)
{
	const char *id = after(words, "container:");

	if (id)
		return open_of_container(e, kind, id, j, err);
	if (!after(words, "ns:") && !after(words, "owner:"))
		return 0;
	return kind == NS_USER
		       ? joined_open_user(e, words, &j->fds[kind], err)
		       : namespace_open(kind, after(words, "ns:"), &j->fds[kind], err);
}

int joined_open(const struct engine *e, char *const words[static NS_KINDS],
		struct joined *ret, struct error *err)
{
	cleanup_joined struct joined j = JOINED_INIT;

	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++) {
		int r = words[kind] ? open_one(e, kind, words[kind], &j, err) : 0;

		if (r < 0)
			return error_wrap(err, "join a %s namespace",
					  namespace_word(kind));
	}
	*ret = j;
	j = JOINED_INIT;
	if (ret->shm_fd >= 0)
		ret->mounts[ret->n_mounts++] =
			(struct launch_mount){SHARED_SHM_PATH, ret->shm_fd};
	return 0;
}

void joined_fill(const struct joined *j, struct launch_options *o)
{
	o->join_fds = j->fds;
	o->mounts = j->mounts;
	o->n_mounts = j->n_mounts;
}
