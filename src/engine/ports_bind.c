/* SPDX-License-Identifier: Apache-2.0 */
/* Getting the ports of the host. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/ports.h"
#include "store/container_record.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define BACKLOG        4096
#define RANDOM_TRIES   16
#define PORT_MAX       65535
#define FDS_FOR_OTHERS 256
#define PORT_START_MAX 64
#define PORT_START     "/proc/sys/net/ipv4/ip_unprivileged_port_start"

/* One port at one address. */
struct spot {
	const struct port_mapping *mapping;
	bool is_udp, is_ipv6;
	const char *address; /* NULL: all */
	uint64_t host_port;
};

static void close_sockets(struct ports_hold *h, size_t from)
{
	while (h->n_sockets > from)
		fd_cleanup_(&h->sockets[--h->n_sockets].fd);
}

void ports_hold_release(struct ports_hold *h)
{
	close_sockets(h, 0);
	free(h->sockets);
	port_mappings_release(h->ports, h->n_ports);
	*h = PORTS_HOLD_INIT;
}

void ports_state_release(struct ports_state *s)
{
	port_mappings_release(s->ports, s->n_ports);
	*s = (struct ports_state){0};
}

static bool has_port(const struct ports_state *s, const struct spot *spot)
{
	for (size_t i = 0; i < s->n_ports; i++)
		if (str_eq(s->ports[i].protocol, spot->mapping->protocol) &&
		    spot->host_port >= s->ports[i].host_port &&
		    spot->host_port < s->ports[i].host_port + s->ports[i].n_ports)
			return true;
	return false;
}

static char *name_of(const struct engine *e, const char *id)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (e->store && container_record_get(e->store, id, &record, &err) >= 0)
		return xstrdup(record.name);
	if (error_is_set(&err))
		error_drop(&err, "its id will do");
	return xasprintf("%.12s", id);
}

/* The container of ours that has it; NULL: none. Caller frees. */
static char *holder_of(const struct engine *e, const struct spot *spot)
{
	int fd = openat(e->run_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		fd_cleanup_(&fd);
		return NULL;
	}
	while ((entry = readdir(dir))) {
		cleanup_ports_state struct ports_state state = {0};
		cleanup_fd int dirfd = entry->d_name[0] == '.'
					       ? -EBADF
					       : container_dir_open(e, entry->d_name);

		if (dirfd >= 0 && ports_read(dirfd, &state) == 0 &&
		    has_port(&state, spot) && proc_id_alive(&state.forwarder))
			return name_of(e, entry->d_name);
	}
	return NULL;
}

static int in_use(const struct engine *e, const struct spot *s, const char *what,
		  struct error *err)
{
	cleanup_free char *holder = holder_of(e, s);

	if (!holder) {
		error_set(err, ERR_CONFLICT, EADDRINUSE, "%s", what);
		return error_hint(err, "ss -%slnp 'sport = :%llu' shows who has it",
				  s->is_udp ? "u" : "t",
				  (unsigned long long)s->host_port);
	}
	error_set(err, ERR_CONFLICT, EADDRINUSE, "%s: container %s has it", what, holder);
	return error_hint(err, "Choose another port of the host, or cubby stop %s",
			  holder);
}

static int privileged(const struct spot *s, const char *what, struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_error struct error tolerated = ERROR_INIT;
	size_t len;

	if (fs_read(AT_FDCWD, PORT_START, PORT_START_MAX, &text, &len, &tolerated) < 0)
		error_drop(&tolerated, "then the usual");
	if (text)
		text[strcspn(text, "\n")] = '\0';
	error_set(err, ERR_DENIED, EACCES, "%s: cannot expose privileged port %llu", what,
		  (unsigned long long)s->host_port);
	return error_hint(
		err,
		"sudo sysctl net.ipv4.ip_unprivileged_port_start=%llu, or choose "
		"a port of the host >= %s",
		(unsigned long long)s->host_port, text ? text : "1024");
}

static char *spot_text(const struct spot *s)
{
	const char *any = s->is_ipv6 ? "::" : "0.0.0.0";

	return xasprintf("%s%s%s:%llu/%s", s->is_ipv6 ? "[" : "",
			 s->address ? s->address : any, s->is_ipv6 ? "]" : "",
			 (unsigned long long)s->host_port, s->mapping->protocol);
}

static int bind_error(const struct engine *e, const struct spot *s, int code,
		      struct error *err)
{
	cleanup_free char *spot = spot_text(s);
	cleanup_free char *what = xasprintf("publish %s", spot);

	if (code == EADDRINUSE)
		return in_use(e, s, what, err);
	if (code == EACCES)
		return privileged(s, what, err);
	if (code != EADDRNOTAVAIL)
		return error_set(err, ERR_SYSTEM, code, "%s", what);
	error_set(err, ERR_INVALID, 0, "%s: this host has no such address", what);
	return error_hint(err, "ip -brief address shows those that it has");
}

static socklen_t fill_address(const struct spot *s, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){0};
	if (s->is_ipv6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)s->host_port);
		if (s->address)
			(void)inet_pton(AF_INET6, s->address, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)s->host_port);
	if (s->address)
		(void)inet_pton(AF_INET, s->address, &in->sin_addr);
	return sizeof(*in);
}

