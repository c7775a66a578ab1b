// store_counters.h - the running counters of dimensions over a range of days, from the months and days that hotline-units writes.
#ifndef HOTLINE_STORE_COUNTERS_H
#define HOTLINE_STORE_COUNTERS_H

#include "counters.h"
#include "store.h"

// Adds up the days from_day to to_day, both included, of each dimension ("unit/U", "unit/U/channel/phone"): whole months from the month's own hash, the rest
// by day. Dimensions that have nothing are zero.
MUST_USE enum status store_counters(struct store *store, const struct text *dimension, size_t count, int32_t from_day, int32_t to_day,
	struct counters *ret_counters, struct error *error);

// One dimension's month, whole and by day (from 0).
MUST_USE enum status store_month(struct store *store, struct text dimension, int32_t month, struct counters *ret_total, struct counters ret_day[31], struct error *error);

#endif
