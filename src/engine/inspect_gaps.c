/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/inspect_gaps.h"

#include <string.h>

#include "engine/container_dir.h"
#include "engine/image_view.h"
#include "engine/mount_record.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NO_TIME "0001-01-01T00:00:00Z" /* Go's zero */

enum kind { NOTHING, TEXT, NO, YES, ZERO, LIST, OBJECT, TWO_ZEROS };

/* Source: `podman inspect` of a container of which nothing was asked. */
static const struct gap {
	const char *section; /* NULL: the document's own */
	const char *key;
	enum kind kind;
	const char *text;
} gaps[] = {
	{NULL, "MountLabel", TEXT, ""},
	{NULL, "ProcessLabel", TEXT, ""},
	{NULL, "ExecIDs", LIST, NULL},
	{NULL, "Namespace", TEXT, ""},
	{NULL, "IsInfra", NO, NULL},
	{NULL, "IsService", NO, NULL},
	{NULL, "OCIRuntime", TEXT, "cubby"},
	{NULL, "Driver", TEXT, "overlay"},
	{NULL, "NetworkSettings", OBJECT, NULL},
	{"State", "CheckpointedAt", TEXT, NO_TIME},
	{"State", "RestoredAt", TEXT, NO_TIME},
	{"NetworkSettings", "EndpointID", TEXT, ""},
	{"NetworkSettings", "Gateway", TEXT, ""},
	{"NetworkSettings", "IPAddress", TEXT, ""},
	{"NetworkSettings", "IPPrefixLen", ZERO, NULL},
	{"NetworkSettings", "IPv6Gateway", TEXT, ""},
	{"NetworkSettings", "GlobalIPv6Address", TEXT, ""},
	{"NetworkSettings", "GlobalIPv6PrefixLen", ZERO, NULL},
	{"NetworkSettings", "MacAddress", TEXT, ""},
	{"NetworkSettings", "Bridge", TEXT, ""},
	{"NetworkSettings", "SandboxID", TEXT, ""},
	{"NetworkSettings", "HairpinMode", NO, NULL},
	{"NetworkSettings", "LinkLocalIPv6Address", TEXT, ""},
	{"NetworkSettings", "LinkLocalIPv6PrefixLen", ZERO, NULL},
	{"NetworkSettings", "Ports", OBJECT, NULL},
	{"NetworkSettings", "SandboxKey", TEXT, ""},
	{"NetworkSettings", "Networks", OBJECT, NULL},
	{"Config", "StdinOnce", NO, NULL},
	{"Config", "Volumes", NOTHING, NULL},
	{"Config", "OnBuild", NOTHING, NULL},
	{"Config", "Passwd", YES, NULL},
	{"HostConfig", "CgroupManager", TEXT, "disabled"},
	{"HostConfig", "CgroupMode", TEXT, "private"},
	{"HostConfig", "Cgroup", TEXT, ""},
	{"HostConfig", "Cgroups", TEXT, "disabled"},
	{"HostConfig", "CgroupParent", TEXT, ""},
	{"HostConfig", "CgroupConf", NOTHING, NULL},
	{"HostConfig", "PortBindings", OBJECT, NULL},
	{"HostConfig", "PublishAllPorts", NO, NULL},
	{"HostConfig", "VolumeDriver", TEXT, ""},
	{"HostConfig", "VolumesFrom", NOTHING, NULL},
	{"HostConfig", "Links", NOTHING, NULL},
	{"HostConfig", "Runtime", TEXT, "oci"},
	{"HostConfig", "ConsoleSize", TWO_ZEROS, NULL},
	{"HostConfig", "Isolation", TEXT, ""},
	{"HostConfig", "CpuShares", ZERO, NULL},
	{"HostConfig", "Memory", ZERO, NULL},
	{"HostConfig", "NanoCpus", ZERO, NULL},
	{"HostConfig", "BlkioWeight", ZERO, NULL},
	{"HostConfig", "BlkioWeightDevice", NOTHING, NULL},
	{"HostConfig", "BlkioDeviceReadBps", NOTHING, NULL},
	{"HostConfig", "BlkioDeviceWriteBps", NOTHING, NULL},
	{"HostConfig", "BlkioDeviceReadIOps", NOTHING, NULL},
	{"HostConfig", "BlkioDeviceWriteIOps", NOTHING, NULL},
	{"HostConfig", "CpuPeriod", ZERO, NULL},
	{"HostConfig", "CpuQuota", ZERO, NULL},
	{"HostConfig", "CpuRealtimePeriod", ZERO, NULL},
	{"HostConfig", "CpuRealtimeRuntime", ZERO, NULL},
	{"HostConfig", "CpusetCpus", TEXT, ""},
	{"HostConfig", "CpusetMems", TEXT, ""},
	{"HostConfig", "DiskQuota", ZERO, NULL},
	{"HostConfig", "KernelMemory", ZERO, NULL},
	{"HostConfig", "MemoryReservation", ZERO, NULL},
	{"HostConfig", "MemorySwap", ZERO, NULL},
	{"HostConfig", "MemorySwappiness", ZERO, NULL},
	{"HostConfig", "OomKillDisable", NO, NULL},
	{"HostConfig", "PidsLimit", ZERO, NULL},
	{"HostConfig", "CpuCount", ZERO, NULL},
	{"HostConfig", "CpuPercent", ZERO, NULL},
	{"HostConfig", "IOMaximumIOps", ZERO, NULL},
	{"HostConfig", "IOMaximumBandwidth", ZERO, NULL},
};

