/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/publish_option.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"
#include "util/str.h"

#define PORT_MAX     65535
#define MAPPINGS_MAX 65536
#define TEXT_MAX     (4 << 20)

static const char *const protocols[] = {"tcp", "udp", "sctp"};

/* What is being parsed, for messages. */
struct word {
	const char *option, *text;
};

static int malformed(const struct word *w, const char *why, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "%s %s: invalid port format: %s", w->option,
		  w->text, why);
	return error_hint(err,
			  w->option[2] == 'p'
				  ? "For example: -p 8080:80, -p 127.0.0.1:53:53/udp, "
				    "-p [::1]::80, -p 9000-9009:9000-9009"
				  : "For example: --expose 80, --expose 53/udp, "
				    "--expose 9000-9009");
}

static int parse_number(const struct word *w, const char *text, uint64_t *ret,
			struct error *err)
{
	if (str_to_u64(text, ret) < 0)
		return malformed(w, "a port is a number", err);
	if (*ret < 1 || *ret > PORT_MAX)
		return error_set(
			err, ERR_INVALID, 0,
			"%s %s: port numbers must be between 1 and 65535 (inclusive), got %s",
			w->option, w->text, text);
	return 0;
}

/* "80" or "80-89" */
static int parse_range(const struct word *w, const char *text, uint64_t *ret_first,
		       uint64_t *ret_n, struct error *err)
{
	const char *dash = strchr(text, '-');
	cleanup_free char *first =
		dash ? xstrndup(text, (size_t)(dash - text)) : xstrdup(text);
	uint64_t last;
	int r = parse_number(w, first, ret_first, err);

	*ret_n = 1;
	if (r < 0 || !dash)
		return r;
	r = parse_number(w, dash + 1, &last, err);
	if (r < 0)
		return r;
	if (last < *ret_first)
		return error_set(
			err, ERR_INVALID, 0,
			"%s %s: the end port of a range must be higher than the start port",
			w->option, w->text);
	*ret_n = last - *ret_first + 1;
	return 0;
}

/* What stands after the slash; *ret_len: how much of the text comes before it. */
static int parse_protocol(const struct word *w, const char **ret, size_t *ret_len,
			  struct error *err)
{
	const char *slash = strchr(w->text, '/');

	*ret = protocols[0];
	*ret_len = slash ? (size_t)(slash - w->text) : strlen(w->text);
	if (!slash)
		return 0;
	if (strchr(slash + 1, '/'))
		return malformed(w, "protocol can only be specified once", err);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (strcasecmp(slash + 1, protocols[i]) == 0) {
			*ret = protocols[i];
			return 0;
		}
	return malformed(w, "the protocol is tcp or udp", err);
}

static int refuse_sctp(const struct word *w, struct error *err)
{
	return error_set(err, ERR_UNSUPPORTED, 0,
			 "%s %s: sctp ports can't be published, tcp and udp can",
			 w->option, w->text);
}

/* Canonical, so that two ways to write one address are one. */
static int parse_address(const struct word *w, const char *text, bool is_ipv6, char **ret,
			 struct error *err)
{
	int family = is_ipv6 ? AF_INET6 : AF_INET;
	char address[INET6_ADDRSTRLEN];
	struct in6_addr bytes;

	if (text[0] == '\0')
		return malformed(w, "must provide a non-empty host address", err);
	if (inet_pton(family, text, &bytes) != 1 ||
	    !inet_ntop(family, &bytes, address, sizeof(address)))
		return error_set(err, ERR_INVALID, 0,
				 "%s %s: cannot parse \"%s\" as an IP address", w->option,
				 w->text, text);
	*ret = xstrdup(address);
	return 0;
}

