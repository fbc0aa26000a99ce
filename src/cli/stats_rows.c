/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats_rows.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/human.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SHORT_DIGITS 12
#define UNKNOWN      "--"

static char *percent(bool known, double value)
{
	return known ? xasprintf("%.2f%%", value) : xstrdup(UNKNOWN);
}

static char *pair_of(bool known, int64_t a, int64_t b)
{
	char left[HUMAN_TEXT_MAX], right[HUMAN_TEXT_MAX];

	if (!known)
		return xstrdup(UNKNOWN " / " UNKNOWN);
	return xasprintf("%s / %s", human_size_exact(a, left),
			 human_size_exact(b, right));
}

/* "3.1MiB / 15.5GiB" */
static char *binary_pair(bool known, uint64_t a, uint64_t b)
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double values[] = {(double)a, (double)b};
	size_t unit[] = {0, 0};

	if (!known)
		return xstrdup(UNKNOWN " / " UNKNOWN);
	for (size_t i = 0; i < 2; i++)
		for (; values[i] >= 1024 && unit[i] + 1 < ARRAY_SIZE(units); unit[i]++)
			values[i] /= 1024;
	return xasprintf("%.4g%s / %.4g%s", values[0], units[unit[0]], values[1],
			 units[unit[1]]);
}

static double memory_percent(const struct container_stats *s)
{
	return s->memory_limit ? 100.0 * (double)s->memory / (double)s->memory_limit : 0;
}

/* "12.5% / 3.0%": some of its processes waited, all of them did. */
static char *pressure_text(const struct container_stats *s,
			   enum cgroup_pressure_kind kind)
{
	const struct cgroup_pressure *p = &s->group.pressure[kind];

	return p->is_known ? xasprintf("%.1f%% / %.1f%%", p->some.avg10, p->full.avg10)
			   : xstrdup(UNKNOWN " / " UNKNOWN);
}

/* What a row says in words; owned strings. */
struct words {
	char *id, *pod, *cpu, *average, *memory, *memory_bytes, *memory_percent, *net,
		*block, *pids, *cpu_time, *pressure[CGROUP_PRESSURES], *throttled,
		*oom_kills;
};

static void words_release(struct words *w)
{
	char **const all[] = {&w->id,
			      &w->pod,
			      &w->cpu,
			      &w->average,
			      &w->memory,
			      &w->memory_bytes,
			      &w->memory_percent,
			      &w->net,
			      &w->block,
			      &w->pids,
			      &w->cpu_time,
			      &w->pressure[CGROUP_PRESSURE_CPU],
			      &w->pressure[CGROUP_PRESSURE_MEMORY],
			      &w->pressure[CGROUP_PRESSURE_IO],
			      &w->throttled,
			      &w->oom_kills};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		free(*all[i]);
}
#define cleanup_words cleanup(words_release)

static char *id_text(const struct stats_row *row, const char *id)
{
	return xasprintf("%.*s", row->no_trunc ? CONTAINER_ID_LEN : SHORT_DIGITS,
			 id ? id : "");
}

static char *number_or_unknown(bool known, uint64_t n)
{
	return known ? xasprintf("%" PRIu64, n) : xstrdup(UNKNOWN);
}

static bool has_quota(const struct container_stats *s)
{
	return s->group.periods > 0;
}

static struct words make_words(const struct stats_row *row)
{
	const struct container_record *c = &row->container->record;
	const struct container_stats *s = row->now;
	char span[TIME_TEXT_MAX];
	struct words w = {
		.id = id_text(row, c->id),
		.pod = id_text(row, c->pod),
		.cpu = percent(s->known, container_stats_percent(s, row->before)),
		.average = percent(s->known, container_stats_percent(s, NULL)),
		.memory = pair_of(s->known, (int64_t)s->memory, (int64_t)s->memory_limit),
		.memory_bytes = binary_pair(s->known, s->memory, s->memory_limit),
		.memory_percent = percent(s->known, memory_percent(s)),
		.net = pair_of(s->known && s->has_net, (int64_t)s->net_in,
			       (int64_t)s->net_out),
		.block = pair_of(s->known && s->has_block, (int64_t)s->block_in,
				 (int64_t)s->block_out),
		.pids = number_or_unknown(s->known, s->pids),
		.cpu_time =
			xstrdup(s->known ? time_go_duration(s->cpu_usec, span) : UNKNOWN),
		.throttled =
			percent(has_quota(s), container_stats_throttled(s, row->before)),
		.oom_kills = number_or_unknown(s->group.has_memory, s->group.oom.kills),
	};

	for (enum cgroup_pressure_kind i = 0; i < CGROUP_PRESSURES; i++)
		w.pressure[i] = pressure_text(s, i);
	return w;
}

static void add_double(struct json_object *o, const char *key, double value)
{
	json_add(o, key, json_object_new_double(value));
}

/* Members as in JSON, or as fields of templates. */
static struct json_object *stall_json(const struct cgroup_stall *s, bool as_fields)
{
	struct json_object *o = json_object_new_object();

	add_double(o, as_fields ? "Avg10" : "avg10", s->avg10);
	add_double(o, as_fields ? "Avg60" : "avg60", s->avg60);
	add_double(o, as_fields ? "Avg300" : "avg300", s->avg300);
	json_add_u64(o, as_fields ? "TotalUsec" : "total_usec", s->total_usec);
	return o;
}

