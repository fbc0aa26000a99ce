/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *   a program listens?  yes: "hello", which brings the gateway's namespaces along
 *   no, or it just ended: under the lock (another command may be as far)
 *      a monitor has the gateway's network namespace open?  then the new program takes that one over
 *      listening socket, program forked off, "hello" (which waits in the socket until it reads)
 *      each container that runs is announced, as the program knows only what it hears
 *
 * The socket is made here, so that nobody has to wait for the program before he may connect, and a name in the
 * directory without a listener is a program that is gone.
 */
#include "engine/gateway.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/container_config.h"
#include "engine/containers_conf.h"
#include "engine/kept_fd.h"
#include "engine/network_default.h"
#include "engine/network_lease.h"
#include "engine/outer.h"
#include "engine/ports.h"
#include "engine/start_plan.h"
#include "engine/user_ids.h"
#include "network/client.h"
#include "runtime/cgroup_manager.h"
#include "runtime/namespace.h"
#include "runtime/self.h"
#include "store/container_record.h"
#include "util/fd.h"
#include "util/fnv.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define GATEWAY_FILE "gateway" /* in a container's run directory, see kept_fd.h */
#define PROGRAM      "network"
#define END_MSEC     5000

void gateway_release(struct gateway *g)
{
	fd_cleanup_(&g->fd);
	fd_cleanup_(&g->user_ns_fd);
	fd_cleanup_(&g->net_ns_fd);
	*g = GATEWAY_INIT;
}

static int open_dir(const struct engine *e, bool create, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, NETWORK_DIR);

	return fs_open_dir(AT_FDCWD, path, create, 0700, err);
}

/* -ECONNREFUSED, -ENOENT, -ECONNRESET: no program, or one that is just ending. */
static int greet(int dirfd, struct gateway *ret, struct error *err)
{
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	cleanup_json struct json_object *hello = json_object_new_object();
	int fds[2], r;

	g.fd = network_client_connect(dirfd, err);
	if (g.fd < 0)
		return g.fd;
	json_add_str(hello, "op", "hello");
	r = network_client_send(g.fd, hello, -EBADF, err);
	if (r >= 0)
		r = network_client_receive(g.fd, NULL, fds, err);
	if (r < 0)
		return r;
	g.user_ns_fd = fds[0];
	g.net_ns_fd = fds[1];
	*ret = g;
	g = GATEWAY_INIT;
	return 0;
}

static bool is_gone(int r)
{
	return r == -ECONNREFUSED || r == -ENOENT || r == -ECONNRESET || r == -EPIPE;
}

/* What the new program gets. */
struct birth {
	char *program;       /* owned */
	char **argv;         /* owned */
	const char *run_dir; /* of the store whose containers it serves */
	int keep_fd[4];      /* owned; passed on under these numbers */
	size_t n_keep;
};

static void birth_release(struct birth *b)
{
	free(b->program);
	strv_free(b->argv);
	for (size_t k = 0; k < b->n_keep; k++)
		fd_cleanup_(&b->keep_fd[k]);
}

static void pass(struct birth *b, const char *option, int fd)
{
	strv_add(&b->argv, option);
	strv_addf(&b->argv, "%d", fd);
	b->keep_fd[b->n_keep++] = fd;
}

static void add_map(struct birth *b, const char *option, const struct idmap *map)
{
	cleanup_free char *text = xstrdup("");

	for (size_t k = 0; k < map->n_lines; k++) {
		char *longer = xasprintf("%s%s%u:%u:%u", text, k ? "," : "",
					 map->lines[k].inside, map->lines[k].outside,
					 map->lines[k].count);
		free(text);
		text = longer;
	}
	strv_add(&b->argv, option);
	strv_add(&b->argv, text);
}

/* The user namespace of remapped containers is one that has all ids already. */
static void pass_namespaces(const struct engine *e, struct birth *b)
{
	const struct kept_fd kept = {
		.file = GATEWAY_FILE, .type = CLONE_NEWNET, .user_ns_fd = -EBADF};
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int outer_fd = -EBADF;
	int fd = kept_fd_find(e, &kept);

	if (fd >= 0) {
		pass(b, "--net-ns-fd", fd);
		return;
	}
	outer_fd = outer_peek(e);
	fd = outer_fd >= 0 ? namespace_open_owner(outer_fd) : -EBADF;
	if (fd >= 0) {
		pass(b, "--user-ns-fd", fd);
		return;
	}
	user_ids_any(e, &ids);
	add_map(b, "--uids", &ids.uids);
	add_map(b, "--gids", &ids.gids);
}

