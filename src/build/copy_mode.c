/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_mode.h"

#include <string.h>

#include "util/str.h"

#define ALL 0777

static int refuse(const char *text, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "--chmod=%s: no mode of a file", text);
	return error_hint(
		err,
		"Give an octal number, as in --chmod=755, or changes, as in --chmod=u=rwX,go=rX");
}

static mode_t read_who(const char **at)
{
	mode_t who = 0;

	for (;; (*at)++) {
		switch (**at) {
		case 'u':
			who |= 0700;
			break;
		case 'g':
			who |= 0070;
			break;
		case 'o':
			who |= 0007;
			break;
		case 'a':
			who |= ALL;
			break;
		default:
			return who ? who : ALL;
		}
	}
}

static void read_perms(const char **at, struct copy_mode_change *c)
{
	for (;; (*at)++) {
		switch (**at) {
		case 'r':
			c->perms |= 4;
			break;
		case 'w':
			c->perms |= 2;
			break;
		case 'x':
			c->perms |= 1;
			break;
		case 'X':
			c->big_x = true;
			break;
		case 's':
			c->special |= 06000;
			break;
		case 't':
			c->special |= 01000;
			break;
		default:
			return;
		}
	}
}

/* One between commas: whom, and one change or more. Return: whether it is one. */
static bool read_clause(const char **at, struct copy_mode *m)
{
	mode_t who = read_who(at);

	if (!**at || !strchr("+-=", **at))
		return false;
	while (**at && strchr("+-=", **at)) {
		struct copy_mode_change *c = &m->changes[m->n];

		if (m->n == COPY_MODE_CHANGES_MAX)
			return false;
		*c = (struct copy_mode_change){.op = *(*at)++, .who = who};
		read_perms(at, c);
		m->n++;
	}
	return true;
}

int copy_mode_parse(const char *text, struct copy_mode *ret, struct error *err)
{
	struct copy_mode m = {.given = true};
	uint32_t octal;
	const char *at = text;

	if (str_to_mode(text, &octal) == 0) {
		m.is_octal = true;
		m.octal = octal;
		*ret = m;
		return 0;
	}
	do {
		if (!read_clause(&at, &m))
			return refuse(text, err);
	} while (*at == ',' && *++at);
	if (*at || at[-1] == ',')
		return refuse(text, err);
	*ret = m;
	return 0;
}

static mode_t bits_of(const struct copy_mode_change *c, mode_t mode, bool is_dir)
{
	mode_t perms = c->perms | (c->big_x && (is_dir || (mode & 0111)) ? 1 : 0);
	mode_t bits = (perms << 6 | perms << 3 | perms) & c->who;

	if (c->who & 0700)
		bits |= c->special & 04000;
	if (c->who & 0070)
		bits |= c->special & 02000;
	return bits | (c->special & 01000);
}

static mode_t cleared(const struct copy_mode_change *c)
{
	mode_t bits = c->who;

	if (c->who & 0700)
		bits |= 04000;
	if (c->who & 0070)
		bits |= 02000;
	return c->who == ALL ? bits | 01000 : bits;
}

mode_t copy_mode_apply(const struct copy_mode *m, mode_t mode, bool is_dir)
{
	if (!m->given)
		return mode;
	if (m->is_octal)
		return m->octal;
	for (size_t i = 0; i < m->n; i++) {
		const struct copy_mode_change *c = &m->changes[i];
		mode_t bits = bits_of(c, mode, is_dir);

		if (c->op == '=')
			mode &= ~cleared(c);
		mode = c->op == '-' ? mode & ~bits : mode | bits;
	}
	return mode & 07777;
}
