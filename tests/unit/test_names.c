/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name server as a process, with sockets, in namespaces of the test's own: /etc is empty but for its resolv.conf,
 * bridges and containers are addresses of the loopback interface, other servers are a process that answers with its own
 * address.
 */
#include "network/names.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "network/dns_message.h"
#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

/* ids */
#define ZEROS_20 "00000000000000000000"
#define ID(text) text ZEROS_20 ZEROS_20 ZEROS_20 /* four digits before */
#define NET_A    ID("aa00")
#define NET_B    ID("bb00")
#define BRIDGE_A "127.1.0.1"
#define BRIDGE_B "127.2.0.1"
#define WAIT_MS  8000

static void put(const char *path, const char *text)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fd_write_all(fd, text, strlen(text)), 0);
}

/* false: this host lets nobody make user namespaces */
static bool enter(void)
{
	struct ifreq up = {.ifr_name = "lo"};
	cleanup_free char *uids = xasprintf("0 %u 1", geteuid());
	cleanup_free char *gids = xasprintf("0 %u 1", getegid());
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return false;
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", uids);
	put("/proc/self/gid_map", gids);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &up), 0);
	up.ifr_flags |= IFF_UP;
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
	close(fd);
	ck_assert_int_eq(mount("none", "/etc", "tmpfs", 0, NULL), 0);
	return true;
}

static int listen_at(const char *address, int type)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_eq(inet_pton(AF_INET, address, &a.sin_addr), 1);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

/* ---- another server ---- */

/* 0: it says nothing */
static size_t fake_answer(const uint8_t *message, size_t len, bool is_tcp,
			  const struct dns_address *own, uint8_t *reply)
{
	struct dns_question q;
	struct dns_answer a;
	struct dns_address address = *own;
	char name[DNS_TEXT_MAX];
	size_t n = 1;

	if (dns_question_read(message, len, &q) != DNS_OK)
		return 0;
	dns_name_text(q.wire, name);
	if (str_starts(name, "silent"))
		return 0;
	dns_answer_begin(&a, reply, is_tcp ? 60000 : DNS_UDP_PLAIN, &q);
	if (str_starts(name, "big"))
		n = 1000;
	if (str_starts(name, "fail"))
		return dns_answer_end(&a, DNS_SERVFAIL);
	if (str_starts(name, "no"))
		return dns_answer_end(&a, DNS_NXDOMAIN);
	for (size_t k = 0; k < n; k++) {
		address.bytes[1] = (uint8_t)(own->bytes[1] + k / 250);
		address.bytes[2] = (uint8_t)(own->bytes[2] + k % 250);
		if (q.type == DNS_TYPE_A)
			dns_answer_address(&a, &address, 60);
	}
	n = dns_answer_end(&a, DNS_OK);
	if (str_starts(name, "forged")) /* another question's */
		reply[13] ^= 1;
	return n;
}

static void fake_udp(int fd, const struct dns_address *own)
{
	uint8_t message[512], reply[512];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t n = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&peer,
			     &size);
	size_t len = n > 0 ? fake_answer(message, (size_t)n, false, own, reply) : 0;

	if (len)
		(void)!sendto(fd, reply, len, 0, (struct sockaddr *)&peer, size);
}

static void fake_tcp(int listen_fd, const struct dns_address *own)
{
	cleanup_fd int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	cleanup_free uint8_t *reply = xmalloc(65537);
	uint8_t message[514];
	ssize_t n = recv(fd, message, sizeof(message), 0);
	size_t len =
		n > 2 ? fake_answer(message + 2, (size_t)n - 2, true, own, reply + 2) : 0;

	reply[0] = (uint8_t)(len >> 8);
	reply[1] = (uint8_t)len;
	if (len == 0)
		return;
	/* the length in two parts */
	(void)!send(fd, reply, 1, MSG_NOSIGNAL);
	(void)!send(fd, reply + 1, len + 1, MSG_NOSIGNAL);
}