/* The address in front, "[::1]:" or "127.0.0.1:"; *rest is what follows. */
static int split_address(const struct word *w, char **rest, char **ret, struct error *err)
{
	char *text = *rest, *end;

	if (text[0] != '[') {
		end = strchr(text, ':');
		if (strchr(text, ']'))
			return malformed(w, "IPv6 addresses must be enclosed by []", err);
		if (!end || !strchr(end + 1, ':'))
			return 0;
		*end = '\0';
		*rest = end + 1;
		return parse_address(w, text, false, ret, err);
	}
	end = strchr(text, ']');
	if (!end || end[1] != ':')
		return malformed(w, "IPv6 address must be followed by a colon (':')",
				 err);
	*end = '\0';
	*rest = end + 2;
	if (!strchr(*rest, ':'))
		return malformed(
			w,
			"must provide host and destination port if specifying an address",
			err);
	return parse_address(w, text + 1, true, ret, err);
}

static int parse_host_port(const struct word *w, const char *text, struct port_mapping *m,
			   struct error *err)
{
	uint64_t n;
	int r;

	if (text[0] == '\0')
		return 0;
	r = parse_range(w, text, &m->host_port, &n, err);
	if (r < 0 || n == m->n_ports)
		return r;
	return error_set(
		err, ERR_INVALID, 0,
		"%s %s: host and container port ranges have different lengths: %llu vs %llu",
		w->option, w->text, (unsigned long long)n,
		(unsigned long long)m->n_ports);
}

static int parse_ports(const struct word *w, char *rest, struct port_mapping *m,
		       struct error *err)
{
	char *colon = strchr(rest, ':');
	const char *container = colon ? colon + 1 : rest;
	int r;

	if (strchr(container, ':'))
		return malformed(w, "format is [[hostIP:]hostPort:]containerPort", err);
	if (container[0] == '\0')
		return malformed(w, "must provide a non-empty container port to publish",
				 err);
	if (colon)
		*colon = '\0';
	r = parse_range(w, container, &m->container_port, &m->n_ports, err);
	return r < 0 || !colon ? r : parse_host_port(w, rest, m, err);
}

static void mapping_release(struct port_mapping *m)
{
	free(m->host_address);
	free(m->protocol);
	*m = (struct port_mapping){0};
}
#define cleanup_mapping cleanup(mapping_release)

static void append(struct port_mapping **list, size_t *n, struct port_mapping *m)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = *m;
	*m = (struct port_mapping){0};
}

int publish_parse(struct port_mapping **list, size_t *n, const char *text,
		  struct error *err)
{
	const struct word w = {"--publish", text};
	cleanup_mapping struct port_mapping m = {0};
	cleanup_free char *copy = NULL;
	const char *protocol;
	char *rest;
	size_t len;
	int r = parse_protocol(&w, &protocol, &len, err);

