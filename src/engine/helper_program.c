/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/helper_program.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "runtime/self.h"
#include "util/fd.h"
#include "util/str.h"

#define OUT_OF_THE_WAY 32 /* first number for fds that wait for theirs */

struct start {
	const struct helper_program *program;
	char *path, **argv;
};

/* Any of them may sit at a number that another one shall have. */
static int place_fds(const int fds[static HELPER_FDS_MAX], struct error *err)
{
	int moved[HELPER_FDS_MAX];

	for (int i = 0; i < HELPER_FDS_MAX; i++) {
		bool wanted = i < 3 || fds[i] >= 0;
		cleanup_fd int null_fd = -EBADF;

		if (wanted && fds[i] < 0)
			null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		moved[i] = fcntl(fds[i] >= 0 ? fds[i] : null_fd, F_DUPFD_CLOEXEC,
				 OUT_OF_THE_WAY);
		if (moved[i] < 0 && wanted)
			return error_set(err, ERR_SYSTEM, errno, "pass fd %d on", i);
	}
	for (int i = 0; i < HELPER_FDS_MAX; i++)
		if (moved[i] >= 0 && dup2(moved[i], i) < 0)
			return error_set(err, ERR_SYSTEM, errno, "pass fd %d on", i);
	/* what else is open goes at the exec, but what somebody left open for us */
	if (fd_cloexec_from(3) < 0)
		return error_set(err, ERR_SYSTEM, errno, "close files");
	for (int i = 3; i < HELPER_FDS_MAX; i++)
		if (moved[i] >= 0 && fd_set_cloexec(i, false) < 0)
			return error_set(err, ERR_SYSTEM, errno, "pass fd %d on", i);
	return 0;
}

static int become(void *data, struct error *err)
{
	static char *const nothing[] = {NULL};
	const struct start *s = data;
	int fds[HELPER_FDS_MAX], r = 0;

	memcpy(fds, s->program->fds, sizeof(fds));
	if (s->program->prepare)
		r = s->program->prepare(s->program->data, fds, err);
	if (r >= 0)
		r = place_fds(fds, err);
	if (r < 0)
		return r;
	execve(s->path, s->argv, s->program->bare ? nothing : environ);
	return error_set(err, ERR_SYSTEM, errno, "run %s", s->path);
}

int helper_start(const struct helper_program *h, const struct user_ids *ids,
		 struct sandbox *ret, struct error *err)
{
	static const struct user_ids none;
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	cleanup_free char *path = NULL;
	cleanup_strv char **argv = NULL;
	struct start start = {.program = h};
	const struct sandbox_options o = {
		.uids = ids ? &ids->uids : &none.uids,
		.gids = ids ? &ids->gids : &none.gids,
		.new_flags =
			ids ? CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID
			    : 0,
		.run = become,
		.data = &start,
	};
	int r = self_helper(h->name, &path, err);

	if (r < 0)
		return r;
	strv_add(&argv, h->name);
	for (const char *const *arg = h->args; *arg; arg++)
		strv_add(&argv, *arg);
	start.path = path;
	start.argv = argv;
	r = sandbox_start(&o, &s, err);
	if (r >= 0)
		r = sandbox_wait_exec(&s, err);
	if (r < 0)
		return r;
	*ret = s;
	s = SANDBOX_INIT;
	return 0;
}
