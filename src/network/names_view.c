/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_view.h"

#include <stdlib.h>
#include <string.h>

#include "util/fnv.h"
#include "util/mem.h"
#include "util/str.h"

static void network_free(struct view_network *n)
{
	free(n->id);
	free(n->subnets);
	free(n);
}

static void place_release(struct view_place *p)
{
	free(p->addresses);
	strv_free(p->names);
	free(p->hashes);
}

static void member_free(struct view_member *m)
{
	for (size_t k = 0; k < m->n_places; k++)
		place_release(&m->places[k]);
	free(m->places);
	free(m->id);
	free(m->name);
	strv_free(m->allow);
	free(m);
}

void names_view_release(struct names_view *v)
{
	while (v->members) {
		struct view_member *m = v->members;

		v->members = m->next;
		member_free(m);
	}
	while (v->networks) {
		struct view_network *n = v->networks;

		v->networks = n->next;
		network_free(n);
	}
	*v = (struct names_view){0};
}

/* so that most comparisons are of numbers */
static uint32_t hash(const char *text)
{
	return fnv_add(FNV_INIT, text, strlen(text));
}

static char *lower_copy(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return copy;
}

static void read_servers(char *const *words, struct names_servers *ret)
{
	*ret = (struct names_servers){0};
	/* the engine has checked them; one too many has no use */
	strv_foreach (word, words)
		(void)!names_servers_add(ret, *word);
}

struct view_network *names_view_find_network(const struct names_view *v, const char *id)
{
	for (struct view_network *n = v->networks; n; n = n->next)
		if (str_eq(n->id, id))
			return n;
	return NULL;
}

static bool read_subnet(const char *text, struct view_subnet *ret)
{
	const char *slash = strchr(text, '/');
	uint32_t prefix;

	if (!slash || dns_address_read(text, &ret->address) < 0 ||
	    str_to_u32(slash + 1, &prefix) < 0 || prefix > 8U * ret->address.len)
		return false;
	ret->prefix = (uint8_t)prefix;
	return true;
}

struct view_network *names_view_network(struct names_view *v,
					const struct network_definition *d)
{
	struct view_network *n = names_view_find_network(v, d->id);

	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->id = xstrdup(d->id);
		n->next = v->networks;
		v->networks = n;
	}
	n->internal = d->internal;
	read_servers(d->dns_servers, &n->servers);
	free(n->subnets);
	n->subnets = xcalloc(d->n_subnets + 1, sizeof(*n->subnets));
	n->n_subnets = 0;
	for (size_t k = 0; k < d->n_subnets; k++)
		if (read_subnet(d->subnets[k].subnet, &n->subnets[n->n_subnets]))
			n->n_subnets++;
	return n;
}

static void read_place(const struct network_endpoint *e, struct view_network *network,
		       struct view_place *ret)
{
	size_t n = strv_len(e->names), k = 0;

	*ret = (struct view_place){.network = network};
	ret->addresses = xcalloc(strv_len(e->addresses) + 1, sizeof(*ret->addresses));
	strv_foreach (address, e->addresses)
		if (dns_address_read(*address, &ret->addresses[ret->n_addresses]) == 0)
			ret->n_addresses++;
	ret->hashes = xcalloc(n + 1, sizeof(*ret->hashes));
	strv_foreach (name, e->names) {
		char *copy = lower_copy(*name);

		ret->hashes[k++] = hash(copy);
		strv_add_take(&ret->names, copy);
	}
}

static struct view_member **find_member(struct names_view *v, const char *id)
{
	struct view_member **at = &v->members;

	while (*at && !str_eq((*at)->id, id))
		at = &(*at)->next;
	return at;
}

void names_view_member(struct names_view *v, const struct network_member *m)
{
	struct view_member **at = find_member(v, m->id);
	struct view_member *made = xcalloc(1, sizeof(*made)), *old = *at;

	made->id = xstrdup(m->id);
	made->name = lower_copy(m->name ? m->name : "");
	made->is_limited = m->is_limited;
	made->allow = strv_copy(m->allow);
	read_servers(m->dns_servers, &made->servers);
	made->places = xcalloc(m->n_endpoints + 1, sizeof(*made->places));
	for (size_t k = 0; k < m->n_endpoints; k++) {
		struct view_network *network =
			names_view_find_network(v, m->endpoints[k].network);

		if (network)
			read_place(&m->endpoints[k], network,
				   &made->places[made->n_places++]);
	}
	made->serial = old ? old->serial : ++v->last_serial;
	made->next = old ? old->next : NULL;
	*at = made;
	if (old)
		member_free(old);
}

static void drop_place(struct view_member *m, const char *network_id)
{
	size_t kept = 0;

	for (size_t k = 0; k < m->n_places; k++) {
		if (str_eq(m->places[k].network->id, network_id))
			place_release(&m->places[k]);
		else
			m->places[kept++] = m->places[k];
	}
	m->n_places = kept;
}

