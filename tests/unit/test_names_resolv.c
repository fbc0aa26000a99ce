/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_resolv.h"

#include <arpa/inet.h>

#include "unit.h"
#include "util/cleanup.h"
#include "util/fd.h"
#include "util/time.h"

static const char *server_text(const struct resolv_conf *c, size_t k)
{
	static char text[INET6_ADDRSTRLEN];
	const union names_sockaddr *a = &c->servers.list[k];

	return inet_ntop(a->any.sa_family,
			 a->any.sa_family == AF_INET ? (const void *)&a->in.sin_addr
						     : (const void *)&a->in6.sin6_addr,
			 text, sizeof(text));
}

START_TEST(test_parse)
{
	struct resolv_conf c;

	resolv_conf_parse("# by somebody\n"
			  "domain example.org\n"
			  "nameserver\t192.0.2.1   # the first\n"
			  "nameserver 2001:db8::53\r\n"
			  "nameserver fe80::1%lo\n"
			  "nameserver fe80::1%nothing0\n"
			  "nameserver 192.0.2.1.2\n"
			  "nameserver\n"
			  " nameserver 192.0.2.9\n"
			  "options rotate timeout:3 attempts:9 ndots:2\n"
			  "options timeout:x\n"
			  "nameserver 192.0.2.2",
			  &c);
	ck_assert_uint_eq(c.servers.n, 4);
	ck_assert_str_eq(server_text(&c, 0), "192.0.2.1");
	ck_assert_str_eq(server_text(&c, 1), "2001:db8::53");
	ck_assert_str_eq(server_text(&c, 2), "fe80::1");
	ck_assert_uint_eq(c.servers.list[2].in6.sin6_scope_id, 1);
	ck_assert_str_eq(server_text(&c, 3), "192.0.2.2");
	ck_assert_uint_eq(ntohs(c.servers.list[0].in.sin_port), 53);
	ck_assert(c.rotate);
	ck_assert_uint_eq(c.timeout_sec, 3);
	ck_assert_uint_eq(c.attempts, 5);
}
END_TEST

START_TEST(test_empty)
{
	struct resolv_conf c;

	resolv_conf_parse("", &c);
	ck_assert_uint_eq(c.servers.n, 1);
	ck_assert_str_eq(server_text(&c, 0), "127.0.0.1");
	ck_assert_uint_eq(c.timeout_sec, 5);
	ck_assert_uint_eq(c.attempts, 2);
	ck_assert(!c.rotate);
}
END_TEST

START_TEST(test_too_long)
{
	char text[2000];
	struct resolv_conf c;

	memset(text, ' ', sizeof(text));
	memcpy(text, "nameserver", 10);
	memcpy(text + 1900, "192.0.2.1\nnameserver 192.0.2.2\n", 32);
	resolv_conf_parse(text, &c);
	ck_assert_uint_eq(c.servers.n, 1);
	ck_assert_str_eq(server_text(&c, 0), "192.0.2.2");
}
END_TEST

static void put(const char *path, const char *text)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fd_write_all(fd, text, strlen(text)), 0);
}

/* As if the time until it looks again were over. */
static const char *now(struct resolv_follow *f)
{
	f->looked_usec = f->looked_usec ? 1 : 0;
	return server_text(resolv_follow_now(f), 0);
}

START_TEST(test_follow)
{
	struct resolv_follow f = {.path = "resolv.conf"};

	ck_assert_int_eq(chdir(unit_dir()), 0);
	ck_assert_msg(strcmp(now(&f), "127.0.0.1") == 0, "there is none");
	put("resolv.conf", "nameserver 192.0.2.1\n");
	ck_assert_str_eq(now(&f), "192.0.2.1");
	/* in place, at once, of the same length */
	put("resolv.conf", "nameserver 192.0.2.2\n");
	ck_assert_str_eq(now(&f), "192.0.2.2");
	/* somebody is just writing it */
	put("resolv.conf", "");
	ck_assert_str_eq(now(&f), "192.0.2.2");
	/* by another, renamed */
	put("new", "nameserver 192.0.2.3\n");
	ck_assert_int_eq(rename("new", "resolv.conf"), 0);
	ck_assert_str_eq(now(&f), "192.0.2.3");
	/* by a link */
	put("stub", "nameserver 192.0.2.4\n");
	ck_assert_int_eq(unlink("resolv.conf"), 0);
	ck_assert_str_eq(now(&f), "192.0.2.3");
	ck_assert_int_eq(symlink("stub", "resolv.conf"), 0);
	ck_assert_str_eq(now(&f), "192.0.2.4");
	put("stub", "nameserver 192.0.2.5\n");
	ck_assert_str_eq(now(&f), "192.0.2.5");
	/* a fifo does not stop us */
	ck_assert_int_eq(unlink("stub"), 0);
	ck_assert_int_eq(mkfifo("stub", 0644), 0);
	ck_assert_str_eq(now(&f), "192.0.2.5");
}
END_TEST

UNIT_MAIN("names_resolv", test_parse, test_empty, test_too_long, test_follow)
