/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: documentation of Go's packages text/template and net/url. */
#include "cli/template_escape.h"

#include <ctype.h>
#include <string.h>

#include "util/str.h"

static void html(struct buf *out, unsigned char c)
{
	static const char *const words[256] = {
		['"'] = "&#34;", ['\''] = "&#39;", [0] = "\xef\xbf\xbd",
		['&'] = "&amp;", ['<'] = "&lt;",   ['>'] = "&gt;",
	};

	if (words[c])
		(void)!buf_add_str(out, words[c]);
	else
		(void)!buf_add(out, &c, 1);
}

static void js(struct buf *out, unsigned char c)
{
	if (c == '\\' || c == '\'' || c == '"')
		(void)!buf_printf(out, "\\%c", c);
	else if (c < 0x20 || (c && strchr("<>&=", c)))
		(void)!buf_printf(out, "\\u%04X", c);
	else
		(void)!buf_add(out, &c, 1);
}

static void urlquery(struct buf *out, unsigned char c)
{
	if (c == ' ')
		(void)!buf_add_str(out, "+");
	else if (c < 0x80 && (isalnum(c) || (c && strchr("-_.~", c))))
		(void)!buf_add(out, &c, 1);
	else
		(void)!buf_printf(out, "%%%02X", c);
}

void tescape(struct buf *out, const char *kind, const char *text, size_t len)
{
	void (*add)(struct buf * out, unsigned char c) = str_eq(kind, "html") ? html
							 : str_eq(kind, "js") ? js
									      : urlquery;

	for (size_t i = 0; i < len && !out->overflow; i++)
		add(out, (unsigned char)text[i]);
}
