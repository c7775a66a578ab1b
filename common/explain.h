// explain.h - how a due time was counted, day by day, so that a person can follow it on a wall calendar.
//
// Pure. It tells what calendar_due_at_ms and facts.c did; it decides nothing. Source: rules.md, "counting days".
#ifndef HOTLINE_EXPLAIN_H
#define HOTLINE_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "assess.h"

enum explain_kind {
	EXPLAIN_NONE,      // no due time: the ticket has no level, or no term fits, or the leg assists
	EXPLAIN_GIVEN,     // the source gave it
	EXPLAIN_KEPT,      // it is that of the ticket's first leg: passing on buys no time
	EXPLAIN_WORKING,   // working days were counted
	EXPLAIN_CALENDAR,  // calendar days were counted
	EXPLAIN_HOURS,
};

struct explain {
	enum explain_kind kind;
	const struct term *term;          // NULL for NONE and GIVEN
	const struct calendar *calendar;
	int32_t from_day, last_day;       // of WORKING and CALENDAR: the day the term starts on, which is not counted, and the day it ends on
	int32_t counted_day;              // CALENDAR: the last day counted; before last_day when that was no working day and the term rolled on
};

void explain_leg(const struct facts *facts, const struct leg *leg, struct explain *ret_explain);

enum explain_mark {
	EXPLAIN_FIRST,      // the day it started: not counted
	EXPLAIN_COUNTED,
	EXPLAIN_MAKE_UP,    // counted, a working Saturday or Sunday
	EXPLAIN_WEEKEND,    // passed over
	EXPLAIN_HOLIDAY,    // passed over, though a weekday
	EXPLAIN_ROLLED,     // the first working day after a term that ended on none: due on it
};

// What became of a day, from_day to last_day; *ret_number is the how-manieth counted day it was, 0 when it was not counted.
enum explain_mark explain_day(const struct explain *explain, int32_t day, int32_t *ret_number);

#endif
