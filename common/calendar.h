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

// The calendar of the PRC's holidays and make-up workdays, generated (calendar_cn.c). Built once, never freed. Pure after the first call.
const struct calendar *calendar_cn(void);

// A calendar of the user's own. Years first_year to last_year are covered by `exception` (in any order, copied). NULL without memory.
struct calendar *calendar_new(int first_year, int last_year, const struct calendar_exception *exception, uint32_t count);
void calendar_free(struct calendar *calendar);

bool calendar_is_working(const struct calendar *calendar, int32_t day);
bool calendar_covers(const struct calendar *calendar, int32_t day);  // false where only weekdays are known

// The count-th working day after `day`, which itself is not counted; count is 1 to 10000. Constant time inside the table.
int32_t calendar_add_working(const struct calendar *calendar, int32_t day, int32_t count);
int32_t calendar_next_working(const struct calendar *calendar, int32_t day);  // `day` itself when it is one
// How many working days lie in (from, to]; negative when to < from.
int32_t calendar_count_working(const struct calendar *calendar, int32_t from, int32_t to);

// How a deadline is counted.
enum count_unit { COUNT_WORKING_DAYS, COUNT_CALENDAR_DAYS, COUNT_HOURS };
enum count_mode {
	COUNT_CIVIL,  // the first day is not counted, the last one ends at its close; calendar days roll to a working day
	COUNT_CLOCK,  // the same time of day, so many days later
};
struct count {
	int32_t number;
	enum count_unit unit;
	enum count_mode mode;
	bool roll;              // civil calendar days: when the last day is no working day, the first working day after it
	int32_t close_ms;       // close of business after midnight; 0 means 24:00, that is 23:59:59.999
};

// When a term that starts at `from_at_ms` is over, inclusive to the millisecond. *ret_covered is false when a day without data was looked at.
int64_t calendar_due_at_ms(const struct calendar *calendar, const struct count *count, int64_t from_at_ms, int32_t zone_ms, bool *ret_covered);

// A fingerprint of the table, which goes into the policy's edition.
uint64_t calendar_hash(const struct calendar *calendar);

#endif
