/* SPDX-License-Identifier: Apache-2.0 */
/* Questions whose answer is waited for: another server's, or the gateway process's leave to give it. */
#pragma once

#include "network/names_state.h"

#define NAMES_HOLD_USEC (5 * INT64_C(1000000)) /* the gateway process has that long */

enum names_pending_state {
	NAMES_FREE,
	NAMES_BY_UDP,
	NAMES_BY_TCP,
	NAMES_INSIDE, /* by UDP, by a listening socket: the server is a container */
	NAMES_HELD,   /* reply is what is given when the gateway process says so */
};

struct names_pending {
	enum names_pending_state state;
	struct names_way way;
	struct dns_question question;
	uint32_t member; /* serial */
	uint32_t token;  /* of this use of the place */
	int64_t deadline_usec;
	/* the other server: names_forward.c */
	int fd; /* owned; -EBADF: none */
	uint16_t id;
	struct names_servers servers;
	uint8_t server, n_tries, max_tries;
	enum dns_rcode rcode; /* what it will be if nobody says better */
	int64_t try_usec, last_usec;
	/* HELD: the answer; BY_TCP: as much of it as has come, its length first */
	uint8_t *reply; /* owned */
	size_t reply_len, reply_got;
	uint8_t length[2];
};

struct names_pendings {
	struct names_pending list[NAMES_PENDING_MAX];
	size_t n, end; /* in use; none at or after `end` */
	uint32_t last_token;
};

struct names_pendings *names_pendings_new(void);
void names_pendings_free(struct names_pendings *p);

/* names_pending_add() - NULL: there are enough. Its state is the caller's to set. */
struct names_pending *names_pending_add(struct names_server *s,
					const struct names_way *way,
					const struct dns_question *q,
					const struct view_member *asker);
void names_pending_end(struct names_server *s, struct names_pending *p);

/* names_pending_answer() - it gets this answer, and is over. */
void names_pending_answer(struct names_server *s, struct names_pending *p,
			  const uint8_t *message, size_t len);
void names_pending_fail(struct names_server *s, struct names_pending *p,
			enum dns_rcode rcode);

/* names_pending_hold() - a copy of the answer is kept until the gateway process knows the addresses. */
void names_pending_hold(struct names_server *s, struct names_pending *p,
			const struct names_learning *l, const uint8_t *message,
			size_t len);
void names_pending_confirm(struct names_server *s, uint64_t token, bool ok);

/* names_pending_drop_client(), _network() - nobody waits for these any more. */
void names_pending_drop_client(struct names_server *s, uint32_t serial);
void names_pending_drop_network(struct names_server *s,
				const struct view_network *network);

/* names_pending_expire() - Return: when it is to be called again; INT64_MAX: never. */
int64_t names_pending_expire(struct names_server *s, int64_t now_usec);
