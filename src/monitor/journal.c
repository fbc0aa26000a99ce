/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/journal.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "monitor/text.h"
#include "util/error.h"

#define PRIORITY_OUT "PRIORITY=6\n" /* syslog(3): LOG_INFO */
#define PRIORITY_ERR "PRIORITY=3\n" /* LOG_ERR */
#define PARTIAL      "CONTAINER_PARTIAL_MESSAGE=true\n"

static struct iovec part(const void *data, size_t len)
{
	return (struct iovec){.iov_base = (void *)data, .iov_len = len};
}

static struct iovec word(const char *text)
{
	return part(text, strlen(text));
}

struct journal_record {
	const unsigned char *data;
	size_t len;
	const char *priority;
};

/* Return: 0 or a positive errno. */
static int send_record(const struct journal *j, const struct journal_record *r, int flags)
{
	bool whole = r->len > 0 && r->data[r->len - 1] == '\n';
	size_t text_len = whole ? r->len - 1 : r->len;
	/* with its length before it, for it may hold any byte */
	uint64_t size = htole64(text_len);
	struct iovec parts[] = {
		word(r->priority), word(j->fields),           word(whole ? "" : PARTIAL),
		word("MESSAGE\n"), part(&size, sizeof(size)), part(r->data, text_len),
		part("\n", 1),
	};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
	};
	ssize_t n;

	memcpy(address.sun_path, j->path, strlen(j->path));
	do
		n = sendmsg(j->fd, &message, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? errno : 0;
}

/* Without waiting: each record of a journal that stands still would wait as long again. */
static void tell_gap(struct journal *j)
{
	char text[160], *p = text;

	p = text_put(p, "[cubby: ");
	p = text_put_i64(p, (int64_t)j->lost);
	p = text_put(p, " bytes of output were not logged: ");
	p = text_put(p, error_errno_text(j->lost_errno));
	p = text_put(p, "]\n");
	if (send_record(j,
			&(struct journal_record){
				.data = (unsigned char *)text,
				.len = (size_t)(p - text),
				.priority = PRIORITY_ERR,
			},
			MSG_DONTWAIT) == 0)
		j->lost = 0;
}

void journal_begin(struct journal *j, const char *stream)
{
	j->is_error = strcmp(stream, "stderr") == 0;
}

void journal_add(struct journal *j, const unsigned char *data, size_t len)
{
	const struct journal_record r = {
		.data = data,
		.len = len,
		.priority = j->is_error ? PRIORITY_ERR : PRIORITY_OUT,
	};
	int code;

	if (j->lost > 0)
		tell_gap(j);
	code = j->lost > 0 ? j->lost_errno : send_record(j, &r, 0);
	if (code == 0)
		return;
	j->lost += len;
	j->lost_errno = code;
}

void journal_finish(struct journal *j)
{
	if (j->lost > 0)
		tell_gap(j);
}
