/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/ports.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "network/forward_plan.h"
#include "runtime/self.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define FILE_MAX  (8 << 20)
#define FORWARDER "forwarder"

void ports_fill_member(const struct ports_hold *h, struct network_member *m)
{
	for (size_t i = 0; i < m->n_ports; i++) {
		free(m->ports[i].host_address);
		free(m->ports[i].protocol);
	}
	free(m->ports);
	m->ports = NULL;
	m->n_ports = 0;
	for (size_t i = 0; i < h->n_ports; i++) {
		const struct port_mapping *p = &h->ports[i];

		m->ports = xreallocarray(m->ports, m->n_ports + p->n_ports,
					 sizeof(*m->ports));
		for (uint64_t k = 0; k < p->n_ports; k++)
			m->ports[m->n_ports++] = (struct network_port){
				.host_address =
					p->host_address ? xstrdup(p->host_address) : NULL,
				.host_port = p->host_port + k,
				.container_port = p->container_port + k,
				.protocol = xstrdup(p->protocol),
			};
	}
}

/* The first of that IP version; NULL: none. */
static char *address_of(const struct network_member *m, bool ipv6)
{
	for (size_t i = 0; i < m->n_endpoints; i++)
		strv_foreach (address, m->endpoints[i].addresses)
			if (!strchr(*address, ':') == !ipv6)
				return xstrdup(*address);
	return NULL;
}

static void make_plan(const struct ports_hold *h, const struct ports_target *t,
		      int pid_fd, struct forward_plan *ret)
{
	*ret = (struct forward_plan){
		.pid_fd = pid_fd,
		.user_ns_fd = t->user_ns_fd,
		.net_ns_fd = t->net_ns_fd,
		.is_transparent = t->net_ns_fd >= 0 && !t->inside,
		.address = address_of(t->member, false),
		.address6 = address_of(t->member, true),
		.sockets = xcalloc(h->n_sockets, sizeof(*ret->sockets)),
		.n_sockets = h->n_sockets,
	};
	for (size_t i = 0; i < h->n_sockets; i++)
		ret->sockets[i] = (struct forward_socket){
			.fd = h->sockets[i].fd,
			.is_udp = h->sockets[i].is_udp,
			.is_ipv6 = h->sockets[i].is_ipv6,
			.port = (uint16_t)h->sockets[i].container_port,
		};
}

static int write_plan(const struct forward_plan *p, struct error *err)
{
	cleanup_free char *text = forward_plan_text(p);
	cleanup_fd int fd = sys_memfd_create("ports", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write down the published ports")
		     : fd_move_high(TAKE_FD(fd));
}

static void open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < 3; i++)
		(void)!dup2(fd, i);
}

/* In the new process. */
static _noreturn_ void become(const char *path, const struct forward_plan *p, int plan_fd)
{
	static char *const nothing[] = {NULL};
	cleanup_free char *number = xasprintf("%d", plan_fd);
	char *argv[] = {(char *)"network", (char *)"forward", number, NULL};
	const int fds[] = {plan_fd, p->pid_fd, p->user_ns_fd, p->net_ns_fd};
	sigset_t none;

	(void)setsid();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	open_null();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			(void)!fd_set_cloexec(fds[i], false);
	for (size_t i = 0; i < p->n_sockets; i++)
		(void)!fd_set_cloexec(p->sockets[i].fd, false);
	execve(path, argv, nothing);
	_exit(127);
}

static int spawn(const struct forward_plan *p, pid_t *ret, struct error *err)
{
	cleanup_free char *path = NULL;
	cleanup_fd int plan_fd = write_plan(p, err);
	pid_t pid;
	int r;

	if (plan_fd < 0)
		return plan_fd;
	r = self_helper("network", &path, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		become(path, p, plan_fd);
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "start the forwarder of published ports");
	*ret = pid;
	return 0;
}

static int write_state(int dirfd, const struct ports_hold *h, pid_t pid,
		       struct error *err)
{
	const struct network_config c = {.ports = h->ports, .n_ports = h->n_ports};
	cleanup_json struct json_object *o = network_config_json(&c);
	cleanup_free char *text = NULL;
	char process[PROC_ID_TEXT_MAX];
	struct proc_id id;
	int r = proc_id_get(pid, &id, err);

	if (r < 0)
		return r;
	proc_id_format(&id, process);
	json_add_str(o, FORWARDER, process);
	text = json_text(o, false);
	return fs_write_atomic(dirfd, PORTS_FILE, text, strlen(text), 0600, 0, err);
}

int ports_forward(const struct ports_hold *h, const struct ports_target *t,
		  struct error *err)
{
	cleanup_forward_plan struct forward_plan p = FORWARD_PLAN_INIT;
	cleanup_fd int pid_fd = -EBADF;
	pid_t pid;
	int r;

	if (h->n_sockets == 0)
		return 0;
	pid_fd = sys_pidfd_open(t->init_pid, 0);
	if (pid_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the container's init");
	make_plan(h, t, pid_fd, &p);
	r = spawn(&p, &pid, err);
	return r < 0 ? r : write_state(t->dirfd, h, pid, err);
}

int ports_read(int dirfd, struct ports_state *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = openat(dirfd, PORTS_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_network_config struct network_config c = {0};
	cleanup_json struct json_object *o = NULL;
	cleanup_buf struct buf text = {0};
	const char *process;
	int r;

	*ret = (struct ports_state){0};
	if (fd < 0)
		return -errno;
	buf_init(&text, FILE_MAX);
	r = fd_read_all(fd, &text);
	if (r < 0)
		return r;
	r = json_parse_own(text.data ? text.data : "", text.len, PORTS_FILE, &o, &err);
	if (r >= 0)
		r = network_config_read(o, &c, &err);
	if (r < 0) {
		error_drop(&err, "then it is as if there were none");
		return -EBADMSG;
	}
	process = json_get_str(o, FORWARDER);
	if (!process || proc_id_parse(process, &ret->forwarder) < 0)
		return -EBADMSG;
	ret->ports = TAKE_PTR(c.ports);
	ret->n_ports = c.n_ports;
	c.n_ports = 0;
	return 0;
}
