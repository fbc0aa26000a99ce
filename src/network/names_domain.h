/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names that both sides of the name server know. */
#pragma once

#define NAMES_PORT          53
#define NAMES_DOMAIN        "dns.podman" /* podman's; scripts have it */
#define NAMES_RESOLV_CONF   "/etc/resolv.conf"
#define NAMES_ADDRESSES_MAX 64 /* that a limited member learns by one answer */
