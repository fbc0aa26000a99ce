/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/client.h"
#include "network/gateway_state.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NETWORKS_MAX     1024 /* of one request */
#define REFUSE_WAIT_MSEC 1000

struct request {
	struct json_object *o;
	int fd; /* that came along; -EBADF: none */
};

struct answer {
	struct json_object *o;
	int fds[2];
	size_t n_fds;
};

static int op_hello(struct gateway *g, struct request *q, struct answer *a,
		    struct error *err)
{
	g->is_greeted = true;
	json_add_i64(a->o, "pid", getpid());
	json_add_str(a->o, "version", CUBBY_VERSION);
	if (g->is_host)
		return 0;
	a->fds[0] = g->ns.user_fd;
	a->fds[1] = g->ns.net_fd;
	a->n_fds = 2;
	return 0;
}

static int set_networks(struct gateway *g, struct json_object *o, struct error *err)
{
	struct json_object *list = json_get(o, "networks");
	size_t n = list && json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : 0;
	int r = 0;

	if (n > NETWORKS_MAX)
		return error_set(err, ERR_INVALID, 0, "networks: more than %d",
				 NETWORKS_MAX);
	for (size_t k = 0; r >= 0 && k < n; k++) {
		struct network_definition d = {0};

		r = network_definition_read(json_object_array_get_idx(list, k), &d, err);
		if (r >= 0)
			r = gateway_network_set(g, &d, err);
	}
	return r;
}

static int read_member(struct json_object *o, struct network_member *ret,
		       struct error *err)
{
	struct json_object *member = json_get(o, "member");

	if (!member || !json_object_is_type(member, json_type_object))
		return error_set(err, ERR_INVALID, 0, "member: is missing");
	return network_member_read(member, ret, err);
}

static int op_attach(struct gateway *g, struct request *q, struct answer *a,
		     struct error *err)
{
	struct network_member m = {0};
	int r = set_networks(g, q->o, err);

	if (r >= 0)
		r = read_member(q->o, &m, err);
	return r < 0 ? r : gateway_member_attach(g, &m, q->fd, err);
}

static int op_announce(struct gateway *g, struct request *q, struct answer *a,
		       struct error *err)
{
	struct network_member m = {0};
	int r = set_networks(g, q->o, err);

	if (r >= 0)
		r = read_member(q->o, &m, err);
	return r < 0 ? r : gateway_member_announce(g, &m, err);
}

static int op_detach(struct gateway *g, struct request *q, struct answer *a,
		     struct error *err)
{
	const char *id = json_get_str(q->o, "id");

	if (!id)
		return error_set(err, ERR_INVALID, 0, "id: is missing");
	return gateway_member_detach(g, id, json_get_str(q->o, "network"), q->fd, err);
}

static int op_network(struct gateway *g, struct request *q, struct answer *a,
		      struct error *err)
{
	return set_networks(g, q->o, err);
}

static int op_forget(struct gateway *g, struct request *q, struct answer *a,
		     struct error *err)
{
	const char *id = json_get_str(q->o, "network");

	if (!id)
		return error_set(err, ERR_INVALID, 0, "network: is missing");
	return gateway_network_forget(g, id, err);
}

static int op_status(struct gateway *g, struct request *q, struct answer *a,
		     struct error *err)
{
	struct json_object *networks = json_object_new_array(),
			   *members = json_object_new_array();

	json_add_i64(a->o, "pid", getpid());
	json_add_str(a->o, "version", CUBBY_VERSION);
	for (struct gateway_network *n = g->networks; n; n = n->next)
		json_object_array_add(networks, network_definition_json(&n->definition));
	for (struct gateway_member *m = g->members; m; m = m->next)
		json_object_array_add(members, network_member_json(&m->m));
	if (g->uplink)
		json_add(a->o, "uplink", gateway_uplink_status(g));
	json_add(a->o, "networks", networks);
	json_add(a->o, "members", members);
	if (g->names.fd >= 0)
		json_add_i64(a->o, "names", g->names.child.pid);
	return 0;
}

static const struct op {
	const char *word;
	int (*run)(struct gateway *g, struct request *q, struct answer *a,
		   struct error *err);
} ops[] = {
	{"hello", op_hello},   {"attach", op_attach},   {"announce", op_announce},
	{"detach", op_detach}, {"network", op_network}, {"forget", op_forget},
	{"status", op_status},
};