static void fake_server(const char *address)
{
	int udp_fd = listen_at(address, SOCK_DGRAM);
	int tcp_fd = listen_at(address, SOCK_STREAM);
	struct dns_address own;
	pid_t pid;

	ck_assert_int_eq(dns_address_read(address, &own), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		close(udp_fd);
		close(tcp_fd);
		return;
	}
	for (;;) {
		struct pollfd fds[] = {{udp_fd, POLLIN, 0}, {tcp_fd, POLLIN, 0}};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)poll(fds, 2, -1);
		if (fds[0].revents)
			fake_udp(udp_fd, &own);
		if (fds[1].revents)
			fake_tcp(tcp_fd, &own);
	}
}

/* ---- what the gateway process would do ---- */

struct box {
	struct names names;
};

static void add_network(struct box *b, const char *id, const char *bridge, bool internal)
{
	struct error err = ERROR_INIT;
	struct network_subnet s = {
		.subnet = (char *)(uintptr_t)(str_eq(id, NET_A) ? "127.1.0.0/16"
								: "127.2.0.0/16")};
	struct network_definition d = {
		.id = (char *)(uintptr_t)id,
		.name = (char *)(uintptr_t)id,
		.interface = (char *)(uintptr_t) "cubby0",
		.subnets = &s,
		.n_subnets = 1,
		.internal = internal,
	};
	int fds[] = {listen_at(bridge, SOCK_DGRAM), listen_at(bridge, SOCK_STREAM)};

	ck_assert_ok(names_network(&b->names, &d, fds, 2, &err), &err);
	close(fds[0]);
	close(fds[1]);
}

static void add_member(struct box *b, const char *id, const char *address,
		       const char *allow, const char *server)
{
	struct error err = ERROR_INIT;
	struct network_endpoint e = {
		.network = (char *)(uintptr_t)(str_starts(address, "127.1.") ? NET_A
									     : NET_B),
		.interface = (char *)(uintptr_t) "eth0"};
	struct network_member m = {
		.id = (char *)(uintptr_t)(str_starts(id, "web") ? ID("0e0b")
								: ID("0d0b")),
		.name = (char *)(uintptr_t)id,
		.endpoints = &e,
		.n_endpoints = 1,
		.is_limited = allow,
	};

	if (!str_eq(id, "web") && !str_eq(id, "db"))
		m.id = (char *)(uintptr_t)(allow ? ID("0a0a") : ID("0c0c"));
	strv_addf(&e.addresses, "%s/16", address);
	strv_add(&e.names, id);
	if (allow)
		m.allow = str_split(allow, ',');
	if (server)
		strv_add(&m.dns_servers, server);
	ck_assert_ok(names_member(&b->names, &m, &err), &err);
	strv_free(e.addresses);
	strv_free(e.names);
	strv_free(m.allow);
	strv_free(m.dns_servers);
}

static bool start(struct box *b, const char *resolv_conf)
{
	struct error err = ERROR_INIT;

	if (!enter())
		return false;
	put("/etc/resolv.conf", resolv_conf);
	ck_assert_ok(names_start(&b->names, &err), &err);
	add_network(b, NET_A, BRIDGE_A, false);
	add_network(b, NET_B, BRIDGE_B, true);
	add_member(b, "web", "127.1.0.2", NULL, NULL);
	add_member(b, "db", "127.1.0.3", NULL, NULL);
	return true;
}

/* ---- a container ---- */

static int dial(const char *source, const char *bridge, int type)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	to.sin_port = htons(53);
	inet_pton(AF_INET, source, &from.sin_addr);
	inet_pton(AF_INET, bridge, &to.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static size_t question(const char *name, uint16_t id, uint8_t ret[static 512])
{
	struct dns_question q = {
		.type = DNS_TYPE_A, .class = 1, .recursion_desired = true};

	q.wire_len = (uint16_t)dns_name_wire(name, q.wire);
	return dns_question_write(&q, id, ret);
}

static const char *reply_text(const uint8_t *message, size_t len)
{
	static char words[200];
	struct dns_address list[2000 / 16];
	uint32_t ttl;
	int n = dns_reply_addresses(message, len, list, ARRAY_SIZE(list), &ttl);

	snprintf(words, sizeof(words), "%d%s", (int)dns_reply_rcode(message),
		 dns_reply_is_truncated(message) ? " truncated" : "");
	if (n > 0)
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
			 " %d.%d.%d.%d", list[0].bytes[0], list[0].bytes[1],
			 list[0].bytes[2], list[0].bytes[3]);
	return words;
}

