/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/etc_hosts.h"
#include "engine/etc_network.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define CONTENT_MAX   (1 << 20)
#define RESOLVED_FILE "/run/systemd/resolve/resolv.conf"

static const struct {
	const char *name, *target;
} files[ETC_FILES] = {
	[ETC_HOSTS] = {"hosts", "/etc/hosts"},
	[ETC_HOSTNAME] = {"hostname", "/etc/hostname"},
	[ETC_RESOLV_CONF] = {"resolv.conf", "/etc/resolv.conf"},
	[ETC_CONTAINERENV] = {".containerenv", "/run/.containerenv"},
	[ETC_SUBUID] = {"subuid", "/etc/subuid"},
	[ETC_SUBGID] = {"subgid", "/etc/subgid"},
	[ETC_PASSWD] = {"passwd", "/etc/passwd"},
	[ETC_GROUP] = {"group", "/etc/group"},
	[ETC_LOCALTIME] = {"localtime", "/etc/localtime"},
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
	ret->wanted[ETC_PASSWD] = ret->wanted[ETC_PASSWD] && request->words->passwd;
	ret->wanted[ETC_GROUP] = ret->wanted[ETC_GROUP] && request->words->group;
	ret->wanted[ETC_LOCALTIME] =
		ret->wanted[ETC_LOCALTIME] && request->words->localtime;
	if (request->no_resolv)
		ret->wanted[ETC_RESOLV_CONF] = false;
}

size_t etc_edits(const struct etc_words *words,
		 struct root_edit ret[static ETC_EDITS_MAX])
{
	size_t n = 0;

	if (words->passwd_more)
		ret[n++] = (struct root_edit){ROOT_EDIT_APPEND, files[ETC_PASSWD].target,
					      words->passwd_more};
	if (words->group_more)
		ret[n++] = (struct root_edit){ROOT_EDIT_APPEND, files[ETC_GROUP].target,
					      words->group_more};
	ret[n++] = (struct root_edit){ROOT_EDIT_LINK, "/etc/mtab", "/proc/mounts"};
	return n;
}

/* NULL: there is no such file. Caller frees. */
static int read_host_file(const char *path, char **ret, size_t *ret_len,
			  struct error *err)
{
	int r = fs_read(AT_FDCWD, path, CONTENT_MAX, ret, ret_len, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "the host has no such file");
		return 0;
	}
	return r < 0 ? r : 0;
}

static int add_hosts(struct buf *b, const struct etc_content *c, struct error *err)
{
	cleanup_etc_network struct etc_network network = {0};
	cleanup_free char *text = NULL;
	const char *path = c->words->hosts_base;
	size_t len;
	int r = path ? read_host_file(path, &text, &len, err) : 0;

	if (r < 0)
		return r;
	etc_network_find(c->lease, c->rootless, &network);
	if (c->at_uplink)
		network.host = etc_network_host();
	return etc_hosts_text(
		&(struct etc_hosts){
			.add = c->add_hosts,
			.base = path ? text : c->words->hosts_text,
			.network_host = c->network_host,
			.hostname = c->hostname,
			.name = c->name,
			.names = network.names,
			.addresses = network.addresses,
			.host = network.host,
		},
		b);
}

/*
 * Without a name server of ours (a network with DNS off): whom the host asks, as far as they can be asked from there.
 * systemd-resolved's file names only itself, and has the others in another one.
 */
static int find_servers(const char *resolv_conf, char ***ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	*ret = etc_network_plain_servers(resolv_conf);
	if (*ret)
		return 0;
	r = read_host_file(RESOLVED_FILE, &text, &len, err);
	if (r >= 0)
		*ret = etc_network_plain_servers(text);
	return r;
}

static int add_resolv(struct buf *b, const struct etc_content *c, struct error *err)
{
	cleanup_etc_network struct etc_network network = {0};
	bool at_network = c->lease && c->lease->member.n_endpoints > 0;
	cleanup_strv char **servers = NULL, **searches = NULL;
	cleanup_free char *text = NULL;
	size_t len;
	int r = read_host_file("/etc/resolv.conf", &text, &len, err);

	if (r < 0)
		return r;
	if (at_network)
		etc_network_find(c->lease, false, &network);
	if (at_network && !network.name_servers && !c->words->dns)
		r = find_servers(text, &servers, err);
	if (r < 0)
		return r;
	if (!servers)
		servers = strv_copy(network.name_servers ? network.name_servers
							 : c->words->dns);
	if (network.name_servers && !c->words->dns_searches)
		searches = etc_network_searches(text);
	return etc_resolv_text(
		&(struct etc_resolv){
			.base = text,
			.at_network = at_network,
			.servers = servers,
			.searches = searches ? searches : c->words->dns_searches,
			.options = c->words->dns_options,
		},
		b);
}

static int add_localtime(struct buf *b, const struct etc_content *c, struct error *err)
{
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r = fs_read(AT_FDCWD, c->words->localtime, CONTENT_MAX, &data, &len, err);

	return r < 0 ? r : buf_add(b, data, len);
}

/* podman's words, and the map: /proc/self/uid_map is in ids of the next namespace, which need not be
 * the host's. */
static int add_containerenv(struct buf *b, const struct etc_content *c)
{
	int r = buf_printf(b,
			   "engine=\"cubby-" CUBBY_VERSION "\"\n"
			   "name=\"%s\"\nid=\"%s\"\nimage=\"%s\"\nimageid=\"%s\"\n"
			   "rootless=%d\n%s%s",
			   c->name, c->id, c->image ? c->image : "",
			   c->image_id ? c->image_id : "", c->rootless,
			   c->words->graph_root_mounted ? "graphRootMounted=1\n" : "",
			   c->nested ? "nested=1\n" : "");

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
		return add_resolv(b, c, err);
	case ETC_CONTAINERENV:
		return add_containerenv(b, c);
	case ETC_SUBUID:
		return buf_add_str(b, c->subuid);
	case ETC_SUBGID:
		return buf_add_str(b, c->subgid);
	case ETC_PASSWD:
		return buf_add_str(b, c->words->passwd);
	case ETC_GROUP:
		return buf_add_str(b, c->words->group);
	case ETC_LOCALTIME:
		return add_localtime(b, c, err);
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
