/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): shared namespaces, see sharing_plan.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/etc_files.h"
#include "engine/network_option.h"
#include "engine/sharing_plan.h"
#include "runtime/namespace.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define USER_CHAIN_MAX 64 /* containers that join one another's user namespace */

static const enum namespace_kind shared_kinds[] = {NS_PID, NS_IPC, NS_UTS, NS_CGROUP,
						   NS_NETWORK};

void sharing_plan_release(struct sharing_plan *s)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		namespace_option_release(&s->options[i]);
	free(s->user);
	free(s->user_of);
	free(s->user_root);
	free(s->hostname);
	free(s->hosts);
	free(s->resolv_conf);
	strv_free(s->dependencies);
	*s = (struct sharing_plan){0};
}

char *sharing_words(const struct sharing_plan *s, enum namespace_kind kind)
{
	const struct namespace_option *o = &s->options[kind];

	return o->target ? xasprintf("%s:%s", namespace_mode_word(o->mode), o->target)
			 : xstrdup(namespace_mode_word(o->mode));
}

bool sharing_is_own(const struct sharing_plan *s, enum namespace_kind kind)
{
	enum namespace_mode mode = s->options[kind].mode;

	return mode != NAMESPACE_HOST && mode != NAMESPACE_CONTAINER &&
	       mode != NAMESPACE_PATH;
}

void sharing_depend(struct sharing_plan *s, const char *id)
{
	if (!strv_has(s->dependencies, id))
		strv_add(&s->dependencies, id);
}

static const char *typed(const struct create_options *o, enum namespace_kind kind)
{
	if (kind == NS_PID)
		return o->namespaces.pid;
	if (kind == NS_IPC)
		return o->namespaces.ipc;
	if (kind == NS_UTS)
		return o->namespaces.uts;
	if (kind == NS_CGROUP)
		return o->cgroup.ns;
	return o->net.networks ? o->net.networks[0] : NULL;
}

static bool names_container(const char *text)
{
	return text && str_starts(text, "container:");
}

bool sharing_needs_store(const struct create_options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared_kinds); i++)
		if (names_container(typed(o, shared_kinds[i])))
			return true;
	return o->namespaces.requires || names_container(o->userns) ||
	       network_option_is_bridge(&o->net, o->conf.network);
}

int sharing_user_root(const struct engine *e, const struct container *c, char **ret,
		      struct error *err)
{
	cleanup_container struct container next = {0};
	cleanup(spec_freep) struct spec *spec = NULL;
	const struct container *at = c;
	int r;

	for (int i = 0; i < USER_CHAIN_MAX && names_container(at->config.userns); i++) {
		cleanup_free char *id = xstrdup(at->config.userns + strlen("container:"));

		r = container_reload(e, id, &next, err);
		if (r < 0)
			return r;
		at = &next;
	}
	r = container_dir_spec(e, at->record.id, &spec, err);
	if (r < 0)
		return r;
	*ret = xstrdup(spec_namespace(spec, "user") ? at->record.id : "");
	return 0;
}

/* The first one says whose; all others must agree. */
static int note_user(const struct engine *e, struct sharing_plan *s,
		     const struct container *c, const char *words, struct error *err)
{
	cleanup_free char *root = NULL;
	int r = sharing_user_root(e, c, &root, err);

	if (r < 0)
		return r;
	if (s->user && !str_eq(s->user_root, root)) {
		error_set(err, ERR_INVALID, 0,
			  "%s and %s belong to different user namespaces", s->user_of,
			  words);
		return error_hint(err,
				  "A container can be in one only: join one of them");
	}
	if (s->user)
		return 0;
	s->user = *root ? xasprintf("container:%s", c->record.id) : xstrdup("host");
	s->user_of = xstrdup(words);
	s->user_root = TAKE_PTR(root);
	return 0;
}

static char *bound_source(const struct spec *spec, const char *target)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (str_eq(spec->mounts[i].destination, target) &&
		    str_eq(spec->mounts[i].type, "bind"))
			return xstrdup(spec->mounts[i].source);
	return NULL;
}

static int refuse_ipc(const struct container *c, struct error *err)
{
	const char *ipc = c->config.ipc;

	if (!str_eq(ipc, "private") && !str_eq(ipc, "none"))
		return 0;
	error_set(err, ERR_CONFLICT, 0,
		  "joining IPC of container %s is not allowed: non-shareable IPC",
		  c->record.id);
	return error_hint(err, "Start the other one with --ipc=shareable");
}

/* What else belongs to a namespace: its host's name, its files, its user namespace. */
static int join_container(const struct engine *e, struct sharing_plan *s,
			  enum namespace_kind kind, const char *words, struct error *err)
{
	struct namespace_option *o = &s->options[kind];
	cleanup_container struct container c = {0};
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = container_find(e, o->target, &c, err);

