/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink's program: libslirp between the gateway's interface and the host's sockets. */
#pragma once

/* The fds that it is started with. */
#define SLIRP_TAP_FD   3 /* Ethernet frames */
#define SLIRP_READY_FD 4 /* a byte is written when it works */

/* slirp_main() - Return: the exit status; it ends when the interface goes. */
int slirp_main(void);
