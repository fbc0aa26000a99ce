/* SPDX-License-Identifier: Apache-2.0 */
/* Heredocs are found in the words of the line as a shell would find them; their lines come after it, one heredoc after the other. */
#include <ctype.h>
#include <string.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define HEREDOCS_MAX 64 /* of one instruction; each is looked for with all before it */

static bool is_quoting(char c)
{
	return c == '"' || c == '\'' || c == '\\' || c == '`';
}

/* "EOF", 'EOF', E"O"F, \EOF: the name without quotes. False: they have no end. */
static bool unquote_name(struct slice s, char *ret)
{
	char quote = '\0';

	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];

		if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '\'' || c == '"'))
			quote = c;
		else if (c == '\\' && quote != '\'' && i + 1 < s.n)
			*ret++ = s.s[++i];
		else
			*ret++ = c;
	}
	*ret = '\0';
	return !quote;
}

bool heredoc_word(struct slice word, char **ret_name, bool *ret_tabs, bool *ret_expands)
{
	cleanup_free char *name = NULL;
	size_t i = 0;

	while (i < word.n && isdigit((unsigned char)word.s[i]))
		i++;
	if (i + 2 >= word.n || word.s[i] != '<' || word.s[i + 1] != '<')
		return false;
	i += 2;
	*ret_tabs = word.s[i] == '-';
	i += *ret_tabs;
	struct slice rest = {word.s + i, word.n - i};
	if (rest.n == 0 || memchr(rest.s, '<', rest.n))
		return false;
	*ret_expands = true;
	for (size_t k = 0; k < rest.n; k++)
		*ret_expands &= !is_quoting(rest.s[k]);
	name = xmalloc(rest.n + 1);
	if (!unquote_name(rest, name) || !*name)
		return false;
	if (ret_name)
		*ret_name = TAKE_PTR(name);
	return true;
}

static size_t tabs(const char *line)
{
	return strspn(line, "\t");
}

static void add_line(struct dockerfile_reader *r, struct buf *b, const char *line,
		     bool keep_cr)
{
	buf_add_str(b, line);
	/* Behind the NUL that took its place: whether there was a CR. */
	if (keep_cr && line[strlen(line) + 1] == '\r')
		buf_add(b, "\r", 1);
	buf_add(b, "\n", 1);
}

static int read_content(struct dockerfile_reader *r, struct heredoc *h, bool strip,
			bool keep_cr, struct slice word)
{
	cleanup_buf struct buf b;

	buf_init(&b, DOCKERFILE_MAX + 1);
	buf_add(&b, "", 0);
	while (r->next < r->d->n_lines) {
		const char *line = r->d->lines[r->next++];

		line += strip ? tabs(line) : 0;
		if (str_eq(line, h->name)) {
			h->content = buf_take(&b);
			return 0;
		}
		add_line(r, &b, line, keep_cr);
	}
	reader_fail(r, word.s, "the heredoc has no end: no line is \"%s\" alone",
		    h->name);
	return -EINVAL;
}

int reader_heredocs(struct dockerfile_reader *r, struct instruction *i, struct slice rest)
{
	while (rest.n > 0) {
		struct slice word = i->kind == INSTRUCTION_RUN
					    ? slice_quoted_word(&rest, r->d->escape)
					    : slice_copy_word(&rest, r->d->escape);
		struct heredoc h = {0};
		bool strip;

		if (!heredoc_word(word, &h.name, &strip, &h.expands))
			continue;
		i->heredocs = xreallocarray(i->heredocs, i->n_heredocs + 1, sizeof(h));
		i->heredocs[i->n_heredocs++] = h;
		if (i->n_heredocs > HEREDOCS_MAX)
			return reader_fail(r, word.s, "more than %d heredocs",
					   HEREDOCS_MAX);
		int result = read_content(r, &i->heredocs[i->n_heredocs - 1], strip,
					  i->kind != INSTRUCTION_RUN, word);
		if (result < 0)
			return result;
	}
	return 0;
}

bool instruction_is_script(const struct instruction *i)
{
	bool strip, expands;

	if (i->kind != INSTRUCTION_RUN || i->is_exec || i->n_heredocs != 1)
		return false;
	struct slice rest = {i->args[0], strlen(i->args[0])};
	struct slice word = slice_quoted_word(&rest, '\\');
	return rest.n == 0 && heredoc_word(word, NULL, &strip, &expands);
}

char *instruction_command(const struct instruction *i)
{
	cleanup_buf struct buf b;

	buf_init(&b, 2 * DOCKERFILE_MAX);
	if (instruction_is_script(i))
		return xstrdup(i->heredocs[0].content);
	buf_add_str(&b, i->args[0]);
	for (size_t k = 0; k < i->n_heredocs; k++)
		buf_printf(&b, "\n%s%s", i->heredocs[k].content, i->heredocs[k].name);
	return buf_take(&b);
}
