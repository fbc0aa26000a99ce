/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words to flags, in the order given: a later word overrides an earlier one. What isn't a
 * known word belongs to the file system (and is an error for a bind, which has none).
 */
#include "runtime/mount_plan.h"

#include <linux/mount.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "runtime/mount_idmap.h"
#include "runtime/mount_words.h"
#include "spec/spec.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

/* What goes wrong is said with mounts[N] in front. */
struct builder {
	const struct spec *spec;
	const struct spec_mount *mount;
	struct mount_step *step;
	struct error *err;
	bool bind, remount;
};

static void step_release(struct mount_step *s)
{
	free(s->target);
	free(s->subpath);
	strv_free(s->fs_options);
	idmap_release(&s->uids);
	idmap_release(&s->gids);
}

void mount_plan_release(struct mount_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		step_release(&plan->steps[i]);
	free(plan->steps);
	*plan = (struct mount_plan){0};
}

const struct mount_step *mount_plan_at(const struct mount_plan *plan, const char *target)
{
	for (size_t i = plan->n_steps; i-- > 0;)
		if (str_eq(plan->steps[i].target, target))
			return &plan->steps[i];
	return NULL;
}

static int refuse(struct builder *b, const char *member, const char *fmt, ...)
	_printf_(3, 4);
static int refuse(struct builder *b, const char *member, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return error_set(b->err, ERR_INVALID, 0, "%s: %s", member, text ? text : "wrong");
}

static void change_flags(uint64_t *set, uint64_t *clear, const struct mount_word *w)
{
	*set = (*set & ~w->clear) | w->set;
	*clear = (*clear & ~w->set) | w->clear;
}

static int engine_word(struct builder *b, const char *word)
{
	return refuse(
		b, "options",
		"\"%s\" is for a container engine, the runtime neither relabels nor changes owners",
		word);
}

static int take_flag_word(struct builder *b, const struct mount_word *w)
{
	struct mount_step *s = b->step;

	switch (w->kind) {
	case WORD_ATTR:
		change_flags(&s->attr_set, &s->attr_clear, w);
		return 0;
	case WORD_REC_ATTR:
		change_flags(&s->rec_attr_set, &s->rec_attr_clear, w);
		return 0;
	case WORD_PROPAGATION:
	case WORD_REC_PROPAGATION:
		s->propagation = w->set;
		s->propagation_recursive = w->kind == WORD_REC_PROPAGATION;
		return 0;
	case WORD_BIND:
	case WORD_REC_BIND:
		b->bind = true;
		s->recursive = s->recursive || w->kind == WORD_REC_BIND;
		return 0;
	case WORD_NOTHING:
	case WORD_SUPERBLOCK:
	case WORD_REMOUNT:
	case WORD_IDMAP:
	case WORD_REC_IDMAP:
	case WORD_COPY_UP:
	case WORD_SOURCE_NOFOLLOW:
	case WORD_DEST_NOFOLLOW:
	case WORD_COPY_SYMLINK:
	case WORD_COPY_FILE:
	case WORD_ENGINE:
		break;
	}
	return 0;
}

static int take_word(struct builder *b, const char *word)
{
	struct mount_step *s = b->step;
	const struct mount_word *w = mount_word_find(word);

	if (!w && (str_starts(word, "idmap=") || str_starts(word, "ridmap="))) {
		s->idmap = true;
		s->idmap_recursive = word[0] == 'r';
		return mount_idmap_parse(strchr(word, '=') + 1, b->spec, &s->uids,
					 &s->gids, b->err);
	}
	if (!w && str_starts(word, "subpath=")) {
		free(s->subpath);
		s->subpath = xstrdup(strchr(word, '=') + 1);
		return 0;
	}
	if (!w || w->kind == WORD_SUPERBLOCK) {
		strv_add(&s->fs_options, word);
		return 0;
	}
	if (w->kind == WORD_ENGINE)
		return engine_word(b, word);
	b->remount = b->remount || w->kind == WORD_REMOUNT;
	if (w->kind == WORD_COPY_UP)
		s->fill |= (unsigned int)w->set;
	s->copy_file = s->copy_file || w->kind == WORD_COPY_FILE;
	s->nofollow = s->nofollow || w->kind == WORD_SOURCE_NOFOLLOW;
	s->dest_nofollow = s->dest_nofollow || w->kind == WORD_DEST_NOFOLLOW;
	s->copy_symlink = s->copy_symlink || w->kind == WORD_COPY_SYMLINK;
	if (w->kind == WORD_IDMAP || w->kind == WORD_REC_IDMAP) {
		s->idmap = true;
		s->idmap_recursive = w->kind == WORD_REC_IDMAP;
	}
	return take_flag_word(b, w);
}

