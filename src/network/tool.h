/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Role "tool" of the network program: it looks after slirp4netns(1) or pasta(1) for one container, --network slirp4netns or
 * pasta. The program that starts it gives it
 *
 *   3   where the answer goes: TOOL_READY when the container has its interface, else what the tool said
 *   4   end of file there: the container has ended, and so does the tool
 *   5   the container's network namespace
 *   6   the user namespace that it belongs to
 *
 * and the tool's name and arguments, in which /proc/self/fd/5 and 6 are these.
 */
#pragma once

#define TOOL_FD_ANSWER 3
#define TOOL_FD_END    4
#define TOOL_FD_NET    5
#define TOOL_FD_USER   6
#define TOOL_READY     "ready"

/* tool_main() - Return: the exit status. */
int tool_main(int argc, char **argv);