	if (r >= 0 && str_eq(protocol, "sctp"))
		r = refuse_sctp(&w, err);
	if (r < 0)
		return r;
	if (*n >= MAPPINGS_MAX)
		return error_set(err, ERR_INVALID, 0, "--publish: too many ports");
	rest = copy = xstrndup(text, len);
	m.protocol = xstrdup(protocol);
	r = split_address(&w, &rest, &m.host_address, err);
	if (r >= 0)
		r = parse_ports(&w, rest, &m, err);
	if (r >= 0)
		append(list, n, &m);
	return r;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By protocol and address, ports that are chosen at the start last. */
static int compare(const void *left, const void *right)
{
	const struct port_mapping *a = left, *b = right;
	int r = strcmp(a->protocol, b->protocol);

	if (r == 0)
		r = compare_text(a->host_address, b->host_address);
	if (r == 0)
		r = compare_number(a->host_port - 1, b->host_port - 1);
	return r ? r : compare_number(a->container_port, b->container_port);
}

static uint64_t end_of(uint64_t first, const struct port_mapping *m)
{
	return first + m->n_ports;
}

static int conflict(const struct port_mapping *m, struct error *err)
{
	return error_set(err, ERR_INVALID, 0,
			 "conflicting port mappings for host port %llu (protocol %s)",
			 (unsigned long long)m->host_port, m->protocol);
}

static bool same_place(const struct port_mapping *a, const struct port_mapping *b)
{
	return str_eq(a->protocol, b->protocol) &&
	       str_eq(a->host_address, b->host_address) && !a->host_port == !b->host_port;
}

static void widen(struct port_mapping *a, const struct port_mapping *b)
{
	uint64_t n = end_of(b->container_port, b) - a->container_port;

	if (n > a->n_ports)
		a->n_ports = n;
}

/* b comes after a. Return: 1 if a holds it now, 0 if they stay two. */
static int join(struct port_mapping *a, const struct port_mapping *b, struct error *err)
{
	if (!same_place(a, b))
		return 0;
	if (!a->host_port) {
		if (end_of(a->container_port, a) <= b->container_port)
			return 0;
		widen(a, b);
		return 1;
	}
	if (b->host_port - a->host_port == b->container_port - a->container_port &&
	    end_of(a->host_port, a) >= b->host_port) {
		widen(a, b);
		return 1;
	}
	return end_of(a->host_port, a) > b->host_port ? conflict(b, err) : 0;
}

static bool is_any(const char *address, bool *ret_ipv6)
{
	*ret_ipv6 = address && strchr(address, ':');
	return !address || str_eq(address, "0.0.0.0") || str_eq(address, "::");
}

/* All addresses of the host and one of them. */
static bool addresses_meet(const char *a, const char *b)
{
	bool is_ipv6[2];
	bool any[] = {is_any(a, &is_ipv6[0]), is_any(b, &is_ipv6[1])};

	if (a && b && is_ipv6[0] != is_ipv6[1])
		return false;
	return any[0] || any[1] || str_eq(a, b);
}

static int check_addresses(const struct port_mapping *list, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && list[i].host_port; k++)
			if (str_eq(list[i].protocol, list[k].protocol) &&
			    list[k].host_port &&
			    list[i].host_port < end_of(list[k].host_port, &list[k]) &&
			    list[k].host_port < end_of(list[i].host_port, &list[i]) &&
			    addresses_meet(list[i].host_address, list[k].host_address))
				return conflict(&list[k], err);
	return 0;
}

static int normalize(struct port_mapping *list, size_t *n, struct error *err)
{
	size_t kept = 0;

	if (*n == 0)
		return 0;
	qsort(list, *n, sizeof(*list), compare);
	for (size_t i = 1; i < *n; i++) {
		int r = join(&list[kept], &list[i], err);

		if (r < 0) {
			memmove(&list[kept + 1], &list[i], (*n - i) * sizeof(*list));
			*n -= i - kept - 1;
			return r;
		}
		if (r > 0) {
			mapping_release(&list[i]);
			continue;
		}
		kept++;
		if (kept != i) {
			list[kept] = list[i];
			list[i] = (struct port_mapping){0};
		}
	}
	*n = kept + 1;
	return check_addresses(list, *n, err);
}

/* Which ports of the container are exposed, or published, by protocol. */
struct port_set {
	bool ports[ARRAY_SIZE(protocols)][PORT_MAX + 1];
};

static size_t protocol_index(const char *protocol)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(protocols) && !str_eq(protocols[i], protocol))
		i++;
	return i;
}

static void add_to_set(struct port_set *set, const char *protocol, uint64_t first,
		       uint64_t n)
{
	bool *ports = set->ports[protocol_index(protocol)];

	for (uint64_t i = 0; i < n; i++)
		ports[first + i] = true;
}

static int parse_exposed(const struct word *w, struct port_set *set, struct error *err)
{
	cleanup_free char *range = NULL;
	const char *protocol = protocols[0];
	uint64_t first = 0, n = 0;
	size_t len;
	int r = parse_protocol(w, &protocol, &len, err);

	if (r < 0)
		return r;
	range = xstrndup(w->text, len);
	r = parse_range(w, range, &first, &n, err);
	if (r >= 0)
		add_to_set(set, protocol, first, n);
	return r;
}

