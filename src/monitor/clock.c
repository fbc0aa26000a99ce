/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/clock.h"

#include <limits.h>

#include "monitor/text.h"

static int64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_realtime(void)
{
	return clock_read(CLOCK_REALTIME);
}

int clock_poll_timeout(int64_t deadline, int64_t now)
{
	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	/* rounded up: waking too early would be a busy loop of one turn a microsecond */
	if ((deadline - now) / 1000 >= INT_MAX)
		return INT_MAX;
	return (int)((deadline - now + 999) / 1000);
}

/*
 * Days since the epoch to a date of the proleptic Gregorian calendar. gmtime(3) would
 * bring the time zone code and its allocations. Years are counted from 1 March of year 0,
 * so that the leap day is a year's last and the months' lengths follow (153 * m + 2) / 5.
 */
static void civil_date(int64_t days, uint32_t *ret_year, uint32_t *ret_month,
		       uint32_t *ret_day)
{
	int64_t since = days + 719468; /* 0000-03-01 to 1970-01-01 */
	int64_t era = since / 146097;  /* of 400 years */
	uint32_t day_of_era = (uint32_t)(since - era * 146097);
	uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				day_of_era / 146096) /
			       365;
	uint32_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t m = (5 * day_of_year + 2) / 153;

	*ret_day = day_of_year - (153 * m + 2) / 5 + 1;
	*ret_month = m < 10 ? m + 3 : m - 9;
	*ret_year = (uint32_t)(year_of_era + era * 400) + (*ret_month <= 2);
}

char *clock_stamp(char *p, const struct timespec *when)
{
	/* a clock before 1970 is a broken one: the log goes on */
	int64_t seconds = when->tv_sec < 0 ? 0 : when->tv_sec;
	uint32_t of_day = (uint32_t)(seconds % 86400);
	uint32_t year, month, day;

	civil_date(seconds / 86400, &year, &month, &day);
	p = text_put_padded(p, year, 4);
	*p++ = '-';
	p = text_put_padded(p, month, 2);
	*p++ = '-';
	p = text_put_padded(p, day, 2);
	*p++ = 'T';
	p = text_put_padded(p, of_day / 3600, 2);
	*p++ = ':';
	p = text_put_padded(p, of_day / 60 % 60, 2);
	*p++ = ':';
	p = text_put_padded(p, of_day % 60, 2);
	*p++ = '.';
	p = text_put_padded(p, (uint32_t)when->tv_nsec, 9);
	*p++ = 'Z';
	return p;
}