static ssize_t hear(int fd, uint8_t *message, size_t size, int timeout_ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, timeout_ms) == 1 ? recv(fd, message, size, 0) : -ETIMEDOUT;
}

/* "RCODE FIRST-ADDRESS" */
static const char *ask_within(const char *source, const char *bridge, const char *name,
			      int timeout_ms)
{
	cleanup_fd int fd = dial(source, bridge, SOCK_DGRAM);
	uint8_t message[4096];
	size_t len = question(name, 7, message);
	ssize_t n;

	ck_assert_int_eq(send(fd, message, len, 0), (ssize_t)len);
	n = hear(fd, message, sizeof(message), timeout_ms);
	return n < 12 ? "nothing" : reply_text(message, (size_t)n);
}

static const char *ask_at(const char *source, const char *bridge, const char *name)
{
	return ask_within(source, bridge, name, WAIT_MS);
}

static const char *ask(const char *name)
{
	return ask_at("127.1.0.2", BRIDGE_A, name);
}

START_TEST(own_names_and_others)
{
	struct box b;

	if (!start(&b, "nameserver 127.0.0.53\n"))
		return;
	fake_server("127.0.0.53");
	ck_assert_str_eq(ask("db"), "0 127.1.0.3");
	ck_assert_str_eq(ask("DB.dns.podman"), "0 127.1.0.3");
	ck_assert_str_eq(ask("example.org"), "0 127.0.0.53");
	ck_assert_str_eq(ask("none.example.org"), "3");
	ck_assert_str_eq(ask("big.example.org"), "0 truncated 127.0.0.53");
	ck_assert_str_eq(ask_at("127.1.0.9", BRIDGE_A, "db"), "5");
	/* an internal network */
	add_member(&b, "shut", "127.2.0.2", NULL, NULL);
	ck_assert_str_eq(ask_at("127.2.0.2", BRIDGE_B, "example.org"), "3");
	ck_assert_str_eq(ask_at("127.2.0.2", BRIDGE_B, "db"), "3");
	ck_assert_str_eq(ask_at("127.2.0.2", BRIDGE_B, "shut"), "0 127.2.0.2");
	/* servers of its own */
	fake_server("127.0.0.77");
	add_member(&b, "web", "127.1.0.2", NULL, "127.0.0.77");
	ck_assert_str_eq(ask("example.org"), "0 127.0.0.77");
	/* which is a container itself: nobody but the bridge can ask it */
	fake_server("127.1.0.53");
	add_member(&b, "web", "127.1.0.2", NULL, "127.1.0.53");
	ck_assert_str_eq(ask("example.org"), "0 127.1.0.53");
	ck_assert_str_eq(ask("no.example.org"), "3");
	names_release(&b.names);
}
END_TEST

START_TEST(resolv_conf_is_followed)
{
	struct box b;

	if (!start(&b, "nameserver 127.0.0.51\n"))
		return;
	fake_server("127.0.0.51");
	fake_server("127.0.0.52");
	fake_server("127.0.0.53");
	ck_assert_str_eq(ask("a.org"), "0 127.0.0.51");
	put("/etc/new", "nameserver 127.0.0.52\n");
	ck_assert_int_eq(rename("/etc/new", "/etc/resolv.conf"), 0);
	usleep(110000); /* the promise is a tenth of a second */
	ck_assert_str_eq(ask("a.org"), "0 127.0.0.52");
	ck_assert_int_eq(unlink("/etc/resolv.conf"), 0);
	put("/etc/stub", "nameserver 127.0.0.53\n");
	ck_assert_int_eq(symlink("stub", "/etc/resolv.conf"), 0);
	usleep(110000);
	ck_assert_str_eq(ask("a.org"), "0 127.0.0.53");
	/* nobody there: said at once */
	put("/etc/stub", "nameserver 127.0.0.99\n");
	usleep(110000);
	ck_assert_str_eq(ask("a.org"), "2");
	names_release(&b.names);
}
END_TEST

