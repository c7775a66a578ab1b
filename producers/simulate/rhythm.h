// rhythm.h - when people call: more on Mondays than on Sundays, more at ten than at three in the night.
#ifndef HOTLINE_RHYTHM_H
#define HOTLINE_RHYTHM_H

#include <stdint.h>

#include "city.h"

enum { RHYTHM_DAYS_MAX = 3660 };

// How many of `total` tickets come on each of day_count days from from_day on, as a running sum: ret_until[i] came before the end of day i.
void rhythm_spread(const struct city *city, int32_t from_day, uint32_t day_count, uint64_t total, uint64_t *ret_until);

// The instants of a day's tickets, ascending. With is_even they are spread evenly, not by the hours of a day.
void rhythm_receipts(const struct city *city, int32_t day, uint32_t count, bool is_even, int64_t *ret_at_ms);

bool rhythm_is_winter(int32_t day);  // November to March: the heating season

#endif
