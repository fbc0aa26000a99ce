/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's resolv.conf(5), as it stands now: looked at again before a question is passed on, as the resolvers of C
 * libraries do, so it does not matter how it changes (written, renamed over, another link, mounted over).
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include "util/cleanup.h"

#define NAMES_SERVERS_MAX 4

union names_sockaddr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct names_servers {
	union names_sockaddr list[NAMES_SERVERS_MAX];
	uint8_t n;
};

struct resolv_conf {
	struct names_servers servers; /* at least one: without a line it is 127.0.0.1 */
	unsigned int timeout_sec, attempts;
	bool rotate;
};

/* names_servers_add() - an address, IPv6 ones with "%interface" where they need it; port 53. 0, -EINVAL, or -E2BIG:
 * there are enough. */
int names_servers_add(struct names_servers *s, const char *text) _must_check_;

/* resolv_conf_parse() - what it can't read is passed over, as resolvers do. */
void resolv_conf_parse(const char *text, struct resolv_conf *ret);

struct resolv_follow {
	const char *path; /* borrowed */
	struct resolv_conf conf;
	int64_t looked_usec; /* monotonic; 0: never */
	struct stat_key {
		dev_t device;
		ino_t inode;
		off_t size;
		struct timespec changed, modified;
	} key; /* of what conf was read from */
};

/* resolv_follow_now() - as it is, or was a tenth of a second ago at most. One that can't be read, or has just been emptied:
 * as it was before. Points into *f. */
const struct resolv_conf *resolv_follow_now(struct resolv_follow *f);
