/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_plan.h"

#include <stdlib.h>
#include <string.h>

#include "build/git_source.h"
#include "engine/download.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

void copy_plan_release(struct copy_plan *p)
{
	for (size_t i = 0; i < p->n_words; i++) {
		free(p->words[i].text);
		free(p->words[i].typed);
		free(p->words[i].pivot);
		free(p->words[i].content);
	}
	free(p->words);
	free(p->from);
	free(p->chown);
	free(p->checksum);
	free(p->chmod);
	strv_free(p->exclude);
	free(p->dest);
	*p = (struct copy_plan){0};
}

int copy_fail(const struct step *s, struct error *err)
{
	return dockerfile_wrap(s->dockerfile, instruction_place(s->instruction), err);
}

/* --- flags --- */

static const struct instruction_flag *find_flag(const struct step *s, const char *name)
{
	return instruction_flag(s->instruction, name);
}

/* Its value, expanded. Caller frees; *ret is NULL if it is not there. */
static int take_text(const struct step *s, const char *name, char **ret,
		     struct error *err)
{
	const struct instruction_flag *f = find_flag(s, name);
	int r;

	if (!f)
		return 0;
	r = expand_word(f->value ? f->value : "", &s->scope, ret, err);
	if (r >= 0 && str_empty(*ret))
		r = error_set(err, ERR_INVALID, 0, "--%s: it has no value", name);
	return r;
}

static int take_bool(const struct step *s, const char *name, bool *ret, struct error *err)
{
	const struct instruction_flag *f = find_flag(s, name);
	cleanup_free char *value = NULL;
	int r;

	if (!f)
		return 0;
	if (!f->value) {
		*ret = true;
		return 0;
	}
	r = expand_word(f->value, &s->scope, &value, err);
	if (r < 0)
		return r;
	*ret = str_eq(value, "true") || str_eq(value, "1");
	if (!*ret && !str_eq(value, "false") && !str_eq(value, "0"))
		return error_set(err, ERR_INVALID, 0, "--%s=%s: expected true or false",
				 name, value);
	return 0;
}

/* Each of them counts. */
static int take_excludes(const struct step *s, struct copy_plan *p, struct error *err)
{
	for (size_t i = 0; i < s->instruction->n_flags; i++) {
		const struct instruction_flag *f = &s->instruction->flags[i];
		char *value = NULL;
		int r;

		if (!str_eq(f->name, "exclude"))
			continue;
		r = expand_word(f->value ? f->value : "", &s->scope, &value, err);
		if (r < 0)
			return r;
		strv_add_take(&p->exclude, value);
	}
	return 0;
}

static int take_unpack(const struct step *s, struct copy_plan *p, struct error *err)
{
	bool asked = false;
	int r = take_bool(s, "unpack", &asked, err);

	p->unpack = p->is_add;
	if (find_flag(s, "unpack"))
		p->unpack = p->unpack_urls = asked;
	return r;
}

static int check_checksum(const struct copy_plan *p, struct error *err)
{
	if (!p->checksum || p->words[0].kind == COPY_WORD_GIT ||
	    digest_valid(p->checksum))
		return 0;
	error_set(err, ERR_INVALID, 0, "--checksum=%s: no digest", p->checksum);
	return error_hint(
		err, "It is sha256: and 64 hexadecimal digits, as sha256sum says them");
}

static int take_flags(const struct step *s, struct copy_plan *p, struct error *err)
{
	int r = take_text(s, "from", &p->from, err);

	if (r >= 0)
		r = take_text(s, "chown", &p->chown, err);
	if (r >= 0)
		r = take_text(s, "chmod", &p->chmod, err);
	if (r >= 0 && p->chmod)
		r = copy_mode_parse(p->chmod, &p->mode, err);
	if (r >= 0)
		r = take_text(s, "checksum", &p->checksum, err);
	if (r >= 0)
		r = take_bool(s, "link", &p->link, err);
	if (r >= 0)
		r = take_bool(s, "parents", &p->parents, err);
	if (r >= 0)
		r = take_bool(s, "keep-git-dir", &p->keep_git_dir, err);
	if (r >= 0)
		r = take_excludes(s, p, err);
	return r < 0 ? r : take_unpack(s, p, err);
}

/* --- words --- */

static bool says_dir(const char *path)
{
	return str_ends(path, "/") || str_ends(path, "/.") || str_ends(path, "/..") ||
	       str_eq(path, ".") || str_eq(path, "..");
}

