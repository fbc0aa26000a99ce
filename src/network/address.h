/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses with a prefix length, as bytes. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "util/cleanup.h"
#include "util/error.h"

struct address {
	int family;        /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* the first 4 for IPv4 */
	uint8_t prefix;    /* the whole length if the text had none */
};

/* address_parse() - "10.89.0.2", "10.89.0.2/24", "fd12::2/64"; inet_pton(3). */
int address_parse(const char *text, struct address *ret, struct error *err) _must_check_;

/* address_len() - bytes of an address of this family: 4 or 16. */
size_t address_len(int family);

/* address_contains() - whether a subnet has this address. */
bool address_contains(const struct address *subnet, const struct address *a);

/* address_socket() - as bind(2) wants it. Return: its length. */
socklen_t address_socket(const struct address *a, uint16_t port,
			 struct sockaddr_storage *ret);

/* address_mac_parse() - "92:d0:c6:0a:29:33", of a single station. */
int address_mac_parse(const char *text, uint8_t ret[static 6],
		      struct error *err) _must_check_;
