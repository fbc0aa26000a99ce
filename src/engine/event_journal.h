/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the host's journal. A message is one datagram to the journal's socket: lines
 * "NAME=value", or, where the value has several lines, NAME, its length as 64 bits little
 * endian, the value. Source: systemd, "Native Journal Protocol".
 */
#pragma once

#include "engine/event_kind.h"
#include "util/cleanup.h"
#include "util/error.h"

#define EVENT_JOURNAL_SOCKET     "/run/systemd/journal/socket"
#define EVENT_JOURNAL_IDENTIFIER "cubby"
/* The event itself, as in the file; beside it CUBBY_EVENT, CUBBY_TYPE, CUBBY_ID, CUBBY_NAME
 * and CUBBY_IMAGE, for those who search with journalctl. */
#define EVENT_JOURNAL_FIELD      "CUBBY_EVENT_JSON"

/* event_journal_message() - the bytes of an event's datagram go to *ret. Pure. */
struct buf;
int event_journal_message(const struct event *ev, struct buf *ret) _must_check_;

int event_journal_send(const struct event *ev, struct error *err) _must_check_;
