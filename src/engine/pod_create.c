/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Under the lock of all pods: the infra container is made and says which pod it is in, then the
 * pod's record is. Killed in between, there is an infra container in a pod that does not exist: pod_list() removes it.
 *
 * An infra container needs no image. Its root is a directory that all of them share, with nothing in it but the places
 * where something is mounted; it is read-only. Its program is Cubby's own init, which only waits.
 */
#include "engine/pod_create.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/event.h"
#include "engine/names.h"
#include "engine/pod.h"
#include "engine/pod_act.h"
#include "engine/pod_cgroup.h"
#include "engine/remove.h"
#include "engine/run.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define ROOT_DIR      "infra" /* in the data directory */
#define NAME_ATTEMPTS 20

static int make_dirs(int dirfd, struct error *err)
{
	static const char *const dirs[] = {"proc", "dev", "sys", "etc", "run"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(dirfd, dirs[i], 0755) < 0 && errno != EEXIST)
			return error_set(err, ERR_SYSTEM, errno, "make %s/%s", ROOT_DIR,
					 dirs[i]);
	return 0;
}

static int make_files(int dirfd, struct error *err)
{
	static const char *const files[] = {
		"etc/hosts", "etc/hostname",      "etc/resolv.conf", "etc/passwd",
		"etc/group", "run/.containerenv", "run/cubby-init"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_fd int fd =
			openat(dirfd, files[i],
			       O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, errno, "make %s/%s", ROOT_DIR,
					 files[i]);
	}
	return 0;
}

static int make_root(const struct engine *e, char **ret, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, ROOT_DIR);
	mode_t old = umask(022);
	cleanup_fd int dirfd = fs_open_dir(AT_FDCWD, path, true, 0755, err);
	int r = dirfd < 0 ? dirfd : make_dirs(dirfd, err);

	if (r >= 0)
		r = make_files(dirfd, err);
	umask(old);
	if (r >= 0)
		*ret = TAKE_PTR(path);
	return r;
}

static int make_infra(const struct pod_request *request,
		      const struct pod_cgroup_config *group, const struct pod_record *pod,
		      char **ret_id, struct error *err)
{
	cleanup_run_result struct run_result result = RUN_RESULT_INIT;
	cleanup_free char *root = NULL, *name = NULL;
	struct create_options o = request->infra_options;
	const struct run_request run = {
		.engine = request->engine, .options = &o, .warn = request->warn};
	int r = make_root(request->engine, &root, err);

	if (r < 0)
		return r;
	name = request->infra_name ? xstrdup(request->infra_name)
				   : xasprintf("%.12s-infra", pod->id);
	o.name = name;
	o.rootfs = root;
	o.at_rest = true;
	o.read_only = true;
	o.read_only_tmpfs = false;
	o.namespaces.is_infra = true;
	o.namespaces.pod_id = pod->id;
	o.namespaces.pod_name = pod->name;
	pod_cgroup_join(group, &o);
	if (!o.hostname && !o.namespaces.uts && strv_has(request->config.share, "uts"))
		o.hostname = pod->name;
	r = container_run(&run, &result, err);
	if (r >= 0)
		*ret_id = TAKE_PTR(result.id);
	return r < 0 ? error_wrap(err, "make the infra container") : 0;
}

static void remove_infra(const struct engine *e, const char *id)
{
	const struct remove_options o = {.force = true, .of_pod = true};
	cleanup_container struct container c = {0};
	cleanup_error struct error err = ERROR_INIT;
	int r = container_find(e, id, &c, &err);

	if (r >= 0)
		r = container_remove(e, &c, &o, &err);
	if (r < 0)
		error_drop(&err, "the next command sweeps it away");
}

static int free_name(const struct pod_request *request, struct error *err)
{
	const struct pod_remove_options o = {.force = true, .timeout_sec = -1};
	cleanup_pod struct pod p = {0};
	int r;

	if (!request->name)
		return 0;
	r = name_check(request->name, err);
	if (r < 0 || !request->replace)
		return r;
	r = pod_find(request->engine, request->name, &p, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "the name is free");
		return 0;
	}
	if (r < 0 || !str_eq(p.record.name, request->name))
		return r < 0 ? r : 0;
	return pod_remove(request->engine, &p, &o, err);
}

static int record(const struct pod_request *request, struct pod_record *pod,
		  struct error *err)
{
	int r = 0;

	for (unsigned int attempt = 1; attempt <= NAME_ATTEMPTS; attempt++) {
		error_release(err);
		r = pod_record_insert(request->engine->store, pod, err);
		if (r != -EEXIST || request->name)
			break;
		free(pod->name);
		pod->name = name_random(attempt);
	}
	return r;
}

/* A name that is taken is an error before anything is made; the record decides. */
static int check_name(const struct pod_request *request, struct error *err)
{
	cleanup_pod_record struct pod_record other = {0};
	cleanup_error struct error ignored = ERROR_INIT;

	if (!request->name || pod_record_find(request->engine->store, request->name,
					      &other, &ignored) < 0) {
		error_drop(&ignored, "the name is free");
		return 0;
	}
	if (!str_eq(other.name, request->name))
		return 0;
	return error_set(err, ERR_CONFLICT, 0,
			 "adding pod to state: name \"%s\" is in use: pod already exists",
			 request->name);
}

int pod_create(const struct pod_request *request, char **ret_id, struct error *err)
{
	const struct engine *e = request->engine;
	cleanup_pod_record struct pod_record pod = {.created_usec = time_now_usec()};
	cleanup(pod_cgroup_config_release) struct pod_cgroup_config group = {0};
	const struct limit_options none = {0};
	struct pod_config config = request->config;
	cleanup_fd int lock_fd = -EBADF;
	int r = free_name(request, err);

	if (r >= 0)
		r = check_name(request, err);
	if (r >= 0)
		r = name_random_id(&pod.id, err);
	if (r >= 0)
		r = lock_fd = pod_lock(e, true, err);
	if (r < 0)
		return r;
	pod.name = request->name ? xstrdup(request->name) : name_random(0);
	r = pod_cgroup_plan(e, &request->cgroup,
			    request->limits ? request->limits : &none, pod.id, &group,
			    err);
	if (r < 0)
		return r;
	config.cgroup = group;
	pod.config = pod_config_text(&config);
	if (request->infra)
		r = make_infra(request, &group, &pod, &pod.infra, err);
	if (r < 0)
		return r;
	r = record(request, &pod, err);
	if (r < 0) {
		if (pod.infra)
			remove_infra(e, pod.infra);
		return r < 0 ? r : -EINVAL;
	}
	event_emit(e, &(struct event){.type = EVENT_POD,
				      .status = EVENT_CREATE,
				      .id = pod.id,
				      .name = pod.name,
				      .attributes = request->config.labels});
	*ret_id = TAKE_PTR(pod.id);
	return 0;
}
