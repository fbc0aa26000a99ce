/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the monitor speaks with those who attach: a SOCK_SEQPACKET AF_UNIX socket, one
 * packet a message, first byte the type, the rest the payload. Shared by the static
 * monitor and the engine, so: no allocation, no util. Version in MONITOR_HELLO.
 *
 * Client to monitor: HELLO first, then STDIN, STDIN_EOF, RESIZE, and on the way out
 * EXIT_ACK. Monitor to client: HELLO, then STDOUT, STDERR (never with a terminal), and at
 * the end EXIT. A client leaves (detaches) by closing the socket.
 */
#pragma once

#include <signal.h>
#include <stdint.h>

#define MONITOR_PROTOCOL      1
#define MONITOR_PACKET_MAX    16384 /* type byte and payload */
#define MONITOR_SOCKET_NAME   "attach"
#define MONITOR_EXIT_NAME     "exit" /* file: struct as text, see below */
/* Its room on the disk: so many bytes that are there before the program starts. */
#define MONITOR_EXIT_NEW_NAME MONITOR_EXIT_NAME ".new"
#define MONITOR_EXIT_TEXT_MAX 64
#define MONITOR_CLIENTS_MAX   16
/* File: the monitor was told to stop its container, so no restart policy follows its end. */
#define MONITOR_STOPPED_NAME  "stopped"
/* What a service manager sends to all processes of the container's scope: ignored by all but the monitor, which stops the container
 * by the container's own signal. SIGTERM to the monitor alone does the same. */
#define MONITOR_STOP_SIGNAL   SIGURG

enum monitor_message {
	MONITOR_HELLO = 1, /* payload: struct monitor_hello */
	MONITOR_STDIN,     /* bytes for the container */
	MONITOR_STDIN_EOF, /* no payload: close the container's stdin (pipe), or send EOT
			      (terminal) */
	MONITOR_RESIZE,    /* payload: struct monitor_resize */
	MONITOR_STDOUT,    /* bytes */
	MONITOR_STDERR,    /* bytes */
	MONITOR_EXIT,      /* payload: struct monitor_exit; the exit status is on record
			      already */
	MONITOR_EXIT_ACK,  /* from the owner only: "I do the clean-up, you may go" */
};

struct monitor_hello {
	uint32_t protocol;
	uint32_t terminal; /* from the monitor: the container has a terminal */
};

struct monitor_resize {
	uint16_t columns, rows;
};

struct monitor_exit {
	int32_t wait_status; /* as wait(2) */
	int64_t finished_usec;
};

/*
 * The exit record: a file of one line in the container's directory, written to a
 * temporary name and renamed: "WAIT_STATUS FINISHED_USEC\n" in decimal. Present = the
 * container has ended.
 */