/* NULL: the kernel says nothing of it, or there is no cgroup. */
static struct json_object *pressure_json(const struct container_stats *s, bool as_fields)
{
	static const char *const names[CGROUP_PRESSURES][2] = {
		[CGROUP_PRESSURE_CPU] = {"cpu", "CPU"},
		[CGROUP_PRESSURE_MEMORY] = {"memory", "Memory"},
		[CGROUP_PRESSURE_IO] = {"io", "IO"},
	};
	struct json_object *all = NULL;

	for (size_t i = 0; i < CGROUP_PRESSURES; i++) {
		const struct cgroup_pressure *p = &s->group.pressure[i];
		struct json_object *o;

		if (!p->is_known && !as_fields)
			continue;
		if (!all)
			all = json_object_new_object();
		o = json_object_new_object();
		json_add(o, as_fields ? "Some" : "some", stall_json(&p->some, as_fields));
		json_add(o, as_fields ? "Full" : "full", stall_json(&p->full, as_fields));
		json_add(all, names[i][as_fields], o);
	}
	return all;
}

struct json_object *stats_row_json(const struct stats_row *row)
{
	cleanup_words struct words w = make_words(row);
	struct json_object *o = json_object_new_object();
	struct json_object *pressure = pressure_json(row->now, false);

	json_add_str(o, "id", w.id);
	if (row->container->record.pod)
		json_add_str(o, "pod", w.pod);
	json_add_str(o, "name", row->container->record.name);
	json_add_str(o, "cpu_time", w.cpu_time);
	json_add_str(o, "cpu_percent", w.cpu);
	json_add_str(o, "avg_cpu", w.average);
	json_add_str(o, "mem_usage", w.memory);
	json_add_str(o, "mem_percent", w.memory_percent);
	json_add_str(o, "net_io", w.net);
	json_add_str(o, "block_io", w.block);
	json_add_str(o, "pids", w.pids);
	if (pressure)
		json_add(o, "pressure", pressure);
	if (has_quota(row->now))
		json_add_str(o, "throttled", w.throttled);
	if (row->now->group.has_memory)
		json_add_u64(o, "oom_kills", row->now->group.oom.kills);
	return o;
}

/* podman's own numbers behind the words. */
static void add_numbers(struct json_object *o, const struct stats_row *row)
{
	const struct container_stats *s = row->now;

	add_double(o, "CPU", container_stats_percent(s, row->before));
	add_double(o, "AvgCPU", container_stats_percent(s, NULL));
	json_add(o, "PerCPU", json_object_new_array()); /* version 1 had it */
	json_add_i64(o, "CPUNano", s->cpu_usec * 1000);
	json_add_i64(o, "CPUSystemNano", s->cpu_system_usec * 1000);
	json_add_i64(o, "SystemNano", s->at_usec * 1000);
	json_add_i64(o, "Duration", s->cpu_usec * 1000);
	json_add_u64(o, "MemLimit", s->memory_limit);
	json_add_u64(o, "BlockInput", s->block_in);
	json_add_u64(o, "BlockOutput", s->block_out);
	json_add_u64(o, "NetInput", s->net_in);
	json_add_u64(o, "NetOutput", s->net_out);
}

/* What podman's stats don't have. */
static void add_more(struct json_object *o, const struct stats_row *row,
		     const struct words *w)
{
	const struct cgroup_usage *g = &row->now->group;

	json_add_str(o, "CPUPressure", w->pressure[CGROUP_PRESSURE_CPU]);
	json_add_str(o, "MemPressure", w->pressure[CGROUP_PRESSURE_MEMORY]);
	json_add_str(o, "IOPressure", w->pressure[CGROUP_PRESSURE_IO]);
	json_add(o, "Pressure", pressure_json(row->now, true));
	json_add_str(o, "Throttled", w->throttled);
	json_add_str(o, "OOMKills", w->oom_kills);
	json_add_u64(o, "MemPeak", g->memory_peak);
	json_add_u64(o, "Swap", g->swap);
	json_add_u64(o, "PIDsLimit",
		     row->now->pids_limit == CGROUP_NO_LIMIT ? 0 : row->now->pids_limit);
}

struct json_object *stats_row_template(const struct stats_row *row)
{
	cleanup_words struct words w = make_words(row);
	const struct container_record *c = &row->container->record;
	struct json_object *o = json_object_new_object();

	json_add_str(o, "ID", w.id);
	json_add_str(o, "Pod", w.pod);
	json_add_str(o, "CID", w.id);
	json_add_str(o, "ContainerID", c->id);
	json_add_str(o, "Container", w.id);
	json_add_str(o, "Name", c->name);
	json_add_str(o, "CPUPerc", w.cpu);
	json_add_str(o, "AVGCPU", w.average);
	json_add_str(o, "MemUsage", w.memory);
	json_add_str(o, "MemUsageBytes", w.memory_bytes);
	json_add_str(o, "MemPerc", w.memory_percent);
	json_add_str(o, "NetIO", w.net);
	json_add_str(o, "BlockIO", w.block);
	json_add_str(o, "PIDS", w.pids);
	json_add_str(o, "PIDs", w.pids);
	json_add_str(o, "UpTime", w.cpu_time);
	json_add_str(o, "Up", w.cpu_time);
	add_numbers(o, row);
	add_more(o, row, &w);
	return o;
}