START_TEST(other_servers_that_fail)
{
	struct box b;

	if (!start(&b, "nameserver 127.0.0.99\nnameserver 127.0.0.52\n"
		       "options timeout:1 attempts:1\n"))
		return;
	fake_server("127.0.0.52");
	ck_assert_str_eq(ask("a.org"), "0 127.0.0.52");
	ck_assert_str_eq(ask("fail.org"), "2");
	ck_assert_msg(str_eq(ask("silent.org"), "2"), "after some time");
	ck_assert_msg(str_eq(ask("forged.org"), "2"), "as if it had said nothing");
	names_release(&b.names);
}
END_TEST

static void send_tcp(int fd, const char *name, uint16_t id)
{
	uint8_t message[514];
	size_t len = question(name, id, message + 2);

	message[0] = (uint8_t)(len >> 8);
	message[1] = (uint8_t)len;
	ck_assert_int_eq(send(fd, message, len + 2, MSG_NOSIGNAL), (ssize_t)len + 2);
}

static size_t receive_tcp(int fd, uint8_t *message)
{
	size_t got = 0, want = 2;

	while (got < want) {
		ssize_t n = hear(fd, message + got, want - got, WAIT_MS);

		if (n <= 0)
			return 0;
		got += (size_t)n;
		if (got == 2)
			want = 2 + ((size_t)message[0] << 8 | message[1]);
	}
	return got;
}

START_TEST(by_tcp)
{
	struct box b;
	uint8_t *message = xmalloc(70000);
	unsigned int ids = 0;
	size_t len;

	if (!start(&b, "nameserver 127.0.0.53\n"))
		return;
	fake_server("127.0.0.53");
	cleanup_fd int fd = dial("127.1.0.2", BRIDGE_A, SOCK_STREAM);
	send_tcp(fd, "big.example.org", 1);
	len = receive_tcp(fd, message);
	ck_assert_msg(len > 16000, "all of it, by TCP: %zu", len);
	ck_assert(!dns_reply_is_truncated(message + 2));
	/* forty at once, of which sixteen may wait; then no more is asked */
	for (uint16_t k = 0; k < 40; k++)
		send_tcp(fd, k % 4 ? "db" : "example.org", k);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	for (uint16_t k = 0; k < 40; k++) {
		ck_assert_uint_gt(receive_tcp(fd, message), 2);
		ids += (unsigned int)message[2] << 8 | message[3];
	}
	ck_assert_uint_eq(ids, 39 * 40 / 2);
	ck_assert_msg(receive_tcp(fd, message) == 0, "then it is closed");
	/* half a question harms nobody, a long one closes */
	cleanup_fd int half_fd = dial("127.1.0.2", BRIDGE_A, SOCK_STREAM);
	ck_assert_int_eq(send(half_fd, "\0\x20", 2, 0), 2);
	cleanup_fd int long_fd = dial("127.1.0.2", BRIDGE_A, SOCK_STREAM);
	ck_assert_int_eq(send(long_fd, "\xff\xff", 2, 0), 2);
	ck_assert_msg(receive_tcp(long_fd, message) == 0, "closed");
	/* one address has so many places, another has its own */
	int many[12];
	for (size_t k = 0; k < 12; k++)
		many[k] = dial("127.1.0.2", BRIDGE_A, SOCK_STREAM);
	ck_assert_msg(receive_tcp(many[11], message) == 0, "closed");
	cleanup_fd int other_fd = dial("127.1.0.3", BRIDGE_A, SOCK_STREAM);
	send_tcp(other_fd, "web", 3);
	ck_assert_uint_gt(receive_tcp(other_fd, message), 2);
	ck_assert_str_eq(reply_text(message + 2, 60), "0 127.1.0.2");
	names_release(&b.names);
	free(message);
}
END_TEST

