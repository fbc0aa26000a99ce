/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_pending.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/time.h"

#define TOKEN_SHIFT 16 /* below it: the place in the list */

struct names_pendings *names_pendings_new(void)
{
	struct names_pendings *p = xcalloc(1, sizeof(*p));

	return p; /* not written to: its pages come with its use */
}

void names_pendings_free(struct names_pendings *p)
{
	if (!p)
		return;
	for (size_t k = 0; k < p->end; k++)
		if (p->list[k].state != NAMES_FREE) {
			fd_cleanup_(&p->list[k].fd);
			free(p->list[k].reply);
		}
	free(p);
}

struct names_pending *names_pending_add(struct names_server *s,
					const struct names_way *way,
					const struct dns_question *q,
					const struct view_member *asker)
{
	struct names_pendings *all = s->pendings;
	size_t place = NAMES_PENDING_MAX, same = 0;

	for (size_t k = 0; k < all->end; k++) {
		if (all->list[k].state == NAMES_FREE)
			place = k < place ? k : place;
		else if (all->list[k].member == asker->serial)
			same++;
	}
	if (place == NAMES_PENDING_MAX)
		place = all->end;
	if (place == NAMES_PENDING_MAX || same >= NAMES_PENDING_MEMBER)
		return NULL;
	if (place == all->end)
		all->end++;
	all->n++;
	all->list[place] = (struct names_pending){
		.state = NAMES_HELD,
		.way = *way,
		.question = *q,
		.member = asker->serial,
		.token = ++all->last_token,
		.deadline_usec = INT64_MAX,
		.fd = -EBADF,
		.rcode = DNS_SERVFAIL,
	};
	return &all->list[place];
}

void names_pending_end(struct names_server *s, struct names_pending *p)
{
	struct names_pendings *all = s->pendings;

	fd_cleanup_(&p->fd);
	free(p->reply);
	p->reply = NULL;
	p->state = NAMES_FREE;
	all->n--;
	while (all->end > 0 && all->list[all->end - 1].state == NAMES_FREE)
		all->end--;
}

/* The way first: whom the answer reaches may ask the next question at once, which wants a place. */
void names_pending_answer(struct names_server *s, struct names_pending *p,
			  const uint8_t *message, size_t len)
{
	uint8_t *reply = TAKE_PTR(p->reply); /* message may be in it */
	struct names_way way = p->way;

	names_pending_end(s, p);
	s->calls->reply(s, &way, message, len);
	free(reply);
}

void names_pending_fail(struct names_server *s, struct names_pending *p,
			enum dns_rcode rcode)
{
	uint8_t message[DNS_UDP_PLAIN];
	size_t len = names_answer_rcode(&p->question, rcode, message);

	names_pending_answer(s, p, message, len);
}

void names_pending_hold(struct names_server *s, struct names_pending *p,
			const struct names_learning *l, const uint8_t *message,
			size_t len)
{
	const struct view_member *asker = names_view_serial(&s->view, p->member);
	uint64_t token =
		(uint64_t)p->token << TOKEN_SHIFT | (uint64_t)(p - s->pendings->list);
	uint8_t *copy = malloc(len);

	fd_cleanup_(&p->fd);
	if (copy)
		memcpy(copy, message, len);
	free(p->reply);
	p->reply = copy;
	p->reply_len = len;
	p->state = NAMES_HELD;
	p->deadline_usec = time_monotonic_usec() + NAMES_HOLD_USEC;
	if (!asker || !copy ||
	    s->calls->learned(
		    s, &(struct names_report){asker->id, p->way.network->id, l->name}, l,
		    token) < 0)
		names_pending_fail(s, p, DNS_SERVFAIL);
}

void names_pending_confirm(struct names_server *s, uint64_t token, bool ok)
{
	size_t place = token & ((1U << TOKEN_SHIFT) - 1);
	struct names_pending *p;

	if (place >= s->pendings->end)
		return;
	p = &s->pendings->list[place];
	if (p->state != NAMES_HELD || p->token != token >> TOKEN_SHIFT)
		return; /* it took too long */
	if (ok)
		names_pending_answer(s, p, p->reply, p->reply_len);
	else
		names_pending_fail(s, p, DNS_SERVFAIL);
}

void names_pending_drop_client(struct names_server *s, uint32_t serial)
{
	for (size_t k = 0; k < s->pendings->end; k++) {
		struct names_pending *p = &s->pendings->list[k];

		if (p->state != NAMES_FREE && p->way.is_tcp && p->way.serial == serial)
			names_pending_end(s, p);
	}
}

void names_pending_drop_network(struct names_server *s,
				const struct view_network *network)
{
	for (size_t k = 0; k < s->pendings->end; k++) {
		struct names_pending *p = &s->pendings->list[k];

		if (p->state != NAMES_FREE && p->way.network == network)
			names_pending_end(s, p);
	}
}

int64_t names_pending_expire(struct names_server *s, int64_t now_usec)
{
	int64_t next = INT64_MAX;

	for (size_t k = 0; k < s->pendings->end; k++) {
		struct names_pending *p = &s->pendings->list[k];

		if (p->state == NAMES_FREE)
			continue;
		if (p->deadline_usec <= now_usec) {
			if (p->state == NAMES_HELD)
				names_pending_fail(s, p, DNS_SERVFAIL);
			else
				s->calls->timeout(s, p);
		}
		if (p->state != NAMES_FREE && p->deadline_usec < next)
			next = p->deadline_usec;
	}
	return next;
}
