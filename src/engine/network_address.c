/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define V4_BITS   32
#define V6_BITS   128
#define BYTE_BITS 8

int ip_address_parse(const char *text, struct ip_address *ret)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t n = sizeof(struct in_addr);

	*ret = (struct ip_address){0};
	if (inet_pton(AF_INET, text, bytes) != 1) {
		if (inet_pton(AF_INET6, text, bytes) != 1)
			return -EINVAL;
		ret->is_v6 = true;
		n = sizeof(bytes);
	}
	for (size_t i = 0; i < n; i++)
		ret->number = ret->number << BYTE_BITS | bytes[i];
	return 0;
}

char *ip_address_text(const struct ip_address *a, char buf[static ADDRESS_TEXT_MAX])
{
	unsigned char bytes[sizeof(struct in6_addr)] = {0};
	size_t n = a->is_v6 ? sizeof(bytes) : sizeof(struct in_addr);
	address_number number = a->number;

	for (size_t i = n; i-- > 0; number >>= BYTE_BITS)
		bytes[i] = (unsigned char)number;
	(void)inet_ntop(a->is_v6 ? AF_INET6 : AF_INET, bytes, buf, ADDRESS_TEXT_MAX);
	return buf;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return a->is_v6 == b->is_v6 && a->number == b->number;
}

unsigned int subnet_bits(const struct subnet *s)
{
	return s->base.is_v6 ? V6_BITS : V4_BITS;
}

/* The bits after a prefix, all 1. */
static address_number rest_mask(unsigned int bits, unsigned int length)
{
	unsigned int rest = bits - length;

	return rest == V6_BITS ? ~(address_number)0 : ((address_number)1 << rest) - 1;
}

int subnet_parse(const char *text, struct subnet *ret)
{
	const char *slash = strchr(text, '/');
	cleanup_free char *base = NULL;
	uint32_t length;

	if (!slash || str_to_u32(slash + 1, &length) < 0)
		return -EINVAL;
	base = xstrndup(text, (size_t)(slash - text));
	if (ip_address_parse(base, &ret->base) < 0 || length > subnet_bits(ret))
		return -EINVAL;
	ret->length = length;
	ret->base.number &= ~rest_mask(subnet_bits(ret), length);
	return 0;
}

char *subnet_text(const struct subnet *s)
{
	char buf[ADDRESS_TEXT_MAX];

	return xasprintf("%s/%u", ip_address_text(&s->base, buf), s->length);
}

struct ip_address subnet_last(const struct subnet *s)
{
	struct ip_address last = s->base;

	last.number |= rest_mask(subnet_bits(s), s->length);
	return last;
}

bool subnet_has(const struct subnet *s, const struct ip_address *a)
{
	return s->base.is_v6 == a->is_v6 && a->number >= s->base.number &&
	       a->number <= subnet_last(s).number;
}

bool subnet_overlaps(const struct subnet *a, const struct subnet *b)
{
	return subnet_has(a, &b->base) || subnet_has(b, &a->base);
}

int subnet_nth(const struct subnet *s, unsigned int length, uint64_t n,
	       struct subnet *ret)
{
	unsigned int bits = subnet_bits(s);

	if (length < s->length || length > bits || length == 0)
		return -ERANGE;
	if (length - s->length < V6_BITS / 2 && n >> (length - s->length))
		return -ERANGE;
	*ret = (struct subnet){.base = s->base, .length = length};
	ret->base.number += (address_number)n << (bits - length);
	return 0;
}

struct address_range subnet_hosts(const struct subnet *s)
{
	struct address_range range = {s->base, subnet_last(s)};

	if (subnet_bits(s) - s->length < 2)
		return range;
	range.first.number++;
	if (!s->base.is_v6)
		range.last.number--;
	return range;
}

int address_range_parse(const char *text, const struct subnet *s,
			struct address_range *ret)
{
	const struct address_range hosts = subnet_hosts(s);
	const char *dash = strchr(text, '-');
	struct subnet part;

	if (dash) {
		cleanup_free char *first = xstrndup(text, (size_t)(dash - text));

		if (ip_address_parse(first, &ret->first) < 0 ||
		    ip_address_parse(dash + 1, &ret->last) < 0 ||
		    ret->first.is_v6 != ret->last.is_v6 ||
		    ret->first.number > ret->last.number)
			return -EINVAL;
	} else {
		if (subnet_parse(text, &part) < 0)
			return -EINVAL;
		*ret = (struct address_range){part.base, subnet_last(&part)};
	}
	if (!subnet_has(s, &ret->first) || !subnet_has(s, &ret->last))
		return -ERANGE;
	if (ret->first.number < hosts.first.number)
		ret->first = hosts.first;
	if (ret->last.number > hosts.last.number)
		ret->last = hosts.last;
	return ret->first.number > ret->last.number ? -ERANGE : 0;
}

void address_set_release(struct address_set *s)
{
	free(s->items);
	*s = (struct address_set){0};
}

void address_set_add(struct address_set *s, const struct ip_address *a)
{
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->items = xreallocarray(s->items, s->room, sizeof(*s->items));
	}
	s->items[s->n++] = *a;
}

static int compare(const void *left, const void *right)
{
	const struct ip_address *a = left, *b = right;

	if (a->is_v6 != b->is_v6)
		return a->is_v6 ? 1 : -1;
	return (a->number > b->number) - (a->number < b->number);
}

void address_set_sort(struct address_set *s)
{
	if (s->n)
		qsort(s->items, s->n, sizeof(*s->items), compare);
}

bool address_set_has(const struct address_set *s, const struct ip_address *a)
{
	return s->n && bsearch(a, s->items, s->n, sizeof(*s->items), compare);
}

static bool is_in(const struct address_range *range, const struct ip_address *a)
{
	return a->is_v6 == range->first.is_v6 && a->number >= range->first.number &&
	       a->number <= range->last.number;
}

int address_next(const struct address_range *range, const struct address_set *taken,
		 const struct ip_address *last, struct ip_address *ret)
{
	struct ip_address next = last && is_in(range, last) ? *last : range->last;

	/* of n + 1 different addresses one is not among n taken ones */
	for (size_t i = 0; i <= taken->n; i++) {
		if (next.number == range->last.number)
			next = range->first;
		else
			next.number++;
		if (!address_set_has(taken, &next)) {
			*ret = next;
			return 0;
		}
	}
	return -ENOSPC;
}

char *address_mac(const struct ip_address *a)
{
	uint32_t n = (uint32_t)a->number;

	return xasprintf("02:42:%02x:%02x:%02x:%02x", n >> 24, n >> 16 & 0xff,
			 n >> 8 & 0xff, n & 0xff);
}
