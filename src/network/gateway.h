/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The role `gateway` of the network program:
 *
 *   --listen-fd N      the socket (network/client.h), bound and listening
 *   --dir-fd N         the directory NETWORK_DIR
 *   --net-ns-fd N      a gateway's network namespace that is there: take it over
 *   --user-ns-fd N     or: make one in this user namespace
 *   --uids M --gids M  or: make both, with these maps: INSIDE:OUTSIDE:COUNT,...
 *   --host HASH        or: none of these; in the host's namespaces, as root. HASH marks what is ours
 *   --uplink WORD      kind of the way out (network/uplink.h)
 *   --tell WORD        several: the command that is told of refusals, before their own words
 *   --debug            what happens goes into the file "log" in the directory
 *
 * What fails at its start is told to the first who asks.
 * It ends two seconds after the last container and the last connection, with SIGTERM as soon as there are none.
 */
#pragma once

/* gateway_main() - Return: the exit status. */
int gateway_main(int argc, char **argv);
