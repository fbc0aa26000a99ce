/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/faulty_registry.py as a child of the test: it ends with the test. */
#pragma once

#include "unit.h"
#include "util/mem.h"
#include "util/proc.h"

struct registry_child {
	pid_t pid;
	int in_fd, out_fd;
	int port;
	char host[32]; /* "localhost:PORT" */
};

static inline long registry_child_number(struct registry_child *child)
{
	char line[32] = "";

	for (size_t n = 0; n < sizeof(line) - 1; n++)
		if (read(child->out_fd, line + n, 1) != 1 || line[n] == '\n')
			break;
	return strtol(line, NULL, 10);
}

/* registry_child_start() - setup: JSON, see there. */
static inline struct registry_child registry_child_start(const char *setup)
{
	struct error err = ERROR_INIT;
	struct registry_child child = {0};
	cleanup_fd int in_fd = -EBADF, out_fd = -EBADF;
	int in[2], out[2];
	char *argv[] = {(char[]){"python3"},
			(char[]){UNIT_DATA "/../../support/faulty_registry.py"},
			(char *)setup, NULL};

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	in_fd = in[0];
	out_fd = out[1];
	struct proc_spawn spawn = {.file = "python3",
				   .argv = argv,
				   .stdin_fd = in_fd,
				   .stdout_fd = out_fd,
				   .stderr_fd = STDERR_FILENO,
				   .ret_pid = &child.pid};
	ck_assert_ok(proc_spawn(&spawn, &err), &err);
	child.in_fd = in[1];
	child.out_fd = out[0];
	child.port = (int)registry_child_number(&child);
	ck_assert_int_gt(child.port, 0);
	snprintf(child.host, sizeof(child.host), "localhost:%d", child.port);
	return child;
}

/* registry_child_count() - requests so far: "GET /v2/a". */
static inline long registry_child_count(struct registry_child *child, const char *what)
{
	dprintf(child->in_fd, "%s\n", what);
	return registry_child_number(child);
}

static inline void registry_child_stop(struct registry_child *child)
{
	int status;

	close(child->in_fd);
	close(child->out_fd);
	ck_assert_int_eq(proc_wait(child->pid, -EBADF, -1, &status), 0);
}