static void receive(struct box *b, struct names_message *ret)
{
	struct error err = ERROR_INIT;
	struct pollfd p = {b->names.fd, POLLIN, 0};

	ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
	ck_assert_int_eq(names_receive(&b->names, ret, &err), 1);
}

/* The loopback interface has one address of IPv6: bridge and container at once. */
START_TEST(by_ipv6)
{
	struct error err = ERROR_INIT;
	struct box b;
	struct sockaddr_in6 bridge = {.sin6_family = AF_INET6,
				      .sin6_port = htons(53),
				      .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct network_subnet s = {.subnet = (char *)(uintptr_t) "::1/128"};
	struct network_definition d = {.id = (char *)(uintptr_t)NET_B,
				       .name = (char *)(uintptr_t) "b",
				       .interface = (char *)(uintptr_t) "cubby1",
				       .subnets = &s,
				       .n_subnets = 1};
	char *addresses[] = {(char *)(uintptr_t) "::1/128", NULL};
	char *names[] = {(char *)(uintptr_t) "six", NULL};
	struct network_endpoint e = {.network = d.id,
				     .interface = (char *)(uintptr_t) "eth0",
				     .addresses = addresses,
				     .names = names};
	struct network_member m = {.id = (char *)(uintptr_t)ID("0606"),
				   .name = (char *)(uintptr_t) "six",
				   .endpoints = &e,
				   .n_endpoints = 1};
	struct dns_question q = {.type = DNS_TYPE_AAAA, .class = 1};
	struct dns_address list[2];
	uint8_t message[512];
	uint32_t ttl;
	size_t len;
	ssize_t n;

	if (!start(&b, "nameserver ::1\n"))
		return;
	cleanup_fd int listen_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&bridge, sizeof(bridge)), 0);
	ck_assert_ok(names_network(&b.names, &d, &listen_fd, 1, &err), &err);
	ck_assert_ok(names_member(&b.names, &m, &err), &err);
	cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&bridge, sizeof(bridge)), 0);
	q.wire_len = (uint16_t)dns_name_wire("six", q.wire);
	len = dns_question_write(&q, 9, message);
	ck_assert_int_eq(send(fd, message, len, 0), (ssize_t)len);
	n = hear(fd, message, sizeof(message), WAIT_MS);
	ck_assert_int_gt(n, 12);
	ck_assert_int_eq(dns_reply_addresses(message, (size_t)n, list, 2, &ttl), 1);
	ck_assert(list[0].len == 16 && list[0].bytes[15] == 1);
	names_release(&b.names);
}
END_TEST

START_TEST(limited_members)
{
	struct error err = ERROR_INIT;
	struct box b;
	struct names_message m = {0};
	uint8_t message[512];

	if (!start(&b, "nameserver 127.0.0.53\n"))
		return;
	fake_server("127.0.0.53");
	add_member(&b, "tight", "127.1.0.8", "*.example.org,db", NULL);
	ck_assert_str_eq(ask_at("127.1.0.8", BRIDGE_A, "example.com"), "5");
	receive(&b, &m);
	ck_assert_int_eq(m.said, NAMES_REFUSED);
	ck_assert_str_eq(m.member, ID("0a0a"));
	ck_assert_str_eq(m.network, NET_A);
	ck_assert_str_eq(m.name, "example.com");
	names_message_release(&m);
	for (int k = 0; k < 2; k++) {
		cleanup_fd int fd = dial("127.1.0.8", BRIDGE_A, SOCK_DGRAM);
		size_t len =
			question(k ? "db.dns.podman" : "www.example.org", 7, message);

		ck_assert_int_eq(send(fd, message, len, 0), (ssize_t)len);
		receive(&b, &m);
		ck_assert_int_eq(m.said, NAMES_LEARNED);
		ck_assert_str_eq(m.name, k ? "db" : "www.example.org");
		ck_assert_uint_eq(m.n_addresses, 1);
		ck_assert_uint_eq(m.ttl, k ? 1 : 60);
		ck_assert_int_eq(m.addresses[0].family, AF_INET);
		ck_assert_uint_eq(ntohl(m.addresses[0].v4.s_addr),
				  k ? 0x7f010003 : 0x7f000035);
		ck_assert_msg(hear(fd, message, sizeof(message), 50) < 0, "not before");
		ck_assert_ok(names_confirm(&b.names, m.token + 99, true, &err), &err);
		ck_assert_ok(names_confirm(&b.names, m.token, k == 0, &err), &err);
		ck_assert_int_gt(hear(fd, message, sizeof(message), WAIT_MS), 12);
		ck_assert_str_eq(reply_text(message, 512), k ? "2" : "0 127.0.0.53");
		names_message_release(&m);
	}
	ck_assert_int_eq(names_receive(&b.names, &m, &err), 0);
	names_release(&b.names);
}
END_TEST