static int take_heredoc(const struct step *s, const struct heredoc *h,
			struct copy_word *w, struct error *err)
{
	w->kind = COPY_WORD_HEREDOC;
	w->text = xstrdup(h->name);
	w->typed = xasprintf("<<%s", h->name);
	if (!h->expands) {
		w->content = xstrdup(h->content);
		return 0;
	}
	return expand_plain(h->content, &s->scope, &w->content, err);
}

/* Below the top, whatever dots and slashes it has. Caller frees. */
static char *below_top(const char *path)
{
	cleanup_free char *absolute = xasprintf("/%s", path);
	cleanup_free char *clean = path_clean(absolute);

	return xstrdup(clean + 1);
}

static void take_path(const struct copy_plan *p, struct copy_word *w)
{
	const char *pivot = p->parents ? strstr(w->typed, "/./") : NULL;

	w->kind = COPY_WORD_PATH;
	w->text = below_top(w->typed);
	if (pivot) {
		cleanup_free char *left = xstrndup(w->typed, (size_t)(pivot - w->typed));

		w->pivot = below_top(left);
	}
}

static int take_word(const struct step *s, const struct copy_plan *p, const char *arg,
		     struct copy_word *w, struct error *err)
{
	const struct instruction *i = s->instruction;
	int r;

	for (size_t k = 0; !i->is_exec && str_starts(arg, "<<") && k < i->n_heredocs; k++)
		if (str_eq(i->heredocs[k].name, arg + 2))
			return take_heredoc(s, &i->heredocs[k], w, err);
	r = expand_word(arg, &s->scope, &w->typed, err);
	if (r < 0)
		return r;
	if (str_empty(w->typed))
		return error_set(err, ERR_INVALID, 0,
				 "source %s: with its variables put in it is empty", arg);
	if (p->is_add && git_source_named(w->typed))
		w->kind = COPY_WORD_GIT;
	else if (p->is_add && download_is_url(w->typed))
		w->kind = COPY_WORD_URL;
	else
		take_path(p, w);
	if (!w->text)
		w->text = xstrdup(w->typed);
	return 0;
}

static int take_dest(const struct step *s, const char *arg, struct copy_plan *p,
		     struct error *err)
{
	const struct image_config *c = s->state->config;
	cleanup_free char *typed = NULL, *path = NULL;
	const char *base =
		c && !str_empty(c->config.working_dir) ? c->config.working_dir : "/";
	int r = expand_word(arg, &s->scope, &typed, err);

	if (r < 0)
		return r;
	if (str_empty(typed))
		return error_set(err, ERR_INVALID, 0,
				 "destination %s: with its variables put in it is empty",
				 arg);
	p->dest_is_dir = says_dir(typed) || p->n_words > 1 || p->parents;
	path = path_is_absolute(typed) ? xasprintf("/%s", typed)
				       : xasprintf("/%s/%s", base, typed);
	p->dest = path_clean(path);
	return 0;
}

static int take_words(const struct step *s, struct copy_plan *p, struct error *err)
{
	char *const *args = s->instruction->args;
	size_t n = strv_len(args);
	int r = 0;

	if (n < 2)
		return error_set(err, ERR_INVALID, 0,
				 "%s: it needs a source and a destination",
				 instruction_word(s->instruction->kind));
	p->words = xcalloc(n - 1, sizeof(*p->words));
	for (size_t i = 0; r >= 0 && i + 1 < n; i++) {
		p->n_words++;
		r = take_word(s, p, args[i], &p->words[i], err);
	}
	return r < 0 ? r : take_dest(s, args[n - 1], p, err);
}

static int check_sense(const struct copy_plan *p, struct error *err)
{
	for (size_t i = 0; i < p->n_words; i++) {
		const struct copy_word *w = &p->words[i];

		if (p->checksum && w->kind != COPY_WORD_URL && w->kind != COPY_WORD_GIT)
			return error_set(
				err, ERR_INVALID, 0,
				"--checksum is for what comes from elsewhere, and %s does not",
				w->typed);
		if (p->checksum && p->n_words > 1)
			return error_set(err, ERR_INVALID, 0,
					 "--checksum is of one source, and there are %zu",
					 p->n_words);
	}
	return check_checksum(p, err);
}

int copy_plan_make(const struct step *s, struct copy_plan *ret, struct error *err)
{
	cleanup_copy_plan struct copy_plan p = {.is_add = s->instruction->kind ==
							  INSTRUCTION_ADD};
	int r = take_flags(s, &p, err);

	if (r >= 0)
		r = take_words(s, &p, err);
	if (r >= 0)
		r = check_sense(&p, err);
	if (r < 0)
		return copy_fail(s, err);
	*ret = p;
	p = (struct copy_plan){0};
	return 0;
}
