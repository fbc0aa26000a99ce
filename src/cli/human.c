/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/human.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/time.h"

/* limit: what would be rounded to one more digit. */
static const char *scale(double *size, double limit)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	size_t unit = 0;

	while (*size >= (unit ? limit : 1000) && unit < ARRAY_SIZE(units) - 1) {
		*size /= 1000;
		unit++;
	}
	return units[unit];
}

char *human_size(int64_t bytes, char buf[static HUMAN_TEXT_MAX])
{
	double size = bytes < 0 ? 0 : (double)bytes;
	const char *unit = scale(&size, 999.5);

	snprintf(buf, HUMAN_TEXT_MAX, "%.3g %s", size, unit);
	return buf;
}

char *human_size_exact(int64_t bytes, char buf[static HUMAN_TEXT_MAX])
{
	double size = bytes < 0 ? 0 : (double)bytes;
	const char *unit = scale(&size, 999.95);

	snprintf(buf, HUMAN_TEXT_MAX, "%.4g%s", size, unit);
	return buf;
}

char *human_ago(int64_t then_usec, int64_t now_usec, char buf[static HUMAN_TEXT_MAX])
{
	char span[TIME_TEXT_MAX];
	int64_t usec = now_usec > then_usec ? now_usec - then_usec : 0;

	snprintf(buf, HUMAN_TEXT_MAX, "%s ago", time_human(usec, span));
	return buf;
}

char *human_go_time(int64_t usec, char buf[static HUMAN_TEXT_MAX])
{
	char text[TIME_TEXT_MAX];
	size_t len;

	/* "2026-11-24T10:00:00.500000Z", its fraction without zeros at the end */
	time_rfc3339(usec, text);
	text[strcspn(text, "T")] = ' ';
	len = strcspn(text, "Z");
	while (len && text[len - 1] == '0' && strchr(text, '.'))
		len--;
	if (len && text[len - 1] == '.')
		len--;
	snprintf(buf, HUMAN_TEXT_MAX, "%.*s +0000 UTC", (int)len, text);
	return buf;
}

char *human_go_local_time(int64_t usec, char buf[static HUMAN_TEXT_MAX])
{
	time_t when = (time_t)(usec / USEC_PER_SEC);
	char day[32], zone[24], fraction[16];
	struct tm tm;
	size_t len;

	if (usec < 0 || !localtime_r(&when, &tm))
		return human_go_time(usec, buf);
	len = (size_t)snprintf(fraction, sizeof(fraction), ".%06d",
			       (int)(usec % USEC_PER_SEC));
	while (fraction[len - 1] == '0')
		len--;
	if (fraction[len - 1] == '.')
		len--;
	if (!strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm) ||
	    !strftime(zone, sizeof(zone), "%z %Z", &tm))
		return human_go_time(usec, buf);
	snprintf(buf, HUMAN_TEXT_MAX, "%s%.*s %s", day, (int)len, fraction, zone);
	return buf;
}

char *human_clock(int64_t sec, char buf[static HUMAN_TEXT_MAX])
{
	int64_t minutes = sec / 60, hours = sec / 3600;

	if (sec < 0 || hours > 99)
		snprintf(buf, HUMAN_TEXT_MAX, "-:--");
	else if (hours)
		snprintf(buf, HUMAN_TEXT_MAX, "%" PRId64 ":%02d:%02d", hours,
			 (int)(minutes % 60), (int)(sec % 60));
	else
		snprintf(buf, HUMAN_TEXT_MAX, "%" PRId64 ":%02d", minutes,
			 (int)(sec % 60));
	return buf;
}
