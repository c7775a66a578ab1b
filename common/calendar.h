// calendar.h - which days are working days, and how days are counted to a deadline.
//
// A working day is a day of the table: make-up Saturdays and Sundays are, public holidays are not. Where the table ends, plain weekdays count,
// and whoever asks is told. Source: rules.md, "counting days"; Civil Code of the PRC, art. 200 to 204.
#ifndef HOTLINE_CALENDAR_H
#define HOTLINE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

// A day that is not what its weekday says.
struct calendar_exception {
	int32_t day;
	bool is_working;
};

struct calendar;

// The PRC's holidays and make-up workdays: what is in the generated table (calendar_cn.c), and the calendar made of it. Built once, never freed.
struct calendar_table {
	int first_year, last_year;
	uint32_t count;
	const struct calendar_exception *exception;  // by day
};
extern const struct calendar_table calendar_cn_table;
const struct calendar *calendar_cn(void);

// A calendar of the user's own. Years first_year to last_year (1970 to 2199) are covered by `exception` (copied; in any order, of one day the last holds; days of
// other years are ignored). NULL without memory.
struct calendar *calendar_new(int first_year, int last_year, const struct calendar_exception *exception, uint32_t count);
void calendar_free(struct calendar *calendar);

bool calendar_is_working(const struct calendar *calendar, int32_t day);
bool calendar_covers(const struct calendar *calendar, int32_t day);  // false where only weekdays are known
int32_t calendar_first_day(const struct calendar *calendar);         // of the days that it covers
int32_t calendar_last_day(const struct calendar *calendar);

// The count-th working day after `day`, which itself is not counted; count is 1 to COUNT_NUMBER_MAX. Constant time, inside the table and outside.
int32_t calendar_add_working(const struct calendar *calendar, int32_t day, int32_t count);
int32_t calendar_next_working(const struct calendar *calendar, int32_t day);  // `day` itself when it is one
// How many working days lie in (from, to]; negative when to < from.
int32_t calendar_count_working(const struct calendar *calendar, int32_t from, int32_t to);

// How a deadline is counted.
enum { COUNT_NUMBER_MAX = 10000 };
enum count_unit { COUNT_WORKING_DAYS, COUNT_CALENDAR_DAYS, COUNT_HOURS };
enum count_mode {
	COUNT_CIVIL,  // the first day is not counted, the last one ends at its close; calendar days roll to a working day
	COUNT_CLOCK,  // the same time of day, so many days later
};
struct count {
	int32_t number;         // 1 to COUNT_NUMBER_MAX
	enum count_unit unit;
	enum count_mode mode;
	bool roll;              // civil calendar days: when the last day is no working day, the first working day after it
	int32_t close_ms;       // civil days: close of business after midnight, itself included (17:30:00.000 is in time); 0 means 24:00, that is 23:59:59.999
};

// When a term that starts at `from_at_ms` is over, inclusive to the millisecond. *ret_covered is false when a day without data was looked at.
int64_t calendar_due_at_ms(const struct calendar *calendar, const struct count *count, int64_t from_at_ms, int32_t zone_ms, bool *ret_covered);

// A fingerprint of the table, which goes into the policy's edition.
uint64_t calendar_hash(const struct calendar *calendar);

#endif
