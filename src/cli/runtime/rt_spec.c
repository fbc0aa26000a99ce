/* SPDX-License-Identifier: Apache-2.0 */
/* A config.json to begin with. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define CONFIG_FILE "config.json"

struct spec_values {
	const char *bundle;
	bool rootless;
};

static const struct option_spec options[] = {
	OPT_STRING(struct spec_values, bundle, "bundle", 'b', "DIR",
		   "directory to write it to (default \".\")"),
	OPT_BOOL(struct spec_values, rootless, "rootless", 0,
		 "for a container that an ordinary user can start"),
	OPT_END,
};

enum mount_use { ALWAYS, ROOTFUL, ROOTLESS };

static const struct {
	enum mount_use use;
	const char *destination, *type, *source, *options;
} mounts[] = {
	{ALWAYS, "/proc", "proc", "proc", NULL},
	{ALWAYS, "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{ROOTFUL, "/dev/pts", "devpts", "devpts",
	 "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
	/* gid 5 is not mapped there */
	{ROOTLESS, "/dev/pts", "devpts", "devpts",
	 "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"},
	{ALWAYS, "/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
	{ALWAYS, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
	{ROOTFUL, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"},
	/* sysfs shows a network namespace: who did not make it may only bind what is
	   there */
	{ROOTLESS, "/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro"},
	{ROOTFUL, "/sys/fs/cgroup", "cgroup", "cgroup",
	 "nosuid,noexec,nodev,relatime,ro"},
};

static const char *const capabilities[] = {"CAP_AUDIT_WRITE", "CAP_KILL",
					   "CAP_NET_BIND_SERVICE"};

static const char *const masked[] = {"/proc/acpi",
				     "/proc/asound",
				     "/proc/interrupts",
				     "/proc/kcore",
				     "/proc/keys",
				     "/proc/latency_stats",
				     "/proc/sched_debug",
				     "/proc/scsi",
				     "/proc/timer_list",
				     "/proc/timer_stats",
				     "/sys/devices/virtual/powercap",
				     "/sys/firmware"};

static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
				       "/proc/sysrq-trigger"};

static void add_words(char ***v, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strv_add(v, words[i]);
}

static void fill_process(struct spec *s)
{
	struct spec_process *p = s->process = xcalloc(1, sizeof(*p));
	struct spec_capabilities *c = p->capabilities = xcalloc(1, sizeof(*c));
	struct spec_rlimit *limit = SPEC_APPEND(&p->rlimits, &p->n_rlimits);

	p->terminal = true;
	p->cwd = xstrdup("/");
	strv_add(&p->args, "sh");
	strv_add(&p->env,
		 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	strv_add(&p->env, "TERM=xterm");
	add_words(&c->bounding, capabilities, ARRAY_SIZE(capabilities));
	add_words(&c->effective, capabilities, ARRAY_SIZE(capabilities));
	add_words(&c->permitted, capabilities, ARRAY_SIZE(capabilities));
	*limit = (struct spec_rlimit){
		.type = xstrdup("RLIMIT_NOFILE"), .hard = 1024, .soft = 1024};
	p->no_new_privileges = true;
}

static void fill_mounts(struct spec *s, bool rootless)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct spec_mount *m;

		if (mounts[i].use == (rootless ? ROOTFUL : ROOTLESS))
			continue;
		m = SPEC_APPEND(&s->mounts, &s->n_mounts);
		m->destination = xstrdup(mounts[i].destination);
		m->type = xstrdup(mounts[i].type);
		m->source = xstrdup(mounts[i].source);
		if (mounts[i].options)
			m->options = str_split(mounts[i].options, ',');
	}
}

static void add_mapping(struct spec_id_mapping **maps, size_t *n, uint32_t host_id)
{
	*SPEC_APPEND(maps, n) = (struct spec_id_mapping){
		.container_id = 0, .host_id = host_id, .size = 1};
}

static void fill_linux(struct spec *s, bool rootless)
{
	static const char *const kinds[] = {"pid", "ipc", "uts", "mount", "cgroup"};
	struct spec_linux *l = s->linux;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		SPEC_APPEND(&l->namespaces, &l->n_namespaces)->type = xstrdup(kinds[i]);
	SPEC_APPEND(&l->namespaces, &l->n_namespaces)->type =
		xstrdup(rootless ? "user" : "network");
	add_words(&l->masked_paths, masked, ARRAY_SIZE(masked));
	add_words(&l->readonly_paths, readonly, ARRAY_SIZE(readonly));
	if (rootless) {
		add_mapping(&l->uid_mappings, &l->n_uid_mappings, geteuid());
		add_mapping(&l->gid_mappings, &l->n_gid_mappings, getegid());
		return;
	}
	l->resources = xcalloc(1, sizeof(*l->resources));
	SPEC_APPEND(&l->resources->devices, &l->resources->n_devices)->access =
		xstrdup("rwm");
}

static struct spec *build(bool rootless)
{
	struct spec *s = spec_new();

	fill_process(s);
	s->root = xcalloc(1, sizeof(*s->root));
	s->root->path = xstrdup("rootfs");
	s->root->readonly = true;
	s->hostname = xstrdup("cubby");
	fill_mounts(s, rootless);
	fill_linux(s, rootless);
	return s;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct spec_values *v = call->values;
	cleanup(spec_freep) struct spec *spec = build(v->rootless);
	cleanup_json struct json_object *document = spec_to_json(spec);
	cleanup_free char *text = json_text(document, true),
			  *line = xasprintf("%s\n", text);
	cleanup_free char *path = fs_join(v->bundle ? v->bundle : ".", CONFIG_FILE);
	int r = fs_write_atomic(AT_FDCWD, path, line, strlen(line), 0666,
				FS_WRITE_EXCLUSIVE, err);

	if (r < 0 && err->kind == ERR_CONFLICT)
		return error_hint(err, "it is never overwritten: remove it first");
	return r;
}

const struct command rt_spec = {
	.name = "spec",
	.group = "Help with bundles",
	.usage = "[options]",
	.summary = "write a config.json to begin with",
	.examples = "mkdir -p web/rootfs && cubby-runtime spec --rootless --bundle web",
	.options = options,
	.values_size = sizeof(struct spec_values),
	.run = run,
};
