/* SPDX-License-Identifier: Apache-2.0 */
#include "network/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define PEER "the network program"

int network_client_connect(int network_dirfd, struct error *err)
{
	const struct timeval limit = {.tv_sec = NETWORK_TIMEOUT_SEC};
	cleanup_fd int fd =
		fd_connect_unix(network_dirfd, NETWORK_SOCKET, SOCK_SEQPACKET, err);
	int size = NETWORK_PACKET_MAX;

	if (fd < 0)
		return fd;
	/* a packet is sent whole or not at all, so it must fit; larger than the system's limit it stays at that */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set a time limit for " PEER);
	return TAKE_FD(fd);
}

int network_client_send(int fd, struct json_object *request, int pass_fd,
			struct error *err)
{
	cleanup_free char *text = json_text(request, false);
	size_t len = strlen(text);
	int r;

	if (len > NETWORK_PACKET_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "ask " PEER);
	r = fd_send(fd, text, len, &pass_fd, pass_fd >= 0 ? 1 : 0);
	return r < 0 ? error_set(err, ERR_UNAVAILABLE, -r, "ask " PEER) : 0;
}

/* Kind and errno are numbers of our own; a newer program may have others. */
static int take_failure(struct json_object *failure, struct error *err)
{
	uint64_t kind = ERR_SYSTEM, code = 0;
	cleanup_error struct error ignored = ERROR_INIT;
	const char *text = json_get_str(failure, "text"),
		   *hint = json_get_str(failure, "hint");
	struct json_object *o;

	o = json_get(failure, "kind");
	if (o && json_to_u64(o, "kind", &kind, &ignored) < 0)
		kind = ERR_SYSTEM;
	o = json_get(failure, "code");
	if (o && json_to_u64(o, "code", &code, &ignored) < 0)
		code = 0;
	(void)error_set(err, (enum error_kind)kind, (int)code, "%s",
			text ? text : PEER " failed");
	if (hint)
		(void)error_hint(err, "%s", hint);
	return -(err->code ? err->code : EIO);
}

static int silence(ssize_t n, struct error *err)
{
	if (n == 0)
		return error_set(err, ERR_UNAVAILABLE, ECONNRESET,
				 "hear from " PEER ": it has ended");
	if (n == -EAGAIN || n == -EWOULDBLOCK)
		return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT, "hear from " PEER);
	return error_set(err, ERR_UNAVAILABLE, (int)-n, "hear from " PEER);
}

int network_client_receive(int fd, struct json_object **ret, int ret_fds[2],
			   struct error *err)
{
	cleanup_free char *text = xmalloc(NETWORK_PACKET_MAX);
	cleanup_json struct json_object *o = NULL;
	cleanup_fd int first = -EBADF, second = -EBADF;
	int fds[2] = {-EBADF, -EBADF};
	size_t n_fds = ARRAY_SIZE(fds);
	ssize_t n = fd_recv(fd, text, NETWORK_PACKET_MAX, fds, &n_fds);
	struct json_object *failure;
	int r;

	first = fds[0];
	second = fds[1];
	if (n <= 0)
		return silence(n, err);
	r = json_parse_own(text, (size_t)n, "an answer of " PEER, &o, err);
	if (r < 0)
		return r;
	failure = json_get(o, "error");
	if (failure)
		return take_failure(failure, err);
	if (ret_fds) {
		ret_fds[0] = TAKE_FD(first);
		ret_fds[1] = TAKE_FD(second);
	}
	if (ret)
		*ret = TAKE_PTR(o);
	return 0;
}

static struct json_object *with_member(const char *op,
				       const struct network_definition *networks,
				       size_t n_networks,
				       const struct network_member *member)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_add_str(o, "op", op);
	for (size_t k = 0; k < n_networks; k++)
		json_object_array_add(list, network_definition_json(&networks[k]));
	json_add(o, "networks", list);
	json_add(o, "member", network_member_json(member));
	return o;
}

struct json_object *network_client_attach(const struct network_definition *networks,
					  size_t n_networks,
					  const struct network_member *member)
{
	return with_member("attach", networks, n_networks, member);
}

struct json_object *network_client_announce(const struct network_definition *networks,
					    size_t n_networks,
					    const struct network_member *member)
{
	return with_member("announce", networks, n_networks, member);
}
