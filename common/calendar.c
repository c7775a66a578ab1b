#include "calendar.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <xxhash.h>

#include "civil.h"

// The rank of a day is the number of working days up to it; to select is to find the day that first has a rank. Both go on before and after the table by
// plain arithmetic over weekdays, so counting working days is two look-ups wherever it starts and ends.
struct calendar {
	int32_t first_day, day_count;
	int32_t working_count;
	uint64_t hash;
	int32_t *select;  // by rank - 1: the day, counted from first_day
	int32_t rank[];   // by day from first_day: the working days before it; one more than there are days
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

enum { MONDAY_BEFORE_1970 = -3, WEEK = 7, WEEKDAYS = 5 };

// How many weekdays there were since a Monday, up to this day.
static int32_t weekday_rank(int32_t day)
{
	int32_t since = day - MONDAY_BEFORE_1970;
	int32_t week = (int32_t)floor_div(since, WEEK), of_week = since - week * WEEK;
	return week * WEEKDAYS + (of_week < WEEKDAYS ? of_week + 1 : WEEKDAYS);
}

static int32_t weekday_select(int32_t rank)
{
	int32_t week = (int32_t)floor_div(rank - 1, WEEKDAYS), of_week = rank - 1 - week * WEEKDAYS;
	return MONDAY_BEFORE_1970 + week * WEEK + of_week;
}

static bool is_weekday(int32_t day)
{
	return weekday_rank(day) != weekday_rank(day - 1);
}

// Days 0 (none) or 1 (working), at rank[1..], become running sums.
static void sum_up(struct calendar *calendar)
{
	for (int32_t i = 0; i < calendar->day_count; i++) {
		if (calendar->rank[i + 1])
			calendar->select[calendar->working_count++] = i;
		calendar->rank[i + 1] = calendar->working_count;
	}
}

// Of what the table says about days and not of how it says it.
static uint64_t hash_table(const struct calendar *calendar)
{
	uint64_t hash = 0;
	for (int32_t i = 0; i < calendar->working_count; i++) {
		uint32_t day = (uint32_t)(calendar->first_day + calendar->select[i]);
		const uint8_t bytes[4] = { (uint8_t)day, (uint8_t)(day >> 8), (uint8_t)(day >> 16), (uint8_t)(day >> 24) };
		hash = XXH64(bytes, sizeof bytes, hash);
	}
	return hash;
}

struct calendar *calendar_new(int first_year, int last_year, const struct calendar_exception *exception, uint32_t count)
{
	assert(first_year >= 1970 && first_year <= last_year && last_year <= 2199);
	int32_t first_day = civil_to_day((struct civil){ first_year, 1, 1 });
	int32_t day_count = civil_to_day((struct civil){ last_year + 1, 1, 1 }) - first_day;
	struct calendar *calendar = malloc(sizeof *calendar + sizeof(int32_t) * (2 * (size_t)day_count + 1));
	if (!calendar)
		return NULL;
	*calendar = (struct calendar){ .first_day = first_day, .day_count = day_count, .select = calendar->rank + day_count + 1 };
	calendar->rank[0] = 0;
	for (int32_t i = 0; i < day_count; i++)
		calendar->rank[i + 1] = is_weekday(first_day + i);
	for (uint32_t i = 0; i < count; i++) {
		int32_t place = exception[i].day - first_day;
		if (place >= 0 && place < day_count)
			calendar->rank[place + 1] = exception[i].is_working;
	}
	sum_up(calendar);
	calendar->hash = hash_table(calendar);
	return calendar;
}

void calendar_free(struct calendar *calendar)
{
	free(calendar);
}

static const struct calendar *cn;

static void build_cn(void)
{
	cn = calendar_new(calendar_cn_table.first_year, calendar_cn_table.last_year, calendar_cn_table.exception, calendar_cn_table.count);
	assert(cn);
}

const struct calendar *calendar_cn(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, build_cn);
	return cn;
}

int32_t calendar_first_day(const struct calendar *calendar)
{
	return calendar->first_day;
}

int32_t calendar_last_day(const struct calendar *calendar)
{
	return calendar->first_day + calendar->day_count - 1;
}

bool calendar_covers(const struct calendar *calendar, int32_t day)
{
	return day >= calendar_first_day(calendar) && day <= calendar_last_day(calendar);
}

// Working days up to `day`, counted from the start of the table: 0 or less before it.
static int32_t rank_of(const struct calendar *calendar, int32_t day)
{
	int32_t last_day = calendar_last_day(calendar);
	if (day < calendar->first_day)
		return weekday_rank(day) - weekday_rank(calendar->first_day - 1);
	if (day > last_day)
		return calendar->working_count + weekday_rank(day) - weekday_rank(last_day);
	return calendar->rank[day - calendar->first_day + 1];
}

// The first day of that rank: the one working day that made it so.
static int32_t select_rank(const struct calendar *calendar, int32_t rank)
{
	if (rank < 1)
		return weekday_select(weekday_rank(calendar->first_day - 1) + rank);
	if (rank > calendar->working_count)
		return weekday_select(weekday_rank(calendar_last_day(calendar)) + rank - calendar->working_count);
	return calendar->first_day + calendar->select[rank - 1];
}

bool calendar_is_working(const struct calendar *calendar, int32_t day)
{
	return rank_of(calendar, day) != rank_of(calendar, day - 1);
}

int32_t calendar_add_working(const struct calendar *calendar, int32_t day, int32_t count)
{
	assert(count >= 1 && count <= COUNT_NUMBER_MAX);
	return select_rank(calendar, rank_of(calendar, day) + count);
}

int32_t calendar_next_working(const struct calendar *calendar, int32_t day)
{
	return select_rank(calendar, rank_of(calendar, day - 1) + 1);
}

int32_t calendar_count_working(const struct calendar *calendar, int32_t from, int32_t to)
{
	return rank_of(calendar, to) - rank_of(calendar, from);
}

// The day on which the term ends, and whether every day that was looked at for it is known.
static int32_t last_day_of(const struct calendar *calendar, const struct count *count, int32_t from_day, bool *ret_covered)
{
	int32_t first_looked, last_day;
	if (count->unit == COUNT_WORKING_DAYS) {
		first_looked = from_day + 1;
		last_day = calendar_add_working(calendar, from_day, count->number);
	} else {
		first_looked = last_day = from_day + count->number;
		if (count->mode != COUNT_CIVIL || !count->roll) {
			*ret_covered = true;
			return last_day;
		}
		last_day = calendar_next_working(calendar, last_day);
	}
	*ret_covered = calendar_covers(calendar, first_looked) && calendar_covers(calendar, last_day);
	return last_day;
}

int64_t calendar_due_at_ms(const struct calendar *calendar, const struct count *count, int64_t from_at_ms, int32_t zone_ms, bool *ret_covered)
{
	assert(count->number >= 1 && count->number <= COUNT_NUMBER_MAX);
	if (count->unit == COUNT_HOURS) {
		*ret_covered = true;
		return from_at_ms + count->number * HOUR_MS;
	}
	int32_t from_day = civil_day_of(from_at_ms, zone_ms);
	int32_t last_day = last_day_of(calendar, count, from_day, ret_covered);
	if (count->mode == COUNT_CLOCK)
		return from_at_ms + (last_day - from_day) * DAY_MS;
	if (count->close_ms > 0 && count->close_ms < DAY_MS)
		return civil_day_start_ms(last_day, zone_ms) + count->close_ms;
	return civil_day_end_ms(last_day, zone_ms);
}

uint64_t calendar_hash(const struct calendar *calendar)
{
	return calendar->hash;
}
