/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_control.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "network/names_listen.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TELL_MAX 20 /* refusals a second: more say no more */

struct packet {
	struct json_object *body;
	int fds[FD_PASS_MAX];
	size_t n_fds;
};

static void packet_release(struct packet *p)
{
	json_put(p->body);
	for (size_t k = 0; k < p->n_fds; k++)
		fd_cleanup_(&p->fds[k]);
}

static void listen_all(struct names_server *s, struct view_network *n, struct packet *p)
{
	for (size_t k = 0; k < p->n_fds; k++)
		names_listen_add(s, n, TAKE_FD(p->fds[k]));
}

static int op_network(struct names_server *s, struct packet *p, struct error *err)
{
	struct network_definition d = {0};
	int r = network_definition_read(json_get(p->body, "network"), &d, err);

	if (r == 0) {
		struct view_network *n = names_view_network(&s->view, &d);

		if (p->n_fds > 0)
			names_listen_close(s, n);
		listen_all(s, n, p);
	}
	network_definition_release(&d);
	return r;
}

static int op_listen(struct names_server *s, struct packet *p, struct error *err)
{
	struct view_network *n =
		names_view_find_network(&s->view, json_get_str(p->body, "id"));

	if (n)
		listen_all(s, n, p);
	return 0;
}

static int op_forget_network(struct names_server *s, struct packet *p, struct error *err)
{
	const char *id = json_get_str(p->body, "id");
	const struct view_network *n = names_view_find_network(&s->view, id);

	if (!n)
		return 0;
	names_listen_close(s, n);
	names_view_forget_network(&s->view, id);
	return 0;
}

static int op_member(struct names_server *s, struct packet *p, struct error *err)
{
	cleanup_network_member struct network_member m = {0};
	int r = network_member_read(json_get(p->body, "member"), &m, err);

	if (r == 0)
		names_view_member(&s->view, &m);
	return r;
}

static int op_forget(struct names_server *s, struct packet *p, struct error *err)
{
	const char *id = json_get_str(p->body, "id");

	if (id)
		names_view_forget(&s->view, id, json_get_str(p->body, "network"));
	return 0;
}

static int op_confirm(struct names_server *s, struct packet *p, struct error *err)
{
	uint64_t token;
	bool ok;
	int r = json_to_u64(json_get(p->body, "token"), "token", &token, err);

	if (r == 0)
		r = json_to_bool(json_get(p->body, "ok"), "ok", &ok, err);
	if (r == 0)
		names_pending_confirm(s, token, ok);
	return r;
}

static const struct {
	const char *word;
	int (*run)(struct names_server *s, struct packet *p, struct error *err);
} ops[] = {
	{"network", op_network},
	{"listen", op_listen},
	{"forget_network", op_forget_network},
	{"member", op_member},
	{"forget", op_forget},
	{"confirm", op_confirm},
};

static void obey(struct names_server *s, struct packet *p)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *word = json_get_str(p->body, "op");

	for (size_t k = 0; word && k < ARRAY_SIZE(ops); k++)
		if (str_eq(word, ops[k].word) && ops[k].run(s, p, &err) < 0)
			error_drop(&err, "the gateway process was not understood");
}

/* Return: 1, 0 (nothing waits), -EPIPE. */
static int receive(struct names_server *s, struct packet *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	ssize_t n;

	*ret = (struct packet){0};
	n = recv(s->control_fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0 && n <= NAMES_PACKET_MAX) {
		text = xmalloc((size_t)n);
		n = fd_recv(s->control_fd, text, (size_t)n, ret->fds, &ret->n_fds);
	}
	if (n <= 0 || n > NAMES_PACKET_MAX)
		return -EPIPE;
	if (json_parse_own(text, (size_t)n, "the gateway process's words", &ret->body,
			   &err) < 0)
		error_drop(&err, "the gateway process was not understood");
	return 1;
}

int names_control_hear(struct names_server *s)
{
	for (;;) {
		cleanup(packet_release) struct packet p;
		int r = receive(s, &p);

		if (r <= 0)
			return r;
		if (p.body)
			obey(s, &p);
	}
}

/* Never waits: the gateway process may be waiting for us. */
static int say(struct names_server *s, struct json_object *o)
{
	cleanup_free char *text = json_text(o, false);
	ssize_t n = send(s->control_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 ? -EAGAIN : 0;
}

static struct json_object *report(const char *word, const struct names_report *who)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "said", word);
	json_add_str(o, "member", who->member);
	json_add_str(o, "network", who->network);
	json_add_str(o, "name", who->name);
	return o;
}

int names_control_ready(struct names_server *s, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "said", "ready");
	return say(s, o) < 0 ? error_set(err, ERR_SYSTEM, EPIPE, "answer the gateway")
			     : 0;
}

int names_control_learned(struct names_server *s, const struct names_report *who,
			  const struct names_learning *l, uint64_t token)
{
	cleanup_json struct json_object *o = report("learned", who);
	cleanup_strv char **addresses = NULL;

	for (size_t k = 0; k < l->n_addresses; k++) {
		const struct dns_address *a = &l->addresses[k];
		char text[INET6_ADDRSTRLEN];

		if (inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->bytes, text,
			      sizeof(text)))
			strv_add(&addresses, text);
	}
	json_add_u64(o, "token", token);
	json_add_strv(o, "addresses", addresses);
	json_add_u64(o, "ttl", l->ttl);
	return say(s, o);
}

void names_control_refused(struct names_server *s, const struct names_report *who)
{
	cleanup_json struct json_object *o = NULL;
	int64_t second = time_monotonic_usec() / USEC_PER_SEC;

	if (second != s->second) {
		s->second = second;
		s->n_to_tell = TELL_MAX;
	}
	if (s->n_to_tell == 0)
		return;
	s->n_to_tell--;
	o = report("refused", who);
	(void)!say(s, o); /* it has enough to do */
}
