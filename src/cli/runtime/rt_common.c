/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "runtime/self.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define UID_MAP_MAX 4096

void rt_globals_init(struct rt_globals *g)
{
	*g = (struct rt_globals){.log_fd = -EBADF};
	while (fcntl(3 + g->n_inherited_fds, F_GETFD) >= 0)
		g->n_inherited_fds++;
	/* Beyond the first gap nothing can be passed on, so nothing there is for us. */
	(void)!fd_close_from(3 + g->n_inherited_fds);
}

void rt_globals_release(struct rt_globals *g)
{
	log_set(LOG_LEVEL_OFF, LOG_TEXT, STDERR_FILENO);
	fd_cleanup_(&g->log_fd);
	g->log_fd = -EBADF;
	free(g->root_path);
	g->root_path = NULL;
}

/* Whether uid 0 here is uid 0 of the host. */
static bool in_host_user_namespace(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	unsigned int inside = 1, outside = 1, count = 0;
	size_t len = 0;

	if (fs_read(AT_FDCWD, "/proc/self/uid_map", UID_MAP_MAX, &text, &len, &err) < 0)
		return true;
	return sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count == UINT32_MAX;
}

/*
 * Engines call create and later commands with different environments; for root of the
 * host the answer must not depend on it. In a user namespace /run is the host's, so there
 * the runtime directory counts, as runc and crun have it.
 */
char *rt_root_default(void)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	uid_t uid = geteuid();
	cleanup_free char *user_dir = xasprintf("/run/user/%u", uid);

	if (uid == 0 && (in_host_user_namespace() || str_empty(runtime_dir)))
		return xstrdup("/run/cubby-runtime");
	if (runtime_dir && runtime_dir[0] == '/')
		return fs_join(runtime_dir, "cubby-runtime");
	if (access(user_dir, W_OK) == 0)
		return fs_join(user_dir, "cubby-runtime");
	return xasprintf("/tmp/cubby-runtime-%u", uid);
}

void rt_warn(const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	log_warn("%s", text);
	fprintf(stderr, "Warning: %s\n", text);
}

/* LISTEN_FDS counts only when LISTEN_PID says that it was meant for us; sd_listen_fds(3).
 */
static int listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t n = 0, for_pid = 0;

	if (!pid || !fds || str_to_u32(pid, &for_pid) < 0 || str_to_u32(fds, &n) < 0)
		return 0;
	return for_pid == (uint32_t)getpid() && n < 1024 ? (int)n : 0;
}

int rt_protect(const struct command_call *call, struct error *err)
{
	return self_protect((char **)call->argv, err);
}

int rt_preserve_fds(const struct command_call *call, int asked, int *ret_total,
		    int *ret_listen, struct error *err)
{
	const struct rt_globals *g = rt_globals(call);
	int listen = listen_fds(), total = asked + listen;

	if (total > g->n_inherited_fds)
		return error_set(err, ERR_INVALID, EBADF,
				 "pass %d file descriptors on: %d is not open", total,
				 3 + g->n_inherited_fds);
	*ret_total = total;
	*ret_listen = listen;
	/* All that lies between what is passed on and what we opened ourselves. */
	for (int fd = 3 + total; fd < 3 + g->n_inherited_fds; fd++)
		close(fd);
	return 0;
}

void rt_pass_listen_fds(struct spec_process *process, int listen)
{
	if (listen == 0)
		return;
	strv_addf(&process->env, "LISTEN_FDS=%d", listen);
	strv_add(&process->env, "LISTEN_PID=1");
}

int rt_write_pid_file(const char *path, pid_t pid, struct error *err)
{
	cleanup_free char *text = xasprintf("%d", pid);
	int r;

	if (!path)
		return 0;
	r = fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, 0, err);
	return r < 0 ? error_wrap(err, "--pid-file") : 0;
}

int rt_send_pidfd(const char *path, int pid_fd, struct error *err)
{
	cleanup_fd int socket_fd = -EBADF;
	int r;

	if (!path)
		return 0;
	socket_fd = fd_connect_unix(AT_FDCWD, path, SOCK_STREAM, err);
	if (socket_fd < 0)
		return error_wrap(err, "--pidfd-socket");
	r = fd_send(socket_fd, "pidfd", strlen("pidfd"), &pid_fd, 1);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "send the pidfd to %s", path) : 0;
}

int rt_console_connect(const char *path, struct error *err)
{
	int fd = fd_connect_unix(AT_FDCWD, path, SOCK_STREAM, err);

	return fd < 0 ? error_wrap(err, "--console-socket") : fd;
}

int rt_seccomp_cache(const struct command_call *call)
{
	/* No container's id starts with a dot. */
	cleanup_free char *path = fs_join(rt_globals(call)->root_path, ".seccomp");
	cleanup_error struct error err = ERROR_INIT;
	int fd = fs_open_own_dir(path, 0700, &err);

	if (fd < 0)
		error_drop(&err, "filters are compiled each time then");
	return fd < 0 ? -EBADF : fd;
}

int rt_print_json(struct json_object *o, bool pretty, struct error *err)
{
	cleanup_free char *text = json_text(o, pretty);

	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		return error_set(err, ERR_SYSTEM, errno, "write to standard output");
	return 0;
}