static struct json_object *value_of(const struct gap *g)
{
	struct json_object *list;

	switch (g->kind) {
	case NOTHING:
		return NULL;
	case TEXT:
		return json_object_new_string(g->text);
	case NO:
	case YES:
		return json_object_new_boolean(g->kind == YES);
	case ZERO:
		return json_object_new_int64(0);
	case OBJECT:
		return json_object_new_object();
	case LIST:
	case TWO_ZEROS:
		break;
	}
	list = json_object_new_array();
	for (int i = 0; g->kind == TWO_ZEROS && i < 2; i++)
		json_object_array_add(list, json_object_new_int64(0));
	return list;
}

static bool has(struct json_object *o, const char *key)
{
	return json_object_object_get_ex(o, key, NULL);
}

static void add_missing_text(struct json_object *o, const char *key, const char *text)
{
	if (!has(o, key))
		json_add_str(o, key, text ? text : "");
}

static void add_missing_list(struct json_object *o, const char *key, char *const *words)
{
	if (!has(o, key))
		json_add_strv(o, key, words);
}

/* Where the file that is mounted there lies. */
static const char *source_of(const struct spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (str_eq(spec->mounts[i].destination, destination))
			return spec->mounts[i].source;
	return "";
}

static void add_places(const struct engine *e, const struct container *c,
		       const struct spec *spec, struct json_object *o)
{
	cleanup_free char *monitor = container_dir_path(e, c->record.id, MONITOR_FILE);

	add_missing_text(o, "ResolvConfPath", source_of(spec, "/etc/resolv.conf"));
	add_missing_text(o, "HostnamePath", source_of(spec, "/etc/hostname"));
	add_missing_text(o, "HostsPath", source_of(spec, "/etc/hosts"));
	add_missing_text(o, "ConmonPidFile", monitor);
	add_missing_list(o, "Dependencies", c->config.dependencies);
}

/* Of an image, as overlayfs(7) calls them; the init's mount of them is its own. */
static struct json_object *overlay_dirs(const struct engine *e, const struct container *c,
					const struct image_record *image)
{
	cleanup_strv char **layers =
		image_layer_paths(e, image->layers, c->config.single_id);
	cleanup_free char *lower = strv_join(layers, ":");
	cleanup_free char *upper = container_data_path(e, c->record.id, "upper");
	cleanup_free char *work = container_data_path(e, c->record.id, "work");
	struct json_object *o = json_object_new_object();

	json_add_str(o, "LowerDir", lower);
	json_add_str(o, "UpperDir", upper);
	json_add_str(o, "WorkDir", work);
	return o;
}

