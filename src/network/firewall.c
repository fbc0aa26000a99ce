/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A child enters the network namespace once: it opens the sockets, which go on working out here, hands
 * them over, runs nft(8) with the tables and turns forwarding on. The kernel takes some tens of milliseconds for new
 * tables, so it is waited for only by the first call that needs them; nothing is forwarded before they stand.
 */
#include "network/firewall.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "network/address.h"
#include "network/allow.h"
#include "network/firewall_log.h"
#include "network/firewall_text.h"
#include "network/nft_set.h"
#include "runtime/sandbox.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define WORDS_MAX (16 << 10)
#define GRACE_SEC \
	30 /* a learned address works longer than its name's answer may be used */
#define REPORTS_SEC 5 /* of one container in a second, to whoever wants to know */
#define RECENT      8

struct known_network {
	char *id, *interface;
	char **gateways; /* strv; without prefix length */
	bool internal;
};

/* The last refusals of a container: the same again within some seconds is not told. */
struct recent {
	struct firewall_packet packet;
	int64_t when; /* monotonic, seconds */
};

struct known_member {
	char *id, *name;
	char **interfaces, **addresses, **allow; /* strv */
	bool is_limited;
	struct network_port *ports;
	size_t n_ports;
	char **targets; /* strv; the addresses that published ports lead to */
	struct recent recent[RECENT];
	unsigned next, n_reports;
	int64_t second;
};

struct firewall {
	struct firewall_options options;
	char table[FIREWALL_TABLE_SIZE], *uplink;
	struct sandbox setup; /* makes the tables */
	bool is_ready;
	int set_fd, log_fd;
	struct known_network *networks;
	size_t n_networks;
	struct known_member *members;
	size_t n_members;
};

static const struct idmap no_ids;

/* ---- in the child ---- */

struct work {
	const struct firewall *fw;
	const char *text;
	int out_fd; /* where the sockets go; -EBADF: none are wanted */
	bool forwards;
};

static int write_setting(const char *path, const char *value)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, value, strlen(value));
}