static int run_op(struct gateway *g, struct request *q, struct answer *a,
		  struct error *err)
{
	const char *word = json_get_str(q->o, "op");

	for (size_t k = 0; k < ARRAY_SIZE(ops); k++)
		if (str_eq(ops[k].word, word))
			return ops[k].run(g, q, a, err);
	return error_set(err, ERR_INVALID, 0,
			 "the network program knows no such request: %.32s",
			 word ? word : "without a word");
}

static void add_error(struct json_object *answer, const struct error *err)
{
	struct json_object *o = json_object_new_object();

	json_add_i64(o, "kind", err->kind);
	json_add_i64(o, "code", err->code);
	json_add_str(o, "text", err->text ? err->text : "the network program failed");
	json_add_str(o, "hint", err->hint);
	json_add(answer, "error", o);
}

static int say(int fd, const struct answer *a)
{
	cleanup_free char *text = json_text(a->o, false);

	return fd_send(fd, text, strlen(text), a->fds, a->n_fds);
}

/* Return: 0, -errno: nothing more can be said to this one. */
static int serve(struct gateway *g, int client_fd, const char *text, size_t len,
		 int passed_fd)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *request = NULL, *object = NULL;
	struct request q = {.fd = passed_fd};
	struct answer a = {0};
	int r = json_parse(text, len, "a request to the network program", &request, &err);

	object = json_object_new_object();
	a.o = object;
	q.o = request;
	if (r >= 0 && !json_object_is_type(request, json_type_object))
		r = error_set(&err, ERR_INVALID, 0, "a request: not an object");
	if (r >= 0)
		r = run_op(g, &q, &a, &err);
	if (r < 0) {
		add_error(a.o, &err);
		a.n_fds = 0;
	}
	return say(client_fd, &a);
}

static void close_client(struct gateway *g, struct gateway_client *c)
{
	for (struct gateway_client **at = &g->clients; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	gateway_unwatch(g, &c->source);
	close(c->source.fd);
	free(c);
	g->n_clients--;
}

static void hear_client(struct gateway *g, struct gateway_source *s)
{
	struct gateway_client *c = (struct gateway_client *)s; /* its first member */
	cleanup_free char *text = xmalloc(NETWORK_PACKET_MAX);
	int fds[FD_PASS_MAX];
	size_t n_fds = FD_PASS_MAX;
	ssize_t len = fd_recv(s->fd, text, NETWORK_PACKET_MAX, fds, &n_fds);
	int r;

	if (len == -EAGAIN)
		return;
	if (len <= 0) {
		close_client(g, c);
		return;
	}
	r = serve(g, s->fd, text, (size_t)len, n_fds ? fds[0] : -EBADF);
	for (size_t k = 0; k < n_fds; k++)
		close(fds[k]);
	if (r < 0)
		close_client(g, c);
}

/* The directory lets nobody else in; should it lie open one day, the socket still does not. */
static bool is_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

void gateway_accept(struct gateway *g, struct gateway_source *s)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct gateway_client *c;

	if (fd < 0 || !is_ours(fd) || g->n_clients == GATEWAY_CLIENTS_MAX)
		return;
	c = xcalloc(1, sizeof(*c));
	c->source = (struct gateway_source){.fd = fd, .ready = hear_client};
	if (gateway_watch(g, &c->source, &err) < 0) {
		error_drop(&err, "it is not heard");
		free(c);
		return;
	}
	(void)TAKE_FD(fd);
	c->next = g->clients;
	g->clients = c;
	g->n_clients++;
}

void gateway_close_clients(struct gateway *g)
{
	while (g->clients)
		close_client(g, g->clients);
}

void gateway_refuse(int listen_fd, const struct error *why)
{
	cleanup_json struct json_object *o = json_object_new_object();
	const struct answer a = {.o = o};
	struct pollfd waiting = {.fd = listen_fd, .events = POLLIN};

	add_error(o, why);
	while (poll(&waiting, 1, REFUSE_WAIT_MSEC) > 0) {
		cleanup_fd int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		char byte;

		/* it is closed only after the request was taken, or the answer would be lost */
		if (fd < 0 || say(fd, &a) < 0)
			continue;
		waiting.fd = fd;
		if (poll(&waiting, 1, REFUSE_WAIT_MSEC) > 0)
			(void)!recv(fd, &byte, 1, MSG_TRUNC);
		waiting.fd = listen_fd;
	}
}
