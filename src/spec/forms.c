/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/forms.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/digest.h"
#include "util/str.h"

#define HOST_NAME_LEN_MAX 64 /* __NEW_UTS_LEN */

const char *form_absolute_path(const char *value)
{
	return *value == '/' ? NULL : "an absolute path";
}

const char *form_not_empty(const char *value)
{
	return *value ? NULL : "a name";
}

const char *form_version(const char *value)
{
	if (str_starts(value, "1.") && isdigit((unsigned char)value[2]))
		return NULL;
	return "version 1.x of the specification";
}

const char *form_environment(const char *value)
{
	const char *equals = strchr(value, '=');

	return equals && equals != value ? NULL : "NAME=value";
}

const char *form_host_name(const char *value)
{
	return strlen(value) <= HOST_NAME_LEN_MAX ? NULL : "at most 64 bytes";
}

const char *form_cpu_list(const char *value)
{
	return strspn(value, "0123456789-, ") == strlen(value)
		       ? NULL
		       : "a list such as \"0-3,7\"";
}

/* A value can also be systemd's "slice:prefix:name", so the colon separates as well. */
const char *form_cgroup_path(const char *value)
{
	while (*value) {
		size_t len = strcspn(value, "/:");
		if (len == 2 && memcmp(value, "..", 2) == 0)
			return "a path without \"..\"";
		value += len;
		value += strspn(value, "/:");
	}
	return NULL;
}

/* Every file of cgroup v2 is CONTROLLER.NAME, and it is opened below the container's
 * cgroup. */
const char *form_cgroup_file(const char *value)
{
	bool has_dot = strchr(value, '.') && *value != '.';

	return has_dot && !strchr(value, '/') ? NULL : "the name of a cgroup file";
}

const char *form_device_access(const char *value)
{
	return strspn(value, "rwm") == strlen(value) ? NULL : "letters of rwm";
}

const char *form_digest(const char *value)
{
	return digest_valid(value) ? NULL
				   : "\"sha256:\" and 64 hexadecimal digits, or "
				     "\"sha512:\" and 128";
}
