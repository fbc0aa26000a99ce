/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -v/--volume and --tmpfs as text: "[SOURCE:]DESTINATION[:OPTION,...]" and
 * "DESTINATION[:OPTION,...]". Pure; whether the source exists is asked elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

enum volume_kind {
	VOLUME_BIND,  /* a directory or file of the host's */
	VOLUME_NAMED, /* a volume (engine/volume_store.h) */
	VOLUME_IMAGE, /* the files of an image */
	VOLUME_FS,    /* a new file system of `type` */
	VOLUME_OWN,   /* a directory of the container's own: made with it, gone with it */
};

struct volume { /* owned */
	enum volume_kind kind;
	char *source; /* absolute host path; a path that began with "." is made absolute
			 by the caller; NULL: tmpfs, and a volume before it is looked for */
	char *destination; /* absolute, cleaned */
	char *name;        /* of a volume or an image; NULL: an anonymous volume */
	char *type;        /* of a new file system */
	char *subpath;     /* what of a volume or an image is mounted; NULL: all */
	char **options;    /* words of the OCI mount */
	char **labels,
		**driver_options; /* "key=value", of a volume that is made for this */
	char *upper, *work;       /* with overlay: the user's own directories */
	bool writable;
	bool give;      /* U: it shall belong to the container's user */
	bool overlay;   /* O: what is written goes elsewhere */
	bool no_copy;   /* a volume that does not start with what the image has there */
	bool anonymous; /* a volume whose name nobody chose */
	mode_t mode;    /* VOLUME_OWN: when it is made */
};
void volume_release(struct volume *v);

struct volumes {
	struct volume *items; /* owned */
	size_t n;
};
void volumes_release(struct volumes *list);
#define cleanup_volumes cleanup(volumes_release)

/* volume_parse() - adds to the list. */
int volume_parse(struct volumes *list, const char *text, struct error *err) _must_check_;

/*
 * volume_words() - the words of v->options and the members that they stand for, from those that a user typed
 * (strv); text: for messages. What -v takes after the second colon.
 */
int volume_words(const char *text, char *const *words, struct volume *v,
		 struct error *err) _must_check_;

/* volume_take_destination() - checked and cleaned. */
int volume_take_destination(const char *text, struct volume *v,
			    struct error *err) _must_check_;

/* volumes_add() - takes what *v holds; a destination that is taken is ERR_INVALID. */
int volumes_add(struct volumes *list, struct volume *v, struct error *err) _must_check_;

/* volume_shown() - its name for people: the volume's, or the path. */
const char *volume_shown(const struct volume *v);

/* volume_is_path() - whether a source is a path of the host, not a volume's name. */
bool volume_is_path(const char *source);

/* tmpfs_words() - as volume_words(), of --tmpfs. */
int tmpfs_words(const char *text, char *const *words, struct volume *v,
		struct error *err) _must_check_;

/* tmpfs_parse() - adds to the list. */
int tmpfs_parse(struct volumes *list, const char *text, struct error *err) _must_check_;

/* volumes_add_empty() - a directory of the container's own, below data_dir. */
void volumes_add_empty(struct volumes *list, const char *data_dir,
		       const char *destination, mode_t mode);

/* volumes_cover() - whether one of them is mounted at this path or above it. */
bool volumes_cover(const struct volumes *list, const char *path);

/* volumes_find() - the one with this destination, or NULL. */
const struct volume *volumes_find(const struct volumes *list, const char *destination);
