/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/doctor_check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX 2048

void doctor_check_release(struct doctor_check *c)
{
	free(c->detail);
	free(c->remedy);
	free(c->command);
	*c = (struct doctor_check){0};
}

const char *doctor_status_word(enum doctor_status status)
{
	static const char *const words[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_UNTRIED] = "not tried",
		[DOCTOR_DEGRADED] = "degraded",
		[DOCTOR_MISSING] = "missing",
	};

	return words[status];
}

static _printf_(1, 0) char *format(const char *fmt, va_list args)
{
	char text[TEXT_MAX];

	(void)!vsnprintf(text, sizeof(text), fmt, args);
	return xstrdup(text);
}

#define REPLACE(owned, fmt)                   \
	do {                                  \
		va_list args_;                \
		va_start(args_, fmt);         \
		free(owned);                  \
		(owned) = format(fmt, args_); \
		va_end(args_);                \
	} while (0)

void check_set(struct doctor_check *c, enum doctor_status status, const char *fmt, ...)
{
	c->status = status;
	REPLACE(c->detail, fmt);
}

void check_remedy(struct doctor_check *c, const char *fmt, ...)
{
	REPLACE(c->remedy, fmt);
}

void check_command(struct doctor_check *c, bool as_root, const char *fmt, ...)
{
	c->as_root = as_root;
	REPLACE(c->command, fmt);
}

void check_sysctl(struct doctor_check *c, const char *key, const char *value)
{
	check_command(c, true, "sysctl -w %s=%s", key, value);
	check_remedy(c,
		     "A line %s=%s in /etc/sysctl.d/cubby.conf keeps it over a reboot.",
		     key, value);
}

static void check_hint(struct doctor_check *c, const struct probe *p)
{
	bool ends = str_ends(p->hint, ".");

	/* a hint is no whole sentence */
	if (p->hint[0])
		check_remedy(c, "%c%s%s", toupper((unsigned char)p->hint[0]), p->hint + 1,
			     ends ? "" : ".");
}

bool check_probe(struct doctor_check *c, const struct probe *p,
		 enum doctor_status if_fails)
{
	if (p->state == PROBE_WORKS)
		return true;
	if (p->state == PROBE_UNTRIED) {
		c->status = DOCTOR_UNTRIED;
		return false;
	}
	check_set(c, if_fails, "%s", p->text);
	check_hint(c, p);
	return false;
}

bool check_parts(const struct doctor_facts *f, struct doctor_check *c,
		 const struct doctor_part *parts, size_t n)
{
	cleanup_strv char **works = NULL, **fails = NULL;
	cleanup_free char *list = NULL;
	enum doctor_status worst = DOCTOR_OK;
	const struct probe *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct probe *p = &f->probes[parts[i].probe];

		if (p->state == PROBE_WORKS) {
			strv_add(&works, parts[i].word);
			continue;
		}
		if (p->state == PROBE_FAILS) {
			worst = parts[i].if_fails > worst ? parts[i].if_fails : worst;
			strv_add(&fails, parts[i].word);
			first = first ? first : p;
		} else if (worst == DOCTOR_OK) {
			worst = DOCTOR_UNTRIED;
		}
	}
	if (first) {
		list = strv_join(fails, ", ");
		if (str_starts(first->text, list))
			check_set(c, worst, "%s", first->text);
		else
			check_set(c, worst, "%s: %s", list, first->text);
		check_hint(c, first);
		return false;
	}
	if (worst == DOCTOR_UNTRIED) {
		c->status = worst;
		return false;
	}
	list = strv_join(works, ", ");
	check_set(c, DOCTOR_OK, "%s", list);
	return true;
}

/* "6.1.0-18-amd64" */
bool doctor_kernel_has(const struct doctor_facts *f, unsigned long major,
		       unsigned long minor)
{
	char *end;
	unsigned long ours = strtoul(f->kernel, &end, 10);

	if (ours != major || *end != '.')
		return ours > major || (ours == major && minor == 0);
	return strtoul(end + 1, NULL, 10) >= minor;
}

char *doctor_size(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 999.5 && unit < ARRAY_SIZE(units) - 1) {
		size /= 1000;
		unit++;
	}
	return xasprintf("%.3g %s", size, units[unit]);
}