START_TEST(hostile_packets)
{
	struct box b;
	uint8_t message[1500];
	unsigned int seed = 1;

	if (!start(&b, "nameserver 127.0.0.53\n"))
		return;
	fake_server("127.0.0.53");
	cleanup_fd int fd = dial("127.1.0.2", BRIDGE_A, SOCK_DGRAM);
	for (size_t k = 0; k < 20000; k++) {
		size_t len = question("db.example.org", (uint16_t)k, message);

		if (k % 3 == 0)
			len = (size_t)rand_r(&seed) % sizeof(message);
		for (size_t n = (size_t)rand_r(&seed) % 4; n > 0; n--)
			message[(size_t)rand_r(&seed) % (len + 1)] =
				(uint8_t)rand_r(&seed);
		(void)!send(fd, message, len, MSG_DONTWAIT);
		while (recv(fd, message, sizeof(message), MSG_DONTWAIT) >= 0)
			;
	}
	/* the queue was full a moment ago; resolvers ask again as well */
	while (str_eq(ask_within("127.1.0.3", BRIDGE_A, "web", 100), "nothing"))
		;
	ck_assert_str_eq(ask_at("127.1.0.3", BRIDGE_A, "web"), "0 127.1.0.2");
	ck_assert_int_eq(waitpid(b.names.child.pid, NULL, WNOHANG), 0);
	names_release(&b.names);
}
END_TEST

START_TEST(what_is_forgotten)
{
	struct error err = ERROR_INIT;
	struct box b;
	int status;

	if (!start(&b, "nameserver 127.0.0.99\n"))
		return;
	ck_assert_ok(names_forget(&b.names, ID("0d0b"), NULL, &err), &err);
	ck_assert_ok(names_forget(&b.names, ID("0000"), NULL, &err), &err);
	ck_assert_str_eq(ask("db.dns.podman"), "3");
	ck_assert_ok(names_forget_network(&b.names, NET_A, &err), &err);
	ck_assert_ok(names_forget_network(&b.names, NET_A, &err), &err);
	/* its sockets are closed: another may have the address, as soon as it has heard of it */
	ck_assert_str_eq(ask_at("127.2.0.9", BRIDGE_B, "db"), "5");
	close(listen_at(BRIDGE_A, SOCK_DGRAM));
	/* killed, it is seen to be */
	ck_assert_int_eq(kill(b.names.child.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(b.names.child.pid, &status, 0), b.names.child.pid);
	b.names.child.pid = 0;
	ck_assert_int_eq(names_forget(&b.names, ID("0d0b"), NULL, &err), -EPIPE);
	error_release(&err);
	struct names_message m;
	ck_assert_int_eq(names_receive(&b.names, &m, &err), -EPIPE);
	error_release(&err);
	names_release(&b.names);
}
END_TEST

UNIT_MAIN_TIMEOUT("names", 60, own_names_and_others, resolv_conf_is_followed,
		  other_servers_that_fail, by_tcp, by_ipv6, limited_members,
		  hostile_packets, what_is_forgotten)
