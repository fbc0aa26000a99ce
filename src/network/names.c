/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "network/names_confine.h"
#include "network/names_control.h"
#include "network/names_server.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define SEND_TIMEOUT_SEC 5
#define TTL_MAX          86400
#define CHILD            "the name server"

static struct json_object *object(const char *member, const char *word)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, member, word);
	return o;
}

/* In the child. Its error goes the way of its words: the fd that would take it is closed like all others. */
static int run_child(void *data, struct error *err)
{
	int control_fd = *(const int *)data;
	int r = names_confine(control_fd, err);

	if (r == 0)
		r = names_server_run(control_fd, NAMES_RESOLV_CONF, err);
	if (r < 0) {
		cleanup_json struct json_object *o = object("said", "failed");
		cleanup_free char *message = error_message(err), *text = NULL;

		json_add_str(o, "error", message);
		text = json_text(o, false);
		(void)!send(control_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	return r;
}

static int gone(struct error *err)
{
	return error_set(err, ERR_UNAVAILABLE, EPIPE, "speak to " CHILD);
}

/* Return: 1 with the text, 0: nothing now, -errno. wait: until there is something. */
static int next_packet(struct names *n, int flags, struct json_object **ret,
		       struct error *err)
{
	cleanup_free char *text = NULL;
	ssize_t len;

	do
		len = recv(n->fd, NULL, 0, MSG_PEEK | MSG_TRUNC | flags);
	while (len < 0 && errno == EINTR);
	if (len < 0 && errno == EAGAIN)
		return 0;
	if (len <= 0 || len > NAMES_PACKET_MAX)
		return gone(err);
	text = xmalloc((size_t)len);
	len = recv(n->fd, text, (size_t)len, flags);
	if (len <= 0)
		return gone(err);
	if (json_parse(text, (size_t)len, "what " CHILD " said", ret, err) < 0) {
		err->code = EBADMSG;
		return -EBADMSG;
	}
	return 1;
}

static int wait_ready(struct names *n, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	int r = next_packet(n, 0, &o, err);

	if (r == 0)
		return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT, "start " CHILD);
	if (r < 0)
		return error_wrap(err, "start " CHILD);
	if (json_get_str(o, "error"))
		return error_set(err, ERR_SYSTEM, 0, "start " CHILD ": %s",
				 json_get_str(o, "error"));
	return 0;
}

int names_start(struct names *ret, struct error *err)
{
	cleanup_names struct names n = NAMES_INIT;
	cleanup_fd int theirs_fd = -EBADF;
	const struct timeval timeout = {.tv_sec = SEND_TIMEOUT_SEC};
	struct idmap same = {0};
	struct sandbox_options options = {
		.uids = &same, .gids = &same, .run = run_child, .data = &theirs_fd};
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket for " CHILD);
	n.fd = pair[0];
	theirs_fd = pair[1];
	if (setsockopt(n.fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(n.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket for " CHILD);
	r = sandbox_start(&options, &n.child, err);
	if (r < 0)
		return error_wrap(err, "start " CHILD);
	fd_cleanup_(&theirs_fd);
	r = wait_ready(&n, err);
	if (r < 0)
		return r;
	*ret = n;
	n = NAMES_INIT;
	return 0;
}

void names_release(struct names *n)
{
	fd_cleanup_(&n->fd);
	sandbox_release(&n->child);
}

static int send_object(struct names *n, struct json_object *o, const int *fds,
		       size_t n_fds, struct error *err)
{
	cleanup_free char *text = json_text(o, false);
	int r = fd_send(n->fd, text, strlen(text), fds, n_fds);

	if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN)
		return gone(err);
	return r < 0 ? error_set(err, ERR_UNAVAILABLE, -r, "speak to " CHILD) : 0;
}

int names_network(struct names *n, const struct network_definition *d,
		  const int *listen_fds, size_t n_listen_fds, struct error *err)
{
	cleanup_json struct json_object *first = object("op", "network");
	cleanup_json struct json_object *more = object("op", "listen");
	size_t part = n_listen_fds < FD_PASS_MAX ? n_listen_fds : FD_PASS_MAX;
	int r;

	json_add(first, "network", network_definition_json(d));
	json_add_str(more, "id", d->id);
	r = send_object(n, first, listen_fds, part, err);
	for (size_t done = part; done < n_listen_fds && r == 0; done += part) {
		part = n_listen_fds - done < FD_PASS_MAX ? n_listen_fds - done
							 : FD_PASS_MAX;
		r = send_object(n, more, listen_fds + done, part, err);
	}
	return r;
}

int names_forget_network(struct names *n, const char *network_id, struct error *err)
{
	cleanup_json struct json_object *o = object("op", "forget_network");

	json_add_str(o, "id", network_id);
	return send_object(n, o, NULL, 0, err);
}

int names_member(struct names *n, const struct network_member *m, struct error *err)
{
	cleanup_json struct json_object *o = object("op", "member");

	json_add(o, "member", network_member_json(m));
	return send_object(n, o, NULL, 0, err);
}

int names_forget(struct names *n, const char *member_id, const char *network_id,
		 struct error *err)
{
	cleanup_json struct json_object *o = object("op", "forget");

	json_add_str(o, "id", member_id);
	json_add_str(o, "network", network_id);
	return send_object(n, o, NULL, 0, err);
}

int names_confirm(struct names *n, uint64_t token, bool ok, struct error *err)
{
	cleanup_json struct json_object *o = object("op", "confirm");

	json_add_u64(o, "token", token);
	json_add_bool(o, "ok", ok);
	return send_object(n, o, NULL, 0, err);
}

void names_message_release(struct names_message *m)
{
	free(m->member);
	free(m->network);
	free(m->name);
	free(m->addresses);
	*m = (struct names_message){0};
}

static int nonsense(struct error *err)
{
	return error_set(err, ERR_SYSTEM, EBADMSG, "understand what " CHILD " said");
}

static bool read_address(const char *text, struct firewall_address *ret)
{
	*ret = (struct firewall_address){.family = AF_INET};
	if (inet_pton(AF_INET, text, &ret->v4) == 1)
		return true;
	ret->family = AF_INET6;
	return inet_pton(AF_INET6, text, &ret->v6) == 1;
}

static int read_learned(struct json_object *o, struct names_message *ret,
			struct error *err)
{
	cleanup_strv char **addresses = NULL;
	uint64_t ttl = 0;

	if (json_to_u64(json_get(o, "token"), "token", &ret->token, err) < 0 ||
	    json_to_u64(json_get(o, "ttl"), "ttl", &ttl, err) < 0 ||
	    json_to_strv(json_get(o, "addresses"), "addresses", &addresses, err) < 0)
		return nonsense(err);
	if (strv_len(addresses) == 0 || strv_len(addresses) > NAMES_ADDRESSES_MAX)
		return nonsense(err);
	ret->ttl = ttl < TTL_MAX ? (uint32_t)ttl : TTL_MAX;
	ret->addresses = xcalloc(strv_len(addresses), sizeof(*ret->addresses));
	strv_foreach (address, addresses)
		if (!read_address(*address, &ret->addresses[ret->n_addresses++]))
			return nonsense(err);
	return 0;
}

static int read_message(struct json_object *o, struct names_message *ret,
			struct error *err)
{
	const char *said = json_get_str(o, "said"), *member = json_get_str(o, "member");
	const char *network = json_get_str(o, "network"), *name = json_get_str(o, "name");

	if (!said || !member || !network || !name || strlen(name) >= DNS_TEXT_MAX)
		return nonsense(err);
	ret->member = xstrdup(member);
	ret->network = xstrdup(network);
	/* what may come from a container's packet goes to terminals */
	ret->name = str_visible(name, "");
	ret->said = str_eq(said, "learned") ? NAMES_LEARNED : NAMES_REFUSED;
	if (ret->said == NAMES_LEARNED)
		return read_learned(o, ret, err);
	return str_eq(said, "refused") ? 0 : nonsense(err);
}

int names_receive(struct names *n, struct names_message *ret, struct error *err)
{
	cleanup_names_message struct names_message m = {0};
	cleanup_json struct json_object *o = NULL;
	int r = next_packet(n, MSG_DONTWAIT, &o, err);

	if (r <= 0)
		return r;
	r = read_message(o, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct names_message){0};
	return 1;
}
