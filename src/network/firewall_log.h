/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's reports (NFLOG) of packets that were refused: heads of packets that a container has written. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define FIREWALL_LOG_GROUP 67 /* NFLOG, in the gateway's network namespace */
#define FIREWALL_LOG_BYTES 96 /* of a packet */

/* firewall_log_open() - a socket that hears FIREWALL_LOG_GROUP, in the network namespace of the caller; never blocks. */
int firewall_log_open(struct error *err) _must_check_;

struct firewall_packet {
	int family;
	struct in6_addr from, to; /* an IPv4 address in the first 4 bytes */
	uint8_t protocol;
	uint16_t port; /* 0: none */
};

/* firewall_log_read() - calls each() for what there is now. Return: 0 or -errno of recv(2). */
int firewall_log_read(int fd, void (*each)(void *data, const struct firewall_packet *p),
		      void *data) _must_check_;

/* firewall_packet_parse() - pure. An IP packet's beginning; false: it is none. */
bool firewall_packet_parse(const uint8_t *bytes, size_t len, struct firewall_packet *ret);
