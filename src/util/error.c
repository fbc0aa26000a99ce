/* SPDX-License-Identifier: Apache-2.0 */
#include "util/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"

void error_release(struct error *err)
{
	int saved_errno = errno;
	free(err->text);
	free(err->hint);
	*err = ERROR_INIT;
	errno = saved_errno;
}

/* What the functions of this module return for *err. */
static int error_result(const struct error *err)
{
	return err->code > 0 ? -err->code : -EINVAL;
}

static _printf_(1, 0) char *format(const char *fmt, va_list args)
{
	char *text = NULL;
	if (vasprintf(&text, fmt, args) < 0)
		return xstrdup(fmt);
	return text;
}

int error_set(struct error *err, enum error_kind kind, int code, const char *fmt, ...)
{
	va_list args;

	assert(kind != ERR_NONE);
	assert(code >= 0);
	/* Formatted before the old text goes: it may be among the arguments. */
	va_start(args, fmt);
	char *text = format(fmt, args);
	va_end(args);
	error_release(err);
	*err = (struct error){.kind = kind, .code = code, .text = text};
	return error_result(err);
}

int error_wrap(struct error *err, const char *fmt, ...)
{
	va_list args;

	assert(error_is_set(err));
	va_start(args, fmt);
	cleanup_free char *prefix = format(fmt, args);
	va_end(args);
	char *text = xasprintf("%s: %s", prefix, err->text);
	free(err->text);
	err->text = text;
	return error_result(err);
}

int error_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *hint = format(fmt, args);
	va_end(args);
	free(err->hint);
	err->hint = hint;
	return error_result(err);
}

int error_move(struct error *to, struct error *from)
{
	if (to != from) {
		error_release(to);
		*to = *from;
		*from = ERROR_INIT;
	}
	return error_result(to);
}

void error_drop(struct error *err, const char *why)
{
	if (error_is_set(err) && log_get_level() >= LOG_LEVEL_DEBUG) {
		cleanup_free char *message = error_message(err);
		log_line(LOG_LEVEL_DEBUG, "%s (ignored: %s)", message, why);
	}
	error_release(err);
}

bool error_is_set(const struct error *err)
{
	return err->kind != ERR_NONE;
}

char *error_message(const struct error *err)
{
	const char *text = err->text ? err->text : "unknown failure";

	if (err->code == 0)
		return xstrdup(text);
	const char *reason = error_errno_text(err->code);
	if (strcmp(reason, "unknown error") == 0)
		return xasprintf("%s: %s %d", text, reason, err->code);
	return xasprintf("%s: %s", text, reason);
}

enum error_kind error_kind_of(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_CONFLICT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	default:
		return ERR_SYSTEM;
	}
}

int error_exit_status(const struct error *err)
{
	if (err->kind == ERR_NOT_EXECUTABLE)
		return 126;
	if (err->kind == ERR_NO_PROGRAM)
		return 127;
	return 125;
}

/* One string of a packed record: at most ERROR_PACK_TEXT bytes, no UTF-8 sequence cut in
 * two. */
static char *pack_text(char *to, const char *text)
{
	size_t len = text ? strnlen(text, ERROR_PACK_TEXT + 1) : 0;

	if (len > ERROR_PACK_TEXT) {
		len = ERROR_PACK_TEXT;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
	return to + len + 1;
}

size_t error_pack(const struct error *err, char buf[static ERROR_PACK_MAX])
{
	int32_t numbers[2] = {(int32_t)err->kind, err->code};

	memcpy(buf, numbers, sizeof(numbers));
	char *end = pack_text(buf + sizeof(numbers), err->text);
	end = pack_text(end, err->hint);
	return (size_t)(end - buf);
}

int error_unpack(struct error *err, const char *buf, size_t len)
{
	int32_t numbers[2];

	if (len < sizeof(numbers) + 2 || len > ERROR_PACK_MAX)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "read an error record of %zu bytes", len);
	memcpy(numbers, buf, sizeof(numbers));
	const char *text = buf + sizeof(numbers);
	size_t rest = len - sizeof(numbers);
	size_t text_len = strnlen(text, rest);
	const char *hint = text + text_len + 1;
	if (text_len + 1 >= rest ||
	    text_len + 1 + strnlen(hint, rest - text_len - 1) + 1 != rest)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "read an error record without its end");
	if (numbers[0] <= ERR_NONE || numbers[0] > ERR_NO_PROGRAM || numbers[1] < 0)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "read an error record of kind %d, code %d", numbers[0],
				 numbers[1]);

	struct error received = {
		.kind = (enum error_kind)numbers[0],
		.code = numbers[1],
		.text = xstrdup(text),
		.hint = *hint ? xstrdup(hint) : NULL,
	};
	error_release(err);
	*err = received;
	return 0;
}
