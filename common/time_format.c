#include "time_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "civil.h"

bool time_zone_of_place(const char *name, struct time_zone *ret_zone)
{
	char path[TIME_ZONE_BYTES_MAX + 32];
	if (strstr(name, "..") || name[0] == '/' || strlen(name) > TIME_ZONE_BYTES_MAX)
		return false;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	if (access(path, R_OK) != 0 || setenv("TZ", name, 1) != 0)
		return false;
	tzset();
	*ret_zone = (struct time_zone){ .is_place = true };
	return true;
}

static bool parse_unix(struct text text, int64_t unit_ms, int64_t *ret_at_ms)
{
	enum { DIGITS_MAX = 14 };
	int64_t number = 0;
	if (!text.size || text.size > DIGITS_MAX)
		return false;
	for (uint32_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		number = number * 10 + (text.at[i] - '0');
	}
	*ret_at_ms = number * unit_ms;
	return true;
}

// ".25" is 250 ms; what is finer is cut. An empty rest is 0.
static bool parse_fraction(const char *rest, int64_t *ret_ms)
{
	int64_t ms = 0, weight = 100;
	if (*rest && (*rest != '.' || !rest[1]))
		return false;
	for (rest += *rest == '.'; *rest; rest++, weight /= 10) {
		if (*rest < '0' || *rest > '9')
			return false;
		ms += (*rest - '0') * weight;
	}
	*ret_ms = ms;
	return true;
}

static bool to_instant(struct tm *tm, bool has_offset, const struct time_zone *zone, int64_t *ret_at_ms)
{
	struct civil civil = { tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday };
	if (!civil_is_valid(civil))
		return false;
	if (zone->is_place && !has_offset) {
		tm->tm_isdst = -1;
		*ret_at_ms = (int64_t)mktime(tm) * SECOND_MS;
		return true;
	}
	int64_t offset_ms = has_offset ? tm->tm_gmtoff * SECOND_MS : zone->offset_ms;
	*ret_at_ms = civil_to_day(civil) * DAY_MS + tm->tm_hour * HOUR_MS + tm->tm_min * MINUTE_MS + tm->tm_sec * SECOND_MS - offset_ms;
	return true;
}

bool time_format_parse(const char *format, struct text text, const struct time_zone *zone, int64_t *ret_at_ms)
{
	char string[TIME_TEXT_BYTES_MAX];
	if (strcmp(format, "unix_s") == 0)
		return parse_unix(text, SECOND_MS, ret_at_ms);
	if (strcmp(format, "unix_ms") == 0)
		return parse_unix(text, 1, ret_at_ms);
	if (strcmp(format, "rfc3339") == 0)
		return civil_parse_instant(text, ret_at_ms);
	if (!text_copy(text, string, sizeof string) || strlen(string) != text.size)
		return false;
	struct tm tm = { .tm_mday = 1 };
	const char *rest = strptime(string, format, &tm);
	int64_t ms, at_ms;
	if (!rest || !parse_fraction(rest, &ms) || !to_instant(&tm, strstr(format, "%z") != NULL, zone, &at_ms))
		return false;
	*ret_at_ms = at_ms + ms;
	return true;
}