/* A name for things on the host that several stores of root may each have. */
static void add_host_name(const struct engine *e, struct birth *b)
{
	uint32_t hash = fnv_add(FNV_INIT, e->paths.run, strlen(e->paths.run));

	strv_add(&b->argv, "--host");
	strv_addf(&b->argv, "%08" PRIx32, hash);
}

/* Refusals of limited containers become events, which are the engine's. */
static void add_teller(const struct engine *e, struct birth *b)
{
	static const char *const words[] = {"container", "refused", NULL};
	cleanup_strv char **argv = engine_self_command(e, words);

	strv_foreach (word, argv) {
		strv_add(&b->argv, "--tell");
		strv_add(&b->argv, *word);
	}
}

/* pasta, podman's own word there, can't serve a network: then what is best. */
static void add_uplink(const struct engine *e, struct birth *b)
{
	cleanup_json struct json_object *conf = NULL;
	cleanup_error struct error err = ERROR_INIT;
	const char *word;

	if (network_conf(e, &conf, &err) < 0) {
		error_drop(&err, "who makes a network says so");
		return;
	}
	word = conf_string(conf, "network", "default_rootless_network_cmd");
	if (!str_eq(word, "own") && !str_eq(word, "slirp4netns"))
		return;
	strv_add(&b->argv, "--uplink");
	strv_add(&b->argv, word);
}

static int prepare(const struct engine *e, int dirfd, struct birth *b, struct error *err)
{
	int fd, r = self_helper(PROGRAM, &b->program, err);

	b->run_dir = e->paths.run;
	if (r < 0)
		return r;
	strv_add(&b->argv, PROGRAM);
	strv_add(&b->argv, "gateway");
	fd = fd_listen_unix(dirfd, NETWORK_SOCKET, SOCK_SEQPACKET, err);
	if (fd < 0)
		return fd;
	pass(b, "--listen-fd", fd_move_high(fd));
	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep the directory open");
	pass(b, "--dir-fd", fd);
	if (log_get_level() >= LOG_LEVEL_DEBUG)
		strv_add(&b->argv, "--debug");
	add_teller(e, b);
	if (e->rootless) {
		add_uplink(e, b);
		pass_namespaces(e, b);
	} else {
		add_host_name(e, b);
	}
	return 0;
}

/*
 * It serves containers of many callers, so it must not end with the service or the login session of the one that is here first,
 * nor with the scope of a container whose restart policy is carried out there.
 */
static void leave_scope(const char *run_dir)
{
	const struct cgroup_wish wish = {.manager = CGROUP_MANAGER_SYSTEMD,
					 .user_manager = geteuid() != 0};
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *name = xasprintf("cubby-network-%08" PRIx32,
					    fnv_add(FNV_INIT, run_dir, strlen(run_dir)));
	const struct cgroup_request request = {
		.place = &place,
		.name = name,
		.description = "Networks of Cubby's containers",
	};
	int r = cgroup_place_find(&wish, &place, &err);

	if (r >= 0)
		r = cgroup_make(&request, &group, &err);
	if (r < 0)
		error_drop(&err, "the network program stays in its caller's cgroup");
}

static _noreturn_ void become(const struct birth *b)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	leave_scope(b->run_dir);
	for (int k = 0; k < 3; k++)
		if (dup2(null_fd, k) < 0)
			_exit(1);
	if (fd_close_all_but(3, b->keep_fd, b->n_keep) < 0 || chdir("/") < 0)
		_exit(1);
	for (size_t k = 0; k < b->n_keep; k++)
		if (fd_set_cloexec(b->keep_fd[k], false) < 0)
			_exit(1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execv(b->program, b->argv);
	_exit(1);
}

