/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that tells who asks, and a client for it; static, so that it runs in any container:
 *
 *   tell serve PORT                      TCP and UDP, IPv4 and IPv6: the client's address as a line, then what was sent; a line
 *                                        "tcp ADDRESS" or "udp ADDRESS" on standard output for each
 *   tell tcp|udp WHERE PORT [TEXT]       what comes back; exit status 1 and the error's name if nothing does. WHERE: an address, or
 *                                        a name of /etc/hosts or of the first server in /etc/resolv.conf (a static libc's own
 *                                        resolver crashes in a root file system without libraries)
 *   tell hold ADDRESS PORT N             N connections at once, a line through each: how many got their answer
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX 65536
#define WAIT_SEC 5

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerrorname_np(errno));
	exit(1);
}

static int listener(int type, int port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type, 0), off = 0, on = 1;

	if (fd < 0)
		fail("socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		fail("bind");
	if (type == SOCK_STREAM && listen(fd, 4096) < 0)
		fail("listen");
	return fd;
}

static void say(const char *protocol, const struct sockaddr_in6 *from, char *ret,
		size_t size)
{
	char text[INET6_ADDRSTRLEN];
	const char *plain = text;

	inet_ntop(AF_INET6, &from->sin6_addr, text, sizeof(text));
	if (strncmp(text, "::ffff:", 7) == 0)
		plain += 7;
	printf("%s %s\n", protocol, plain);
	fflush(stdout);
	snprintf(ret, size, "%s\n", plain);
}

static void serve_tcp(int listening)
{
	static char data[TEXT_MAX];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	int fd = accept(listening, (struct sockaddr *)&from, &len);
	char line[128];
	ssize_t n;

	if (fd < 0)
		return;
	say("tcp", &from, line, sizeof(line));
	if (fork() == 0) {
		(void)!write(fd, line, strlen(line));
		while ((n = read(fd, data, sizeof(data))) > 0)
			if (write(fd, data, n) != n)
				break;
		_exit(0);
	}
	close(fd);
}

static void serve_udp(int fd)
{
	static char data[TEXT_MAX];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, data + 128, sizeof(data) - 128, 0,
			     (struct sockaddr *)&from, &len);
	char line[128];

	if (n < 0)
		return;
	say("udp", &from, line, sizeof(line));
	memcpy(data + 128 - strlen(line), line, strlen(line));
	sendto(fd, data + 128 - strlen(line), n + strlen(line), 0,
	       (struct sockaddr *)&from, len);
}

static _Noreturn void serve(int port)
{
	struct pollfd fds[] = {
		{.fd = listener(SOCK_STREAM, port), .events = POLLIN},
		{.fd = listener(SOCK_DGRAM, port), .events = POLLIN},
	};

	signal(SIGCHLD, SIG_IGN);
	printf("serving\n");
	fflush(stdout);
	for (;;) {
		poll(fds, 2, -1);
		if (fds[0].revents)
			serve_tcp(fds[0].fd);
		if (fds[1].revents)
			serve_udp(fds[1].fd);
	}
}

/* The first address that a file of lines "ADDRESS NAME..." has for a name, or -1. */
static int in_hosts(const char *name, char *ret, size_t size)
{
	FILE *f = fopen("/etc/hosts", "re");
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line, *address = strsep(&at, " \t\n"), *word;

		while ((word = strsep(&at, " \t\n")))
			if (strcmp(word, name) == 0) {
				snprintf(ret, size, "%s", address);
				fclose(f);
				return 0;
			}
	}
	if (f)
		fclose(f);
	return -1;
}

/* What follows a word in /etc/resolv.conf; "" if nothing does. */
static void setting(const char *word, char *ret, size_t size)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[1024];
	size_t n = strlen(word);

	*ret = '\0';
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, word, n) == 0 && line[n] == ' ' && !*ret)
			snprintf(ret, size, "%.*s", (int)strcspn(line + n + 1, " \n"),
				 line + n + 1);
	if (f)
		fclose(f);
}

