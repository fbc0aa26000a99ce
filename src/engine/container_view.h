/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's files from outside: the image's layers and its writable one over each other, without what
 * is mounted in it. Read-only, whether it runs or not; or to be written, which takes a container
 * that does not run, and its lock.
 */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "runtime/idmap.h"
#include "runtime/overlay.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_view {
	bool is_writable; /* set by the caller, before container_view_get() */
	char **layers;    /* of the image, topmost first; NULL: made from a directory */
	char *writable;   /* of the container; NULL: an image alone */
	char *work;       /* the overlay's work directory beside it */
	char *rootfs;     /* that directory */
	/* of a container with a map of its own: the map, in ids of the user's whole one, and how the layers
	 * are shown through it; no lines: their owners are as they are */
	struct idmap uids, gids;
	bool is_copied; /* layers is one directory with the container's own owners */
	char *place;    /* a directory to mount things on meanwhile */
	struct overlay_dirs
		dirs; /* opened already, by root of the host; without them the layers
				     are shown by their metadata trees */
};
void container_view_release(struct container_view *v);
#define CONTAINER_VIEW_INIT    ((struct container_view){.dirs = OVERLAY_DIRS_INIT})
#define cleanup_container_view cleanup(container_view_release)

int container_view_get(const struct engine *e, const struct container *c,
		       struct container_view *ret, struct error *err) _must_check_;

/* container_view_enter() - after container_view_open(): take the container's ids, to see what it sees. */
int container_view_enter(const struct container_view *v, struct error *err) _must_check_;

/* container_view_open() - in a mount namespace of one's own, as root of the user's map. Return: fd of the
 * top directory. */
int container_view_open(const struct container_view *v, struct error *err) _must_check_;

/* container_view_open_plain() - the image's layers alone, with the owners that they have as they lie. */
int container_view_open_plain(const struct container_view *v,
			      struct error *err) _must_check_;

/* container_view_places() - what is mounted in a container has places in its writable layer, which are no change of
 * anybody's: "etc/hosts" (strv, added to; caller frees). */
struct spec;
void container_view_places(const struct spec *spec, char ***ret);