void names_view_forget(struct names_view *v, const char *id, const char *network_id)
{
	struct view_member **at = find_member(v, id);
	struct view_member *m = *at;

	if (!m)
		return;
	if (network_id)
		drop_place(m, network_id);
	if (network_id && m->n_places > 0)
		return;
	*at = m->next;
	member_free(m);
}

void names_view_forget_network(struct names_view *v, const char *id)
{
	struct view_network **at = &v->networks;

	for (struct view_member *m = v->members; m; m = m->next)
		drop_place(m, id);
	while (*at && !str_eq((*at)->id, id))
		at = &(*at)->next;
	if (*at) {
		struct view_network *n = *at;

		*at = n->next;
		network_free(n);
	}
}

const struct view_member *names_view_serial(const struct names_view *v, uint32_t serial)
{
	for (const struct view_member *m = v->members; m; m = m->next)
		if (m->serial == serial)
			return m;
	return NULL;
}

static bool has_address(const struct view_place *p, const struct dns_address *address)
{
	for (size_t k = 0; k < p->n_addresses; k++)
		if (dns_address_equal(&p->addresses[k], address))
			return true;
	return false;
}

/* Where it is at this network, or NULL. */
static const struct view_place *place_at(const struct view_member *m,
					 const struct view_network *network)
{
	for (size_t k = 0; k < m->n_places; k++)
		if (m->places[k].network == network)
			return &m->places[k];
	return NULL;
}

const struct view_member *names_view_asker(const struct names_view *v,
					   const struct view_network *network,
					   const struct dns_address *address)
{
	for (const struct view_member *m = v->members; m; m = m->next) {
		const struct view_place *p = place_at(m, network);

		if (p && has_address(p, address))
			return m;
	}
	return NULL;
}

static bool has_name(const struct view_place *p, const char *text, uint32_t h)
{
	for (size_t k = 0; p->names && p->names[k]; k++)
		if (p->hashes[k] == h && str_eq(p->names[k], text))
			return true;
	return false;
}

struct found {
	struct dns_address *list;
	size_t n, max;
	uint8_t len;
};

static void collect(const struct view_place *p, struct found *f)
{
	for (size_t k = 0; k < p->n_addresses && f->n < f->max; k++)
		if (p->addresses[k].len == f->len)
			f->list[f->n++] = p->addresses[k];
}

/* Clients take the first. */
static void rotate(struct dns_address *list, size_t n, unsigned int by)
{
	for (by %= n; by > 0; by--) {
		struct dns_address first = list[0];

		memmove(list, list + 1, (n - 1) * sizeof(*list));
		list[n - 1] = first;
	}
}

size_t names_view_lookup(struct names_view *v, const struct view_member *asker,
			 const char *text, uint8_t len, struct dns_address *ret,
			 size_t max, bool *ret_known)
{
	struct found f = {.list = ret, .max = max, .len = len};
	uint32_t h = hash(text);

	*ret_known = false;
	for (const struct view_member *m = v->members; m; m = m->next)
		for (size_t k = 0; k < m->n_places; k++) {
			const struct view_place *p = &m->places[k];

			if (!place_at(asker, p->network) || !has_name(p, text, h))
				continue;
			*ret_known = true;
			collect(p, &f);
		}
	if (f.n > 1)
		rotate(ret, f.n, v->turn++);
	return f.n;
}

const char *names_view_reverse(const struct names_view *v,
			       const struct view_member *asker,
			       const struct dns_address *address)
{
	for (size_t k = 0; k < asker->n_places; k++) {
		const struct view_member *m =
			names_view_asker(v, asker->places[k].network, address);

		if (m)
			return m->name;
	}
	return NULL;
}

static bool is_within(const struct view_subnet *s, const struct dns_address *address)
{
	size_t whole = s->prefix / 8, rest = s->prefix % 8;
	unsigned int mask = 0xff00U >> rest & 0xff;

	if (s->address.len != address->len ||
	    memcmp(s->address.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       ((s->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

bool names_view_in_subnet(const struct view_network *network,
			  const struct dns_address *address)
{
	for (size_t k = 0; k < network->n_subnets; k++)
		if (is_within(&network->subnets[k], address))
			return true;
	return false;
}

bool names_view_owns(const struct names_view *v, const struct dns_address *address)
{
	for (const struct view_network *n = v->networks; n; n = n->next)
		if (names_view_in_subnet(n, address))
			return true;
	return false;
}

bool names_view_has_way_out(const struct view_member *m)
{
	for (size_t k = 0; k < m->n_places; k++)
		if (!m->places[k].network->internal)
			return true;
	return false;
}
