/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_journal.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/event_text.h"
#include "util/buf.h"

#define MESSAGE_MAX (3 * EVENT_TEXT_MAX)

static int add_field(struct buf *b, const char *name, const char *value)
{
	uint64_t len;
	int r;

	if (!value)
		return 0;
	if (!strchr(value, '\n'))
		return buf_printf(b, "%s=%s\n", name, value);
	len = htole64(strlen(value));
	r = buf_printf(b, "%s\n", name);
	if (r >= 0)
		r = buf_add(b, &len, sizeof(len));
	return r < 0 ? r : buf_printf(b, "%s\n", value);
}

int event_journal_message(const struct event *ev, struct buf *ret)
{
	cleanup_free char *text = event_text(ev);
	const struct {
		const char *name, *value;
	} fields[] = {
		{"SYSLOG_IDENTIFIER", EVENT_JOURNAL_IDENTIFIER},
		{"PRIORITY", "6"},
		{"CUBBY_TYPE", event_type_word(ev->type)},
		{"CUBBY_EVENT", event_status_word(ev->status)},
		{"CUBBY_ID", ev->id},
		{"CUBBY_NAME", ev->name},
		{"CUBBY_IMAGE", ev->image},
		{EVENT_JOURNAL_FIELD, text},
	};
	int r = buf_printf(ret, "MESSAGE=%s %s %s\n", event_type_word(ev->type),
			   event_status_word(ev->status), ev->id ? ev->id : "");

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(fields); i++)
		r = add_field(ret, fields[i].name, fields[i].value);
	return r;
}

int event_journal_send(const struct event *ev, struct error *err)
{
	const struct sockaddr_un journal = {
		.sun_family = AF_UNIX,
		.sun_path = EVENT_JOURNAL_SOCKET,
	};
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cleanup_buf struct buf message = {0};
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	buf_init(&message, MESSAGE_MAX);
	r = event_journal_message(ev, &message);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write an event to the journal");
	/* a journal that is stuck must not stop us */
	if (sendto(fd, message.data, message.len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&journal, sizeof(journal)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "send an event to %s",
				 EVENT_JOURNAL_SOCKET);
	return 0;
}
