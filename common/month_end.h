// month_end.h - the days on which a month's open tickets are looked at: so many working days before its end.
#ifndef HOTLINE_MONTH_END_H
#define HOTLINE_MONTH_END_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

// The last day after which so many working days of the month that ends with last_day are left; it may lie in the month before. The look is at its beginning.
int32_t month_end_day(const struct calendar *calendar, int32_t last_day, uint32_t working_days);

// The looks of a month: the policy's month_end_days, 3 and 1 working days before its end, the end itself (0). The number of the look that the day is in, from 1
// for the first, and how many working days before the end it is; 0 before the first one.
enum { MONTH_END_LOOKS = 4 };
uint32_t month_end_look(const struct policy *policy, int32_t month, int32_t day, uint32_t *ret_working_days);

// Whether a look begins in (from_day, to_day].
bool month_end_is_between(const struct policy *policy, int32_t from_day, int32_t to_day);

#endif
