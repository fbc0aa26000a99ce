/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms of strings, for the `form` column of descriptor rows: each returns NULL if the
 * value has the form, or else what was expected: "an absolute path".
 */
#pragma once

const char *form_absolute_path(const char *value);
const char *form_not_empty(const char *value);
const char *form_version(const char *value);       /* 1.x, as semver */
const char *form_environment(const char *value);   /* NAME=value */
const char *form_host_name(const char *value);     /* at most 64 bytes: uname(2) */
const char *form_cpu_list(const char *value);      /* "0-3,7", may be empty */
const char *form_cgroup_path(const char *value);   /* without a ".." part */
const char *form_cgroup_file(const char *value);   /* a name with a dot, no path */
const char *form_device_access(const char *value); /* of r w m */
const char *form_digest(const char *value);        /* util/digest.h */
