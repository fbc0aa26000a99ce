/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/str.h"
#include "util/time.h"

static const char *const months[] = {"January",   "February", "March",    "April",
				     "May",       "June",     "July",     "August",
				     "September", "October",  "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				   "Thursday", "Friday", "Saturday"};

struct moment {
	struct tm tm;
	int64_t sec;
	int usec;
};

static bool split(const struct tvalue *time, struct moment *ret)
{
	int64_t usec;

	if (time_parse(time->text, &usec) < 0)
		return false;
	ret->usec = (int)(((usec % USEC_PER_SEC) + USEC_PER_SEC) % USEC_PER_SEC);
	ret->sec = (usec - ret->usec) / USEC_PER_SEC;
	return gmtime_r(&(time_t){(time_t)ret->sec}, &ret->tm);
}

void ttime_print(struct buf *out, const struct tvalue *time)
{
	const char *zone = strpbrk(time->text, "Zz+");
	size_t date = strcspn(time->text, "Tt"), len;

	if (!zone)
		zone = strchr(time->text + date, '-');
	len = zone ? (size_t)(zone - time->text) : time->len;
	/* a fraction without zeros at its end */
	if (memchr(time->text, '.', len)) {
		while (len && time->text[len - 1] == '0')
			len--;
		len -= len && time->text[len - 1] == '.';
	}
	(void)!buf_printf(out, "%.*s %.*s", (int)date, time->text, (int)(len - date - 1),
			  time->text + date + 1);
	if (zone && (*zone == '+' || *zone == '-') && strlen(zone) == 6)
		(void)!buf_printf(out, " %.3s%.2s %.3s%.2s", zone, zone + 4, zone,
				  zone + 4);
	else
		(void)!buf_add_str(out, " +0000 UTC");
}

static struct tvalue word(const char *text)
{
	return tvalue_text(text, strlen(text));
}

bool ttime_method(const struct tvalue *time, const char *name, struct arena *a,
		  struct tvalue *ret)
{
	struct moment m;
	struct buf text;

	if (!split(time, &m))
		return false;
	const struct {
		const char *name;
		int64_t number;
	} numbers[] = {
		{"Unix", m.sec},
		{"UnixMilli", m.sec * 1000 + m.usec / 1000},
		{"UnixMicro", m.sec * USEC_PER_SEC + m.usec},
		{"Year", m.tm.tm_year + 1900},
		{"Day", m.tm.tm_mday},
		{"Hour", m.tm.tm_hour},
		{"Minute", m.tm.tm_min},
		{"Second", m.tm.tm_sec},
		{"YearDay", m.tm.tm_yday + 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!str_eq(numbers[i].name, name))
			continue;
		*ret = tvalue_int(numbers[i].number);
		return true;
	}
	if (str_eq(name, "Month"))
		*ret = word(months[m.tm.tm_mon]);
	else if (str_eq(name, "Weekday"))
		*ret = word(days[m.tm.tm_wday]);
	else if (str_eq(name, "IsZero"))
		*ret = tvalue_bool(str_starts(time->text, "0001-01-01T00:00:00Z"));
	else if (str_eq(name, "UTC"))
		*ret = *time;
	else if (str_eq(name, "String")) {
		buf_init(&text, 128);
		ttime_print(&text, time);
		*ret = tvalue_text(arena_text(a, text.data, text.len), text.len);
		buf_release(&text);
	} else {
		return false;
	}
	return true;
}

/* What one word of a layout stands for; the longer ones first. */
static void add_element(struct buf *out, const char *element, const struct moment *m)
{
	int hour = m->tm.tm_hour % 12 ? m->tm.tm_hour % 12 : 12;
	/* as wide as the element is: "02" two digits */
	const struct {
		const char *element;
		int number;
	} numbers[] = {
		{"2006", m->tm.tm_year + 1900},
		{"06", m->tm.tm_year % 100},
		{"01", m->tm.tm_mon + 1},
		{"1", m->tm.tm_mon + 1},
		{"002", m->tm.tm_yday + 1},
		{"02", m->tm.tm_mday},
		{"_2", m->tm.tm_mday},
		{"2", m->tm.tm_mday},
		{"15", m->tm.tm_hour},
		{"03", hour},
		{"3", hour},
		{"04", m->tm.tm_min},
		{"4", m->tm.tm_min},
		{"05", m->tm.tm_sec},
		{"5", m->tm.tm_sec},
	};
	const struct {
		const char *element, *text;
	} words[] = {
		{"PM", m->tm.tm_hour >= 12 ? "PM" : "AM"},
		{"pm", m->tm.tm_hour >= 12 ? "pm" : "am"},
		{"MST", "UTC"},
		{"-0700", "+0000"},
		{"-07:00", "+00:00"},
		{"-07", "+00"},
		{"Z0700", "Z"},
		{"Z07:00", "Z"},
	};
	int width;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!str_eq(numbers[i].element, element))
			continue;
		width = (int)strlen(element);
		if (element[0] == '0' || width == 4 || str_eq(element, "15"))
			(void)!buf_printf(out, "%0*d", width, numbers[i].number);
		else
			(void)!buf_printf(out, "%*d", element[0] == '_' ? 2 : 0,
					  numbers[i].number);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].element, element))
			(void)!buf_add_str(out, words[i].text);
	if (str_eq(element, "January") || str_eq(element, "Jan"))
		(void)!buf_printf(out, "%.*s", element[3] ? 9 : 3, months[m->tm.tm_mon]);
	if (str_eq(element, "Monday") || str_eq(element, "Mon"))
		(void)!buf_printf(out, "%.*s", element[3] ? 9 : 3, days[m->tm.tm_wday]);
}

/* ".000" or ".999": so many digits, or without zeros at the end. Its length, 0 if it is none. */
static size_t add_fraction(struct buf *out, const char *layout, const struct moment *m)
{
	size_t n = (layout[0] == '.' || layout[0] == ',')
			   ? strspn(layout + 1, layout[1] == '9' ? "9" : "0")
			   : 0;
	char digits[16];

	if (n == 0 || n > 9 || (layout[n + 1] >= '0' && layout[n + 1] <= '9'))
		return 0;
	snprintf(digits, sizeof(digits), "%06d000", m->usec);
	digits[n] = '\0';
	for (size_t len = n; layout[1] == '9' && len && digits[len - 1] == '0'; len--)
		digits[len - 1] = '\0';
	if (digits[0])
		(void)!buf_printf(out, "%c%s", layout[0], digits);
	return n + 1;
}

void ttime_format(struct buf *out, const struct tvalue *time, const struct tvalue *layout)
{
	static const char *const elements[] = {
		"January", "Jan",   "Monday", "Mon",    "MST",   "2006", "002",
		"-07:00",  "-0700", "-07",    "Z07:00", "Z0700", "PM",   "pm",
		"01",      "02",    "03",     "04",     "05",    "06",   "15",
		"_2",      "1",     "2",      "3",      "4",     "5"};
	struct moment m;

	if (!split(time, &m))
		return;
	for (size_t at = 0; at < layout->len && !out->overflow;) {
		const char *here = layout->text + at;
		size_t skip = add_fraction(out, here, &m);

		for (size_t i = 0; i < ARRAY_SIZE(elements) && !skip; i++) {
			if (!str_starts(here, elements[i]))
				continue;
			add_element(out, elements[i], &m);
			skip = strlen(elements[i]);
		}
		if (!skip)
			(void)!buf_add(out, here, 1);
		at += skip ? skip : 1;
	}
}