	if (r < 0)
		return error_wrap(err, "%s", words);
	r = kind == NS_IPC ? refuse_ipc(&c, err) : 0;
	if (r >= 0)
		r = container_dir_spec(e, c.record.id, &spec, err);
	if (r >= 0)
		r = note_user(e, s, &c, words, err);
	if (r < 0)
		return r;
	if (kind == NS_UTS && spec->hostname)
		s->hostname = xstrdup(spec->hostname);
	if (kind == NS_NETWORK) {
		s->hosts = bound_source(spec, etc_file_target(ETC_HOSTS));
		s->resolv_conf = bound_source(spec, etc_file_target(ETC_RESOLV_CONF));
	}
	sharing_depend(s, c.record.id);
	free(o->target);
	o->target = xstrdup(c.record.id);
	if (spec_namespace(spec, namespace_word(kind)))
		return 0;
	/* it shares the host's itself */
	namespace_option_release(o);
	o->mode = NAMESPACE_HOST;
	return 0;
}

/* A namespace of a user namespace that is the caller's to join, or of its own. */
static int join_path(struct sharing_plan *s, enum namespace_kind kind, const char *words,
		     struct error *err)
{
	struct namespace_option *o = &s->options[kind];
	cleanup_fd int fd = -EBADF, owner_fd = -EBADF;
	char *path = fs_absolute(o->target);
	int r;

	if (!path)
		return error_set(err, ERR_SYSTEM, errno, "find the working directory");
	free(o->target);
	o->target = path;
	r = namespace_open(kind, path, &fd, err);
	if (r < 0)
		return error_wrap(err, "%s", words);
	owner_fd = fd < 0 ? -EBADF : namespace_open_owner(fd);
	if (owner_fd < 0 || s->user || namespace_is_current(NS_USER, owner_fd))
		return 0;
	s->user = xasprintf("owner:%s", path);
	s->user_of = xstrdup(words);
	s->user_root = xasprintf("owner:%s", path);
	return 0;
}

/* Rules are made by nft(8). Where it is not installed (in a small image, say) a container of which nobody said what network
 * it wants does without, and run says so. */
static const char *standard_network(struct create_plan *p)
{
	const char *standard = p->options->conf.network;
	cleanup_free char *nft = NULL;

	if (!network_option_is_open(&p->options->net, standard))
		return standard;
	nft = proc_find("nft");
	p->no_network_for_want = !nft;
	return nft ? standard : "none";
}

static int plan_one(const struct engine *e, struct create_plan *p,
		    enum namespace_kind kind, struct error *err)
{
	const char *text = typed(p->options, kind);
	cleanup_free char *words =
		xasprintf("%s %s", namespace_option_name(kind), text ? text : "");
	struct namespace_option *o = &p->sharing.options[kind];
	int r = kind == NS_NETWORK
			? network_option_parse(&p->options->net, standard_network(p), o,
					       &p->net, err)
			: namespace_option_parse(kind, text, o, err);

	if (r < 0)
		return r;
	if (o->mode == NAMESPACE_CONTAINER)
		return join_container(e, &p->sharing, kind, words, err);
	return o->mode == NAMESPACE_PATH ? join_path(&p->sharing, kind, words, err) : 0;
}

static int plan_requires(const struct engine *e, struct create_plan *p, struct error *err)
{
	strv_foreach (name, p->options->namespaces.requires) {
		cleanup_container struct container c = {0};
		int r = container_find(e, *name, &c, err);

		if (r < 0)
			return error_wrap(err, "--requires %s", *name);
		sharing_depend(&p->sharing, c.record.id);
	}
	return 0;
}

/* What belongs to a namespace that is not the container's to name or fill. */
static int check_names(const struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	enum namespace_mode uts = p->sharing.options[NS_UTS].mode;

	if (o->hostname && uts == NAMESPACE_HOST)
		return error_set(
			err, ERR_INVALID, 0,
			"cannot set hostname when running in the host UTS namespace: invalid configuration");
	if ((o->hostname || o->domainname) && !sharing_is_own(&p->sharing, NS_UTS))
		return error_set(
			err, ERR_INVALID, 0,
			"cannot set hostname or domainname when joining another UTS namespace: invalid configuration");
	if (o->add_hosts && p->sharing.options[NS_NETWORK].mode == NAMESPACE_CONTAINER) {
		error_set(
			err, ERR_INVALID, 0,
			"cannot add host entries: /etc/hosts is that of the container whose network is joined");
		return error_hint(err, "Say --add-host where that container is made");
	}
	return 0;
}

int create_plan_sharing(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(shared_kinds); i++)
		r = plan_one(e, p, shared_kinds[i], err);
	if (r >= 0)
		r = plan_requires(e, p, err);
	if (r >= 0)
		r = check_names(p, err);
	p->sharing.no_mqueue = p->sharing.options[NS_IPC].mode == NAMESPACE_HOST &&
			       !fs_exists(AT_FDCWD, "/dev/mqueue");
	p->network_host = p->sharing.options[NS_NETWORK].mode == NAMESPACE_HOST;
	return r;
}
