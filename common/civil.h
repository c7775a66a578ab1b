// civil.h - instants, civil days and months of a city with a fixed offset from UTC.
//
// An instant is Unix milliseconds, int64_t, `_at_ms`. A civil day is a count of days since 1970-01-01 in the city's zone, `day`. A month is
// year * 12 + month - 1, `month`. Arithmetic is the proleptic Gregorian calendar. Source: days_from_civil of H. Hinnant, "chrono-compatible low-level date algorithms".
#ifndef HOTLINE_CIVIL_H
#define HOTLINE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)
#define NEVER_MS INT64_MAX

enum { CIVIL_INSTANT_BYTES = 32, CIVIL_DAY_BYTES = 16, CIVIL_MONTH_BYTES = 12 };  // sizes of the strings below with their NUL

// The range of instants and days that the system accepts: years 1970 to 2199.
#define INSTANT_MIN_MS INT64_C(0)
#define INSTANT_MAX_MS INT64_C(7258118399999)

struct civil {
	int year, month, day;  // 2024, 1 to 12, 1 to 31
};

// The civil day of an instant. Inline: judging asks it again and again.
static inline int32_t civil_day_of(int64_t at_ms, int32_t zone_ms)
{
	int64_t local_ms = at_ms + zone_ms;
	return (int32_t)(local_ms / DAY_MS - (local_ms % DAY_MS < 0));
}
int64_t civil_day_start_ms(int32_t day, int32_t zone_ms); // its 00:00:00.000
int64_t civil_day_end_ms(int32_t day, int32_t zone_ms);   // its 23:59:59.999
struct civil civil_from_day(int32_t day);
int32_t civil_to_day(struct civil civil);                 // the fields must be in range
int32_t civil_month_of_day(int32_t day);
int32_t civil_month_first_day(int32_t month);
int32_t civil_month_day_count(int32_t month);
int32_t civil_month_last_day(int32_t day);                // of the month that the day lies in
int civil_weekday(int32_t day);                           // 0 is Sunday
bool civil_is_valid(struct civil civil);                  // year 1970 to 2199, the month's own days

// "2024-03-05T09:12:00.000+08:00", without the fraction when it is zero, "never" for NEVER_MS; "2024-03-05"; "2024-03". Years 0 to 9999.
void civil_format_instant(int64_t at_ms, int32_t zone_ms, char ret_string[CIVIL_INSTANT_BYTES]);
void civil_format_day(int32_t day, char ret_string[CIVIL_DAY_BYTES]);
void civil_format_month(int32_t month, char ret_string[CIVIL_MONTH_BYTES]);

// RFC 3339 with offset ("2024-03-05T09:12:00+08:00", "...Z", up to 9 digits of fraction, cut to milliseconds), strictly.
bool civil_parse_instant(struct text text, int64_t *ret_at_ms);
bool civil_parse_day(struct text text, int32_t *ret_day);      // "2024-03-05"
bool civil_parse_month(struct text text, int32_t *ret_month);  // "2024-03"
bool civil_parse_zone(struct text text, int32_t *ret_zone_ms); // "+08:00", "Z"

#endif
