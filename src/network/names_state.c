/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_state.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>

#include "util/time.h"

int names_state_watch(const struct names_server *s, int op, int fd, uint32_t events,
		      uint64_t data)
{
	struct epoll_event e = {.events = events, .data.u64 = data};

	return epoll_ctl(s->epoll_fd, op, fd, &e) < 0 ? -errno : 0;
}

bool names_address_of(const union names_sockaddr *a, struct dns_address *ret)
{
	*ret = (struct dns_address){0};
	if (a->any.sa_family == AF_INET) {
		ret->len = sizeof(a->in.sin_addr);
		memcpy(ret->bytes, &a->in.sin_addr, ret->len);
	} else if (a->any.sa_family == AF_INET6) {
		ret->len = sizeof(a->in6.sin6_addr);
		memcpy(ret->bytes, &a->in6.sin6_addr, ret->len);
	}
	return ret->len > 0;
}

static bool same_server(const union names_sockaddr *a, const union names_sockaddr *b)
{
	struct dns_address x, y;

	return names_address_of(a, &x) && names_address_of(b, &y) &&
	       dns_address_equal(&x, &y);
}

bool names_state_is_bad(const struct names_server *s, const union names_sockaddr *a)
{
	for (size_t k = 0; k < NAMES_BAD_MAX; k++)
		if (s->bad[k].until_usec > 0 && same_server(&s->bad[k].address, a))
			return s->bad[k].until_usec > time_monotonic_usec();
	return false;
}

void names_state_mark(struct names_server *s, const union names_sockaddr *a, bool bad)
{
	struct names_bad_server *place = &s->bad[0];

	for (size_t k = 0; k < NAMES_BAD_MAX; k++) {
		struct names_bad_server *b = &s->bad[k];

		if (b->until_usec > 0 && same_server(&b->address, a)) {
			place = b;
			break;
		}
		if (b->until_usec < place->until_usec)
			place = b;
		if (k == NAMES_BAD_MAX - 1 && !bad)
			return;
	}
	*place = (struct names_bad_server){
		.address = *a,
		.until_usec = bad ? time_monotonic_usec() + NAMES_BAD_USEC : 0,
	};
}
