/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking one layer: a tar stream, compressed or not, of bytes that nobody has vouched for, into
 * a directory that overlay can use as a lower one: whiteouts as character devices 0:0, opaque
 * directories by user.overlay.opaque=y. Runs in a sandbox that can write only below that directory.
 * Sources: OCI image specification, layer.md; overlayfs (kernel documentation); tar(5), pax in
 * POSIX.1-2017.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

/* Where the bytes of a layer are. */
struct layer_input {
	int fd;        /* a file; read by pread(2), its offset is left alone */
	uint64_t size; /* bytes of the (compressed) layer, from offset 0 */
	int growth_fd; /* -EBADF: all is there; else see image/blob_writer.h */
	/* What the process does to itself when all that lies outside has been read, before the first
	 * byte of the layer; and what the process that decompresses does besides. NULL: nothing. */
	int (*confine)(int root_fd, struct error *err);
	int (*confine_stream)(struct error *err);
};

struct layer_limits {
	uint64_t max_bytes;   /* of the uncompressed tar; 0: LAYER_MAX_BYTES */
	uint64_t max_entries; /* 0: LAYER_MAX_ENTRIES */
};
#define LAYER_MAX_BYTES   (UINT64_C(1) << 40)
#define LAYER_MAX_ENTRIES (UINT64_C(10) * 1000 * 1000)

enum layer_flags {
	LAYER_SINGLE_ID = 1 << 0, /* every owner becomes the caller's own id */
	LAYER_LIST_DEVICES =
		1 << 1, /* device nodes go to the result; otherwise skipped and counted */
	LAYER_PLAIN =
		1
		<< 3, /* no layer, but any archive, into a directory that may hold something: a whiteout is
				 ERR_UNSUPPORTED */
	LAYER_SCAN =
		1 << 2, /* write nothing: only say what is in it (ids first of all) */
	LAYER_NO_SETID =
		1
		<< 4, /* set-user-id and set-group-id bits are left out: the files get another owner, in reach of others */
};

struct layer_device { /* a node for the privileged parent to make */
	char *path;   /* relative, below the layer; owned */
	uint32_t mode, major, minor, uid, gid;
};

struct layer_result {      /* all owned */
	char *diff_id;     /* digest of the uncompressed tar */
	uint64_t tar_size; /* bytes of it */
	uint64_t n_entries;
	uint64_t disk_bytes;       /* st_blocks * 512 of all that was made */
	uint32_t max_uid, max_gid; /* highest owners met */
	char **implied; /* strv: directories that had no entry of their own: their owner and mode are
			   those of the layer below, if it has them */
	bool root_entry; /* the top directory had an entry */
	struct layer_device *devices;
	size_t n_devices;
	uint64_t n_skipped_devices;
	char *compression; /* "gzip", "zstd", "xz", "bzip2", "none" */
};
void layer_result_release(struct layer_result *r);
#define cleanup_layer_result cleanup(layer_result_release)

/*
 * layer_unpack() - root_fd: the empty directory of the layer. The process's umask must be 0, and it
 * must be root of a user namespace whose maps hold the owners (or LAYER_SINGLE_ID): an owner that
 * they don't hold is ERR_INVALID with code EOVERFLOW, and the sentence names file and id. Hostile
 * input is ERR_INVALID; a full disk ERR_SYSTEM with ENOSPC; a download that was given up
 * ERR_UNAVAILABLE. Forks (decompressing and hashing go on beside the writing); both processes end
 * together. What is there when it fails is for the caller to remove.
 *
 * How an archive is understood (as Docker, containerd and podman do where they agree):
 * - Names: "/" and "./" in front and "//" are cleaned, ".." is refused. A parent that is a symbolic link
 *   of this layer is followed, but never out of the layer's directory.
 * - An entry replaces what has its name, a whole directory too; a directory over a directory
 *   changes owner, mode, time and attributes. A hard link's target must be in this layer already.
 * - .wh.NAME hides the lower layers' NAME, also if this layer has a NAME of its own, before or behind:
 *   that one stays, and is opaque if it is a directory. Other .wh..wh.* are left out (aufs's own).
 * - Devices are never made (see flags), and one of numbers 0:0, which would be a whiteout, is not even
 *   listed. setuid and setgid bits stay.
 * - Of extended attributes user.* (but user.overlay.*) and security.capability are set.
 */
int layer_unpack(int root_fd, const struct layer_input *in,
		 const struct layer_limits *limits, unsigned int flags,
		 struct layer_result *ret, struct error *err) _must_check_;

/* The result as one JSON text for the narrow pipe, and back (checked). Caller frees. */
char *layer_result_text(const struct layer_result *r);
int layer_result_parse(const char *text, size_t len, struct layer_result *ret,
		       struct error *err) _must_check_;

/*
 * layer_pack() - a tar of the tree at root_fd to out_fd, entries sorted by name, so that the same tree
 * gives the same bytes; pax headers where needed; hard links kept; sparse files with their holes
 * written out; sockets left out; of attributes those that layer_unpack() takes. The first entry is the
 * directory itself, "./". Mounts are not entered. The calling user namespace's map gives the ids.
 * A file that changes meanwhile is cut or filled with zeros.
 *
 * LAYER_PACK_OVERLAY: the tree is an overlay upper directory, whose whiteouts and opaque
 * directories become .wh. entries; a file with such a name is ERR_UNSUPPORTED.
 */
enum layer_pack_flags {
	LAYER_PACK_OVERLAY = 1 << 0,
	LAYER_PACK_SECONDS =
		1
		<< 1, /* times in whole seconds, as most archives have them; those of marks are 0 */
	LAYER_PACK_NO_TOP =
		1 << 2, /* no entry of the directory itself, unless it has attributes */
};
int layer_pack(int root_fd, int out_fd, unsigned int flags,
	       struct error *err) _must_check_;

/* An owner outside..outside+count-1 of a file is inside.. in the archive. */
struct layer_owner_range {
	uint32_t inside, outside, count;
};

/*
 * What is done to a tree while it is packed, so that it is the layer which its archive gives: overlay's own attributes go, but for
 * marks of opaque directories; sockets go; and times are set. And what there is of it is counted.
 */
struct layer_touch {
	bool has_epoch;    /* no time is later than... */
	bool all_at_epoch; /* ...or other than */
	int64_t epoch_sec;
	/* results, without the top directory */
	uint64_t n_entries;
	uint64_t disk_bytes; /* st_blocks * 512, a file with several names once */
	uint32_t max_uid, max_gid;
	bool top_entry; /* the top directory has an entry */
};

struct tar_sink;

/* layer_pack_with() - the same. Nothing is owned. */
struct layer_pack_options {
	unsigned int flags;          /* enum layer_pack_flags */
	const struct tar_sink *sink; /* takes the archive instead of out_fd; NULL */
	struct layer_touch *touch;   /* NULL: the tree is only read */
	/* owners that no range has become nobody's; none: as they are */
	const struct layer_owner_range *uids, *gids;
	size_t n_uids, n_gids;
	/* the same tree without what shows its owners otherwise: where root_fd's may not be read (its owner is
	 * nobody there). Owners in it are those inside. -EBADF: no such */
	int plain_fd;
	/* strv, or NULL: paths ("etc/hosts") that only stand there to be mounted on: left out if they are
	 * empty files, links, or directories with nothing else in them */
	char *const *places;
};
#define LAYER_PACK_OPTIONS_INIT ((struct layer_pack_options){.plain_fd = -EBADF})
int layer_pack_with(int root_fd, int out_fd, const struct layer_pack_options *o,
		    struct error *err) _must_check_;
