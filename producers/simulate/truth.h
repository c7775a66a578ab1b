// truth.h - what the made-up city's counters must be, told by whoever made it up.
//
// One line a number, `DIMENSION DAY COUNTER VALUE`, for city, districts, groups, units and categories; zeros are left out. Points are ten-thousandths.
// By the policy of the bulletins, judged at the time of the newest event. Written apart from facts.c and assess.c, so that a mistake must be made twice.
// Counters of rules (escalated, repeated, duty_missed) are not in it.
#ifndef HOTLINE_TRUTH_H
#define HOTLINE_TRUTH_H

#include <stdio.h>

#include "stream.h"

// Makes the whole city up once more. clock_ms is the time of the newest event that was given.
void truth_write(const struct city *city, const struct stream_plan *plan, int64_t clock_ms, FILE *file);

#endif
