/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/fd.h"
#include "util/tty.h"

#define ANSWER_MAX 65536

#define KEY_INTERRUPT 3  /* ctrl-c */
#define KEY_END       4  /* ctrl-d */
#define KEY_ERASE_ALL 21 /* ctrl-u */
#define KEY_DELETE    127

static void prompt_with(const char *prompt)
{
	fprintf(stderr, "%s", prompt);
	(void)!fflush(stderr);
}

static int read_byte(char *ret, struct error *err)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, ret, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read from stdin");
	return n > 0;
}

/* Byte by byte: what follows on stdin may be for somebody else. */
int ask_line(const char *prompt, char **ret, struct error *err)
{
	cleanup_buf struct buf line = {0};
	char c = '\0';
	int r;

	prompt_with(prompt);
	buf_init(&line, ANSWER_MAX);
	while ((r = read_byte(&c, err)) > 0 && c != '\n')
		(void)!buf_add(&line, &c, 1);
	if (r < 0)
		return r;
	if (r == 0 && line.len == 0)
		return error_set(err, ERR_INVALID, 0,
				 "stdin has ended without an answer");
	while (line.len && line.data[line.len - 1] == '\r')
		line.data[--line.len] = '\0';
	*ret = buf_take(&line);
	return 0;
}

/* The keys of a raw terminal up to the end of the line. */
static int read_keys(struct buf *line, struct error *err)
{
	char c = '\0';
	int r;

	while ((r = read_byte(&c, err)) > 0 && c != '\r' && c != '\n' && c != KEY_END) {
		if (c == KEY_INTERRUPT)
			return error_set(err, ERR_INVALID, EINTR,
					 "no password was typed");
		if (c == KEY_ERASE_ALL)
			line->len = 0;
		else if (c == KEY_DELETE || c == '\b')
			line->len -= line->len > 0;
		else
			(void)!buf_add(line, &c, 1);
		if (line->data)
			line->data[line->len] = '\0';
	}
	return r < 0 ? r : 0;
}

int ask_secret(const char *prompt, char **ret, struct error *err)
{
	cleanup_tty_raw struct tty_raw raw = TTY_RAW_INIT;
	cleanup_buf struct buf line = {0};
	int r;

	if (!isatty(STDIN_FILENO)) {
		error_set(err, ERR_INVALID, 0,
			  "stdin is no terminal to ask for a password");
		return error_hint(err, "Use --password-stdin");
	}
	buf_init(&line, ANSWER_MAX);
	/* first of all: nothing that is typed once the question stands there is shown */
	r = tty_raw_enter(&raw, STDIN_FILENO, err);
	if (r < 0)
		return r;
	prompt_with(prompt);
	r = read_keys(&line, err);
	tty_raw_leave(&raw);
	prompt_with("\n");
	if (r < 0)
		return r;
	*ret = buf_take(&line);
	return 0;
}

int ask_rest(char **ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	int r;

	buf_init(&text, ANSWER_MAX);
	r = fd_read_all(STDIN_FILENO, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read from stdin");
	while (text.len && strchr("\r\n", text.data[text.len - 1]))
		text.data[--text.len] = '\0';
	*ret = buf_take(&text);
	return 0;
}