/* mounts[].uidMappings alone mean `idmap`, as they did before that word existed. */
static int take_mappings(struct builder *b)
{
	const struct spec_mount *m = b->mount;
	struct mount_step *s = b->step;

	if (m->n_uid_mappings == 0 && m->n_gid_mappings == 0)
		return 0;
	if (m->n_uid_mappings == 0 || m->n_gid_mappings == 0)
		return refuse(b, m->n_uid_mappings ? "gidMappings" : "uidMappings",
			      "missing: an idmapped mount needs both");
	if (s->uids.n_lines)
		return refuse(b, "options", "idmap= and uidMappings exclude each other");
	s->idmap = true;
	idmap_from_spec(&s->uids, m->uid_mappings, m->n_uid_mappings);
	idmap_from_spec(&s->gids, m->gid_mappings, m->n_gid_mappings);
	int r = idmap_check(&s->uids, "uidMappings", b->err);
	if (r < 0)
		return r;
	return idmap_check(&s->gids, "gidMappings", b->err);
}

/* File systems whose superblock is the kernel's or is shared: 'ro' is the mount's matter
 * alone. */
static bool superblock_is_shared(const char *type)
{
	static const char *const types[] = {"proc",  "sysfs",   "mqueue",  "devpts",
					    "tmpfs", "cgroup2", "devtmpfs"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

static int decide_kind(struct builder *b)
{
	const struct spec_mount *m = b->mount;
	struct mount_step *s = b->step;

	s->source = m->source;
	s->type = m->type;
	if (b->remount) {
		s->kind = MOUNT_REMOUNT;
	} else if (b->bind || str_eq(m->type, "bind")) {
		s->kind = MOUNT_BIND;
		if (str_empty(m->source))
			return refuse(b, "source", "missing, a bind needs one");
	} else if (str_empty(m->type)) {
		return refuse(b, "type", "missing");
	} else if (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2")) {
		s->kind = MOUNT_CGROUP;
	} else {
		bool ro = (s->attr_set | s->rec_attr_set) & MOUNT_ATTR_RDONLY;
		s->kind = MOUNT_FILESYSTEM;
		s->superblock_readonly = ro && !superblock_is_shared(m->type);
		s->late_readonly = ro && str_eq(m->type, "tmpfs");
	}
	return 0;
}

static int check_words(struct builder *b)
{
	const struct mount_step *s = b->step;
	bool bind = s->kind == MOUNT_BIND;

	if (s->fs_options && ((bind && !s->copy_file) || s->kind == MOUNT_REMOUNT))
		return refuse(b, "options", "\"%s\" is for a file system, not for a %s",
			      s->fs_options[0], bind ? "bind mount" : "remount");
	if (!bind &&
	    (s->idmap || s->nofollow || s->copy_symlink || s->copy_file || s->subpath))
		return refuse(b, "options", "\"%s\" is for bind mounts only",
			      s->idmap          ? "idmap"
			      : s->nofollow     ? "src-nofollow"
			      : s->copy_symlink ? "copy-symlink"
			      : s->copy_file    ? "copy-file"
						: "subpath");
	if (s->fill && !bind &&
	    !(s->kind == MOUNT_FILESYSTEM && str_eq(s->type, "tmpfs")))
		return refuse(b, "options",
			      "\"tmpcopyup\" is for tmpfs and bind mounts only");
	return 0;
}

/*
 * What container tools replace below /proc (lxcfs and the like). Any other file or
 * directory there is a way to redirect writes of the runtime or of the container
 * (CVE-2019-16884, CVE-2019-19921).
 */
static bool proc_file_may_be_covered(const char *target)
{
	static const char *const files[] = {
		"/proc/cpuinfo",  "/proc/diskstats",
		"/proc/loadavg",  "/proc/meminfo",
		"/proc/net/dev",  "/proc/slabinfo",
		"/proc/stat",     "/proc/swaps",
		"/proc/uptime",   "/proc/sys/crypto/fips_enabled",
		"/proc/pressure", "/proc/sys/kernel/ns_last_pid",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (str_eq(target, files[i]))
			return true;
	return false;
}

static int take_destination(struct builder *b)
{
	struct mount_step *s = b->step;

	if (str_empty(b->mount->destination))
		return refuse(b, "destination", "missing");
	s->destination = b->mount->destination;
	cleanup_free char *rooted = xasprintf("/%s", s->destination);
	s->target = path_clean(rooted);
	if (str_eq(s->target, "/")) {
		(void)refuse(b, "destination",
			     "a mount cannot take the place of the root");
		return error_hint(b->err, "name another root file system in root.path");
	}
	if (s->kind == MOUNT_REMOUNT)
		return 0;
	if (str_starts(s->target, "/proc/") && !proc_file_may_be_covered(s->target))
		return refuse(b, "destination", "%s lies inside /proc", s->target);
	if (str_eq(s->target, "/proc") && s->kind != MOUNT_BIND &&
	    !str_eq(s->type, "proc"))
		return refuse(b, "destination", "/proc can only be a procfs, not %s",
			      s->type);
	return 0;
}

static int build_step(struct builder *b)
{
	int r = 0;

	for (char *const *word = b->mount->options; r == 0 && word && *word; word++)
		r = take_word(b, *word);
	if (r == 0)
		r = take_mappings(b);
	if (r == 0)
		r = decide_kind(b);
	if (r == 0)
		r = check_words(b);
	if (r == 0)
		r = take_destination(b);
	return r;
}

static int parse_root_propagation(const char *word, struct mount_plan *plan,
				  struct error *err)
{
	const struct mount_word *w = word ? mount_word_find(word) : NULL;

	if (!word)
		return 0;
	if (!w || (w->kind != WORD_PROPAGATION && w->kind != WORD_REC_PROPAGATION))
		return error_set(err, ERR_INVALID, 0,
				 "linux.rootfsPropagation: \"%s\" is no propagation",
				 word);
	plan->root_propagation = w->set == MS_PRIVATE ? 0 : w->set;
	plan->root_propagation_recursive = w->kind == WORD_REC_PROPAGATION;
	return 0;
}

/*
 * Binds hear of the host's later mounts only if somebody wants that. A bind without a
 * word is private, but where the root itself shares with the host: then, as with other
 * runtimes, it has what its source has.
 */
static void decide_propagation(struct mount_plan *plan)
{
	bool inherits =
		plan->root_propagation == MS_SLAVE || plan->root_propagation == MS_SHARED;
	bool slave = plan->root_propagation == MS_SLAVE;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].kind == MOUNT_BIND &&
		    (plan->steps[i].propagation & (MS_SLAVE | MS_SHARED)))
			slave = true;
	plan->host_propagation = slave ? MS_SLAVE : MS_PRIVATE;
	if (plan->root_propagation == MS_SHARED)
		plan->host_propagation = 0;
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct mount_step *s = &plan->steps[i];
		bool bind = s->kind == MOUNT_BIND;
		s->base_propagation = bind ? plan->host_propagation : MS_PRIVATE;
		if (bind && s->propagation == 0 && !inherits) {
			s->propagation = MS_PRIVATE;
			s->propagation_recursive = true;
		}
	}
}

