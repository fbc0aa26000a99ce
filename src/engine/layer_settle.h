/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody waits for the disk when a layer is unpacked: that would take longer than the unpacking. So a
 * layer of another boot is looked at once before it is used. A power failure leaves files without
 * their content, which then takes less of the disk than was written.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

#define LAYER_BOOT_ID_SIZE sizeof(((struct proc_id *)0)->boot_id)

/* layer_boot_id() - of this boot. */
int layer_boot_id(char ret[static LAYER_BOOT_ID_SIZE], struct error *err) _must_check_;

/* layers_settle() - the doubtful layers of an image: those that are complete are so from now on, the
 * others are put out of the way, so that they will be unpacked again. */
int layers_settle(const struct engine *e, const struct image_record *r, bool single_id,
		  struct error *err) _must_check_;

/* layer_settle() - the same for one layer, whose record says `boot_id` (NULL: it is known to be complete). Return: 1 complete, 0 gone. */
int layer_settle(const struct engine *e, const char *chain_id, bool single_id,
		 const char *boot_id, struct error *err) _must_check_;
