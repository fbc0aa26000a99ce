/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ps_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/human.h"
#include "engine/inspect.h"
#include "engine/inspect_network.h"
#include "engine/names.h"
#include "engine/ports_view.h"
#include "engine/publish_option.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define COMMAND_SHOWN 17

/* podman's names: in the table, in JSON, and in /proc/PID/ns. */
static const struct {
	const char *column, *member, *file;
} namespaces[] = {
	{"Cgroup", "Cgroup", "cgroup"}, {"IPC", "Ipc", "ipc"},
	{"MNT", "Mnt", "mnt"},          {"NET", "Net", "net"},
	{"PIDNS", "Pidns", "pid"},      {"USERNS", "User", "user"},
	{"UTS", "Uts", "uts"},
};

/* The namespace's number; "" if it does not run. Caller frees. */
static char *namespace_text(const struct container *c, const char *file)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (c->init.pid <= 0)
		return xstrdup("");
	path = xasprintf("/proc/%d/ns/%s", c->init.pid, file);
	return stat(path, &st) < 0 ? xstrdup("")
				   : xasprintf("%llu", (unsigned long long)st.st_ino);
}

static void add_namespaces(const struct ps_row *row, struct json_object *o,
			   bool as_columns)
{
	struct json_object *members = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		cleanup_free char *text =
			row->namespaces
				? namespace_text(row->container, namespaces[i].file)
				: xstrdup("");

		if (row->namespaces)
			json_add_str(members, namespaces[i].member, text);
		if (as_columns)
			json_add_str(o, namespaces[i].column, text);
	}
	json_add(o, "Namespaces", members);
}

static struct json_object *size_json(const struct container_size *size)
{
	struct json_object *o = json_object_new_object();

	json_add_i64(o, "rootFsSize", size->all);
	json_add_i64(o, "rwSize", size->writable);
	return o;
}

/* As podman prints it here: "1.98MB", without a blank. */
static char *tight(int64_t bytes, char buf[static HUMAN_TEXT_MAX])
{
	char *blank = strchr(human_size(bytes, buf), ' ');

	if (blank)
		memmove(blank, blank + 1, strlen(blank));
	return buf;
}

static char *size_text(const struct container_size *size)
{
	char writable[HUMAN_TEXT_MAX], all[HUMAN_TEXT_MAX];

	return size ? xasprintf("%s (virtual %s)", tight(size->writable, writable),
				tight(size->all, all))
		    : xstrdup("");
}

struct json_object *ps_row_json(const struct ps_row *row)
{
	struct json_object *o = container_summary(row->container, row->now_usec);

	cleanup_network_config struct network_config ports = {0};

	ports_view(row->engine, row->container, &ports);
	json_add(o, "Ports", ports_view_json(&ports));
	if (row->container->config.cidfile)
		json_add_str(o, "CIDFile", row->container->config.cidfile);
	add_namespaces(row, o, false);
	json_object_object_add(o, "Size", row->size ? size_json(row->size) : NULL);
	return o;
}

static char *command_text(const struct ps_row *row)
{
	cleanup_free char *text = strv_join(row->container->config.command, " ");

	if (row->no_trunc || strlen(text) <= COMMAND_SHOWN)
		return TAKE_PTR(text);
	return xasprintf("%.*s...", COMMAND_SHOWN - 3, text);
}

static char *id_text(const char *id, bool whole)
{
	return xstrndup(id ? id : "", whole ? CONTAINER_ID_LEN : SHORT_ID_LEN);
}

char *ps_row_id(const struct ps_row *row)
{
	return id_text(row->container->record.id, row->no_trunc);
}

/* "0.0.0.0:8080->80/tcp" */
static char *ports_text(const struct ps_row *row)
{
	cleanup_network_config struct network_config ports = {0};

	ports_view(row->engine, row->container, &ports);
	return publish_text(ports.ports, ports.n_ports);
}

static void add_times(const struct ps_row *row, struct json_object *o)
{
	const struct container_record *r = &row->container->record;
	char created[HUMAN_TEXT_MAX], span[TIME_TEXT_MAX];
	cleanup_free char *age =
		xasprintf("%s ago", time_human(row->now_usec - r->created_usec, span));

	human_go_time(r->created_usec, created);
	json_add_str(o, "Created", created);
	json_add_str(o, "CreatedAt", created);
	json_add_str(o, "CreatedHuman", age);
	json_add_str(o, "RunningFor", age);
}

struct json_object *ps_row_template(const struct ps_row *row)
{
	const struct container *c = row->container;
	struct json_object *o = container_summary(c, row->now_usec);
	cleanup_free char *id = ps_row_id(row), *command = command_text(row);
	cleanup_free char *image = id_text(c->record.image, row->no_trunc);
	cleanup_free char *pod = id_text(json_get_str(o, "Pod"), row->no_trunc);
	cleanup_free char *size = size_text(row->size), *ports = ports_text(row);
	cleanup_strv char **names = container_networks(&c->config);
	cleanup_free char *networks = names ? strv_join(names, ",") : NULL;

	json_add_str(o, "ID", id);
	json_add_str(o, "ImageID", image);
	json_add_str(o, "Pod", pod);
	json_add_str(o, "Command", command);
	json_add_str(o, "CIDFile", c->config.cidfile ? c->config.cidfile : "");
	json_add_str(o, "Names", c->record.name);
	json_add_str(o, "Ports", ports);
	json_add_str(o, "Networks", networks ? networks : c->config.network);
	json_add_str(o, "Size", size);
	add_times(row, o);
	add_namespaces(row, o, true);
	return o;
}
