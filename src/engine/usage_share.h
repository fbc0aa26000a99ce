/* SPDX-License-Identifier: Apache-2.0 */
/* Whose bytes of the store are whose: what images share and what each has for itself. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file or directory of the store. */
struct usage_item {
	char *key;     /* path below the data directory, owned by the caller */
	int64_t bytes; /* on disk */
	unsigned int n_images;
	bool in_use; /* an image has it that a container was made from */
};

struct usage_image {
	char **keys; /* strv; those that are no items count for nothing */
	bool in_use;
	int64_t unique, shared; /* bytes; the result */
};

/*
 * usage_share() - fills in n_images and in_use of the items, which get sorted, and the images' sums. No
 * key may stand twice in an image. Return: bytes of items that no image in use has.
 */
int64_t usage_share(struct usage_item *items, size_t n_items, struct usage_image *images,
		    size_t n_images);
