/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_manager.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cgroup_files.h"
#include "runtime/cgroup_plan.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

const char *const cgroup_mode_words[] = {"enabled", "disabled", "no-conmon", "split",
					 NULL};

void cgroup_place_release(struct cgroup_place *p)
{
	free(p->slice);
	free(p->parent);
	strv_free(p->controllers);
	free(p->why);
	free(p->remedy);
	*p = (struct cgroup_place){0};
}

/* The cgroup beside our own, where it may be written to. */
static int find_cgroupfs(struct cgroup_place *p, struct error *err)
{
	cleanup_free char *path = NULL, *text = NULL;
	cleanup_fd int root_fd = cgroup_root_open(err), fd = -EBADF;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = cgroup_path_find(NULL, "x", &path, err);
	if (r < 0)
		return r;
	path[strlen(path) - strlen("/x") + (strlen(path) == 2)] = '\0';
	fd = path_open(root_fd, path, O_RDONLY | O_DIRECTORY, err);
	if (fd < 0)
		return fd;
	if (faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return error_set(err, ERR_DENIED, errno, "write to cgroup %s", path);
	r = cgroup_file_read(fd, "cgroup.controllers", &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read cgroup.controllers of %s",
				 path);
	text[strcspn(text, "\n")] = '\0';
	p->manager = CGROUP_MANAGER_CGROUPFS;
	p->controllers = str_split(text, ' ');
	p->parent = TAKE_PTR(path);
	return 0;
}

int cgroup_place_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		      struct error *err)
{
	int r;

	*ret = (struct cgroup_place){.manager = CGROUP_MANAGER_NONE, .mode = wish->mode};
	if (wish->mode == CGROUP_DISABLED || wish->manager == CGROUP_MANAGER_NONE)
		return 0;
	r = find_cgroupfs(ret, err);
	if (r < 0 && wish->manager == CGROUP_MANAGER_ANY) {
		ret->why = error_message(err);
		error_drop(err, "the container runs without a cgroup");
		return 0;
	}
	return r;
}

int cgroup_place_check(const struct cgroup_place *p,
		       const struct spec_resources *resources, const char **ret_option,
		       struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r = cgroup_plan_build(resources, &plan, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < plan.n_settings; i++) {
		const struct cgroup_setting *s = &plan.settings[i];

		if (p->manager != CGROUP_MANAGER_NONE &&
		    (!*s->controller || strv_has(p->controllers, s->controller)))
			continue;
		if (str_starts(s->value, "max"))
			continue;
		if (ret_option)
			*ret_option = s->option;
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s: the %s controller can't be had%s%s", s->option,
				 s->controller, p->why ? ": " : "", p->why ? p->why : "");
	}
	return 0;
}

char *cgroup_place_path(const struct cgroup_place *p, const char *name)
{
	if (p->manager == CGROUP_MANAGER_NONE)
		return NULL;
	return xasprintf("%s/%s", str_eq(p->parent, "/") ? "" : p->parent, name);
}

int cgroup_make(const struct cgroup_request *request, struct cgroup *ret,
		struct error *err)
{
	cleanup_free char *path = cgroup_place_path(request->place, request->name);

	*ret = CGROUP_INIT;
	return path ? cgroup_create(path, request->name, request->resources, ret, err)
		    : 0;
}

int cgroup_enter(const char *path, struct error *err)
{
	(void)path;
	(void)err;
	return 0;
}

int cgroup_change(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err)
{
	return cgroup_update(c, resources, err);
}

int cgroup_unmake(const char *path, struct error *err)
{
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = cgroup_open(path, &c, err);

	if (r < 0 && err->code == ENOENT) {
		error_release(err);
		return 0;
	}
	return r < 0 ? r : cgroup_remove(&c, err);
}
