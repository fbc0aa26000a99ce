/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wrap.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"
#include "util/tty.h"

#define NO_BREAK "\u00a0"

static char *replace_all(const char *text, const char *from, const char *to)
{
	struct buf result;

	buf_init(&result, SIZE_MAX / 2);
	for (;;) {
		const char *at = strstr(text, from);

		if (!at)
			break;
		(void)!buf_add(&result, text, (size_t)(at - text));
		(void)!buf_add_str(&result, to);
		text = at + strlen(from);
	}
	(void)!buf_add_str(&result, text);
	return buf_take(&result);
}

char *wrap_hold(char *const *words, const char *separator)
{
	cleanup_strv char **held = NULL;

	strv_foreach (word, words)
		strv_add_take(&held, replace_all(*word, " ", NO_BREAK));
	return held ? strv_join(held, separator) : xstrdup("");
}

void wrap_add(struct buf *to, const struct wrap *w, const char *text)
{
	size_t at = text_width(w->first);
	bool first = true; /* of its line */

	(void)!buf_add_str(to, w->first);
	while (*text) {
		size_t len = strcspn(text, " ");
		cleanup_free char *held = xstrndup(text, len);
		cleanup_free char *word = replace_all(held, NO_BREAK, " ");
		size_t width = text_width(word);

		if (!first && w->columns && at + 1 + width > w->columns) {
			(void)!buf_printf(to, "\n%s", w->next);
			at = text_width(w->next);
			first = true;
		}
		(void)!buf_printf(to, "%s%s", first ? "" : " ", word);
		at += width + (first ? 0 : 1);
		first = false;
		text += len + strspn(text + len, " ");
	}
	(void)!buf_add_str(to, "\n");
}

size_t wrap_columns(int fd, size_t most)
{
	uint16_t columns, rows;

	if (!isatty(fd) || !tty_size(fd, &columns, &rows) || !columns)
		return 0;
	return most && columns > most ? most : columns;
}
