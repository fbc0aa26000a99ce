/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error object. It lives on the caller's stack, costs no heap unless something fails,
 * and reads as one sentence, outermost first: "start container web: mount /proc:
 * permission denied". The hint is one line that a person can act on. Libraries fill it;
 * only the programs (cli, api) print it.
 *
 * A function that can fail returns 0 (or a count >= 0) or a negative errno, and takes
 * `struct error *err`, never NULL, last. It sets *err exactly when it fails.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

/* What went wrong, for those who translate it: exit statuses, HTTP codes. */
enum error_kind {
	ERR_NONE = 0,
	ERR_SYSTEM,    /* the kernel or a helper failed: 125, HTTP 500 */
	ERR_INVALID,   /* the request makes no sense: 125, HTTP 400 */
	ERR_NOT_FOUND, /* no such container, file: 125 (1 where podman has 1), HTTP 404 */
	ERR_CONFLICT,  /* name in use, wrong state: 125, HTTP 409 */
	ERR_DENIED,    /* not allowed: 125, HTTP 403 */
	ERR_UNSUPPORTED,    /* not on this host, or not yet: 125, HTTP 501 */
	ERR_UNAVAILABLE,    /* busy, timed out, peer gone: 125, HTTP 503 */
	ERR_NOT_EXECUTABLE, /* the container's program cannot be executed: 126 */
	ERR_NO_PROGRAM,     /* the container's program is not there: 127 */
};

struct error {
	enum error_kind kind;
	int code;   /* positive errno, 0 if none applies */
	char *text; /* owned; without the errno's words, error_message() adds them */
	char *hint; /* owned; NULL if there is no remedy to name */
};

#define ERROR_INIT ((struct error){0})

/* error_release() - give back what *err holds and make it empty again. */
void error_release(struct error *err);
#define cleanup_error cleanup(error_release)

/*
 * error_set() - record a failure. `code` is a positive errno, or 0 where none applies.
 * Replaces whatever *err held. Return: -code, or -EINVAL if code is 0.
 */
int error_set(struct error *err, enum error_kind kind, int code, const char *fmt, ...)
	_printf_(4, 5);

/* error_wrap() - put "text: " before what *err says; kind, code, hint stay. Return:
 * -code. */
int error_wrap(struct error *err, const char *fmt, ...) _printf_(2, 3);

/* error_hint() - set the remedy, replacing another. Return: -code, so it can end a
 * function. */
int error_hint(struct error *err, const char *fmt, ...) _printf_(2, 3);

/* error_move() - hand *from to *to (which is released first). Return: -code. */
int error_move(struct error *to, struct error *from);

/* error_drop() - a tolerated failure: logged at debug with the reason, then released. */
void error_drop(struct error *err, const char *why);

/* error_is_set() - true if *err holds a failure. */
bool error_is_set(const struct error *err);

/* error_message() - the whole sentence, "text: errno in words", without the hint. Caller
 * frees. */
char *error_message(const struct error *err);

/*
 * error_errno_text() - an errno in words as the messages use them: lower case, no full
 * stop. Points to static storage. Source: errno(3).
 */
const char *error_errno_text(int code);

/*
 * error_kind_of() - the kind that an errno of a file operation usually means: NOT_FOUND
 * for ENOENT and ENOTDIR, CONFLICT for EEXIST, DENIED for EACCES, EPERM and EROFS, else
 * SYSTEM.
 */
enum error_kind error_kind_of(int code);

/* error_exit_status() - podman's exit status for this kind: 125, 126 or 127. */
int error_exit_status(const struct error *err);

/*
 * error_pack() / error_unpack() - an error as bytes for a sync socket: kind and code as
 * int32, then text and hint, each terminated by NUL and cut at ERROR_PACK_TEXT bytes.
 * error_pack() returns the length written; error_unpack() returns -EBADMSG on a malformed
 * record (and then sets *err to say so), 0 otherwise.
 */
#define ERROR_PACK_TEXT 4096
#define ERROR_PACK_MAX  (2 * sizeof(int) + 2 * (ERROR_PACK_TEXT + 1))
size_t error_pack(const struct error *err, char buf[static ERROR_PACK_MAX]);
int error_unpack(struct error *err, const char *buf, size_t len) _must_check_;