int mount_plan_build(const struct spec *spec, struct mount_plan *ret, struct error *err)
{
	cleanup_mount_plan struct mount_plan plan = {0};
	int r = parse_root_propagation(spec->linux->rootfs_propagation, &plan, err);

	if (r < 0)
		return r;
	plan.steps = xcalloc(spec->n_mounts + 1, sizeof(*plan.steps));
	for (size_t i = 0; i < spec->n_mounts; i++) {
		struct builder b = {
			.spec = spec,
			.mount = &spec->mounts[i],
			.step = &plan.steps[i],
			.err = err,
		};
		plan.n_steps = i + 1;
		r = build_step(&b);
		if (r < 0)
			return error_wrap(err, "mounts[%zu]", i);
	}
	decide_propagation(&plan);
	*ret = plan;
	plan = (struct mount_plan){0};
	return 0;
}

static void add_flags(struct buf *b, uint64_t set, uint64_t clear, const char *prefix)
{
	for (uint64_t bit = 1; bit <= MOUNT_ATTR_NOSYMFOLLOW; bit <<= 1) {
		if (set & bit)
			(void)buf_printf(b, " %s%s", prefix, mount_attr_word(bit));
		else if ((clear & bit) && !(bit & MOUNT_ATTR__ATIME))
			(void)buf_printf(b, " -%s%s", prefix, mount_attr_word(bit));
	}
}

static const char *propagation_word(unsigned long propagation)
{
	switch (propagation) {
	case MS_SHARED:
		return "shared";
	case MS_SLAVE:
		return "slave";
	case MS_UNBINDABLE:
		return "unbindable";
	default:
		return "private";
	}
}

char *mount_step_text(const struct mount_step *s)
{
	struct buf b;
	const char *kind = s->kind == MOUNT_BIND      ? (s->recursive ? "rbind" : "bind")
			   : s->kind == MOUNT_REMOUNT ? "remount"
						      : s->type;

	buf_init(&b, 4096);
	(void)buf_printf(&b, "%s %s%s%s", kind, s->source ? s->source : "",
			 s->source ? " on " : "on ", s->target);
	add_flags(&b, s->attr_set, s->attr_clear, "");
	add_flags(&b, s->rec_attr_set, s->rec_attr_clear, "r");
	if (s->propagation)
		(void)buf_printf(&b, " %s%s", s->propagation_recursive ? "r" : "",
				 propagation_word(s->propagation));
	if (s->idmap)
		(void)buf_printf(&b, " %sidmap%s", s->idmap_recursive ? "r" : "",
				 s->uids.n_lines ? " (own mappings)" : "");
	if (s->fill)
		(void)buf_add_str(&b, " tmpcopyup");
	strv_foreach (option, s->fs_options)
		(void)buf_printf(&b, " %s", *option);
	return buf_take(&b);
}