static int forward_on(bool is_host, struct error *err)
{
	int r = write_setting("/proc/sys/net/ipv4/ip_forward", "1");

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "turn IPv4 forwarding on");
	if (is_host)
		return 0;
	/* a kernel without IPv6 has no such file */
	(void)write_setting("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	/* what goes from port to port of a bridge is table bridge's alone */
	(void)write_setting("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
	(void)write_setting("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
	return 0;
}

static int send_sockets(int out_fd, struct error *err)
{
	cleanup_fd int set_fd = nft_set_open(err), log_fd = -EBADF;
	int r;

	if (set_fd < 0)
		return set_fd;
	log_fd = firewall_log_open(err);
	if (log_fd <
	    0) /* another program listens to the group, or there is no such module */
		error_drop(err, "refusals are not reported");
	r = fd_send(out_fd, "s", 1, (int[]){set_fd, log_fd}, log_fd < 0 ? 1 : 2);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hand over sockets") : 0;
}

static int text_file(const char *text, struct error *err)
{
	cleanup_fd int fd = sys_memfd_create("rules", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno,
				 "keep rules in memory");
	return TAKE_FD(fd);
}

static int no_nft(struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "networks of containers need the program nft, which is not installed");
	error_hint(
		err,
		"install it (on Debian: apt-get install nftables), or use --network none, "
		"host, pasta or slirp4netns");
	return -ENOENT;
}

/* The first line of what nft says is the reason; the rest shows the place in a text that nobody knows. */
static int nft_failed(int status, struct buf *words, struct error *err)
{
	char *end = words->len ? strchr(words->data, '\n') : NULL;

	if (end)
		*end = 0;
	return error_set(err, ERR_SYSTEM, 0, "set rules: nft: %s (exit status %d)",
			 words->len ? words->data : "no words", status);
}

static int run_nft(const char *text, struct error *err)
{
	static char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};
	cleanup_fd int in_fd = text_file(text, err), pid_fd = -EBADF, words_fd = -EBADF,
		       their_fd = -EBADF;
	cleanup_buf struct buf words = {0};
	struct proc_spawn s = {
		.file = "nft", .argv = argv, .stdin_fd = in_fd, .ret_pid_fd = &pid_fd};
	int status = 0, pipe_fds[2], r;
	pid_t pid;

	if (in_fd < 0)
		return in_fd;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	words_fd = pipe_fds[0];
	their_fd = pipe_fds[1];
	s.stdout_fd = s.stderr_fd = their_fd;
	s.ret_pid = &pid;
	buf_init(&words, WORDS_MAX);
	r = proc_spawn(&s, err);
	if (r < 0)
		return err->kind == ERR_NOT_FOUND ? no_nft(err) : r;
	fd_cleanup_(&their_fd);
	(void)!fd_read_all(words_fd, &words);
	fd_cleanup_(&words_fd);
	r = proc_wait(pid, pid_fd, -1, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for nft");
	return status ? nft_failed(proc_exit_code(status), &words, err) : 0;
}

static int work_inside(void *data, struct error *err)
{
	const struct work *w = data;
	int r = 0;

	if (w->out_fd >= 0)
		r = send_sockets(w->out_fd, err);
	if (r == 0 && w->text)
		r = run_nft(w->text, err);
	if (r == 0 && w->forwards)
		r = forward_on(w->fw->options.is_host, err);
	return r;
}

/* ---- out here ---- */

static int start_work(const struct firewall *fw, struct work *w, struct sandbox *ret,
		      struct error *err)
{
	const struct sandbox_network inside = {fw->options.user_ns_fd,
					       fw->options.net_ns_fd};
	const struct sandbox_options o = {
		.uids = &no_ids,
		.gids = &no_ids,
		.joined_network = inside.net_ns_fd >= 0 ? &inside : NULL,
		.run = work_inside,
		.data = w,
	};

	return sandbox_start(&o, ret, err);
}

/* The tables stand. */
static int settle(struct firewall *fw, struct error *err)
{
	int r;

	if (fw->is_ready)
		return 0;
	if (fw->setup.pid <= 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "the rules of the network could not be set");
	r = sandbox_wait(&fw->setup, err);
	sandbox_release(&fw->setup);
	if (r > 0)
		r = error_set(err, ERR_SYSTEM, 0, "set rules: the helper failed");
	fw->is_ready = r == 0;
	return r;
}

static int run_text(struct firewall *fw, const char *text, struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	struct work w = {.fw = fw, .text = text, .out_fd = -EBADF};
	int r = settle(fw, err);

	if (r == 0)
		r = start_work(fw, &w, &s, err);
	if (r == 0)
		r = sandbox_wait(&s, err);
	return r > 0 ? error_set(err, ERR_SYSTEM, 0, "set rules: the helper failed") : r;
}

static int set_up(struct firewall *fw, struct error *err)
{
	cleanup_fd int ours_fd = -EBADF, theirs_fd = -EBADF;
	cleanup_buf struct buf text = {0};
	struct work w = {.fw = fw, .forwards = true};
	int pair[2], fds[FD_PASS_MAX], r;
	size_t n = FD_PASS_MAX;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	ours_fd = pair[0];
	theirs_fd = pair[1];
	buf_init(&text, FIREWALL_TEXT_MAX);
	firewall_text_base(&text, fw->table, fw->options.is_host, fw->uplink);
	w.text = text.data;
	w.out_fd = theirs_fd;
	r = start_work(fw, &w, &fw->setup, err);
	if (r < 0)
		return r;
	fd_cleanup_(&theirs_fd);
	if (fd_recv(ours_fd, &byte, 1, fds, &n) != 1 || n == 0) {
		r = settle(fw, err);
		return r < 0 ? r
			     : error_set(err, ERR_SYSTEM, 0,
					 "set rules: the helper failed");
	}
	fw->set_fd = fds[0];
	if (n > 1)
		fw->log_fd = fds[1];
	return 0;
}

int firewall_open(const struct firewall_options *o, struct firewall **ret,
		  struct error *err)
{
	cleanup_firewall struct firewall *fw = xcalloc(1, sizeof(*fw));
	const char *table = o->table ? o->table : "cubby";
	int r;

	fw->options = *o;
	fw->setup = SANDBOX_INIT;
	fw->set_fd = fw->log_fd = -EBADF;
	if (strlen(table) >= sizeof(fw->table))
		return error_set(err, ERR_INVALID, 0, "the name of a table is too long");
	(void)snprintf(fw->table, sizeof(fw->table), "%s", table);
	fw->uplink = o->uplink ? xstrdup(o->uplink) : NULL;
	r = set_up(fw, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(fw);
	return 0;
}

static void release_network(struct known_network *n)
{
	free(n->id);
	free(n->interface);
	strv_free(n->gateways);
}

static void release_ports(struct known_member *m)
{
	for (size_t i = 0; i < m->n_ports; i++) {
		free(m->ports[i].host_address);
		free(m->ports[i].protocol);
	}
	free(m->ports);
	m->ports = NULL;
	m->n_ports = 0;
}

static void release_member(struct known_member *m)
{
	free(m->id);
	free(m->name);
	strv_free(m->interfaces);
	strv_free(m->addresses);
	strv_free(m->allow);
	strv_free(m->targets);
	release_ports(m);
}

void firewall_free(struct firewall *fw)
{
	if (!fw)
		return;
	sandbox_release(&fw->setup);
	fd_cleanup_(&fw->set_fd);
	fd_cleanup_(&fw->log_fd);
	for (size_t i = 0; i < fw->n_networks; i++)
		release_network(&fw->networks[i]);
	for (size_t i = 0; i < fw->n_members; i++)
		release_member(&fw->members[i]);
	free(fw->networks);
	free(fw->members);
	free(fw->uplink);
	free(fw);
}

void firewall_remove(struct firewall *fw)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0};

	buf_init(&text, FIREWALL_TEXT_MAX);
	firewall_text_remove(&text, fw->table);
	if (run_text(fw, text.data, &err) < 0)
		error_drop(&err, "the rules stay");
}

