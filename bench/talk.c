/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small exchanges, for bench/network; static, so that it runs in any root file system.
 *
 *   talk serve PORT                         accept, one byte, close; as quick as it goes
 *   talk connects ADDRESS PORT SECONDS      how many of those a second, one after the other
 *   talk lookup SERVER NAME N               the time of a name's look-up by UDP, best and median, in microseconds
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOOKUPS_MAX 10000

static void fail(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int serve(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4096) < 0)
		fail("listen");
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			continue;
		(void)!write(client, "x", 1);
		close(client);
	}
}

static int connects(const char *address, int port, double seconds)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	double begin = now_usec(), end = begin + seconds * 1e6;
	long n = 0;
	char c;

	inet_pton(AF_INET, address, &a.sin_addr);
	for (; now_usec() < end; n++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			fail("connect");
		if (read(fd, &c, 1) != 1)
			fail("read");
		close(fd);
	}
	printf("%.0f\n", n / ((now_usec() - begin) / 1e6));
	return 0;
}

/* A question for an A record. Source: RFC 1035, section 4.1. */
static size_t question(const char *name, unsigned char *ret)
{
	static const unsigned char head[] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	static const unsigned char tail[] = {0, 0, 1, 0, 1};
	unsigned char *at = ret + sizeof(head);

	memcpy(ret, head, sizeof(head));
	while (*name) {
		size_t n = strcspn(name, ".");

		*at++ = (unsigned char)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	return (size_t)(at - ret) + sizeof(tail);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int lookup(const char *server, const char *name, int n)
{
	static double taken[LOOKUPS_MAX];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct timeval wait = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned char packet[512], said[512];
	size_t len = question(name, packet);

	inet_pton(AF_INET, server, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		fail("connect");
	n = n > LOOKUPS_MAX ? LOOKUPS_MAX : n;
	for (int i = 0; i < n; i++) {
		double begin = now_usec();

		if (send(fd, packet, len, 0) < 0 || recv(fd, said, sizeof(said), 0) < 12)
			fail("no answer");
		if (said[7] == 0) {
			fprintf(stderr, "talk: %s: not known\n", name);
			return 1;
		}
		taken[i] = now_usec() - begin;
	}
	qsort(taken, n, sizeof(*taken), compare);
	printf("%.0f %.0f\n", taken[0], taken[n / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]));
	if (argc == 5 && strcmp(argv[1], "connects") == 0)
		return connects(argv[2], atoi(argv[3]), atof(argv[4]));
	if (argc == 5 && strcmp(argv[1], "lookup") == 0)
		return lookup(argv[2], argv[3], atoi(argv[4]));
	fprintf(stderr,
		"usage: talk serve PORT | connects ADDRESS PORT SECONDS | lookup SERVER NAME N\n");
	return 2;
}