/* Return: the fd or -errno. */
static int bind_spot(const struct spot *s)
{
	static const int one = 1;
	struct sockaddr_storage address;
	socklen_t len = fill_address(s, &address);
	cleanup_fd int fd =
		socket(address.ss_family,
		       (s->is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (s->is_ipv6 && setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0)
		return -errno;
	/* of TCP this is about connections of an earlier run; two at one UDP port it would let be */
	if (!s->is_udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    (!s->is_udp && listen(fd, BACKLOG) < 0))
		return -errno;
	return fd_move_high(TAKE_FD(fd));
}

static uint64_t port_of(int fd)
{
	struct sockaddr_in6 address = {0};
	socklen_t len = sizeof(address);

	/* the port has the same place in both */
	return getsockname(fd, (struct sockaddr *)&address, &len) < 0
		       ? 0
		       : ntohs(address.sin6_port);
}

static void keep(struct ports_hold *h, const struct spot *s, uint64_t container_port,
		 int fd)
{
	h->sockets = xreallocarray(h->sockets, h->n_sockets + 1, sizeof(*h->sockets));
	h->sockets[h->n_sockets++] = (struct ports_socket){
		.fd = fd,
		.is_udp = s->is_udp,
		.is_ipv6 = s->is_ipv6,
		.container_port = container_port,
	};
}

/* No IPv6 here, which all addresses of the host do without. */
static bool may_lack(const struct spot *s, int r)
{
	return !s->address && s->is_ipv6 &&
	       (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL || r == -EPROTONOSUPPORT);
}

/* One port, of both IP versions where no address is given. *host_port 0: it is chosen. On failure *failed says where. */
static int bind_port(struct ports_hold *h, const struct port_mapping *m,
		     uint64_t container_port, uint64_t *host_port, struct spot *failed)
{
	bool of_ipv6 = m->host_address && strchr(m->host_address, ':');
	struct spot s = {
		.mapping = m,
		.is_udp = str_eq(m->protocol, "udp"),
		.is_ipv6 = of_ipv6,
		.address = m->host_address,
		.host_port = *host_port,
	};

	for (;;) {
		int fd = bind_spot(&s);

		if (fd < 0 && !may_lack(&s, fd)) {
			*failed = s;
			return fd;
		}
		if (fd >= 0)
			keep(h, &s, container_port, fd);
		if (fd >= 0 && !s.host_port)
			s.host_port = *host_port = port_of(fd);
		if (m->host_address || s.is_ipv6)
			return 0;
		s.is_ipv6 = true;
	}
}

static int bind_range(struct ports_hold *h, const struct port_mapping *m, uint64_t *first,
		      struct spot *failed)
{
	for (uint64_t i = 0; i < m->n_ports; i++) {
		uint64_t port = *first ? *first + i : 0;
		int r = port > PORT_MAX
				? -EADDRINUSE
				: bind_port(h, m, m->container_port + i, &port, failed);

		if (r < 0)
			return r;
		if (i == 0)
			*first = port;
	}
	return 0;
}

/* Its n-th number may be somebody's, so it is tried several times. */
static int bind_mapping(const struct engine *e, struct ports_hold *h,
			struct port_mapping *m, struct error *err)
{
	int tries = m->host_port ? 1 : RANDOM_TRIES;
	struct spot failed = {.mapping = m};
	size_t before = h->n_sockets;
	uint64_t first = 0;
	int r = 0;

	for (int i = 0; i < tries; i++) {
		first = m->host_port;
		r = bind_range(h, m, &first, &failed);
		if (r >= 0)
			break;
		close_sockets(h, before);
		if (r != -EADDRINUSE && r != -EACCES)
			break;
	}
	if (r >= 0)
		m->host_port = first;
	return r < 0 ? bind_error(e, &failed, -r, err) : 0;
}

/* For a range of many ports: up to the hard limit, until they are bound. Nobody else shall have that. */
static void raise_limit(const struct port_mapping *mappings, size_t n,
			struct rlimit *ret_old)
{
	struct rlimit limit;
	uint64_t needed = FDS_FOR_OTHERS;

	*ret_old = (struct rlimit){0};
	for (size_t i = 0; i < n; i++)
		needed += 2 * mappings[i].n_ports;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return;
	*ret_old = limit;
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

int ports_bind(const struct engine *e, const struct port_mapping *mappings, size_t n,
	       struct ports_hold *ret, struct error *err)
{
	struct ports_hold h = PORTS_HOLD_INIT;
	struct rlimit old;
	int r = 0;

	*ret = PORTS_HOLD_INIT;
	if (n == 0)
		return 0;
	h.ports = port_mappings_copy(mappings, n);
	h.n_ports = n;
	raise_limit(mappings, n, &old);
	/* what is asked for by number first, or a random one could be it */
	for (int random = 0; random < 2; random++)
		for (size_t i = 0; i < n && r >= 0; i++)
			if ((mappings[i].host_port == 0) == (random == 1))
				r = bind_mapping(e, &h, &h.ports[i], err);
	if (old.rlim_max)
		(void)!setrlimit(RLIMIT_NOFILE, &old);
	if (r < 0) {
		ports_hold_release(&h);
		return r;
	}
	*ret = h;
	return 0;
}
