/* SPDX-License-Identifier: Apache-2.0 */
#include "util/time.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "util/str.h"

static int64_t now_usec(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t time_now_usec(void)
{
	return now_usec(CLOCK_REALTIME);
}

int64_t time_monotonic_usec(void)
{
	return now_usec(CLOCK_MONOTONIC);
}

char *time_rfc3339(int64_t usec, char buf[static TIME_TEXT_MAX])
{
	int64_t sec = usec / USEC_PER_SEC, rest = usec % USEC_PER_SEC;
	struct tm tm;

	if (rest < 0) {
		sec--;
		rest += USEC_PER_SEC;
	}
	time_t when = (time_t)sec;
	if (!gmtime_r(&when, &tm))
		memset(&tm, 0, sizeof(tm));
	size_t n = strftime(buf, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, TIME_TEXT_MAX - n, ".%06dZ", (int)rest);
	return buf;
}

/* Exactly n digits. */
static bool take_number(const char **p, int n, int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*ret = *ret * 10 + (**p - '0');
	}
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* Digits after the point, as microseconds; more than six are cut. */
static bool take_fraction(const char **p, int64_t *ret_usec)
{
	int64_t unit = USEC_PER_SEC / 10;

	*ret_usec = 0;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++, unit /= 10)
		*ret_usec += (**p - '0') * unit;
	return true;
}

