/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define CONTENT_MAX (1 << 20)

static const struct {
	const char *name, *target;
} files[ETC_FILES] = {
	[ETC_HOSTS] = {"hosts", "/etc/hosts"},
	[ETC_HOSTNAME] = {"hostname", "/etc/hostname"},
	[ETC_RESOLV_CONF] = {"resolv.conf", "/etc/resolv.conf"},
	[ETC_CONTAINERENV] = {".containerenv", "/run/.containerenv"},
	[ETC_SUBUID] = {"subuid", "/etc/subuid"},
	[ETC_SUBGID] = {"subgid", "/etc/subgid"},
};

const char *etc_file_name(enum etc_file file)
{
	return files[file].name;
}

const char *etc_file_target(enum etc_file file)
{
	return files[file].target;
}

static bool has_place(const struct etc_request *request, const char *target)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = -EBADF, parent_fd = -EBADF;
	cleanup_free char *name = NULL;
	struct stat st;
	bool missing;

	/* an image: the container has the file made in a layer of its own */
	if (request->root_fd < 0)
		return true;
	fd = path_open(request->root_fd, target, O_PATH, &err);
	if (fd >= 0)
		return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	missing = err.kind == ERR_NOT_FOUND;
	error_drop(&err, "perhaps it can be made");
	if (!missing || !request->may_create)
		return false;
	if (path_open_parent(request->root_fd, target, false, &parent_fd, &name, &err) <
	    0) {
		error_drop(&err, "the root file system has no such directory");
		return false;
	}
	/* a link to nowhere stays as it is */
	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	return faccessat(parent_fd, ".", W_OK, AT_EACCESS) == 0;
}

void etc_plan_build(const struct etc_request *request, struct etc_plan *ret)
{
	for (enum etc_file file = 0; file < ETC_FILES; file++) {
		const char *target = files[file].target;

		ret->wanted[file] = !volumes_cover(request->volumes, target) &&
				    !volumes_cover(request->tmpfs, target) &&
				    has_place(request, target);
	}
	if (request->no_hosts)
		ret->wanted[ETC_HOSTS] = false;
	if (request->no_hostname)
		ret->wanted[ETC_HOSTNAME] = false;
	ret->wanted[ETC_SUBUID] = ret->wanted[ETC_SUBUID] && request->subuid;
	ret->wanted[ETC_SUBGID] = ret->wanted[ETC_SUBGID] && request->subgid;
	/* without a network there is nobody to ask: what the root has stays */
	if (!request->network_host)
		ret->wanted[ETC_RESOLV_CONF] = false;
}

int etc_check_add_host(const char *text, struct error *err)
{
	const char *colon = strchr(text, ':');
	unsigned char address[16];

	if (colon && colon != text &&
	    (inet_pton(AF_INET, colon + 1, address) == 1 ||
	     inet_pton(AF_INET6, colon + 1, address) == 1))
		return 0;
	error_set(err, ERR_INVALID, 0, "--add-host %s: expected NAME:ADDRESS", text);
	return error_hint(err, "For example: --add-host db:10.0.0.5");
}

static int add_host_file(struct buf *b, const char *path, struct error *err)
{
	cleanup_free char *text = NULL;
	int r = fs_read(AT_FDCWD, path, CONTENT_MAX, &text, NULL, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "the host has no such file");
		return 0;
	}
	return r < 0 ? r : buf_add_str(b, text);
}

static int add_hosts(struct buf *b, const struct etc_content *c, struct error *err)
{
	int r;

	strv_foreach (entry, c->add_hosts) {
		int name_len = (int)strcspn(*entry, ":");

		r = buf_printf(b, "%s\t%.*s\n", *entry + name_len + 1, name_len, *entry);
		if (r < 0)
			return r;
	}
	if (c->network_host)
		return add_host_file(b, "/etc/hosts", err);
	return buf_printf(b,
			  "127.0.0.1\tlocalhost\n"
			  "::1\tlocalhost ip6-localhost ip6-loopback\n"
			  "127.0.1.1\t%s %s\n",
			  c->hostname, c->name);
}

/* podman's words, and the map: /proc/self/uid_map is in ids of the next namespace, which need not be
 * the host's. */
static int add_containerenv(struct buf *b, const struct etc_content *c)
{
	int r = buf_printf(b,
			   "engine=\"cubby-" CUBBY_VERSION "\"\n"
			   "name=\"%s\"\nid=\"%s\"\nrootless=%d\n%s",
			   c->name, c->id, c->rootless, c->nested ? "nested=1\n" : "");

	if (r == 0 && c->uids->n_lines)
		r = buf_add_str(b, "uidmap=\"");
	for (size_t i = 0; r == 0 && i < c->uids->n_lines; i++) {
		const struct idmap_line *l = &c->uids->lines[i];

		r = buf_printf(b, "%s%u:%u:%u", i ? "," : "", l->inside, l->outside,
			       l->count);
	}
	return r == 0 && c->uids->n_lines ? buf_add_str(b, "\"\n") : r;
}

static int fill(enum etc_file file, struct buf *b, const struct etc_content *c,
		struct error *err)
{
	switch (file) {
	case ETC_HOSTS:
		return add_hosts(b, c, err);
	case ETC_HOSTNAME:
		return buf_printf(b, "%s\n", c->hostname);
	case ETC_RESOLV_CONF:
		return add_host_file(b, "/etc/resolv.conf", err);
	case ETC_CONTAINERENV:
		return add_containerenv(b, c);
	case ETC_SUBUID:
		return buf_add_str(b, c->subuid);
	case ETC_SUBGID:
		return buf_add_str(b, c->subgid);
	case ETC_FILES:
		break;
	}
	return 0;
}

void etc_fds_release(struct etc_fds *fds)
{
	for (size_t i = 0; i < ETC_FILES; i++)
		fd_cleanup_(&fds->fds[i]);
}

/* The directory is new and ours, so the file needs no temporary name. */
static int write_file(int dirfd, enum etc_file file, const struct buf *b,
		      const struct etc_content *c, int *fd_inout, struct error *err)
{
	const char *name = files[file].name;
	int fd = *fd_inout, r;

	if (fd < 0)
		fd = *fd_inout = openat(
			dirfd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s for the container",
				 name);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "write %s for the container",
				 name);
	r = b->len ? fd_write_all(fd, b->data, b->len) : 0;
	if (r == 0 && fchmod(fd, 0644) < 0 && errno != EPERM)
		r = -errno;
	if (r == 0 && !c->rootless && fchown(fd, c->uid, c->gid) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write %s for the container", name);
	return 0;
}

int etc_files_write(int run_dirfd, const struct etc_plan *plan,
		    const struct etc_content *content, struct etc_fds *fds,
		    struct error *err)
{
	for (enum etc_file file = 0; file < ETC_FILES; file++) {
		cleanup_buf struct buf b = {0};
		int r;

		if (!plan->wanted[file])
			continue;
		buf_init(&b, CONTENT_MAX);
		r = fill(file, &b, content, err);
		if (r < 0)
			return error_is_set(err) ? r
						 : error_set(err, ERR_SYSTEM, -r,
							     "make %s for the container",
							     files[file].name);
		r = write_file(run_dirfd, file, &b, content, &fds->fds[file], err);
		if (r < 0)
			return r;
	}
	return 0;
}
