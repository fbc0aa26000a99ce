/* SPDX-License-Identifier: Apache-2.0 */
/* The interface by which packets leave the gateway. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

/*
 * uplink_tap_make() - UPLINK_INTERFACE in the network namespace of the caller, up, with addresses and default routes; one that is
 * there is used again. persistent: it stays when the fd is closed, for a program that opens it by itself. ERR_UNSUPPORTED with
 * the remedy: /dev/net/tun is missing or not allowed. Return: the fd, which reads and writes Ethernet frames.
 */
int uplink_tap_make(bool persistent, struct error *err) _must_check_;