/* Nobody's child, so that whoever is its maker need not wait for it. */
static int bear(const struct birth *b, struct error *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (pid == 0) {
		(void)setsid();
		pid = fork();
		if (pid == 0)
			become(b);
		_exit(pid < 0 ? 1 : 0);
	}
	if (proc_wait(pid, -EBADF, -1, &status) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		return error_set(err, ERR_SYSTEM, 0, "start the network program");
	return 0;
}

/* Return: -errno with *err if it can't be told, or the program won't have it; 0 too of one that is at no network. */
static int announce_one(const struct engine *e, const struct gateway *g,
			const struct container_record *rec, struct error *err)
{
	cleanup_container_config struct container_config config = {0};
	cleanup_start_plan struct start_plan plan = START_PLAN_INIT;
	cleanup_network_lease struct network_lease lease = {0};
	cleanup_json struct json_object *request = NULL;
	int r = container_config_parse(rec->config, &config, err);

	if (r < 0 || config.net.n_attachments == 0)
		return r;
	r = start_plan_read(e, rec->id, &plan, err);
	if (r >= 0)
		r = network_lease_read(
			e,
			&(struct network_lease_request){.id = rec->id,
							.name = rec->name,
							.hostname = plan.hostname,
							.config = &config.net,
							.dns_servers = config.dns},
			&lease, err);
	if (r < 0 || lease.member.n_endpoints == 0)
		return r;
	ports_fill_running(e, rec->id, &lease.member);
	request =
		network_client_announce(lease.networks, lease.n_networks, &lease.member);
	r = network_client_send(g->fd, request, -EBADF, err);
	return r < 0 ? r : network_client_receive(g->fd, NULL, NULL, err);
}

/* It is new, so it knows nobody. */
static int announce_all(const struct engine *e, const struct gateway *g,
			struct error *err)
{
	cleanup_container_records struct container_records records = {0};
	int r = container_record_list(e->store, &records, err);

	for (size_t k = 0; r >= 0 && k < records.n; k++) {
		cleanup_error struct error tolerated = ERROR_INIT;
		const struct container_record *rec = &records.items[k];

		if (rec->phase != CONTAINER_AT_REST && !rec->ended &&
		    announce_one(e, g, rec, &tolerated) < 0)
			error_drop(&tolerated, "the new network program has it not");
	}
	return r < 0 ? r : 0;
}

static int start(const struct engine *e, int dirfd, struct gateway *ret,
		 struct error *err)
{
	cleanup(birth_release) struct birth b = {0};
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	int r = prepare(e, dirfd, &b, err);

	if (r >= 0)
		r = bear(&b, err);
	/* or a program that failed would never be an end of file */
	birth_release(&b);
	b = (struct birth){0};
	if (r >= 0)
		r = greet(dirfd, &g, err);
	if (is_gone(r))
		return error_set(err, ERR_SYSTEM, 0,
				 "start the network program %s: it ended at once",
				 PROGRAM);
	if (r >= 0)
		r = announce_all(e, &g, err);
	if (r < 0)
		return r;
	*ret = g;
	g = GATEWAY_INIT;
	return 0;
}

int gateway_open(const struct engine *e, struct gateway *ret, struct error *err)
{
	cleanup_fd int dirfd = open_dir(e, true, err), lock_fd = -EBADF;
	int r = dirfd < 0 ? dirfd : greet(dirfd, ret, err);

	if (dirfd < 0 || !is_gone(r))
		return r;
	error_drop(err, "a new network program is started");
	lock_fd = fs_lock(dirfd, NETWORK_LOCK, true, true, err);
	if (lock_fd < 0)
		return lock_fd;
	r = greet(dirfd, ret, err);
	if (!is_gone(r))
		return r;
	error_drop(err, "a new network program is started");
	return start(e, dirfd, ret, err);
}

int gateway_peek(const struct engine *e, struct gateway *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int dirfd = open_dir(e, false, &err);

	if (dirfd < 0 || greet(dirfd, ret, &err) < 0) {
		error_drop(&err, "there is no network program");
		return -ENOENT;
	}
	return 0;
}

void gateway_announce(const struct engine *e, const char *id)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	cleanup_container_record struct container_record rec = {0};
	int r = gateway_peek(e, &g);

	if (r < 0)
		return;
	r = container_record_get(e->store, id, &rec, &err);
	if (r >= 0)
		r = announce_one(e, &g, &rec, &err);
	if (r < 0)
		error_drop(&err, "it ended meanwhile");
}

/* The process on the other side, while it is connected. */
static int open_program(int fd, struct error *err)
{
	cleanup_json struct json_object *hello = json_object_new_object(), *answer = NULL;
	struct json_object *pid;
	uint64_t number;
	int r;

	json_add_str(hello, "op", "hello");
	r = network_client_send(fd, hello, -EBADF, err);
	if (r >= 0)
		r = network_client_receive(fd, &answer, NULL, err);
	pid = r >= 0 ? json_get(answer, "pid") : NULL;
	if (!pid || json_to_u64(pid, "pid", &number, err) < 0 || number > INT_MAX)
		return -EBADF;
	return sys_pidfd_open((pid_t)number, 0);
}

void gateway_end(const struct engine *e)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	cleanup_fd int pid_fd = -EBADF;
	struct pollfd ended = {.events = POLLIN};

	if (gateway_peek(e, &g) < 0)
		return;
	pid_fd = ended.fd = open_program(g.fd, &err);
	if (pid_fd < 0 || sys_pidfd_send_signal(pid_fd, SIGTERM) < 0) {
		error_drop(&err, "it ends by itself");
		return;
	}
	gateway_release(&g);
	(void)!poll(&ended, 1, END_MSEC);
}

int gateway_register(int container_dirfd, int net_ns_fd, struct error *err)
{
	return kept_fd_write(container_dirfd, GATEWAY_FILE, net_ns_fd, "", err);
}
