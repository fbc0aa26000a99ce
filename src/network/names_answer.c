/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_answer.h"

#include <string.h>

#include "network/allow.h"
#include "network/names_domain.h"
#include "util/str.h"

struct reply {
	uint8_t *data;
	size_t size;
};

size_t names_answer_rcode(const struct dns_question *q, enum dns_rcode rcode,
			  uint8_t reply[static DNS_UDP_PLAIN])
{
	struct dns_answer a;

	dns_answer_begin(&a, reply, DNS_UDP_PLAIN, q);
	return dns_answer_end(&a, rcode);
}

static void finish(const struct names_inquiry *q, enum dns_rcode rcode,
		   const struct reply *to, struct names_outcome *ret)
{
	ret->verdict = NAMES_ANSWERED;
	ret->len = names_answer_rcode(q->question, rcode, to->data);
}

static void refuse(const struct names_inquiry *q, const struct reply *to,
		   struct names_outcome *ret)
{
	ret->is_refused = true;
	finish(q, DNS_REFUSED, to, ret);
}

static bool may_reach(const struct names_inquiry *q, const char *name)
{
	return !q->asker->is_limited || allow_has_name(q->asker->allow, name);
}

/* The length of the addresses that are asked for; 0: it is something else. */
static uint8_t wanted_len(const struct names_inquiry *q)
{
	switch (q->question->type) {
	case DNS_TYPE_A:
		return 4;
	case DNS_TYPE_AAAA:
		return 16;
	default:
		return 0;
	}
}

/* Of a name that is ours: with no address it is there all the same, so the answer is an empty one. */
static void answer_addresses(const struct names_inquiry *q, const struct reply *to,
			     struct names_outcome *ret)
{
	struct dns_answer a;

	dns_answer_begin(&a, to->data, to->size, q->question);
	for (size_t k = 0; k < ret->n_addresses; k++)
		dns_answer_address(&a, &ret->addresses[k], NAMES_TTL_SEC);
	ret->len = dns_answer_end(&a, DNS_OK);
	ret->verdict = q->asker->is_limited && ret->n_addresses > 0 ? NAMES_HOLD
								    : NAMES_ANSWERED;
}

static bool answer_member(const struct names_inquiry *q, const struct reply *to,
			  struct names_outcome *ret)
{
	bool known;

	ret->n_addresses =
		names_view_lookup(q->view, q->asker, ret->name, wanted_len(q),
				  ret->addresses, NAMES_OWN_ADDRESS_MAX, &known);
	if (!known)
		return false;
	if (may_reach(q, ret->name))
		answer_addresses(q, to, ret);
	else
		refuse(q, to, ret);
	return true;
}

static bool is_host_name(const char *name)
{
	return str_eq(name, "host.containers.internal") ||
	       str_eq(name, "host.docker.internal");
}

/* An address of the other kind would only make it wait. */
static bool has_kind(const struct view_member *m, uint8_t len)
{
	for (size_t k = 0; k < m->n_places; k++)
		for (size_t i = 0; i < m->places[k].n_addresses; i++)
			if (m->places[k].addresses[i].len == len)
				return true;
	return false;
}

static void answer_host(const struct names_inquiry *q, const struct reply *to,
			struct names_outcome *ret)
{
	uint8_t len = wanted_len(q);

	if (!may_reach(q, ret->name)) {
		refuse(q, to, ret);
		return;
	}
	ret->n_addresses = len && has_kind(q->asker, len) &&
			   q->host_address(q->data, len, &ret->addresses[0]);
	answer_addresses(q, to, ret);
}

/* Who has an address in one of our subnets nobody else can know, and a private address is nobody else's business. */
static bool answer_reverse(const struct names_inquiry *q, const struct reply *to,
			   struct names_outcome *ret)
{
	struct dns_address address;
	const char *name;

	if (dns_name_reverse(ret->name, &address) < 0)
		return false;
	name = names_view_reverse(q->view, q->asker, &address);
	if (name) {
		struct dns_answer a;

		dns_answer_begin(&a, to->data, to->size, q->question);
		if (q->question->type == DNS_TYPE_PTR)
			dns_answer_pointer(&a, name, NAMES_TTL_SEC);
		ret->len = dns_answer_end(&a, DNS_OK);
		ret->verdict = NAMES_ANSWERED;
		return true;
	}
	if (names_view_owns(q->view, &address))
		finish(q, DNS_NXDOMAIN, to, ret);
	else if (q->asker->is_limited) /* no attempt to reach anything: no event */
		finish(q, DNS_REFUSED, to, ret);
	else
		return false;
	return true;
}

/* What is not ours. */
static void pass_on(const struct names_inquiry *q, const struct reply *to,
		    struct names_outcome *ret)
{
	/* "there is no such name" is what is true for who has no way out. REFUSED would make resolvers try again, and
	 * programs report something temporary. */
	if (!names_view_has_way_out(q->asker))
		finish(q, DNS_NXDOMAIN, to, ret);
	else if (!may_reach(q, ret->name))
		refuse(q, to, ret);
	else
		ret->verdict = NAMES_FORWARD;
}

/* "web.dns.podman" -> "web". Return: it was in our domain. */
static bool strip_domain(char *name)
{
	if (!dns_name_in(name, NAMES_DOMAIN))
		return false;
	size_t len = strlen(name) - strlen(NAMES_DOMAIN);
	name[len ? len - 1 : 0] = 0;
	return true;
}

void names_answer(const struct names_inquiry *q, uint8_t *reply, size_t size,
		  struct names_outcome *ret)
{
	const struct reply room = {.data = reply, .size = size}, *to = &room;
	bool is_ours;

	ret->n_addresses = ret->len = 0;
	ret->is_refused = false;
	dns_name_text(q->question->wire, ret->name);
	if (q->question->class != DNS_CLASS_IN || q->question->type == DNS_TYPE_AXFR) {
		finish(q, DNS_REFUSED, to, ret);
		return;
	}
	is_ours = strip_domain(ret->name);
	if (answer_member(q, to, ret))
		return;
	if (is_ours)
		finish(q, ret->name[0] ? DNS_NXDOMAIN : DNS_OK, to, ret);
	else if (is_host_name(ret->name))
		answer_host(q, to, ret);
	else if (!answer_reverse(q, to, ret))
		pass_on(q, to, ret);
}
