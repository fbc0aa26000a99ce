/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations of the transfer program that touch file trees with many owners. The engine starts
 * them as root of a user namespace with the user's whole map, in mount, network, ipc and pid
 * namespaces of their own (runtime/sandbox.h):
 *
 *   transfer unpack FLAGS SIZE    fd 3: result, written once: layer_result_text() or an event "error"
 *                                 fd 4: the layer's directory    fd 5: the blob
 *                                 fd 6: its growth pipe, or /dev/null if all of it is there
 *                                 FLAGS: enum layer_flags as a decimal number
 *   transfer pack FLAGS           fd 3: result    fd 4: the tree    fd 1: where the tar goes
 *
 * Each confines itself before the first byte: no_new_privs, capabilities but those it needs dropped,
 * landlock (writes only below fd 4), seccomp (only the system calls that it needs).
 */
#pragma once

#define SANDBOXED_RESULT_FD 3
#define SANDBOXED_TREE_FD   4
#define SANDBOXED_BLOB_FD   5
#define SANDBOXED_GROWTH_FD 6

/* sandboxed_unpack(), sandboxed_pack() - args: the words after the operation. Return: exit status. */
int sandboxed_unpack(char *const *args, unsigned int n_args);
int sandboxed_pack(char *const *args, unsigned int n_args);
