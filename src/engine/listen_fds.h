/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Socket activation: sockets that a service manager opened and passed on to us are the container's. They are the fds
 * from 3 on, and $LISTEN_FDS, $LISTEN_PID and $LISTEN_FDNAMES say how many, whose, and what they are called. Source:
 * sd_listen_fds(3).
 */
#pragma once

struct spec;

#define LISTEN_FDS_MAX 1000

/* listen_fds_count() - how many are meant for this process; 0: none. */
int listen_fds_count(void);

/* listen_fds_tell() - the n that the program of spec gets: its environment says so. LISTEN_PID is what the
 * container's init fills in (runtime/child.h). */
void listen_fds_tell(int n, struct spec *spec);