static int fill_exposed(const struct publish_options *o, struct port_set *set,
			struct error *err)
{
	int r = 0;

	strv_foreach (text, o->image_exposed)
		if (r >= 0)
			r = parse_exposed(&(struct word){"the image exposes", *text}, set,
					  err);
	strv_foreach (text, o->expose)
		if (r >= 0)
			r = parse_exposed(&(struct word){"--expose", *text}, set, err);
	return r;
}

/* One that is exposed: for the record, and published if all are. */
static int add_exposed(struct network_config *c, const struct port_set *published,
		       size_t protocol, uint64_t port, struct error *err)
{
	cleanup_mapping struct port_mapping m = {0};

	strv_addf(&c->exposed, "%llu/%s", (unsigned long long)port, protocols[protocol]);
	if (!c->publish_all || published->ports[protocol][port])
		return 0;
	if (str_eq(protocols[protocol], "sctp"))
		return refuse_sctp(&(struct word){"--publish-all",
						  c->exposed[strv_len(c->exposed) - 1]},
				   err);
	m = (struct port_mapping){
		.container_port = port,
		.n_ports = 1,
		.protocol = xstrdup(protocols[protocol]),
	};
	append(&c->ports, &c->n_ports, &m);
	return 0;
}

static int expose(const struct publish_options *o, struct network_config *c,
		  struct error *err)
{
	cleanup_free struct port_set *exposed = NULL, *published = NULL;
	int r;

	if (!o->expose && !o->image_exposed)
		return 0;
	exposed = xcalloc(1, sizeof(*exposed));
	published = xcalloc(1, sizeof(*published));
	r = fill_exposed(o, exposed, err);
	for (size_t i = 0; i < c->n_ports; i++)
		add_to_set(published, c->ports[i].protocol, c->ports[i].container_port,
			   c->ports[i].n_ports);
	for (uint64_t port = 1; r >= 0 && port <= PORT_MAX; port++)
		for (size_t p = 0; r >= 0 && p < ARRAY_SIZE(protocols); p++)
			if (exposed->ports[p][port])
				r = add_exposed(c, published, p, port, err);
	return r;
}

void publish_discard(struct network_config *c)
{
	port_mappings_release(c->ports, c->n_ports);
	c->ports = NULL;
	c->n_ports = 0;
	c->publish_all = false;
}

int publish_options_parse(const struct publish_options *o, struct network_config *ret,
			  struct error *err)
{
	int r = 0;

	publish_discard(ret);
	strv_free(ret->exposed);
	ret->exposed = NULL;
	ret->publish_all = o->publish_all;
	strv_foreach (text, o->publish) {
		r = publish_parse(&ret->ports, &ret->n_ports, *text, err);
		if (r < 0)
			return r;
	}
	r = normalize(ret->ports, &ret->n_ports, err);
	return r < 0 ? r : expose(o, ret, err);
}

/* "8080-8089", or nothing for a port that is not chosen yet */
static void add_range(struct buf *b, uint64_t first, uint64_t n)
{
	(void)!buf_printf(b, n > 1 ? "%llu-%llu" : "%llu", (unsigned long long)first,
			  (unsigned long long)(first + n - 1));
}

char *publish_text(const struct port_mapping *ports, size_t n)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct port_mapping *m = &ports[i];
		const char *address = m->host_address ? m->host_address : "0.0.0.0";

		(void)!buf_printf(&b, strchr(address, ':') ? "%s[%s]:" : "%s%s:",
				  i ? ", " : "", address);
		if (m->host_port)
			add_range(&b, m->host_port, m->n_ports);
		(void)!buf_add_str(&b, "->");
		add_range(&b, m->container_port, m->n_ports);
		(void)!buf_printf(&b, "/%s", m->protocol);
	}
	return buf_take(&b);
}
