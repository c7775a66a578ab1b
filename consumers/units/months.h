// months.h - which months of which dimensions were judged before they were over, so that they are judged again when the clock has passed their end.
//
// The shards say so too when their own clock passes, but the city's clock is the least of all: the last shard to pass need not know the dimension.
#ifndef HOTLINE_MONTHS_H
#define HOTLINE_MONTHS_H

#include "batch.h"

struct open_months;

struct months {
	size_t capacity;
	struct open_months *open;  // by dimension
	int32_t first;             // no open month is earlier; INT32_MAX when none is open
	size_t look_at;            // open months of the dimensions from here on are to be judged again: the clock has come to a day that a rule looks at
};

void months_done(struct months *months);
// Judged by a clock that was in clock_month.
void months_note(struct months *months, name_id dimension, int32_t month, int32_t clock_month);
// What is open is judged again.
void months_look_again(struct months *months);
// Adds what is over by now, and what is to be looked at again, to the batch until that is full.
void months_take_over(struct months *months, int32_t clock_month, struct batch *batch);
bool months_has_over(const struct months *months, int32_t clock_month);
// Redis may have lost the last judgements: the last month of every dimension counts as open again.
void months_reopen(struct months *months);

#endif
