/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program libexec/cubby/layer: operations on file trees with many owners. It links no network
 * code, and so starts ten times as quickly as the transfer program. The engine starts it as root of a user namespace with the user's whole map, in mount, network, ipc and pid
 * namespaces of their own (runtime/sandbox.h):
 *
 *   layer unpack FLAGS SIZE MAX   fd 3: result, written once: layer_result_text() or an event "error"
 *                                 fd 4: the layer's directory    fd 5: the blob
 *                                 fd 6: its growth pipe, or /dev/null if all of it is there
 *                                 FLAGS: enum layer_flags as a decimal number
 *                                 MAX: bytes that it may have uncompressed; 0: the built-in limit
 *   layer pack FLAGS UIDS GIDS [PLACE...]
 *                                 fd 3: result    fd 4: the tree    fd 1: where the tar goes
 *                                 fd 7: the same tree with plain owners, or /dev/null
 *                                 UIDS, GIDS: as uid_map(5) has them, or ""; see layer_pack_with()
 *   layer complete TOP EPOCH [PLACE...]
 *                                 fd 3: result, as unpack's    fd 4: the upper directory of an overlay
 *                                 fd 7: the layers below, over each other, or /dev/null
 *                                 TOP: "top", or "" if that directory has no entry; EPOCH: "", "SECONDS" as the latest
 *                                 time, "=SECONDS" for all of them; see image/layer_complete.h
 *   layer blob TOP                fd 3: result, as unpack's    fd 4: a layer's directory    fd 1: where its archive goes
 *   layer uncompress              fd 3: result    fd 0, 1: a stream, and where it goes as it was before
 *
 * Each confines itself before the first byte: no_new_privs, capabilities but those it needs dropped,
 * landlock (writes only below fd 4), seccomp (only the system calls that it needs).
 */
#pragma once

#define SANDBOXED_RESULT_FD 3
#define SANDBOXED_TREE_FD   4
#define SANDBOXED_BLOB_FD   5
#define SANDBOXED_GROWTH_FD 6
#define SANDBOXED_PLAIN_FD  7

struct error;

/* sandboxed_main() - argv as main() got it. Return: exit status. */
int sandboxed_main(int argc, char **argv);

/* Each operation with the words after its name. Return: exit status. */
int sandboxed_unpack(char *const *args, unsigned int n_args);
int sandboxed_pack(char *const *args, unsigned int n_args);
int sandboxed_complete(char *const *args, unsigned int n_args);
int sandboxed_blob(char *const *args, unsigned int n_args);
int sandboxed_uncompress(char *const *args, unsigned int n_args);

/* sandboxed_run() - run() and write its result, *ret_result (JSON, freed here), or its error to
 * SANDBOXED_RESULT_FD. Return: exit status. */
typedef int sandboxed_operation(char *const *args, unsigned int n_args, char **ret_result,
				struct error *err);
int sandboxed_run(sandboxed_operation *run, char *const *args, unsigned int n_args);
