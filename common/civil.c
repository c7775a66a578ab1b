#include "civil.h"

#include <assert.h>
#include <string.h>

enum { ERA_DAYS = 146097, EPOCH_FROM_MARCH_0000 = 719468, YEAR_MIN = 1970, YEAR_MAX = 2199 };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t civil_day_start_ms(int32_t day, int32_t zone_ms)
{
	return day * DAY_MS - zone_ms;
}

int64_t civil_day_end_ms(int32_t day, int32_t zone_ms)
{
	return civil_day_start_ms(day, zone_ms) + DAY_MS - 1;
}

// Years start in March, so that the leap day is the last one and month lengths follow one straight line. The straight lines of centuries, years and months are
// read off by a multiplication and a shift. Source: C. Neri, L. Schneider, "Euclidean affine functions and their application to calendar algorithms", 2022.
struct civil civil_from_day(int32_t day)
{
	enum { ERAS_BEFORE = 82, ERA_YEARS = 400, JANUARY = 306 };  // so that days before the year 0 are numbers above 0, too
	uint32_t quarters = 4 * ((uint32_t)day + EPOCH_FROM_MARCH_0000 + ERAS_BEFORE * ERA_DAYS) + 3;
	uint32_t century = quarters / ERA_DAYS, of_century = quarters % ERA_DAYS / 4;
	uint64_t years = UINT64_C(2939745) * (4 * of_century + 3);
	uint32_t year = 100 * century + (uint32_t)(years >> 32), of_year = (uint32_t)years / 2939745 / 4;
	uint32_t months = 2141 * of_year + 197913;
	bool is_next_year = of_year >= JANUARY;
	return (struct civil){
		.year = (int)year - ERAS_BEFORE * ERA_YEARS + is_next_year,
		.month = (int)(months >> 16) - (is_next_year ? 12 : 0),
		.day = (int)((months & 0xffff) / 2141) + 1,
	};
}

int32_t civil_to_day(struct civil civil)
{
	assert(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31);
	int32_t year = civil.year - (civil.month <= 2);
	int32_t era = (int32_t)floor_div(year, 400);
	int32_t year_of_era = year - era * 400;
	int32_t march_month = civil.month > 2 ? civil.month - 3 : civil.month + 9;
	int32_t of_year = (153 * march_month + 2) / 5 + civil.day - 1;
	int32_t of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
	return era * ERA_DAYS + of_era - EPOCH_FROM_MARCH_0000;
}

int32_t civil_month_of_day(int32_t day)
{
	struct civil civil = civil_from_day(day);
	return civil.year * 12 + civil.month - 1;
}

int32_t civil_month_first_day(int32_t month)
{
	return civil_to_day((struct civil){ (int)floor_div(month, 12), month - (int)floor_div(month, 12) * 12 + 1, 1 });
}

// Without a way back from the month to the day: rules ask this of every ticket.
int32_t civil_month_last_day(int32_t day)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	enum { FEBRUARY = 2 };
	struct civil civil = civil_from_day(day);
	bool is_leap = (civil.year % 4 == 0 && civil.year % 100 != 0) || civil.year % 400 == 0;
	return day - civil.day + days[civil.month - 1] + (civil.month == FEBRUARY && is_leap);
}

int32_t civil_month_day_count(int32_t month)
{
	return civil_month_first_day(month + 1) - civil_month_first_day(month);
}

int civil_weekday(int32_t day)
{
	enum { THURSDAY = 4 };  // 1970-01-01 was one
	return (int)(day + THURSDAY - 7 * floor_div(day + THURSDAY, 7));
}

static bool is_of_calendar(struct civil civil)
{
	return civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= civil_month_day_count(civil.year * 12 + civil.month - 1);
}

bool civil_is_valid(struct civil civil)
{
	return civil.year >= YEAR_MIN && civil.year <= YEAR_MAX && is_of_calendar(civil);
}

// Written digit by digit: the strings have fixed places, and a wrong width cannot overflow them.
static char *put_number(char *at, int number, int digits)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + digits;
}

static char *put_byte(char *at, char byte)
{
	*at = byte;
	return at + 1;
}

static char *put_two(char *at, unsigned number)
{
	at[0] = (char)('0' + number / 10 % 10);
	at[1] = (char)('0' + number % 10);
	return at + 2;
}

static char *put_year_and_month(char *at, int year, int month)
{
	assert(year >= 0 && year <= 9999);
	at = put_two(put_two(at, (unsigned)year / 100), (unsigned)year % 100);
	return put_two(put_byte(at, '-'), (unsigned)month);
}

static char *put_month(char *at, int32_t month)
{
	int year = (int)floor_div(month, 12);
	return put_year_and_month(at, year, month - year * 12 + 1);
}

static char *put_day(char *at, int32_t day)
{
	struct civil civil = civil_from_day(day);
	return put_two(put_byte(put_year_and_month(at, civil.year, civil.month), '-'), (unsigned)civil.day);
}

static char *put_time(char *at, int of_day_ms)
{
	unsigned of_day_s = (unsigned)of_day_ms / 1000;
	at = put_byte(put_two(at, of_day_s / 3600), ':');
	at = put_byte(put_two(at, of_day_s / 60 % 60), ':');
	at = put_two(at, of_day_s % 60);
	return of_day_ms % 1000 ? put_number(put_byte(at, '.'), of_day_ms % 1000, 3) : at;
}