/* "T02:32:06.5" or "T02:32" */
static bool take_clock(const char **p, struct tm *tm, int64_t *ret_usec)
{
	if (!take_char(p, 'T') && !take_char(p, 't') && !take_char(p, ' '))
		return false;
	if (!take_number(p, 2, &tm->tm_hour) || !take_char(p, ':') ||
	    !take_number(p, 2, &tm->tm_min))
		return false;
	if (take_char(p, ':') && !take_number(p, 2, &tm->tm_sec))
		return false;
	if (take_char(p, '.') && !take_fraction(p, ret_usec))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

/* "Z", "+02:00", or nothing: then *ret_local. */
static bool take_zone(const char **p, int *ret_sec_east, bool *ret_local)
{
	int hours = 0, minutes = 0;

	*ret_sec_east = 0;
	*ret_local = **p == '\0';
	if (*ret_local || take_char(p, 'Z') || take_char(p, 'z'))
		return true;
	bool west = **p == '-';
	if (!take_char(p, '+') && !take_char(p, '-'))
		return false;
	if (!take_number(p, 2, &hours) || !take_char(p, ':') ||
	    !take_number(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_sec_east = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return true;
}

static bool is_date(const struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = tm->tm_year + 1900;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (tm->tm_mon < 0 || tm->tm_mon > 11)
		return false;
	return tm->tm_mday >= 1 &&
	       tm->tm_mday <= days[tm->tm_mon] + (leap && tm->tm_mon == 1 ? 1 : 0);
}

/* RFC 3339, or a shorter form of it; without a zone it is local time, as docker logs has
 * it. */
static int parse_date(const char *text, int64_t *ret_usec)
{
	struct tm tm = {.tm_isdst = -1};
	int64_t usec = 0;
	int sec_east = 0;
	bool local = true;
	const char *p = text;

	if (!take_number(&p, 4, &tm.tm_year) || !take_char(&p, '-') ||
	    !take_number(&p, 2, &tm.tm_mon) || !take_char(&p, '-') ||
	    !take_number(&p, 2, &tm.tm_mday))
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (!is_date(&tm) || (*p != '\0' && !take_clock(&p, &tm, &usec)) ||
	    !take_zone(&p, &sec_east, &local) || *p != '\0')
		return -EINVAL;
	int64_t sec = local ? (int64_t)mktime(&tm) : (int64_t)timegm(&tm) - sec_east;
	*ret_usec = sec * USEC_PER_SEC + usec;
	return 0;
}

/* "1700000000" or "1700000000.123" */
static int parse_seconds(const char *text, int64_t *ret_usec)
{
	int64_t sec = 0, usec = 0;
	const char *p = text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		sec = sec * 10 + (*p - '0');
		if (sec > INT64_MAX / USEC_PER_SEC - 1)
			return -EINVAL;
	}
	if (take_char(&p, '.') && !take_fraction(&p, &usec))
		return -EINVAL;
	if (*p != '\0')
		return -EINVAL;
	*ret_usec = sec * USEC_PER_SEC + usec;
	return 0;
}

int time_parse(const char *text, int64_t *ret_usec)
{
	int64_t span = 0;

	if (parse_seconds(text, ret_usec) == 0 || parse_date(text, ret_usec) == 0)
		return 0;
	int r = time_parse_duration(text, &span);
	if (r < 0)
		return r;
	*ret_usec = time_now_usec() - span;
	return 0;
}

/* The length of a unit in nanoseconds; moves past it. */
static int64_t take_unit(const char **p)
{
	static const struct {
		const char *name;
		int64_t nsec;
	} units[] = {
		/* two letters first: "m" begins "ms" */
		{"ns", 1},
		{"us", 1000},
		{"\xc2\xb5s", 1000}, /* micro sign */
		{"\xce\xbcs", 1000}, /* Greek mu */
		{"ms", 1000000},
		{"s", 1000000000},
		{"m", 60 * 1000000000LL},
		{"h", 3600 * 1000000000LL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (str_starts(*p, units[i].name)) {
			*p += strlen(units[i].name);
			return units[i].nsec;
		}
	}
	return 0;
}

/* "1.5h": number and unit, in microseconds */
static bool take_part(const char **p, long double *ret_usec)
{
	long double value = 0, place = 1;
	bool digits = false;

	for (; isdigit((unsigned char)**p); (*p)++, digits = true)
		value = value * 10 + (**p - '0');
	if (take_char(p, '.')) {
		for (; isdigit((unsigned char)**p); (*p)++, digits = true) {
			place /= 10;
			value += (**p - '0') * place;
		}
	}
	int64_t unit_nsec = take_unit(p);
	*ret_usec = value * (long double)unit_nsec / 1000;
	return digits && unit_nsec > 0;
}

int time_parse_duration(const char *text, int64_t *ret_usec)
{
	long double total = 0, part = 0;
	const char *p = text;

	if (parse_seconds(text, ret_usec) == 0)
		return 0;
	bool negative = take_char(&p, '-');
	if (!negative)
		take_char(&p, '+');
	if (*p == '\0')
		return -EINVAL;
	while (*p != '\0') {
		if (!take_part(&p, &part))
			return -EINVAL;
		total += part;
	}
	if (total >= 9.2e18L)
		return -EINVAL;
	int64_t usec = (int64_t)(total + 0.0005L);
	*ret_usec = negative ? -usec : usec;
	return 0;
}

char *time_human(int64_t usec, char buf[static TIME_TEXT_MAX])
{
	int64_t seconds = usec / USEC_PER_SEC;
	int64_t minutes = seconds / 60;
	int64_t hours = (seconds + 1800) / 3600; /* Docker rounds these */

	if (seconds < 1)
		snprintf(buf, TIME_TEXT_MAX, "Less than a second");
	else if (seconds == 1)
		snprintf(buf, TIME_TEXT_MAX, "1 second");
	else if (seconds < 60)
		snprintf(buf, TIME_TEXT_MAX, "%lld seconds", (long long)seconds);
	else if (minutes == 1)
		snprintf(buf, TIME_TEXT_MAX, "About a minute");
	else if (minutes < 60)
		snprintf(buf, TIME_TEXT_MAX, "%lld minutes", (long long)minutes);
	else if (hours == 1)
		snprintf(buf, TIME_TEXT_MAX, "About an hour");
	else if (hours < 48)
		snprintf(buf, TIME_TEXT_MAX, "%lld hours", (long long)hours);
	else if (hours < 24 * 7 * 2)
		snprintf(buf, TIME_TEXT_MAX, "%lld days", (long long)hours / 24);
	else if (hours < 24 * 30 * 2)
		snprintf(buf, TIME_TEXT_MAX, "%lld weeks", (long long)hours / 24 / 7);
	else if (hours < 24 * 365 * 2)
		snprintf(buf, TIME_TEXT_MAX, "%lld months", (long long)hours / 24 / 30);
	else
		snprintf(buf, TIME_TEXT_MAX, "%lld years", (long long)hours / 24 / 365);
	return buf;
}

/* "12.5", without zeros at the end; scale: how many parts make one. */
static void add_decimal(char *buf, size_t room, int64_t value, int64_t scale)
{
	int64_t rest = value % scale;
	size_t n = (size_t)snprintf(buf, room, "%lld", (long long)(value / scale));

	if (rest == 0 || n >= room)
		return;
	buf[n++] = '.';
	for (; rest && n + 1 < room; rest %= scale) {
		scale /= 10;
		buf[n++] = (char)('0' + rest / scale);
	}
	buf[n] = '\0';
}

char *time_go_duration(int64_t usec, char buf[static TIME_TEXT_MAX])
{
	const char *sign = usec < 0 ? "-" : "";
	char number[24];
	long long hours, minutes;

	if (usec == INT64_MIN)
		usec++;
	if (usec < 0)
		usec = -usec;
	hours = usec / (3600 * USEC_PER_SEC);
	minutes = usec / (60 * USEC_PER_SEC) % 60;
	if (usec > 0 && usec < 1000) {
		snprintf(buf, TIME_TEXT_MAX, "%s%dµs", sign, (int)usec);
	} else if (usec > 0 && usec < USEC_PER_SEC) {
		add_decimal(number, sizeof(number), usec, 1000);
		snprintf(buf, TIME_TEXT_MAX, "%s%sms", sign, number);
	} else {
		add_decimal(number, sizeof(number), usec % (60 * USEC_PER_SEC),
			    USEC_PER_SEC);
		if (hours)
			snprintf(buf, TIME_TEXT_MAX, "%s%lldh%lldm%ss", sign, hours,
				 minutes, number);
		else if (minutes)
			snprintf(buf, TIME_TEXT_MAX, "%s%lldm%ss", sign, minutes, number);
		else
			snprintf(buf, TIME_TEXT_MAX, "%s%ss", sign, number);
	}
	return buf;
}
