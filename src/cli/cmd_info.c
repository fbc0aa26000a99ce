/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/yaml.h"
#include "engine/host_info.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define OUTPUT_MAX (1 << 20)

struct info_values {
	bool debug;
	const char *format;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct info_values, debug, "debug", 'D', "Docker's and podman's old one",
		 .hidden = true),
	OPT_STRING(struct info_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.Store.GraphRoot}}'"),
	OPT_END,
};

/* What a member is called in podman's templates, where it is not the same with a capital letter. */
static char *field_name(const char *key)
{
	static const char *const names[][2] = {
		{"cgroupManager", "CgroupManager"},
		{"cgroupVersion", "CgroupsVersion"},
		{"cpuUtilization", "CPUUtilization"},
		{"cpus", "CPUs"},
		{"idMappings", "IDMappings"},
		{"gidmap", "GIDMap"},
		{"uidmap", "UIDMap"},
		{"ociRuntime", "OCIRuntime"},
		{"os", "OS"},
		{"apparmorEnabled", "AppArmorEnabled"},
		{"capabilities", "DefaultCapabilities"},
		{"seccompEnabled", "SECCOMPEnabled"},
		{"seccompProfilePath", "SECCOMPProfilePath"},
		{"selinuxEnabled", "SELinuxEnabled"},
	};
	char *name;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i][0], key))
			return xstrdup(names[i][1]);
	name = xstrdup(key);
	*name = (char)toupper((unsigned char)*name);
	return name;
}

static struct json_object *with_field_names(struct json_object *o)
{
	struct json_object *copy;

	if (!json_object_is_type(o, json_type_object))
		return json_object_get(o);
	copy = json_object_new_object();
	json_object_object_foreach (o, key, value) {
		cleanup_free char *name = field_name(key);

		json_add(copy, name, with_field_names(value));
	}
	return copy;
}

static void copy_field(struct json_object *to, const char *name, struct json_object *from,
		       const char *key)
{
	json_add(to, name, json_object_get(json_get(from, key)));
}

/* What containers can be limited with. */
static void add_docker_limits(struct json_object *o, struct json_object *host)
{
	static const char *const limits[][2] = {
		{"CPUSet", "cpuset"},      {"CPUShares", "cpu"},
		{"CpuCfsPeriod", "cpu"},   {"CpuCfsQuota", "cpu"},
		{"MemoryLimit", "memory"}, {"PidsLimit", "pids"},
		{"SwapLimit", "memory"},
	};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **controllers = NULL;

	if (json_to_strv(json_get(host, "CgroupControllers"), "cgroupControllers",
			 &controllers, &err) < 0)
		error_drop(&err, "there are none");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		json_add_bool(o, limits[i][0], strv_has(controllers, limits[i][1]));
	json_add_str(o, "CgroupVersion",
		     str_eq(json_get_str(host, "CgroupsVersion"), "v2") ? "2" : "1");
}

/* Docker's names for the same, for scripts that ask by them. */
static void add_docker_fields(struct json_object *o)
{
	struct json_object *host = json_get(o, "Host"), *store = json_get(o, "Store"),
			   *containers = json_get(store, "ContainerStore");

	copy_field(o, "Architecture", host, "Arch");
	copy_field(o, "CgroupDriver", host, "CgroupManager");
	copy_field(o, "Containers", containers, "Number");
	copy_field(o, "ContainersPaused", containers, "Paused");
	copy_field(o, "ContainersRunning", containers, "Running");
	copy_field(o, "ContainersStopped", containers, "Stopped");
	copy_field(o, "DockerRootDir", store, "GraphRoot");
	copy_field(o, "Driver", store, "GraphDriverName");
	copy_field(o, "Images", json_get(store, "ImageStore"), "Number");
	copy_field(o, "KernelVersion", host, "Kernel");
	copy_field(o, "LoggingDriver", host, "LogDriver");
	copy_field(o, "MemTotal", host, "MemTotal");
	copy_field(o, "Name", host, "Hostname");
	copy_field(o, "NCPU", host, "CPUs");
	copy_field(o, "OSType", host, "OS");
	add_docker_limits(o, host);
	copy_field(o, "ServerVersion", json_get(o, "Version"), "Version");
}

static int print_yaml(struct json_object *info, struct error *err)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, OUTPUT_MAX);
	yaml_add(&b, info);
	if (fwrite(b.data, 1, b.len, stdout) < b.len)
		return error_set(err, ERR_SYSTEM, errno, "write to stdout");
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct info_values *v = call->values;
	cleanup_json struct json_object *info = NULL, *fields = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = engine_info(&e, &info, err);
	if (r < 0)
		return r;
	if (!v->format)
		return print_yaml(info, err);
	if (format_is_json(v->format))
		return format_print_json(info, err);
	fields = with_field_names(info);
	add_docker_fields(fields);
	return format_print_object(v->format, fields, err);
}

const struct command cmd_info = {
	.name = "info",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "show the host as containers find it, and what is kept",
	.description =
		"Whether everything is as it should be is what 'cubby doctor' says.",
	.examples = "cubby info\n"
		    "cubby info --format json\n"
		    "cubby info --format '{{.Store.GraphRoot}}'",
	.options = options,
	.values_size = sizeof(struct info_values),
	.run = run,
};
