/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_network.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "network/names_domain.h"
#include "util/mem.h"
#include "util/str.h"

#define SERVERS_MAX 3 /* MAXNS of resolv.conf(5) */
#define ANY_PORT    53
#define BLANKS      " \t\r\n"

void etc_network_release(struct etc_network *n)
{
	strv_free(n->addresses);
	strv_free(n->names);
	strv_free(n->name_servers);
	free(n->host);
	*n = (struct etc_network){0};
}

/* Which of its addresses the host would use; a datagram socket that is connected sends nothing. */
static char *address_towards(int family, const char *far)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	struct sockaddr_in *v4 = (void *)&address;
	struct sockaddr_in6 *v6 = (void *)&address;
	char text[INET6_ADDRSTRLEN];
	socklen_t len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	cleanup_fd int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	void *raw = family == AF_INET ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr;

	if (family == AF_INET)
		v4->sin_port = htons(ANY_PORT);
	else
		v6->sin6_port = htons(ANY_PORT);
	if (fd < 0 || inet_pton(family, far, raw) != 1 ||
	    connect(fd, (const struct sockaddr *)&address, len) < 0)
		return NULL;
	len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    !inet_ntop(family, raw, text, sizeof(text)))
		return NULL;
	return xstrdup(text);
}

/* Addresses of nobody (RFC 5737, RFC 3849): what leads to them is the default route. */
char *etc_network_host(void)
{
	char *address = address_towards(AF_INET, "192.0.2.1");

	return address ? address : address_towards(AF_INET6, "2001:db8::1");
}

static const struct network_definition *definition_of(
	const struct network_lease *lease, const struct network_endpoint *endpoint)
{
	for (size_t i = 0; i < lease->n_networks; i++)
		if (str_eq(lease->networks[i].id, endpoint->network))
			return &lease->networks[i];
	return NULL;
}

/* The bridge's, IPv4 if it has one; NULL: none. */
static const char *gateway_of(const struct network_definition *n)
{
	const char *found = NULL;

	for (size_t i = 0; i < n->n_subnets; i++) {
		const char *gateway = n->subnets[i].gateway;

		if (gateway && !strchr(gateway, ':'))
			return gateway;
		found = found ? found : gateway;
	}
	return found;
}

static void add_once(char ***list, const char *word)
{
	if (!strv_has(*list, word))
		strv_add(list, word);
}

void etc_network_find(const struct network_lease *lease, bool rootless,
		      struct etc_network *ret)
{
	bool has_way_out = false;

	*ret = (struct etc_network){0};
	for (size_t i = 0; lease && i < lease->member.n_endpoints; i++) {
		const struct network_endpoint *endpoint = &lease->member.endpoints[i];
		const struct network_definition *n = definition_of(lease, endpoint);
		const char *gateway = n ? gateway_of(n) : NULL;

		strv_foreach (address, endpoint->addresses) {
			strv_add_take(&ret->addresses,
				      xstrndup(*address, strcspn(*address, "/")));
			strv_add_take(&ret->names,
				      endpoint->names ? strv_join(endpoint->names, " ")
						      : xstrdup(""));
		}
		if (gateway && !n->no_dns && strv_len(ret->name_servers) < SERVERS_MAX)
			add_once(&ret->name_servers, gateway);
		if (n && !n->internal) {
			has_way_out = true;
			if (!rootless && gateway && !ret->host)
				ret->host = xstrdup(gateway);
		}
	}
	if (has_way_out && rootless)
		ret->host = etc_network_host();
}

static bool is_for_others(const char *address)
{
	return !str_starts(address, "127.") && !str_eq(address, "::1") &&
	       !str_starts(address, "fe80:") && !str_eq(address, "0.0.0.0") &&
	       !str_eq(address, "::");
}

/* The next word of a line; NULL: none is left. */
static const char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);

	*rest = word + strcspn(word, BLANKS);
	if (**rest)
		*(*rest)++ = '\0';
	return *word ? word : NULL;
}

char **etc_network_plain_servers(const char *resolv_conf)
{
	const char *line = resolv_conf;
	char **servers = NULL;

	while (line && *line) {
		size_t len = strcspn(line, "\n");
		cleanup_free char *text = xstrndup(line, len);
		char *rest = text;

		if (str_eq(next_word(&rest), "nameserver")) {
			const char *address = next_word(&rest);

			if (address && is_for_others(address))
				add_once(&servers, address);
		}
		line += len + (line[len] == '\n');
	}
	return servers;
}

char **etc_network_searches(const char *resolv_conf)
{
	cleanup_strv char **last = NULL;
	const char *line = resolv_conf;
	char **searches = NULL;

	while (line && *line) {
		size_t len = strcspn(line, "\n");
		cleanup_free char *text = xstrndup(line, len);
		char *rest = text, *word = strsep(&rest, BLANKS);

		/* the last such line counts; resolv.conf(5) */
		if (word && (str_eq(word, "search") || str_eq(word, "domain"))) {
			strv_free(last);
			last = NULL;
			while ((word = strsep(&rest, BLANKS)) != NULL)
				if (*word && !str_eq(word, "."))
					add_once(&last, word);
		}
		line += len + (line[len] == '\n');
	}
	strv_add(&searches, NAMES_DOMAIN);
	strv_foreach (domain, last)
		add_once(&searches, *domain);
	return searches;
}