/* ---- networks ---- */

/* Return: its family; 0: it is none. */
static int read_address(const char *text, struct address *ret)
{
	cleanup_error struct error ignored = ERROR_INIT;

	return address_parse(text, ret, &ignored) < 0 ? 0 : ret->family;
}

static struct nft_element element_of(const struct firewall *fw, const char *set)
{
	return (struct nft_element){
		.family = NFPROTO_INET, .table = fw->table, .set = set};
}

static void change(struct nft_batch *b, const struct nft_element *e, bool add)
{
	if (add)
		nft_batch_add(b, e);
	else
		nft_batch_delete(b, e);
}

static void name_element(const struct firewall *fw, struct nft_batch *b, const char *set,
			 const char *interface, bool add)
{
	struct nft_element e = element_of(fw, set);

	nft_data_add_name(&e.key, interface);
	if (str_eq(set, "pairs"))
		nft_data_add_name(&e.key, interface);
	change(b, &e, add);
}

static void gateway_elements(const struct firewall *fw, struct nft_batch *b,
			     const struct known_network *n, const char *address, bool add)
{
	struct address a;
	int family = read_address(address, &a);
	struct nft_element own = element_of(fw, family == AF_INET ? "own4" : "own6"),
			   all = element_of(fw, family == AF_INET ? "gateways4"
								  : "gateways6");

	if (family == 0)
		return;
	nft_data_add_name(&own.key, n->interface);
	nft_data_add(&own.key, a.bytes, address_len(family));
	nft_data_add(&all.key, a.bytes, address_len(family));
	change(b, &own, add);
	change(b, &all, add);
}

static int network_elements(struct firewall *fw, const struct known_network *n, bool add,
			    struct error *err)
{
	cleanup_nft_batch struct nft_batch b = {0};

	nft_batch_begin(&b);
	name_element(fw, &b, "bridges", n->interface, add);
	name_element(fw, &b, "pairs", n->interface, add);
	if (!n->internal)
		name_element(fw, &b, "open", n->interface, add);
	strv_foreach (g, n->gateways)
		gateway_elements(fw, &b, n, *g, add);
	return nft_set_commit(fw->set_fd, &b, err);
}

static struct known_network *find_network(const struct firewall *fw, const char *id)
{
	for (size_t i = 0; i < fw->n_networks; i++)
		if (str_eq(fw->networks[i].id, id))
			return &fw->networks[i];
	return NULL;
}

void firewall_network_forget(struct firewall *fw, const char *network_id)
{
	struct known_network *n = find_network(fw, network_id);
	cleanup_error struct error err = ERROR_INIT;

	if (!n)
		return;
	if (network_elements(fw, n, false, &err) < 0)
		error_drop(&err, "a network's elements stay");
	release_network(n);
	*n = fw->networks[--fw->n_networks];
}

