/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's end of the transfer program: started, asked, heard (transfer/protocol.h). */
#pragma once

#include "engine/engine.h"
#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct transfer_client {
	struct sandbox sandbox;
	int control_fd; /* readable when there is an event; owned */
};
#define TRANSFER_CLIENT_INIT \
	((struct transfer_client){.sandbox = SANDBOX_INIT, .control_fd = -EBADF})

/* transfer_client_start() - with the request as its first packet. stdin_fd, stdout_fd: the user's where
 * an archive is read or written there, else -EBADF. */
struct transfer_call {
	const char *operation;
	struct json_object *request; /* borrowed */
	int stdin_fd, stdout_fd;
};
int transfer_client_start(const struct engine *e, const struct transfer_call *call,
			  struct transfer_client *ret, struct error *err) _must_check_;

#define TRANSFER_EVENT_FDS 2
struct transfer_event {
	struct json_object *packet;  /* owned */
	const char *name;            /* in packet */
	int fds[TRANSFER_EVENT_FDS]; /* owned; -EBADF: none */
};
#define TRANSFER_EVENT_INIT ((struct transfer_event){.fds = {-EBADF, -EBADF}})
void transfer_event_release(struct transfer_event *event);
#define cleanup_transfer_event cleanup(transfer_event_release)

/*
 * transfer_client_hear() - the next event. Return: 1, 0 at the event "end", or -errno: the event
 * "error" as it was said, or that the program has gone without a word.
 */
int transfer_client_hear(struct transfer_client *c, struct transfer_event *ret,
			 struct error *err) _must_check_;

/* transfer_client_release() - the program ends with its control socket; once this returns nobody is at work
 * on the blobs any more. */
void transfer_client_release(struct transfer_client *c);
#define cleanup_transfer_client cleanup(transfer_client_release)

/* transfer_client_run() - from the start to the event "end"; on_event() is given all others. */
int transfer_client_run(const struct engine *e, const struct transfer_call *call,
			int (*on_event)(void *data, struct transfer_event *event,
					struct error *err),
			void *data, struct error *err) _must_check_;
