/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metadata tree: what a layer has but for its files' content. Directories, links and nodes are
 * there, files are empty and as long as the layer's, with the owners, modes, times and extended
 * attributes; two more attributes tell overlayfs in which data layer the content lies. On a tmpfs of
 * one's own such a tree can be idmapped by an ordinary user, as the layer itself can't; so containers
 * with owners of their own share one unpacked layer. Source: kernel documentation,
 * filesystems/overlayfs, "Data-only lower layers".
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * metadata_build() - of the directory layer_fd into the empty directory tree_fd, as root of the user
 * namespace that has all owners. The content is found at "/NAME/path" of the data layer. With a umask
 * of 0.
 */
int metadata_build(int layer_fd, int tree_fd, const char *name,
		   struct error *err) _must_check_;

/*
 * metadata_open() - the tree `name` in trees_fd (a directory on a tmpfs), built from layer_fd if it is not
 * there yet. Several processes may ask at once: one builds, the others wait. Return: O_PATH fd.
 */
int metadata_open(int trees_fd, int layer_fd, const char *name,
		  struct error *err) _must_check_;
