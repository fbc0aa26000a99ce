/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete_names.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/paths.h"
#include "engine/status.h"
#include "runtime/process.h"
#include "store/image_record.h"
#include "store/network_record.h"
#include "store/pod_record.h"
#include "store/secret_record.h"
#include "store/volume_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/signals.h"
#include "util/str.h"

#define ACCOUNTS_MAX (1 << 20)

/* Looking for names makes no records. */
static int open_engine(const struct completion *c, struct engine *ret, struct error *err)
{
	cleanup(engine_paths_release) struct engine_paths paths = {0};
	int r = engine_paths_from_environment(c->root, c->runroot, &paths, err);

	if (r < 0)
		return r;
	if (!store_is_there(paths.data))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "no records");
	return engine_open(ret, c->root, c->runroot, err);
}

static bool is_wanted(const struct container *c, enum arguments state)
{
	bool runs = c->status == CONTAINER_RUNNING || c->status == CONTAINER_PAUSED;

	switch (state) {
	case ARGUMENTS_CONTAINERS_RUNNING:
		return runs;
	case ARGUMENTS_CONTAINERS_STOPPED:
		return !runs;
	case ARGUMENTS_CONTAINERS_PAUSED:
		return c->status == CONTAINER_PAUSED;
	case ARGUMENTS_BY_USAGE:
	case ARGUMENTS_NONE:
		break;
	}
	return true;
}

static const char *const status_words[] = {
	[CONTAINER_CREATED] = "created",         [CONTAINER_RUNNING] = "running",
	[CONTAINER_INITIALIZED] = "initialized", [CONTAINER_PAUSED] = "paused",
	[CONTAINER_EXITED] = "exited",
};

/* Ids only where one has been begun: there are too many, and names say more. */
static void add_id(struct completion *c, const char *id, const char *description)
{
	cleanup_free char *text = xstrndup(id, 12);

	if (*c->prefix && !strv_has(c->given, text))
		complete_add(c, text, description);
}

static void add_containers(struct completion *c, enum arguments state)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_containers struct containers list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || container_list(&e, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		const struct container *found = &list.items[i];
		cleanup_free char *word = NULL;

		if (!is_wanted(found, state) || strv_has(c->given, found->record.name) ||
		    strv_has(c->given, found->record.id))
			continue;
		word = xasprintf("%s%s", found->record.name, c->open_ended ? ":" : "");
		complete_add(c, word, status_words[found->status]);
		add_id(c, found->record.id, found->record.name);
	}
}

/* "docker.io/library/debian:12" is typed "debian:12", or as it stands there by those who begin it so. */
static void add_image_name(struct completion *c, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (slash && !strv_has(c->given, slash + 1))
		complete_add(c, slash + 1, name);
	if (*c->prefix && !strv_has(c->given, name))
		complete_add(c, name, NULL);
}

static void add_images(struct completion *c, enum arguments state _unused_)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_records struct image_records list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || image_record_list(e.store, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		strv_foreach (name, list.items[i].names)
			add_image_name(c, *name);
		add_id(c, list.items[i].id,
		       list.items[i].names ? list.items[i].names[0] : NULL);
	}
}

static void add_volumes(struct completion *c, enum arguments state _unused_)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_volume_records struct volume_records list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || volume_record_list(e.store, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		if (!strv_has(c->given, list.items[i].name))
			complete_add(c, list.items[i].name, list.items[i].driver);
}

static void add_networks(struct completion *c, enum arguments state _unused_)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_network_records struct network_records list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || network_record_list(e.store, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		if (!strv_has(c->given, list.items[i].name))
			complete_add(c, list.items[i].name, "bridge");
}

static void add_pods(struct completion *c, enum arguments state _unused_)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_pod_records struct pod_records list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || pod_record_list(e.store, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		if (!strv_has(c->given, list.items[i].name))
			complete_add(c, list.items[i].name, NULL);
}