static bool has_ipv6(const struct network_definition *d)
{
	for (size_t i = 0; i < d->n_subnets; i++)
		if (strchr(d->subnets[i].subnet, ':'))
			return true;
	return false;
}

/* Not for all of the host's containers, only when somebody wants it: a host that forwards takes no more router
 * advertisements by itself. */
static void forward_ipv6_on_host(const struct firewall *fw,
				 const struct network_definition *d)
{
	if (fw->options.is_host && has_ipv6(d) &&
	    write_setting("/proc/sys/net/ipv6/conf/all/forwarding", "1") < 0)
		log_debug("IPv6 forwarding can't be turned on");
}

/* From an older definition, or from one that a killed program has left: "open" is what must not stay. */
static void close_internal(const struct firewall *fw, const struct network_definition *d)
{
	cleanup_nft_batch struct nft_batch b = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (!d->internal)
		return;
	nft_batch_begin(&b);
	name_element(fw, &b, "open", d->interface, true);
	name_element(fw, &b, "open", d->interface, false);
	if (nft_set_commit(fw->set_fd, &b, &err) < 0)
		error_drop(&err, "an internal network");
}

int firewall_network(struct firewall *fw, const struct network_definition *d,
		     struct error *err)
{
	struct known_network *n;
	int r = settle(fw, err);

	if (r < 0)
		return r;
	firewall_network_forget(fw, d->id);
	close_internal(fw, d);
	fw->networks =
		xreallocarray(fw->networks, fw->n_networks + 1, sizeof(*fw->networks));
	n = &fw->networks[fw->n_networks++];
	*n = (struct known_network){.id = xstrdup(d->id),
				    .interface = xstrdup(d->interface),
				    .internal = d->internal};
	for (size_t i = 0; i < d->n_subnets; i++)
		if (d->subnets[i].gateway)
			strv_add(&n->gateways, d->subnets[i].gateway);
	forward_ipv6_on_host(fw, d);
	r = network_elements(fw, n, true, err);
	return r < 0 ? error_wrap(err, "let network %s through", d->name) : 0;
}

/* ---- members ---- */

static struct known_member *find_member(const struct firewall *fw, const char *id)
{
	for (size_t i = 0; i < fw->n_members; i++)
		if (str_eq(fw->members[i].id, id))
			return &fw->members[i];
	return NULL;
}

/* One published port to one address of the container's. Return: false: it is of no use there. */
static bool port_element(const struct firewall *fw, const struct network_port *p,
			 const char *target, struct nft_element *ret)
{
	uint8_t protocol = str_eq(p->protocol, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	struct address to, host;
	int family = read_address(target, &to);
	size_t len = address_len(family);
	bool v4 = family == AF_INET;

	if (family == 0 ||
	    (p->host_address && read_address(p->host_address, &host) != family))
		return false;
	*ret = element_of(fw, p->host_address ? (v4 ? "ports4" : "ports6")
					      : (v4 ? "all4" : "all6"));
	if (p->host_address)
		nft_data_add(&ret->key, host.bytes, len);
	nft_data_add_byte(&ret->key, protocol);
	nft_data_add_port(&ret->key, (uint16_t)p->host_port);
	nft_data_add(&ret->value, to.bytes, len);
	nft_data_add_port(&ret->value, (uint16_t)p->container_port);
	return true;
}

/* Each in a transaction of its own, as it may not be there. */
static void drop_ports(struct firewall *fw, const struct known_member *m)
{
	for (size_t i = 0; i < m->n_ports; i++)
		strv_foreach (target, m->targets) {
			cleanup_nft_batch struct nft_batch b = {0};
			cleanup_error struct error err = ERROR_INIT;
			struct nft_element e;

			if (!port_element(fw, &m->ports[i], *target, &e))
				continue;
			e.value.len = 0;
			nft_batch_begin(&b);
			nft_batch_delete(&b, &e);
			if (nft_set_commit(fw->set_fd, &b, &err) < 0)
				error_drop(&err, "a published port was not there");
		}
}

static int add_ports(struct firewall *fw, const struct known_member *m, struct error *err)
{
	cleanup_nft_batch struct nft_batch b = {0};
	struct nft_element e;

	nft_batch_begin(&b);
	for (size_t i = 0; i < m->n_ports; i++)
		strv_foreach (target, m->targets)
			if (port_element(fw, &m->ports[i], *target, &e))
				nft_batch_add(&b, &e);
	return nft_set_commit(fw->set_fd, &b, err);
}

void firewall_member_forget(struct firewall *fw, const char *member_id)
{
	struct known_member *m = find_member(fw, member_id);
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0};

	if (!m)
		return;
	drop_ports(fw, m);
	if (m->is_limited) {
		buf_init(&text, FIREWALL_TEXT_MAX);
		firewall_text_forget(&text, fw->table, m->id, m->interfaces);
		if (run_text(fw, text.data, &err) < 0)
			error_drop(&err, "a container's rules stay");
	}
	release_member(m);
	*m = fw->members[--fw->n_members];
}

