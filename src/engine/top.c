/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/top.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "engine/id_words.h"
#include "engine/user_lookup.h"
#include "runtime/process.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define LABEL_MAX      4096
#define UPTIME_MAX     256
#define PTS_MAJOR      136 /* to 143: Unix98 pseudo-terminals, devices.txt */
#define PTS_MAJOR_LAST 143
#define TTY_MAJOR      4

void top_view_release(struct top_view *v)
{
	process_list_release(&v->processes);
	idmap_release(&v->uids);
	idmap_release(&v->gids);
	free(v->passwd);
	free(v->group);
	*v = (struct top_view){0};
}

static int64_t usec_of_ticks(uint64_t ticks)
{
	int64_t hz = sysconf(_SC_CLK_TCK);

	return (int64_t)(ticks / (uint64_t)hz) * USEC_PER_SEC +
	       (int64_t)(ticks % (uint64_t)hz) * USEC_PER_SEC / hz;
}

static int64_t age_usec(const struct top_view *v, const struct process_info *p)
{
	int64_t age = v->uptime_usec - usec_of_ticks(p->start_ticks);

	return age > 0 ? age : 0;
}

static int64_t cpu_usec(const struct process_info *p)
{
	return usec_of_ticks(p->user_ticks + p->system_ticks);
}

static char *number(uint64_t n)
{
	return xasprintf("%" PRIu64, n);
}

/* "?": the container has no such id. */
static char *inner_number(const struct idmap *map, uint32_t host)
{
	uint32_t id = idmap_to_inside(map, host);

	return id == IDMAP_NONE ? xstrdup("?") : number(id);
}

static char *inner_name(const struct idmap *map, const char *file, uint32_t host)
{
	uint32_t id = idmap_to_inside(map, host);
	char *name = id == IDMAP_NONE ? NULL : user_lookup_name(file, id);

	return name ? name : inner_number(map, host);
}

static char *host_name(enum subid_kind kind, uint32_t id)
{
	char *name = id_names_host.name(kind, id, id_names_host.data);

	return name ? name : number(id);
}

static char *capability_list(uint64_t mask)
{
	cleanup_strv char **names = NULL;

	if ((mask & capabilities_all()) == capabilities_all())
		return xstrdup("full");
	for (int i = 0; i <= capability_last(); i++) {
		const char *name = mask >> i & 1 ? capability_name(i) : NULL;

		if (name)
			strv_add(&names, name + strlen("CAP_"));
	}
	return names ? strv_join(names, ",") : xstrdup("none");
}

#define CELL(name)                                                  \
	static char *cell_##name(_unused_ const struct top_view *v, \
				 _unused_ const struct process_info *p)

CELL(args)
{
	return xstrdup(p->arguments);
}

CELL(capamb)
{
	return capability_list(p->caps[PROCESS_CAP_AMB]);
}

CELL(capbnd)
{
	return capability_list(p->caps[PROCESS_CAP_BND]);
}

CELL(capeff)
{
	return capability_list(p->caps[PROCESS_CAP_EFF]);
}

CELL(capinh)
{
	return capability_list(p->caps[PROCESS_CAP_INH]);
}

CELL(capprm)
{
	return capability_list(p->caps[PROCESS_CAP_PRM]);
}

CELL(comm)
{
	return xstrdup(p->name);
}

CELL(etime)
{
	char text[TIME_TEXT_MAX];

	return xstrdup(time_go_duration(age_usec(v, p), text));
}

CELL(gid)
{
	return inner_number(&v->gids, p->egid);
}

CELL(group)
{
	return inner_name(&v->gids, v->group, p->egid);
}

CELL(groups)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < p->n_groups; i++)
		strv_add_take(&names, inner_name(&v->gids, v->group, p->groups[i]));
	return strv_join(names, ",");
}

CELL(hgid)
{
	return number(p->egid);
}

CELL(hgroup)
{
	return host_name(SUBID_GID, p->egid);
}

CELL(hgroups)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < p->n_groups; i++)
		strv_add_take(&names, host_name(SUBID_GID, p->groups[i]));
	return strv_join(names, ",");
}

CELL(hpid)
{
	return number((uint64_t)p->pid);
}

CELL(huid)
{
	return number(p->euid);
}

CELL(huser)
{
	return host_name(SUBID_UID, p->euid);
}

CELL(label)
{
	cleanup_free char *path = xasprintf("/proc/%d/attr/current", p->pid);
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, path, LABEL_MAX, &text, NULL, &err) < 0)
		return xstrdup("");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

CELL(nice)
{
	return xasprintf("%" PRId64, p->nice);
}

CELL(pcpu)
{
	int64_t age = age_usec(v, p);

	return xasprintf("%.3f", age ? 100.0 * (double)cpu_usec(p) / (double)age : 0.0);
}

CELL(pgid)
{
	return xasprintf("%" PRId64, p->inner_pgid);
}

CELL(pid)
{
	return xasprintf("%" PRId64, p->inner_pid);
}

CELL(ppid)
{
	return xasprintf("%" PRId64, p->inner_ppid);
}

CELL(rgid)
{
	return inner_number(&v->gids, p->rgid);
}

CELL(rgroup)
{
	return inner_name(&v->gids, v->group, p->rgid);
}

CELL(rss)
{
	return number(p->resident_bytes / 1024);
}

CELL(ruid)
{
	return inner_number(&v->uids, p->ruid);
}

CELL(ruser)
{
	return inner_name(&v->uids, v->passwd, p->ruid);
}

