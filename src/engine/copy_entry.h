/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cp` moves from one end to the other: one entry of a tree after another, directories before what is in
 * them. Each end may be a process of its own (engine/copy.c says why); a file's content goes as the open
 * file itself, so that the kernel can copy or share it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/error.h"

enum copy_kind {
	COPY_SOURCE, /* the first: what is to be copied; `path` is its name, `link` says where it came from */
	COPY_FILE,
	COPY_DIR,
	COPY_SYMLINK,
	COPY_HARDLINK, /* `link`: the path of the first */
	COPY_FIFO,
	COPY_END, /* all has been said */
	COPY_KINDS
};

struct copy_entry {
	enum copy_kind kind;
	bool is_dir;   /* COPY_SOURCE: it is a directory... */
	bool contents; /* ...and only what is in it is meant */
	dev_t dev;     /* COPY_SOURCE: which directory */
	ino_t ino;
	mode_t mode; /* 07777 at most */
	uid_t uid;   /* as in the user's whole map */
	gid_t gid;
	struct timespec mtime;
	uint64_t size;    /* of a file, bytes */
	const char *path; /* below the source, "" itself */
	const char *link; /* else "" */
	int fd;           /* of a file, else -EBADF; stays the giver's */
	/* content() - a file that has no fd: write it to to_fd */
	int (*content)(void *data, int to_fd, struct error *err);
	void *content_data;
};
#define COPY_ENTRY_INIT ((struct copy_entry){.path = "", .link = "", .fd = -EBADF})

/* Who gets the entries. A negative errno with *err ends the copying. */
struct copy_sink {
	int (*take)(void *data, const struct copy_entry *e, struct error *err);
	void *data;
};

/* copy_entry_send() - over a SOCK_SEQPACKET socket. The other end gone is -EPIPE. */
int copy_entry_send(int socket_fd, const struct copy_entry *e,
		    struct error *err) _must_check_;

/*
 * copy_entries_receive() - hand what comes to the sink, COPY_END included. An end without that word is
 * -EPIPE: then the other end has something to say.
 */
int copy_entries_receive(int socket_fd, const struct copy_sink *sink,
			 struct error *err) _must_check_;