static void remember_ports(struct known_member *k, const struct network_member *m)
{
	bool has_v4 = false, has_v6 = false;

	k->ports = xcalloc(m->n_ports, sizeof(*k->ports));
	for (size_t i = 0; i < m->n_ports; i++) {
		k->ports[i] = m->ports[i];
		k->ports[i].host_address = m->ports[i].host_address
						   ? xstrdup(m->ports[i].host_address)
						   : NULL;
		k->ports[i].protocol = xstrdup(m->ports[i].protocol);
	}
	k->n_ports = m->n_ports;
	/* the first address of each family */
	strv_foreach (a, k->addresses) {
		bool *has = strchr(*a, ':') ? &has_v6 : &has_v4;

		if (!*has)
			strv_add(&k->targets, *a);
		*has = true;
	}
}

static struct known_member remember(const struct firewall *fw,
				    const struct network_member *m,
				    const struct firewall_port *ports)
{
	struct known_member k = {.id = xstrdup(m->id),
				 .name = xstrdup(m->name ? m->name : ""),
				 .is_limited = m->is_limited,
				 .allow = strv_copy(m->allow)};

	for (size_t i = 0; i < m->n_endpoints; i++) {
		strv_add(&k.interfaces, ports[i].interface);
		strv_foreach (a, m->endpoints[i].addresses)
			strv_add(&k.addresses, *a);
	}
	if (fw->options.is_host && m->n_ports)
		remember_ports(&k, m);
	return k;
}

static int limit(struct firewall *fw, const struct network_member *m,
		 const struct firewall_port *ports, struct error *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_strv char **gateways = NULL;
	int r;

	for (size_t i = 0; i < m->n_endpoints; i++) {
		const struct known_network *n = find_network(fw, m->endpoints[i].network);

		strv_foreach (g, n ? n->gateways : NULL)
			strv_add(&gateways, *g);
	}
	buf_init(&text, FIREWALL_TEXT_MAX);
	r = firewall_text_member(&text, fw->table, m, ports, gateways, err);
	return r < 0 ? r : run_text(fw, text.data, err);
}

int firewall_member(struct firewall *fw, const struct network_member *m,
		    const struct firewall_port *ports, struct error *err)
{
	struct known_member *old = find_member(fw, m->id), k;
	int r = 0;

	if (old && old->is_limited && m->is_limited) {
		/* the new text replaces the chains at once: never without limits */
		drop_ports(fw, old);
		release_member(old);
		*old = fw->members[--fw->n_members];
	} else if (old) {
		firewall_member_forget(fw, m->id);
	}
	if (!m->is_limited && !(fw->options.is_host && m->n_ports))
		return 0;
	r = settle(fw, err);
	if (r == 0 && m->is_limited)
		r = limit(fw, m, ports, err);
	if (r < 0)
		return r;
	k = remember(fw, m, ports);
	drop_ports(fw, &k);
	r = add_ports(fw, &k, err);
	fw->members = xreallocarray(fw->members, fw->n_members + 1, sizeof(k));
	fw->members[fw->n_members++] = k;
	if (r < 0)
		error_wrap(err, "publish the ports of container %s", m->name);
	return r;
}

/* ---- learned addresses ---- */

