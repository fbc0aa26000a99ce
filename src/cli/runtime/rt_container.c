/* SPDX-License-Identifier: Apache-2.0 */
/* An existing container: opening, signals, its processes, its end. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "runtime/cgroup_manager.h"
#include "runtime/hooks.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define KILL_TIMEOUT_MSEC 10000

void rt_container_release(struct rt_container *c)
{
	fd_cleanup_(&c->dirfd);
	state_release(&c->state);
	if (c->spec)
		spec_free(c->spec);
	cgroup_release(&c->cgroup);
	*c = RT_CONTAINER_INIT;
}

int rt_container_open(const struct command_call *call, const char *id, bool locked,
		      struct rt_container *ret, struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup_error struct error ignored = ERROR_INIT;
	const char *root = rt_globals(call)->root_path;
	int r;

	c.dirfd = locked ? state_dir_open(root, id, err) : state_dir_view(root, id, err);
	if (c.dirfd < 0)
		return c.dirfd;
	r = state_read(c.dirfd, &c.state, err);
	if (r == 0)
		r = spec_read(c.dirfd, "config.json", &c.spec, err);
	/* Without the lock it may be on its way in or out. */
	if (r < 0 && !locked && err->kind == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, 0, "container \"%s\" does not exist",
				 id);
	if (r < 0)
		return error_wrap(err, "container %s", id);
	if (c.state.cgroup_path &&
	    cgroup_open(c.state.cgroup_path, &c.cgroup, &ignored) < 0)
		error_drop(&ignored, "a stopped container's cgroup may be gone");
	*ret = c;
	c = RT_CONTAINER_INIT;
	return 0;
}

int rt_container_signal(const struct rt_container *c, int sig, struct error *err)
{
	cleanup_fd int pid_fd = c->state.init.pid ? proc_id_open(&c->state.init) : -ESRCH;

	if (pid_fd >= 0 && sys_pidfd_send_signal(pid_fd, sig) == 0)
		return 0;
	if (pid_fd == -ESRCH || (pid_fd >= 0 && errno == ESRCH)) {
		error_set(err, ERR_CONFLICT, 0,
			  "kill container %s: container not running", c->state.id);
		return -ESRCH;
	}
	return error_set(err, ERR_SYSTEM, pid_fd < 0 ? -pid_fd : errno,
			 "kill container %s", c->state.id);
}

/* The inode of a process's pid namespace, 0 if it can't be told. */
static ino_t pid_namespace(const char *pid)
{
	cleanup_free char *path = xasprintf("/proc/%s/ns/pid", pid);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static int scan_pid_namespace(const struct rt_container *c, pid_t **ret, size_t *ret_n,
			      struct error *err)
{
	cleanup_free char *init = xasprintf("%d", c->state.init.pid);
	ino_t wanted = pid_namespace(init), ours = pid_namespace("self");
	cleanup_dir DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (wanted == 0 || !dir)
		return error_set(err, ERR_SYSTEM, errno,
				 "list the processes of container %s", c->state.id);
	if (wanted == ours)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"container %s shares its process namespace with the host and has no "
			"cgroup: its processes cannot be told apart",
			c->state.id);
	while ((entry = readdir(dir))) {
		uint32_t pid = 0;

		if (str_to_u32(entry->d_name, &pid) < 0 ||
		    pid_namespace(entry->d_name) != wanted)
			continue;
		*ret = xreallocarray(*ret, *ret_n + 1, sizeof(**ret));
		(*ret)[(*ret_n)++] = (pid_t)pid;
	}
	return 0;
}

int rt_container_pids(const struct rt_container *c, pid_t **ret, size_t *ret_n,
		      struct error *err)
{
	*ret = NULL;
	*ret_n = 0;
	if (c->cgroup.fd >= 0)
		return cgroup_pids(&c->cgroup, ret, ret_n, err);
	if (!proc_id_alive(&c->state.init))
		return 0;
	return scan_pid_namespace(c, ret, ret_n, err);
}

int rt_container_kill(const struct rt_container *c, struct error *err)
{
	cleanup_fd int pid_fd = c->state.init.pid ? proc_id_open(&c->state.init) : -ESRCH;
	struct pollfd gone = {.fd = pid_fd, .events = POLLIN};
	int r = 0;

	if (c->cgroup.fd >= 0)
		r = cgroup_kill(&c->cgroup, err);
	if (r < 0)
		error_drop(err, "the init is killed all the same");
	if (pid_fd == -ESRCH)
		return 0;
	if (pid_fd < 0)
		return error_set(err, ERR_SYSTEM, -pid_fd, "kill container %s",
				 c->state.id);
	if (sys_pidfd_send_signal(pid_fd, SIGKILL) < 0 && errno != ESRCH)
		return error_set(err, ERR_SYSTEM, errno, "kill container %s",
				 c->state.id);
	do
		r = poll(&gone, 1, KILL_TIMEOUT_MSEC);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT,
				 "wait for container %s to end", c->state.id);
	return r < 0 ? error_set(err, ERR_SYSTEM, errno, "wait for container %s",
				 c->state.id)
		     : 0;
}

int rt_run_hooks(const struct rt_container *c, const char *kind,
		 const struct spec_hook *hooks, size_t n, const char *status,
		 struct error *err)
{
	struct spec_state state = {
		.id = c->state.id,
		.status = status,
		.pid = str_eq(status, "stopped") ? 0 : c->state.init.pid,
		.bundle = c->state.bundle,
		.annotations = c->spec->annotations,
		.n_annotations = c->spec->n_annotations,
	};

	return hooks_run(kind, hooks, n, &state, err);
}

void rt_run_poststop(const struct rt_container *c)
{
	const struct spec_hooks *h = c->spec->hooks;

	for (size_t i = 0; h && i < h->n_poststop; i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *message = NULL;

		if (rt_run_hooks(c, "poststop", &h->poststop[i], 1, "stopped", &err) == 0)
			continue;
		message = error_message(&err);
		rt_warn("%s", message);
	}
}

int rt_container_delete(const struct command_call *call, struct rt_container *c,
			struct error *err)
{
	int r = c->cgroup.fd < 0 ? 0 : cgroup_unmake(c->cgroup.path, err);

	if (r < 0)
		return r;
	rt_run_poststop(c);
	return state_dir_remove(rt_globals(call)->root_path, c->state.id, err);
}

struct json_object *rt_state_document(const struct rt_container *c)
{
	enum state_status status = state_status(&c->state);
	struct json_object *o = json_object_new_object(), *annotations;
	char created[TIME_TEXT_MAX];

	json_add_str(o, "ociVersion", c->spec->oci_version);
	json_add_str(o, "id", c->state.id);
	json_add_u64(o, "pid", status == STATE_STOPPED ? 0 : (uint64_t)c->state.init.pid);
	json_add_str(o, "status", state_status_word(status));
	json_add_str(o, "bundle", c->state.bundle);
	json_add_str(o, "rootfs", c->state.rootfs);
	json_add_str(o, "created", time_rfc3339(c->state.created_usec, created));
	if (c->spec->n_annotations) {
		annotations = json_object_new_object();
		for (size_t i = 0; i < c->spec->n_annotations; i++)
			json_add_str(annotations, c->spec->annotations[i].key,
				     c->spec->annotations[i].value);
		json_add(o, "annotations", annotations);
	}
	json_add_str(o, "owner", c->state.owner ? c->state.owner : "");
	return o;
}
