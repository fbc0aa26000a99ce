/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules between members of an object, for the `check` column of descriptors. Each
 * gets the object, already good member by member, and its path. ERR_INVALID only.
 */
#pragma once

#include "spec/json_path.h"
#include "util/error.h"

int check_process(const void *object, const struct json_path *at, struct error *err);
int check_rlimit(const void *object, const struct json_path *at, struct error *err);
int check_mount(const void *object, const struct json_path *at, struct error *err);
int check_linux(const void *object, const struct json_path *at, struct error *err);
int check_device(const void *object, const struct json_path *at, struct error *err);
int check_weight_device(const void *object, const struct json_path *at,
			struct error *err);
int check_rdma(const void *object, const struct json_path *at, struct error *err);
int check_syscall_rule(const void *object, const struct json_path *at, struct error *err);
int check_seccomp(const void *object, const struct json_path *at, struct error *err);