/* A question for an A record, and its first answer. Source: RFC 1035, section 4.1. */
static int ask_server(const char *server, const char *name, char *ret, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct timeval wait = {.tv_sec = WAIT_SEC};
	unsigned char packet[1500] = {0x12, 0x34, 1, 0, 0, 1}, *at = packet + 12;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	ssize_t n;

	while (*name) {
		size_t len = strcspn(name, ".");

		*at++ = (unsigned char)len;
		at = mempcpy(at, name, len);
		name += len + (name[len] == '.');
	}
	at = mempcpy(at, "\0\0\1\0\1", 5);
	inet_pton(AF_INET, server, &to.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (sendto(fd, packet, at - packet, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("ask the name server");
	n = recv(fd, packet, sizeof(packet), 0);
	if (n < 0)
		fail("name server");
	close(fd);
	/* answers follow; an A record is the first with type 1, class 1 and four bytes */
	for (; at + 10 <= packet + n; at++)
		if (memcmp(at, "\0\1\0\1", 4) == 0 && at[8] == 0 && at[9] == 4 &&
		    at + 14 <= packet + n)
			return inet_ntop(AF_INET, at + 10, ret, size) ? 0 : -1;
	return -1;
}

static int look_up(const char *name, char *ret, size_t size)
{
	char server[256], search[256], whole[600];

	if (in_hosts(name, ret, size) == 0)
		return 0;
	setting("nameserver", server, sizeof(server));
	setting("search", search, sizeof(search));
	snprintf(whole, sizeof(whole), "%s.%s", name, search);
	if (!strchr(name, '.') && *search && ask_server(server, whole, ret, size) == 0)
		return 0;
	return ask_server(server, name, ret, size);
}

static socklen_t address_of(const char *address, int port, struct sockaddr_storage *ret)
{
	char found[INET6_ADDRSTRLEN + 1];
	struct sockaddr_in *four = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;

	if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		return sizeof(*six);
	}
	if (look_up(address, found, sizeof(found)) == 0)
		return address_of(found, port, ret);
	fprintf(stderr, "not known: %s\n", address);
	exit(1);
}

static int connected(int type, const char *address, const char *port)
{
	struct sockaddr_storage to = {0};
	socklen_t len = address_of(address, atoi(port), &to);
	struct timeval wait = {.tv_sec = WAIT_SEC};
	int fd = socket(to.ss_family, type, 0);

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, len) < 0)
		fail("connect");
	return fd;
}

static int ask(int type, const char *address, const char *port, const char *text)
{
	static char data[TEXT_MAX];
	int fd = connected(type, address, port);
	ssize_t n;

	if (send(fd, text, strlen(text), 0) < 0)
		fail("send");
	if (type == SOCK_STREAM)
		shutdown(fd, SHUT_WR);
	do {
		n = recv(fd, data, sizeof(data), 0);
		if (n < 0)
			fail("recv");
		(void)!write(STDOUT_FILENO, data, n);
	} while (n > 0 && type == SOCK_STREAM);
	return 0;
}

static int hold(const char *address, const char *port, int n)
{
	struct rlimit limit;
	int *fds = calloc(n, sizeof(*fds)), answered = 0;
	char data[256];

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < n; i++)
		fds[i] = connected(SOCK_STREAM, address, port);
	for (int i = 0; i < n; i++)
		answered += recv(fds[i], data, sizeof(data), 0) > 0;
	printf("%d\n", answered);
	return answered != n;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(atoi(argv[2]));
	if (argc == 5 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3], atoi(argv[4]));
	if (argc >= 4 && (strcmp(argv[1], "tcp") == 0 || strcmp(argv[1], "udp") == 0))
		return ask(strcmp(argv[1], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM,
			   argv[2], argv[3], argc > 4 ? argv[4] : "");
	fprintf(stderr,
		"usage: tell serve PORT | tcp|udp ADDRESS PORT [TEXT] | hold ADDRESS PORT N\n");
	return 2;
}
