/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>

#include "cli/runtime/rt.h"
#include "util/mem.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/sys.h"

struct kill_values {
	bool all;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct kill_values, all, "all", 'a',
		 "to every process of the container"),
	OPT_END,
};

/* By pidfd, and only if the pid still is in the container: pids are used again. */
static int signal_listed(const struct rt_container *c, int sig, struct error *err)
{
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int r = rt_container_pids(c, &pids, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		cleanup_fd int fd = sys_pidfd_open(pids[i], 0);
		cleanup_free pid_t *again = NULL;
		size_t n_again = 0;
		bool still = false;

		if (fd < 0)
			continue;
		r = rt_container_pids(c, &again, &n_again, err);
		for (size_t k = 0; k < n_again && !still; k++)
			still = again[k] == pids[i];
		if (r == 0 && still && sys_pidfd_send_signal(fd, sig) < 0 &&
		    errno != ESRCH)
			r = error_set(err, ERR_SYSTEM, errno,
				      "send signal %d to process %d", sig, pids[i]);
	}
	return r;
}

/* Nothing left to signal is fine with --all: engines use it to be sure. */
static int signal_all(const struct rt_container *c, int sig, struct error *err)
{
	if (sig == SIGKILL && c->cgroup.fd >= 0)
		return cgroup_kill(&c->cgroup, err);
	return signal_listed(c, sig, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct kill_values *v = call->values;
	const char *word = call->n_args > 1 ? call->args[1] : "SIGTERM";
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup_free char *quoted = NULL;
	int sig = 0, r;

	if (signal_parse(word, &sig) < 0) {
		quoted = str_quote(word);
		error_set(err, ERR_INVALID, 0, "unknown signal %s", quoted);
		return error_hint(
			err, "a signal is a name such as TERM or SIGTERM, or a number");
	}
	r = rt_container_open(call, call->args[0], false, &c, err);
	if (r < 0)
		return r;
	return v->all ? signal_all(&c, sig, err) : rt_container_signal(&c, sig, err);
}

const struct command rt_kill = {
	.name = "kill",
	.group = "Life of a container",
	.usage = "[options] CONTAINER [SIGNAL]",
	.summary = "send a signal to a container's init (default SIGTERM)",
	.examples = "cubby-runtime kill web\n"
		    "cubby-runtime kill web HUP\n"
		    "cubby-runtime kill --all web 9",
	.options = options,
	.values_size = sizeof(struct kill_values),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
