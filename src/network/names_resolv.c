/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_resolv.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "network/names_domain.h"
#include "util/str.h"
#include "util/time.h"

#define FILE_MAX     (16 << 10)
#define LINE_MAX_LEN 512
#define BLANKS       " \t\r"

/* resolv.conf(5) */
#define TIMEOUT_DEFAULT  5
#define TIMEOUT_MAX      30
#define ATTEMPTS_DEFAULT 2
#define ATTEMPTS_MAX     5

#define LOOK_AGAIN_USEC 100000
#define SETTLED_SEC \
	1 /* times of files are coarse: one that is so new may be written on */

/* 0: no such. if_nametoindex(3) would make a socket of a family that is out of reach here. */
static uint32_t interface_index(const char *name)
{
	struct ifreq request = {0};
	uint32_t number;
	int r;

	if (str_to_u32(name, &number) == 0)
		return number;
	if (strlen(name) >= sizeof(request.ifr_name))
		return 0;
	cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	memcpy(request.ifr_name, name, strlen(name));
	r = ioctl(fd, SIOCGIFINDEX, &request);
	return r < 0 ? 0 : (uint32_t)request.ifr_ifindex;
}

int names_servers_add(struct names_servers *s, const char *text)
{
	char plain[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");
	union names_sockaddr a = {0};

	if (len >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, len);
	plain[len] = 0;
	if (!text[len] && inet_pton(AF_INET, plain, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(NAMES_PORT);
	} else if (inet_pton(AF_INET6, plain, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(NAMES_PORT);
		if (text[len])
			a.in6.sin6_scope_id = interface_index(text + len + 1);
		if (text[len] && a.in6.sin6_scope_id == 0)
			return -EINVAL;
	} else {
		return -EINVAL;
	}
	if (s->n == NAMES_SERVERS_MAX)
		return -E2BIG;
	s->list[s->n++] = a;
	return 0;
}

static unsigned int option_value(const char *text, unsigned int max, unsigned int before)
{
	uint32_t value;

	if (str_to_u32(text, &value) < 0)
		return before;
	if (value < 1)
		value = 1;
	return value > max ? max : value;
}

static void read_options(char *words, struct resolv_conf *c)
{
	char *word;

	while ((word = strsep(&words, BLANKS)) != NULL) {
		if (str_starts(word, "timeout:"))
			c->timeout_sec = option_value(word + strlen("timeout:"),
						      TIMEOUT_MAX, c->timeout_sec);
		else if (str_starts(word, "attempts:"))
			c->attempts = option_value(word + strlen("attempts:"),
						   ATTEMPTS_MAX, c->attempts);
		else if (str_eq(word, "rotate"))
			c->rotate = true;
	}
}

static void read_line(char *line, struct resolv_conf *c)
{
	char *rest = line;
	const char *word = strsep(&rest, BLANKS);

	if (!rest)
		return;
	rest += strspn(rest, BLANKS);
	if (str_eq(word, "options")) {
		read_options(rest, c);
	} else if (str_eq(word, "nameserver")) {
		rest[strcspn(rest, BLANKS "#;")] = 0;
		/* what is no address, or one too many, is passed over, as resolvers do */
		(void)!names_servers_add(&c->servers, rest);
	}
}

void resolv_conf_parse(const char *text, struct resolv_conf *ret)
{
	*ret = (struct resolv_conf){.timeout_sec = TIMEOUT_DEFAULT,
				    .attempts = ATTEMPTS_DEFAULT};
	while (*text) {
		char line[LINE_MAX_LEN];
		size_t len = strcspn(text, "\n");

		if (len < sizeof(line)) {
			memcpy(line, text, len);
			line[len] = 0;
			read_line(line, ret);
		}
		text += len;
		text += strspn(text, "\n");
	}
	if (ret->servers.n == 0)
		(void)!names_servers_add(&ret->servers, "127.0.0.1");
}

static struct stat_key key_of(const struct stat *st)
{
	return (struct stat_key){st->st_dev, st->st_ino, st->st_size, st->st_ctim,
				 st->st_mtim};
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_key(const struct stat_key *a, const struct stat_key *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       same_time(&a->changed, &b->changed) &&
	       same_time(&a->modified, &b->modified);
}

static bool is_settled(const struct stat *st)
{
	int64_t now = time_now_usec() / USEC_PER_SEC, then = st->st_ctim.tv_sec;

	return now > then + SETTLED_SEC || now < then;
}

/* -EAGAIN: it is being written, or there is none for now. */
static int read_file(struct resolv_follow *f)
{
	cleanup_fd int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char text[FILE_MAX + 1];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EAGAIN;
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n < 0 || (n == 0 && !is_settled(&st)))
		return -EAGAIN;
	text[n] = 0;
	resolv_conf_parse(text, &f->conf);
	f->key = is_settled(&st) ? key_of(&st) : (struct stat_key){0};
	return 0;
}

const struct resolv_conf *resolv_follow_now(struct resolv_follow *f)
{
	int64_t now = time_monotonic_usec();
	struct stat_key key;
	struct stat st;

	if (f->looked_usec && now < f->looked_usec + LOOK_AGAIN_USEC)
		return &f->conf;
	if (stat(f->path, &st) == 0) {
		key = key_of(&st);
		if (!same_key(&key, &f->key))
			(void)!read_file(f); /* it stays as it was */
	}
	f->looked_usec = now;
	if (f->conf.servers.n == 0)
		resolv_conf_parse("", &f->conf);
	return &f->conf;
}
