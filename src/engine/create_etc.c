/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): the files of /etc that say who and where the container is. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/etc_hosts.h"
#include "engine/etc_users.h"
#include "engine/image_view.h"
#include "engine/network_tool.h"
#include "spec/image.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define HOSTS_FILE "/etc/hosts"
#define HOSTS_MAX  (1 << 20)
#define ZONES_DIR  "/usr/share/zoneinfo"

/* Somebody answers questions, and the host can be reached. */
static bool has_way_out(const struct create_plan *p)
{
	enum namespace_mode mode = p->sharing.options[NS_NETWORK].mode;

	return mode == NAMESPACE_HOST || mode == NAMESPACE_BRIDGE ||
	       mode == NAMESPACE_PASTA || mode == NAMESPACE_SLIRP;
}

static int check_hosts_options(const struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	const char *with = o->add_hosts           ? "--add-host"
			   : o->inside.hosts_file ? "--hosts-file"
						  : NULL;

	if (o->no_hosts && with)
		return error_set(err, ERR_INVALID, 0,
				 "--no-hosts and %s cannot be set together", with);
	strv_foreach (text, o->add_hosts) {
		int r = etc_check_add_host(*text, has_way_out(p), err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_root_hosts(struct create_plan *p, struct error *err)
{
	cleanup_fd int fd = path_open_file(p->root_fd, HOSTS_FILE, err);
	cleanup_buf struct buf text = {0};
	int r;

	if (fd < 0) {
		error_drop(err, "then the root file system has no names for it");
		return 0;
	}
	buf_init(&text, HOSTS_MAX);
	r = fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "read " HOSTS_FILE " of the root file system");
	p->etc_words.hosts_text = buf_take(&text);
	return 0;
}

static int read_image_hosts(const struct engine *e, struct create_plan *p,
			    struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	int r = user_ids_get(e, p->image->single_id, &ids, err);

	return r < 0 ? r
		     : image_view_file(&ids, p->image->layer_paths, HOSTS_FILE,
				       &p->etc_words.hosts_text, err);
}

/* What /etc/hosts begins with: containers.conf(5), base_hosts_file. */
static int plan_hosts(const struct engine *e, struct create_plan *p, struct error *err)
{
	const char *base = p->options->inside.hosts_file ? p->options->inside.hosts_file
							 : p->options->conf.hosts_file;
	struct stat st;
	int r = check_hosts_options(p, err);

	if (r < 0 || p->options->no_hosts || str_eq(base, "none"))
		return r;
	if (str_eq(base, "image"))
		return p->image ? read_image_hosts(e, p, err) : read_root_hosts(p, err);
	if (str_empty(base)) {
		p->etc_words.hosts_base = xstrdup(HOSTS_FILE);
		return 0;
	}
	if (base[0] != '/') {
		error_set(err, ERR_INVALID, 0,
			  "--hosts-file %s: expected an absolute path, image, or none",
			  base);
		return error_hint(err, "There is: --hosts-file image");
	}
	if (stat(base, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, ERR_NOT_FOUND, errno, "--hosts-file %s", base);
	p->etc_words.hosts_base = xstrdup(base);
	return 0;
}

static int check_dns(const struct create_plan *p, struct error *err)
{
	const struct inside_options *o = &p->options->inside;
	cleanup_free char *mode = sharing_words(&p->sharing, NS_NETWORK);
	const char *given = o->dns            ? "dns"
			    : o->dns_options  ? "dns-option"
			    : o->dns_searches ? "dns-search"
					      : NULL;

	if (given && !has_way_out(p)) {
		error_set(err, ERR_INVALID, 0,
			  "conflicting options: %s and the network mode: %s", given,
			  mode);
		return error_hint(err,
				  "It has a meaning with a network, or --network host");
	}
	strv_foreach (server, o->dns) {
		unsigned char address[16];

		if (str_eq(*server, "none") && strv_len(o->dns) > 1)
			return error_set(
				err, ERR_INVALID, 0,
				"--dns none is not allowed to be specified with other DNS ip addresses");
		if (!str_eq(*server, "none") &&
		    inet_pton(AF_INET, *server, address) != 1 &&
		    inet_pton(AF_INET6, *server, address) != 1)
			return error_set(err, ERR_INVALID, 0,
					 "--dns %s: it is not an ip address", *server);
	}
	if (strv_has(o->dns_searches, ".") && strv_len(o->dns_searches) > 1)
		return error_set(
			err, ERR_INVALID, 0,
			"--dns-search: cannot pass additional search domains when also specifying '.'");
	return 0;
}

/* Without a network there is nobody to ask: what the root has stays; with --dns none as well. */
static int plan_resolv(struct create_plan *p, bool *ret_none, struct error *err)
{
	const struct inside_options *o = &p->options->inside;
	const struct conf_options *conf = &p->options->conf;
	int r = check_dns(p, err);

	*ret_none =
		(!has_way_out(p) && !p->sharing.resolv_conf) || strv_has(o->dns, "none");
	if (r < 0 || *ret_none)
		return r;
	p->etc_words.dns = strv_copy(o->dns ? o->dns : conf->dns);
	if (p->net.tool && !p->etc_words.dns)
		strv_add_take(&p->etc_words.dns,
			      network_tool_dns(p->net.tool, p->net.options));
	p->etc_words.dns_searches =
		strv_copy(o->dns_searches ? o->dns_searches : conf->dns_searches);
	p->etc_words.dns_options =
		strv_copy(o->dns_options ? o->dns_options : conf->dns_options);
	return 0;
}

static bool is_zone_name(const char *name)
{
	return name[0] && name[0] != '/' && name[0] != '.' && !strstr(name, "/.");
}

/* The host's, as a copy: what the image has, or has not, does not matter. */
static int plan_localtime(struct create_plan *p, struct error *err)
{
	const char *zone = p->options->inside.tz;
	cleanup_free char *path = NULL;
	struct stat st;

	if (str_empty(zone))
		return 0;
	if (str_eq(zone, "local"))
		path = xstrdup("/etc/localtime");
	else
		path = xasprintf(ZONES_DIR "/%s", zone);
	if (!is_zone_name(zone) || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		error_set(err, ERR_NOT_FOUND, ENOENT, "--tz %s: stat %s", zone, path);
		return error_hint(
			err, "Zones have names such as Europe/Berlin; see " ZONES_DIR);
	}
	p->etc_words.localtime = realpath(path, NULL);
	return p->etc_words.localtime
		       ? 0
		       : error_set(err, ERR_SYSTEM, errno, "find %s", path);
}

struct accounts {
	struct host_account *items;
	size_t n;
};

static void accounts_release(struct accounts *a)
{
	for (size_t i = 0; i < a->n; i++)
		host_account_release(&a->items[i]);
	free(a->items);
}

static int find_accounts(char *const *names, struct accounts *ret, struct error *err)
{
	strv_foreach (name, names) {
		struct host_account found = {0};
		int r = host_account_find(*name, &found, err);

		if (r < 0)
			return r;
		ret->items = xreallocarray(ret->items, ret->n + 1, sizeof(found));
		ret->items[ret->n++] = found;
	}
	return 0;
}

/* Of whom --userns=keep-id brings along, with the ids that it has inside. */
static bool find_caller(const struct create_plan *p, struct host_account *ret)
{
	if (!p->userns.default_user || geteuid() == 0 || !host_account_of(geteuid(), ret))
		return false;
	ret->uid = p->userns.option.uid;
	ret->gid = p->userns.option.gid;
	return true;
}

static bool is_mounted(const void *data, const char *home)
{
	const struct create_plan *p = data;

	return volumes_cover(&p->volumes, home);
}

const char *create_plan_home(const struct create_plan *p)
{
	const struct image_run_config *c = p->image ? &p->image->config->config : NULL;

	if (!str_empty(p->options->workdir))
		return p->options->workdir;
	return c && !str_empty(c->working_dir) ? c->working_dir : "/";
}

static int read_users(const struct create_plan *p, char **ret_passwd, char **ret_group,
		      struct error *err)
{
	if (!p->image)
		return user_files_read(p->root_fd, ret_passwd, ret_group, err);
	if (p->image->record.passwd)
		*ret_passwd = xstrdup(p->image->record.passwd);
	if (p->image->record.group)
		*ret_group = xstrdup(p->image->record.group);
	return 0;
}

int create_plan_user_files(const struct create_plan *p, char **ret_passwd,
			   char **ret_group, struct error *err)
{
	cleanup(accounts_release) struct accounts hosts = {0};
	cleanup_free char *passwd = NULL, *group = NULL, *more_passwd = NULL,
			  *more_group = NULL;
	int r = read_users(p, &passwd, &group, err);

	if (r >= 0 && p->options->inside.passwd)
		r = find_accounts(p->options->inside.hostusers, &hosts, err);
	if (r < 0)
		return r;
	etc_users_lines(
		&(struct etc_users){
			.files = {passwd, group},
			.hosts = hosts.items,
			.n_hosts = hosts.n,
			.home = "/",
		},
		&more_passwd, &more_group);
	*ret_passwd = passwd && more_passwd ? etc_users_text(passwd, more_passwd)
					    : TAKE_PTR(passwd);
	*ret_group =
		group && more_group ? etc_users_text(group, more_group) : TAKE_PTR(group);
	return 0;
}

/*
 * A container of its own can write its files: lines are added to them. A directory that the user has named, and what is
 * read-only, stay as they are: a file with the lines is mounted there. A root without the file gets none.
 */
static void place_lines(const struct create_plan *p, const char *text, char *lines,
			char **ret_whole, char **ret_more)
{
	cleanup_free char *owned = lines;

	if (!text || !lines)
		return;
	if (p->image && !p->options->read_only)
		*ret_more = TAKE_PTR(owned);
	else
		*ret_whole = etc_users_text(text, lines);
}

/* Most containers run as somebody that the image knows: nothing is read for them. */
static bool needs_users(const struct create_plan *p)
{
	const struct inside_options *o = &p->options->inside;

	return o->passwd && (o->hostusers || p->userns.default_user || p->user.uid ||
			     p->user.gid || o->group_entry);
}

static int plan_users(struct create_plan *p, struct error *err)
{
	const struct inside_options *o = &p->options->inside;
	cleanup(accounts_release) struct accounts hosts = {0};
	cleanup_host_account struct host_account caller = {0};
	cleanup_free char *passwd = NULL, *group = NULL;
	struct etc_words *w = &p->etc_words;
	struct etc_users users = {
		.passwd_entry = o->passwd_entry,
		.group_entry = o->group_entry,
		.user = create_plan_user_words(p),
		.gid = p->user.gid,
		.home = create_plan_home(p),
		.has_home = is_mounted,
		.data = p,
	};
	char *passwd_lines, *group_lines;
	int r;

	if (!needs_users(p))
		return 0;
	r = read_users(p, &passwd, &group, err);
	if (r >= 0)
		r = find_accounts(o->hostusers, &hosts, err);
	if (r < 0)
		return r;
	users.files = (struct user_files){passwd, group};
	users.hosts = hosts.items;
	users.n_hosts = hosts.n;
	users.caller = find_caller(p, &caller) ? &caller : NULL;
	etc_users_lines(&users, &passwd_lines, &group_lines);
	place_lines(p, passwd, passwd_lines, &w->passwd, &w->passwd_more);
	place_lines(p, group, group_lines, &w->group, &w->group_more);
	return 0;
}

/* Whose own file the user mounts there has the last word. */
static void leave_mounted(struct create_plan *p)
{
	struct etc_words *w = &p->etc_words;

	if (volumes_cover(&p->volumes, etc_file_target(ETC_PASSWD)) ||
	    volumes_cover(&p->tmpfs, etc_file_target(ETC_PASSWD))) {
		free(TAKE_PTR(w->passwd_more));
	}
	if (volumes_cover(&p->volumes, etc_file_target(ETC_GROUP)) ||
	    volumes_cover(&p->tmpfs, etc_file_target(ETC_GROUP))) {
		free(TAKE_PTR(w->group_more));
	}
}

static bool shows_own_data(const struct engine *e, const struct create_plan *p)
{
	for (size_t i = 0; i < p->volumes.n; i++)
		if (str_eq(p->volumes.items[i].source, e->paths.data))
			return true;
	return false;
}

int create_plan_etc(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	struct etc_request request = {
		.root_fd = p->root_fd,
		.may_create = p->uids.n_lines == 0 || p->root_idmap ||
			      idmap_to_outside(&p->uids, 0) == geteuid(),
		.no_hosts = o->no_hosts,
		.no_hostname = o->no_hostname,
		.subuid = p->subuid != NULL,
		.subgid = p->subgid != NULL,
		.words = &p->etc_words,
		.volumes = &p->volumes,
		.tmpfs = &p->tmpfs,
	};
	int r = plan_hosts(e, p, err);

	if (r >= 0)
		r = plan_resolv(p, &request.no_resolv, err);
	if (r >= 0)
		r = plan_localtime(p, err);
	if (r >= 0)
		r = plan_users(p, err);
	strv_foreach (dir, o->inside.chrootdirs)
		if (r >= 0 && (*dir)[0] != '/')
			r = error_set(err, ERR_INVALID, 0,
				      "--chrootdirs %s: must be an absolute path", *dir);
	if (r < 0)
		return r;
	leave_mounted(p);
	p->etc_words.graph_root_mounted = shows_own_data(e, p);
	etc_plan_build(&request, &p->etc);
	p->run_dir = container_dir_path(e, p->id, NULL);
	return 0;
}