static void add_image(const struct engine *e, const struct container *c,
		      struct json_object *o)
{
	cleanup_image_record struct image_record image = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct json_object *driver = json_object_new_object();
	bool found = c->record.image &&
		     image_record_by_id(e->store, c->record.image, &image, &err) >= 0;

	if (error_is_set(&err))
		error_drop(&err, "the image is gone");
	add_missing_text(o, "ImageDigest", found ? image.manifest : "");
	json_add_str(driver, "Name", found ? "overlay" : "none");
	json_object_object_add(driver, "Data", found ? overlay_dirs(e, c, &image) : NULL);
	if (has(o, "GraphDriver"))
		json_object_put(driver);
	else
		json_add(o, "GraphDriver", driver);
}

/* "size=64m" of /dev/shm, in bytes. */
static int64_t shm_size(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		if (!str_eq(spec->mounts[i].destination, "/dev/shm"))
			continue;
		strv_foreach (option, spec->mounts[i].options) {
			uint64_t size;

			if (str_starts(*option, "size=") &&
			    str_to_size(*option + strlen("size="), &size) >= 0 &&
			    size <= INT64_MAX)
				return (int64_t)size;
		}
	}
	return 0;
}

/* "HOST-PATH:PATH:PERMISSIONS" as it was typed. */
static struct json_object *devices(char *const *typed)
{
	struct json_object *list = json_object_new_array();

	strv_foreach (device, typed) {
		cleanup_strv char **parts = str_split(*device, ':');
		size_t n = strv_len(parts);
		struct json_object *o = json_object_new_object();
		bool has_path = n > 1 && parts[1][0] == '/';

		json_add_str(o, "PathOnHost", parts[0]);
		json_add_str(o, "PathInContainer", has_path ? parts[1] : parts[0]);
		json_add_str(o, "CgroupPermissions",
			     n > 2                 ? parts[2]
			     : n == 2 && !has_path ? parts[1]
						   : "rwm");
		json_object_array_add(list, o);
	}
	return list;
}

static void add_asked(const struct container *c, const struct spec *spec,
		      struct json_object *config, struct json_object *host)
{
	const struct container_config *asked = &c->config;

	if (!has(config, "Timeout"))
		json_add_i64(config, "Timeout", asked->timeout_sec);
	add_missing_list(host, "ExtraHosts", asked->add_hosts);
	add_missing_list(host, "GroupAdd", asked->group_add);
	add_missing_list(host, "Dns", asked->dns);
	add_missing_list(host, "DnsOptions", asked->dns_options);
	add_missing_list(host, "DnsSearch", asked->dns_search);
	add_missing_text(host, "PidMode", asked->pid ? asked->pid : "private");
	add_missing_text(host, "IpcMode", asked->ipc ? asked->ipc : "private");
	add_missing_text(host, "UTSMode", asked->uts ? asked->uts : "private");
	add_missing_text(host, "CgroupMode",
			 asked->cgroupns ? asked->cgroupns : "private");
	if (!has(host, "ShmSize"))
		json_add_i64(host, "ShmSize", shm_size(spec));
	if (!has(host, "Devices"))
		json_add(host, "Devices", devices(asked->devices));
}

void inspect_fill_gaps(const struct engine *e, const struct container *c,
		       const struct spec *spec, struct json_object *o)
{
	add_places(e, c, spec, o);
	add_image(e, c, o);
	add_asked(c, spec, json_get(o, "Config"), json_get(o, "HostConfig"));
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		struct json_object *section =
			gaps[i].section ? json_get(o, gaps[i].section) : o;

		if (!has(section, gaps[i].key))
			json_object_object_add(section, gaps[i].key, value_of(&gaps[i]));
	}
}
