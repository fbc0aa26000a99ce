/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface, and the addresses between the gateway and the uplink process. Nobody else has or sees them: the IPv4 ones are of a block that is no
 * network anywhere (192.0.0.0/24, RFC 6890), the IPv6 ones those that slirp4netns has and nothing can change.
 */
#pragma once

#define UPLINK_INTERFACE "uplink"
#define UPLINK_MTU \
	65520 /* bridges and veths want the same, or a tenth of the speed is what there is */

#define UPLINK_NET4     "192.0.0.0"
#define UPLINK_MASK4    "255.255.255.0"
#define UPLINK_CIDR4    "192.0.0.0/24"
#define UPLINK_HOST4    "192.0.0.2"   /* the process, as the gateway sees it */
#define UPLINK_NAMES4   "192.0.0.3"   /* nobody: libslirp wants one */
#define UPLINK_ADDRESS4 "192.0.0.100" /* the gateway */

#define UPLINK_NET6     "fd00::"
#define UPLINK_CIDR6    "fd00::/64"
#define UPLINK_HOST6    "fd00::2"
#define UPLINK_NAMES6   "fd00::3"
#define UPLINK_ADDRESS6 "fd00::100"
