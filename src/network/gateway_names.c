/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/gateway_state.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

#define LISTEN_QUEUE 64

struct listeners {
	int fds[GATEWAY_LISTEN_MAX];
	size_t n;
};

static void listeners_release(struct listeners *l)
{
	for (size_t k = 0; k < l->n; k++)
		close(l->fds[k]);
	l->n = 0;
}
#define cleanup_listeners cleanup(listeners_release)

/* The bridge may not be ready yet for an address of IPv6, so it need not be there for the socket. */
static int listen_at(const struct gateway *g, const struct address *a, int type,
		     struct error *err)
{
	struct sockaddr_storage where;
	socklen_t len = address_socket(a, NAMES_PORT, &where);
	cleanup_fd int fd = gateway_socket(g, a->family, type, err);
	int on = 1;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&where, len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, LISTEN_QUEUE) < 0))
		return error_set(err, ERR_SYSTEM, errno,
				 "listen for questions about names");
	return TAKE_FD(fd);
}

static int listen_for(const struct gateway *g, const struct network_definition *d,
		      struct listeners *l, struct error *err)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};

	for (size_t k = 0; k < d->n_subnets; k++)
		for (size_t i = 0; d->subnets[k].gateway && i < ARRAY_SIZE(types); i++) {
			struct address a;
			int r = address_parse(d->subnets[k].gateway, &a, err);

			if (r >= 0 && l->n == GATEWAY_LISTEN_MAX)
				r = error_set(err, ERR_INVALID, E2BIG,
					      "listen for questions about names");
			if (r >= 0)
				r = listen_at(g, &a, types[i], err);
			if (r < 0)
				return r;
			l->fds[l->n++] = r;
		}
	return 0;
}

static int tell_network(struct gateway *g, const struct network_definition *d,
			bool with_sockets, struct error *err)
{
	cleanup_listeners struct listeners l = {.n = 0};
	int r = with_sockets && !d->no_dns ? listen_for(g, d, &l, err) : 0;

	return r < 0 ? r : names_network(&g->names, d, l.fds, l.n, err);
}

static int tell_all(struct gateway *g, struct error *err)
{
	int r = 0;

	for (struct gateway_network *n = g->networks; r >= 0 && n; n = n->next)
		r = tell_network(g, &n->definition, true, err);
	for (struct gateway_member *m = g->members; r >= 0 && m; m = m->next)
		r = names_member(&g->names, &m->m, err);
	return r;
}

static void stop(struct gateway *g)
{
	if (g->names.fd < 0)
		return;
	gateway_unwatch(g, &g->names_source);
	names_release(&g->names);
	g->names = NAMES_INIT;
}

static void hear(struct gateway *g, struct gateway_source *s);

/* Return: 1 if it has been started just now, and told all. */
static int start(struct gateway *g, struct error *err)
{
	int r;

	if (g->names.fd >= 0)
		return 0;
	r = names_start(&g->names, err);
	if (r < 0)
		return r;
	g->names_source = (struct gateway_source){.fd = g->names.fd, .ready = hear};
	r = gateway_watch(g, &g->names_source, err);
	if (r >= 0)
		r = tell_all(g, err);
	if (r < 0)
		stop(g);
	return r < 0 ? r : 1;
}

static void start_again(struct gateway *g)
{
	cleanup_error struct error err = ERROR_INIT;

	stop(g);
	if (start(g, &err) < 0)
		error_drop(&err, "the next request tries again");
}

static void hear(struct gateway *g, struct gateway_source *s)
{
	cleanup_error struct error err = ERROR_INIT;
	int r;

	do {
		cleanup_names_message struct names_message m = {0};

		r = names_receive(&g->names, &m, &err);
		if (r > 0 && m.said == NAMES_REFUSED)
			gateway_refusals_name(g, &m);
		if (r > 0 && m.said == NAMES_LEARNED)
			r = names_confirm(&g->names, m.token, gateway_rules_learn(g, &m),
					  &err) < 0
				    ? -EPIPE
				    : 1;
	} while (r > 0);
	if (r < 0) {
		error_drop(&err, "the name server is started again");
		start_again(g);
	}
}

/* A child that has died shows it at the first word: once more with a new one. */
static bool has_died(struct gateway *g, int r, struct error *err)
{
	if (r != -EPIPE && r != -EBADMSG)
		return false;
	stop(g);
	error_release(err);
	return true;
}

int gateway_names_open(struct gateway *g, struct error *err)
{
	int r = start(g, err);

	return r < 0 ? r : 0;
}

int gateway_names_network(struct gateway *g, const struct network_definition *d,
			  bool is_new, struct error *err)
{
	int r = start(g, err);

	if (r == 0) {
		r = tell_network(g, d, is_new, err);
		if (has_died(g, r, err))
			r = start(g, err);
	}
	return r < 0 ? r : 0;
}

int gateway_names_member(struct gateway *g, const struct network_member *m,
			 struct error *err)
{
	int r = start(g, err);

	if (r >= 0)
		r = names_member(&g->names, m, err);
	if (has_died(g, r, err)) {
		r = start(g, err);
		if (r >= 0)
			r = names_member(&g->names, m, err);
	}
	return r < 0 ? r : 0;
}

void gateway_names_forget_network(struct gateway *g, const char *id)
{
	cleanup_error struct error err = ERROR_INIT;

	if (g->names.fd >= 0 && names_forget_network(&g->names, id, &err) < 0)
		error_drop(&err, "the network is gone");
}

void gateway_names_forget(struct gateway *g, const char *member, const char *network)
{
	cleanup_error struct error err = ERROR_INIT;

	if (g->names.fd >= 0 && names_forget(&g->names, member, network, &err) < 0)
		error_drop(&err, "the container is gone");
}