CELL(seccomp)
{
	static const char *const modes[] = {"disabled", "strict", "filter"};

	return xstrdup(p->seccomp >= 0 && (size_t)p->seccomp < ARRAY_SIZE(modes)
			       ? modes[p->seccomp]
			       : "?");
}

CELL(state)
{
	return xasprintf("%c", p->state);
}

CELL(stime)
{
	time_t when = (time_t)((v->now_usec - age_usec(v, p)) / USEC_PER_SEC);
	char text[64];
	struct tm tm;

	if (!localtime_r(&when, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z %Z", &tm))
		return xstrdup("?");
	return xstrdup(text);
}

CELL(time)
{
	char text[TIME_TEXT_MAX];

	return xstrdup(time_go_duration(cpu_usec(p), text));
}

CELL(tty)
{
	unsigned int device_major = major((dev_t)p->tty),
		     device_minor = minor((dev_t)p->tty);

	if (p->tty == 0)
		return xstrdup("?");
	if (device_major >= PTS_MAJOR && device_major <= PTS_MAJOR_LAST)
		return xasprintf("pts/%u",
				 device_minor + (device_major - PTS_MAJOR) * 256);
	if (device_major == TTY_MAJOR)
		return xasprintf("tty%u", device_minor);
	return xasprintf("%u:%u", device_major, device_minor);
}

CELL(uid)
{
	return inner_number(&v->uids, p->euid);
}

CELL(user)
{
	return inner_name(&v->uids, v->passwd, p->euid);
}

CELL(vsz)
{
	return number(p->virtual_bytes / 1024);
}

static const struct top_column columns[] = {
	{"args", "%a", "COMMAND", cell_args},
	{"capamb", NULL, "AMBIENT CAPS", cell_capamb},
	{"capbnd", NULL, "BOUNDING CAPS", cell_capbnd},
	{"capeff", NULL, "EFFECTIVE CAPS", cell_capeff},
	{"capinh", NULL, "INHERITED CAPS", cell_capinh},
	{"capprm", NULL, "PERMITTED CAPS", cell_capprm},
	{"comm", "%c", "COMMAND", cell_comm},
	{"etime", "%t", "ELAPSED", cell_etime},
	{"gid", NULL, "GID", cell_gid},
	{"group", "%G", "GROUP", cell_group},
	{"groups", NULL, "GROUPS", cell_groups},
	{"hgid", NULL, "HGID", cell_hgid},
	{"hgroup", NULL, "HGROUP", cell_hgroup},
	{"hgroups", NULL, "HGROUPS", cell_hgroups},
	{"hpid", NULL, "HPID", cell_hpid},
	{"huid", NULL, "HUID", cell_huid},
	{"huser", NULL, "HUSER", cell_huser},
	{"label", NULL, "LABEL", cell_label},
	{"nice", "%n", "NI", cell_nice},
	{"pcpu", "%C", "%CPU", cell_pcpu},
	{"pgid", "%r", "PGID", cell_pgid},
	{"pid", "%p", "PID", cell_pid},
	{"ppid", "%P", "PPID", cell_ppid},
	{"rgid", NULL, "RGID", cell_rgid},
	{"rgroup", "%g", "RGROUP", cell_rgroup},
	{"rss", NULL, "RSS", cell_rss},
	{"ruid", NULL, "RUID", cell_ruid},
	{"ruser", "%u", "RUSER", cell_ruser},
	{"seccomp", NULL, "SECCOMP", cell_seccomp},
	{"state", NULL, "STATE", cell_state},
	{"stime", NULL, "STIME", cell_stime},
	{"time", "%x", "TIME", cell_time},
	{"tty", "%y", "TTY", cell_tty},
	{"uid", NULL, "UID", cell_uid},
	{"user", "%U", "USER", cell_user},
	{"vsz", "%z", "VSZ", cell_vsz},
};

const struct top_column *top_column_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (strcasecmp(columns[i].name, word) == 0 ||
		    str_eq(columns[i].code, word))
			return &columns[i];
	return NULL;
}

char *top_column_names(void)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		strv_add(&names, columns[i].name);
	return strv_join(names, ", ");
}

static int read_map(pid_t pid, const char *file, struct idmap *ret, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/%d/%s", pid, file);

	return idmap_read(path, ret, err);
}

/* Without them there are numbers. */
static void read_names(pid_t pid, struct top_view *v)
{
	cleanup_free char *path = xasprintf("/proc/%d/root", pid);
	cleanup_fd int root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_error struct error err = ERROR_INIT;

	if (root_fd >= 0 && user_files_read(root_fd, &v->passwd, &v->group, &err) < 0)
		error_drop(&err, "users have numbers only");
}

static int64_t read_uptime(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	/* since boot as start times count it: with the time the host slept */
	if (fs_read(AT_FDCWD, "/proc/uptime", UPTIME_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "ages are not known");
		return 0;
	}
	return (int64_t)(strtod(text, NULL) * (double)USEC_PER_SEC);
}

int top_view_read(const struct container *c, struct top_view *ret, struct error *err)
{
	cleanup_top_view struct top_view v = {0};
	int r;

	if (c->init.pid <= 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "top can only be used on running containers");
	r = read_map(c->init.pid, "uid_map", &v.uids, err);
	if (r >= 0)
		r = read_map(c->init.pid, "gid_map", &v.gids, err);
	if (r >= 0)
		r = process_lists_read(&c->init.pid, 1, &v.processes, err);
	if (r < 0)
		return r;
	read_names(c->init.pid, &v);
	v.now_usec = time_now_usec();
	v.uptime_usec = read_uptime();
	*ret = v;
	v = (struct top_view){0};
	return 0;
}