static void add_secrets(struct completion *c, enum arguments state _unused_)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_secret_records struct secret_records list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;

	if (open_engine(c, &e, &err) < 0 || secret_record_list(e.store, &list, &err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		if (!strv_has(c->given, list.items[i].name))
			complete_add(c, list.items[i].name, NULL);
}

/* -v: a volume, or a path. */
static void add_sources(struct completion *c, enum arguments state)
{
	c->files = true;
	add_volumes(c, state);
}

static void add_signals(struct completion *c, enum arguments state _unused_)
{
	char name[SIGNAL_NAME_MAX];

	for (int sig = 1; sig < SIGSYS + 1; sig++)
		complete_add(c, signal_name(sig, name), NULL);
}

static void add_accounts(struct completion *c, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	cleanup_strv char **lines = NULL;

	if (fs_read(AT_FDCWD, path, ACCOUNTS_MAX, &text, NULL, &err) < 0)
		return;
	lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		(*line)[strcspn(*line, ":")] = '\0';
		if (**line)
			complete_add(c, *line, NULL);
	}
}

static void add_users(struct completion *c, enum arguments state _unused_)
{
	add_accounts(c, "/etc/passwd");
}

static void add_groups(struct completion *c, enum arguments state _unused_)
{
	add_accounts(c, "/etc/group");
}

static void add_capabilities(struct completion *c, enum arguments state _unused_)
{
	complete_add(c, "ALL", NULL);
	for (int i = 0; i <= capability_last(); i++) {
		const char *name = capability_name(i);

		if (name)
			complete_add(c, name + (str_starts(name, "CAP_") ? 4 : 0), NULL);
	}
}

static const struct {
	const char *word;
	void (*add)(struct completion *c, enum arguments state);
} kinds[] = {
	{"CAPABILITY", add_capabilities},
	{"CONTAINER", add_containers},
	{"GROUP", add_groups},
	{"IMAGE", add_images},
	{"LIST", add_images},
	{"NETWORK", add_networks},
	{"POD", add_pods},
	{"SECRET", add_secrets},
	{"SIGNAL", add_signals},
	{"SOURCE", add_sources},
	{"USER", add_users},
	{"VOLUME", add_volumes},
};

static bool add(struct completion *c, const char *which, enum arguments state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_eq(kinds[i].word, which))
			continue;
		kinds[i].add(c, state);
		return true;
	}
	return false;
}

/* Names in values whose word says less. */
static const struct {
	const char *option, *kind;
} named[] = {
	{"pod", "POD"},
	{"requires", "CONTAINER"},
	{"secret", "SECRET"},
	{"volumes-from", "CONTAINER"},
};

/* Words that an option of this name takes among others. */
static const struct {
	const char *option;
	const char *words[10];
} known[] = {
	{"arch", {"amd64", "arm64", "arm", "riscv64", "ppc64le", "s390x"}},
	{"cgroupns", {"private", "host", "container:"}},
	{"format", {"json", "table"}},
	{"ipc", {"private", "host", "shareable", "none", "container:"}},
	{"log-level", {"trace", "debug", "info", "warn", "error"}},
	{"network", {"none", "host", "container:", "pasta", "slirp4netns"}},
	{"pid", {"private", "host", "container:"}},
	{"platform", {"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/riscv64"}},
	{"restart", {"no", "always", "on-failure", "unless-stopped"}},
	{"security-opt",
	 {"no-new-privileges", "seccomp=unconfined", "seccomp=", "apparmor=unconfined",
	  "label=disable", "mask=", "unmask="}},
	{"userns", {"auto", "host", "keep-id", "nomap", "private", "container:", "ns:"}},
	{"uts", {"private", "host", "container:"}},
};

static bool add_value(struct completion *c, const struct option_spec *spec)
{
	static const char other[] = "container:";

	if (str_starts(c->prefix, other)) {
		complete_narrow(c, strlen(other));
		add_containers(c, ARGUMENTS_CONTAINERS_RUNNING);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (str_eq(named[i].option, spec->name))
			return add(c, named[i].kind, ARGUMENTS_BY_USAGE);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!str_eq(known[i].option, spec->name))
			continue;
		for (size_t w = 0; w < ARRAY_SIZE(known[i].words); w++)
			if (known[i].words[w])
				complete_add(c, known[i].words[w], NULL);
		if (str_eq(spec->name, "network"))
			add_networks(c, ARGUMENTS_BY_USAGE);
		return true;
	}
	return false;
}

const struct complete_names complete_names = {
	.add = add,
	.add_value = add_value,
};
