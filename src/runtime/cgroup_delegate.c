/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_delegate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cgroup_files.h"
#include "runtime/cgroup_tree.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define INSIDE    "inside"
#define DEPTH_MAX "64"
#define EXEC      "exec"
#define LIST      "/sys/kernel/cgroup/delegate"

static bool is_file_name(const char *name)
{
	return *name &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name) &&
	       strchr(name, '.') > name;
}

char **cgroup_delegate_names(const char *text)
{
	static const char *const always[] = {"cgroup.procs", "cgroup.threads",
					     "cgroup.subtree_control"};
	cleanup_strv char **lines = text ? str_split(text, '\n') : NULL;
	char **names = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		strv_add(&names, always[i]);
	strv_foreach (line, lines)
		if (is_file_name(*line) && !strv_has(names, *line))
			strv_add(&names, *line);
	return names;
}

static char **paths_of(int dirfd, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	cleanup_strv char **names = NULL;
	char **files = NULL;

	if (fs_read(AT_FDCWD, LIST, CGROUP_TEXT_MAX, &text, NULL, &err) < 0)
		error_drop(&err, "only the files of old are delegated");
	names = cgroup_delegate_names(text);
	strv_addf(&files, CGROUP_MOUNT "%s", path);
	strv_foreach (name, names)
		if (faccessat(dirfd, *name, F_OK, 0) == 0)
			strv_addf(&files, CGROUP_MOUNT "%s/%s", path, *name);
	return files;
}

static int enter_child(struct cgroup *c, const char *name, struct error *err)
{
	char *path;
	int fd = cgroup_child_make(c->fd, name, err);

	if (fd < 0)
		return error_wrap(err, "cgroup %s", c->path);
	path = xasprintf("%s/%s", c->path, name);
	close(c->fd);
	free(c->path);
	c->fd = fd;
	c->path = path;
	return 0;
}

/* Whoever removes the tree holds two files open a level. */
static void bound_depth(int dirfd)
{
	cleanup_free char *text = NULL;

	if (cgroup_file_read(dirfd, "cgroup.max.depth", &text) < 0 ||
	    !str_starts(text, "max"))
		return;
	if (cgroup_file_write(dirfd, "cgroup.max.depth", DEPTH_MAX) < 0)
		log_debug("cgroup: its depth is not bounded");
}

int cgroup_delegate(struct cgroup *c, char ***ret_files, struct error *err)
{
	int r = enter_child(c, INSIDE, err);
	cleanup_fd int above_fd =
		r < 0 ? -EBADF : openat(c->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (r < 0)
		return r;
	if (above_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the cgroup above %s",
				 c->path);
	bound_depth(above_fd);
	/* what can't be handed down is not there inside */
	cgroup_hand_down(above_fd, c->path);
	*ret_files = paths_of(c->fd, c->path);
	return 0;
}

int cgroup_give(char *const *files, uid_t uid, gid_t gid, struct error *err)
{
	strv_foreach (file, files)
		if (lchown(*file, uid, gid) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "give %s to the container", *file);
	return 0;
}

char *cgroup_of_text(const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!str_starts(line, "0::/"))
			continue;
		line += strlen("0::");
		if (str_starts(line, "/.."))
			return NULL;
		return xstrndup(line, strcspn(line, "\n"));
	}
	return NULL;
}

static char *cgroup_of(pid_t pid)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *file = xasprintf("/proc/%d/cgroup", pid), *text = NULL;

	if (fs_read(AT_FDCWD, file, CGROUP_TEXT_MAX, &text, NULL, &err) < 0)
		error_drop(&err, "the container's own cgroup then");
	return cgroup_of_text(text);
}

/* A cgroup that hands controllers down takes no process, nor one that the caller may not write to. */
static bool takes_process(int dirfd)
{
	cleanup_free char *text = NULL;

	return faccessat(dirfd, "cgroup.procs", W_OK, AT_EACCESS) == 0 &&
	       cgroup_file_read(dirfd, "cgroup.subtree_control", &text) == 0 &&
	       (text[0] == '\n' || text[0] == '\0');
}

int cgroup_open_near(const char *path, pid_t pid, bool leaves_top, struct cgroup *ret,
		     struct error *err)
{
	cleanup_error struct error gone = ERROR_INIT;
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	cleanup_free char *near = cgroup_of(pid);
	int r;

	if (near && cgroup_path_is_below(near, path) &&
	    !(leaves_top && str_ends(near, "/" INSIDE)) &&
	    cgroup_open(near, &c, &gone) == 0) {
		if (takes_process(c.fd)) {
			*ret = c;
			c = CGROUP_INIT;
			return 0;
		}
		cgroup_release(&c);
		c = CGROUP_INIT;
	}
	error_drop(&gone, "the init has moved");
	r = cgroup_open(path, &c, err);
	if (r >= 0 && !takes_process(c.fd))
		r = enter_child(&c, EXEC, err);
	if (r < 0)
		return r;
	*ret = c;
	c = CGROUP_INIT;
	return 0;
}

int cgroup_move(int cgroup_fd, pid_t pid, struct error *err)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", pid);
	r = cgroup_file_write(cgroup_fd, "cgroup.procs", text);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r,
				 "move the container's first process to its cgroup")
		     : 0;
}
