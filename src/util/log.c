/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines have the shapes that the tools around OCI runtimes read: logfmt
 * (time="..." level=debug msg="...") and JSON with the members level, msg and time, as
 * containerd and podman take them from the file of --log. Each is one write(2), so lines
 * of several processes do not mix. The JSON is written by hand so that a program that
 * logs need not link a JSON library.
 */
#include "util/log.h"

#include <stdarg.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define LINE_MAX_BYTES (64 * 1024)

/* Log state is the one mutable thing that the tree keeps for a whole process. */
static struct {
	enum log_level level;
	enum log_format format;
	int fd;
} state = {.level = LOG_LEVEL_OFF, .format = LOG_TEXT, .fd = STDERR_FILENO};

static const char *const level_names[] = {
	[LOG_LEVEL_OFF] = "off",      [LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warning", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",  [LOG_LEVEL_TRACE] = "trace",
};

void log_set(enum log_level level, enum log_format format, int fd)
{
	state.level = level;
	state.format = format;
	state.fd = fd;
}

enum log_level log_get_level(void)
{
	return state.level;
}

int log_level_parse(const char *word, enum log_level *ret)
{
	static const struct {
		const char *word;
		enum log_level level;
	} known[] = {
		{"off", LOG_LEVEL_OFF},     {"panic", LOG_LEVEL_ERROR},
		{"fatal", LOG_LEVEL_ERROR}, {"error", LOG_LEVEL_ERROR},
		{"warn", LOG_LEVEL_WARN},   {"warning", LOG_LEVEL_WARN},
		{"info", LOG_LEVEL_INFO},   {"debug", LOG_LEVEL_DEBUG},
		{"trace", LOG_LEVEL_TRACE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcasecmp(word, known[i].word) == 0) {
			*ret = known[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

/*
 * The text as the inside of a quoted string. JSON knows \u00XX but not \xXX; a byte that
 * is no UTF-8 becomes U+FFFD in JSON, and is shown in hexadecimal in text.
 */
static void add_escaped(struct buf *b, const char *s, bool json)
{
	while (*s) {
		uint32_t c = 0;
		int n = str_utf8_decode(s, strlen(s), &c);
		if (n < 0 && json)
			buf_add_str(b, "\\ufffd");
		else if (n < 0)
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (int)c);
		else if (c == '\n')
			buf_add_str(b, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(b, json ? "\\u%04x" : "\\x%02x", c);
		else
			buf_add(b, s, (size_t)n);
		s += n < 0 ? 1 : n;
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	int saved_errno = errno;
	cleanup_free char *text = NULL;
	cleanup_buf struct buf line;
	char now[TIME_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		text = xstrdup(fmt);

	bool json = state.format == LOG_JSON;
	buf_init(&line, LINE_MAX_BYTES);
	time_rfc3339(time_now_usec(), now);
	if (json)
		buf_printf(&line, "{\"level\":\"%s\",\"msg\":\"", level_names[level]);
	else
		buf_printf(&line, "time=\"%s\" level=%s msg=\"", now, level_names[level]);
	add_escaped(&line, text, json);
	if (json)
		buf_printf(&line, "\",\"time\":\"%s\"}\n", now);
	else
		buf_add_str(&line, "\"\n");
	/* There is nowhere left to report a log that cannot be written. */
	(void)!write(state.fd, line.data, line.len);
	errno = saved_errno;
}