static void learn_element(const struct firewall *fw, struct nft_batch *b,
			  const struct known_member *m, const struct allow_rule *rule,
			  const struct firewall_address *a, uint64_t timeout_msec)
{
	char set[FIREWALL_SET_NAME_SIZE];
	struct nft_element e = {.family = NFPROTO_BRIDGE, .table = fw->table, .set = set};

	firewall_set_name(m->id, a->family, rule->port, set);
	nft_data_add(&e.key, &a->v4, address_len(a->family));
	if (rule->port)
		nft_data_add_port(&e.key, rule->port);
	/* there or not, it is there afterwards with a new time: adding alone would leave the old one */
	nft_batch_add(b, &e);
	nft_batch_delete(b, &e);
	e.timeout_msec = timeout_msec;
	nft_batch_add(b, &e);
}

int firewall_learn(struct firewall *fw, const char *member_id, const char *name,
		   const struct firewall_address *addresses, size_t n, uint32_t ttl_sec,
		   struct error *err)
{
	const struct known_member *m = find_member(fw, member_id);
	cleanup_nft_batch struct nft_batch b = {0};
	uint64_t msec =
		(uint64_t)(ttl_sec > FIREWALL_LEARN_MIN_SEC ? ttl_sec
							    : FIREWALL_LEARN_MIN_SEC);

	if (!m || !m->is_limited)
		return 0;
	msec = (msec + GRACE_SEC) * 1000;
	nft_batch_begin(&b);
	strv_foreach (word, m->allow) {
		cleanup_error struct error ignored = ERROR_INIT;
		struct allow_rule rule;

		if (allow_parse(*word, &rule, &ignored) < 0 ||
		    !allow_matches_name(&rule, name))
			continue;
		for (size_t i = 0; i < n; i++)
			learn_element(fw, &b, m, &rule, &addresses[i], msec);
	}
	return nft_set_commit(fw->set_fd, &b, err);
}

/* ---- refusals ---- */

int firewall_fd(const struct firewall *fw)
{
	return fw->log_fd;
}

static struct known_member *find_sender(const struct firewall *fw,
					const struct firewall_packet *p)
{
	for (size_t i = 0; i < fw->n_members; i++)
		strv_foreach (a, fw->members[i].addresses) {
			struct address own;

			if (fw->members[i].is_limited &&
			    read_address(*a, &own) == p->family &&
			    memcmp(own.bytes, &p->from, address_len(p->family)) == 0)
				return &fw->members[i];
		}
	return NULL;
}

static bool is_news(struct known_member *m, const struct firewall_packet *p)
{
	int64_t now = time_monotonic_usec() / USEC_PER_SEC;

	for (unsigned i = 0; i < RECENT; i++) {
		const struct recent *r = &m->recent[i];

		if (r->packet.family == p->family && now - r->when < REPORTS_SEC &&
		    r->packet.protocol == p->protocol && r->packet.port == p->port &&
		    memcmp(&r->packet.to, &p->to, sizeof(p->to)) == 0)
			return false;
	}
	if (now != m->second) {
		m->second = now;
		m->n_reports = 0;
	}
	if (m->n_reports++ >= REPORTS_SEC)
		return false;
	m->recent[m->next++ % RECENT] = (struct recent){*p, now};
	return true;
}

static void report(void *data, const struct firewall_packet *p)
{
	struct firewall *fw = data;
	struct known_member *m = find_sender(fw, p);
	char address[INET6_ADDRSTRLEN], number[4];
	struct firewall_refusal r;

	if (!m || !is_news(m, p) || !fw->options.refused)
		return;
	(void)inet_ntop(p->family, &p->to, address, sizeof(address));
	(void)snprintf(number, sizeof(number), "%u", p->protocol);
	r = (struct firewall_refusal){.id = m->id,
				      .name = m->name,
				      .address = address,
				      .protocol = p->protocol == IPPROTO_TCP    ? "tcp"
						  : p->protocol == IPPROTO_UDP  ? "udp"
						  : p->protocol == IPPROTO_ICMP ? "icmp"
						  : p->protocol == IPPROTO_ICMPV6
							  ? "icmpv6"
							  : number,
				      .port = p->port};
	fw->options.refused(fw->options.data, &r);
}

void firewall_dispatch(struct firewall *fw)
{
	int r = firewall_log_read(fw->log_fd, report, fw);

	if (r < 0) {
		log_debug("refused packets are not heard of any more: errno %d", -r);
		fd_cleanup_(&fw->log_fd);
	}
}
