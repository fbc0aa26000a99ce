/* SPDX-License-Identifier: Apache-2.0 */
#include "network/forward_plan.h"

#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX    (16 << 20)
#define FD_MAX      (1 << 30)
#define SOCKETS_MAX (4 * 65536)
#define PORT_MAX    65535

void forward_plan_release(struct forward_plan *p)
{
	free(p->address);
	free(p->address6);
	free(p->sockets);
	*p = FORWARD_PLAN_INIT;
}

static void add_fd(struct buf *b, const char *word, int fd)
{
	if (fd >= 0)
		(void)!buf_printf(b, "%s %d\n", word, fd);
}

char *forward_plan_text(const struct forward_plan *p)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, TEXT_MAX);
	add_fd(&b, "init", p->pid_fd);
	add_fd(&b, "user", p->user_ns_fd);
	add_fd(&b, "net", p->net_ns_fd);
	if (p->is_transparent)
		(void)!buf_add_str(&b, "transparent\n");
	if (p->address)
		(void)!buf_printf(&b, "address %s\n", p->address);
	if (p->address6)
		(void)!buf_printf(&b, "address6 %s\n", p->address6);
	for (size_t i = 0; i < p->n_sockets; i++) {
		const struct forward_socket *s = &p->sockets[i];

		(void)!buf_printf(&b, "%s%s %d %u\n", s->is_udp ? "udp" : "tcp",
				  s->is_ipv6 ? "6" : "", s->fd, s->port);
	}
	return buf_take(&b);
}

static bool is_socket(const char *word)
{
	return str_eq(word, "tcp") || str_eq(word, "udp") || str_eq(word, "tcp6") ||
	       str_eq(word, "udp6");
}

static int read_fd(const char *text, int *ret)
{
	uint32_t fd;

	if (!text || str_to_u32(text, &fd) < 0 || fd > FD_MAX)
		return -EINVAL;
	*ret = (int)fd;
	return 0;
}

static int read_text(const char *text, char **ret)
{
	if (!text || *ret)
		return -EINVAL;
	*ret = xstrdup(text);
	return 0;
}

static int read_socket(char *const *words, struct forward_plan *p)
{
	struct forward_socket s = {
		.is_udp = str_starts(words[0], "udp"),
		.is_ipv6 = str_ends(words[0], "6"),
	};
	uint32_t port;

	if (strv_len(words) != 3 || read_fd(words[1], &s.fd) < 0 ||
	    str_to_u32(words[2], &port) < 0 || port == 0 || port > PORT_MAX ||
	    p->n_sockets >= SOCKETS_MAX)
		return -EINVAL;
	s.port = (uint16_t)port;
	if ((p->n_sockets & (p->n_sockets - 1)) == 0)
		p->sockets =
			xreallocarray(p->sockets, p->n_sockets ? 2 * p->n_sockets : 1,
				      sizeof(*p->sockets));
	p->sockets[p->n_sockets++] = s;
	return 0;
}

static int read_line(char *const *words, struct forward_plan *p)
{
	if (is_socket(words[0]))
		return read_socket(words, p);
	if (str_eq(words[0], "transparent"))
		p->is_transparent = true;
	else if (str_eq(words[0], "init"))
		return read_fd(words[1], &p->pid_fd);
	else if (str_eq(words[0], "user"))
		return read_fd(words[1], &p->user_ns_fd);
	else if (str_eq(words[0], "net"))
		return read_fd(words[1], &p->net_ns_fd);
	else if (str_eq(words[0], "address"))
		return read_text(words[1], &p->address);
	else if (str_eq(words[0], "address6"))
		return read_text(words[1], &p->address6);
	else
		return -EINVAL;
	return 0;
}

int forward_plan_read(const char *text, struct forward_plan *ret, struct error *err)
{
	*ret = FORWARD_PLAN_INIT;
	while (*text) {
		size_t len = strcspn(text, "\n");
		cleanup_free char *line = xstrndup(text, len);
		cleanup_strv char **words = str_split(line, ' ');

		if (read_line(words, ret) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "forward: not understood: \"%s\"", line);
		text += len + (text[len] == '\n');
	}
	if (ret->pid_fd < 0)
		return error_set(err, ERR_INVALID, 0, "forward: no process to end with");
	return 0;
}
