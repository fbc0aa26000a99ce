/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metadata tree: what an image's layers over each other have but for their files' content. Directories,
 * links and nodes are there, files are empty and as long as the layers', with the owners, modes, times and
 * extended attributes; two more attributes tell overlayfs where in the layers the content lies. On a tmpfs
 * of one's own such a tree can be idmapped by an ordinary user, as the layers themselves can't; so
 * containers with owners of their own share what was unpacked once. Source: kernel documentation,
 * filesystems/overlayfs, "Data-only lower layers".
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * metadata_build() - of the directories in data_fd that are named (strv, topmost first) into the empty
 * directory tree_fd, as root of the user namespace that has all owners. The content is found at
 * "/NAME/path" of the data layer data_fd. With a umask of 0.
 */
int metadata_build(int data_fd, char *const *layers, int tree_fd,
		   struct error *err) _must_check_;

/*
 * metadata_open() - the tree in trees_fd (a directory on a tmpfs), built if it is not there yet. The topmost
 * layer's name stands for all of them. Several processes may ask at once: one builds, the others wait.
 * Return: O_PATH fd.
 */
int metadata_open(int trees_fd, int data_fd, char *const *layers,
		  struct error *err) _must_check_;