static char *put_zone(char *at, int32_t zone_ms)
{
	unsigned minutes = (unsigned)(zone_ms < 0 ? -zone_ms : zone_ms) / (unsigned)MINUTE_MS;
	at = put_two(put_byte(at, zone_ms < 0 ? '-' : '+'), minutes / 60);
	return put_two(put_byte(at, ':'), minutes % 60);
}

void civil_format_instant(int64_t at_ms, int32_t zone_ms, char ret_string[CIVIL_INSTANT_BYTES])
{
	if (at_ms == NEVER_MS) {
		memcpy(ret_string, "never", sizeof "never");
		return;
	}
	int32_t day = civil_day_of(at_ms, zone_ms);
	char *at = put_byte(put_day(ret_string, day), 'T');
	at = put_time(at, (int)(at_ms - civil_day_start_ms(day, zone_ms)));
	*put_zone(at, zone_ms) = '\0';
}

void civil_format_day(int32_t day, char ret_string[CIVIL_DAY_BYTES])
{
	*put_day(ret_string, day) = '\0';
}

void civil_format_month(int32_t month, char ret_string[CIVIL_MONTH_BYTES])
{
	*put_month(ret_string, month) = '\0';
}

// Takes exactly `digits` digits from the front.
static bool take_number(struct text *text, uint32_t digits, int *ret_number)
{
	if (text->size < digits)
		return false;
	int number = 0;
	for (uint32_t i = 0; i < digits; i++) {
		if (text->at[i] < '0' || text->at[i] > '9')
			return false;
		number = number * 10 + (text->at[i] - '0');
	}
	*ret_number = number;
	text->at += digits;
	text->size -= digits;
	return true;
}

static bool take(struct text *text, char byte)
{
	if (text->size == 0 || *text->at != byte)
		return false;
	text->at++;
	text->size--;
	return true;
}

static bool take_month(struct text *text, int *ret_year, int *ret_month)
{
	return take_number(text, 4, ret_year) && take(text, '-') && take_number(text, 2, ret_month);
}

static bool take_civil(struct text *text, struct civil *ret_civil)
{
	return take_month(text, &ret_civil->year, &ret_civil->month) && take(text, '-') && take_number(text, 2, &ret_civil->day) && is_of_calendar(*ret_civil);
}

// "09:12:00", without leap seconds: no clock that sends events shows them.
static bool take_time(struct text *text, int64_t *ret_ms)
{
	int hour, minute, second;
	if (!take_number(text, 2, &hour) || !take(text, ':') || !take_number(text, 2, &minute) || !take(text, ':') || !take_number(text, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
	return true;
}

// ".123456789" or nothing: 1 to 9 digits, of which three count.
static bool take_fraction(struct text *text, int64_t *ret_ms)
{
	int64_t ms = 0, weight = 100;
	uint32_t digits = 0;
	if (take(text, '.')) {
		for (int digit; take_number(text, 1, &digit); digits++) {
			ms += digit * weight;
			weight /= 10;
		}
		if (digits < 1 || digits > 9)
			return false;
	}
	*ret_ms = ms;
	return true;
}

static bool take_zone(struct text *text, int32_t *ret_zone_ms)
{
	int hour, minute;
	if (take(text, 'Z')) {
		*ret_zone_ms = 0;
		return true;
	}
	bool is_west = take(text, '-');
	if (!is_west && !take(text, '+'))
		return false;
	if (!take_number(text, 2, &hour) || !take(text, ':') || !take_number(text, 2, &minute) || hour > 23 || minute > 59)
		return false;
	int32_t size_ms = (int32_t)(hour * HOUR_MS + minute * MINUTE_MS);
	*ret_zone_ms = is_west ? -size_ms : size_ms;
	return true;
}

bool civil_parse_instant(struct text text, int64_t *ret_at_ms)
{
	struct civil civil;
	int32_t zone_ms;
	int64_t time_ms, fraction_ms;
	if (!take_civil(&text, &civil) || !take(&text, 'T') || !take_time(&text, &time_ms) || !take_fraction(&text, &fraction_ms)
		|| !take_zone(&text, &zone_ms) || text.size)
		return false;
	// The instant must be in 1970 to 2199, not the day as written: an instant of ours written in any zone can be read again.
	int64_t at_ms = civil_day_start_ms(civil_to_day(civil), zone_ms) + time_ms + fraction_ms;
	if (at_ms < INSTANT_MIN_MS || at_ms > INSTANT_MAX_MS)
		return false;
	*ret_at_ms = at_ms;
	return true;
}

bool civil_parse_day(struct text text, int32_t *ret_day)
{
	struct civil civil;
	if (!take_civil(&text, &civil) || text.size || !civil_is_valid(civil))
		return false;
	*ret_day = civil_to_day(civil);
	return true;
}

bool civil_parse_month(struct text text, int32_t *ret_month)
{
	int year, month;
	if (!take_month(&text, &year, &month) || text.size || !civil_is_valid((struct civil){ year, month, 1 }))
		return false;
	*ret_month = year * 12 + month - 1;
	return true;
}

bool civil_parse_zone(struct text text, int32_t *ret_zone_ms)
{
	int32_t zone_ms;
	if (!take_zone(&text, &zone_ms) || text.size)
		return false;
	*ret_zone_ms = zone_ms;
	return true;
}
