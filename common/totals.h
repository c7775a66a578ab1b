// totals.h - a dimension's month as the sum of its partials, and the dimensions that derive from it by channel and by level.
//
// A base dimension (city, district/D, group/G, unit/U, category/A, category/A/B) has partials. What it derives is counted from the same partials:
// unit/U/channel/phone, unit/U/level/city and so on; a category derives nothing. A ticket without channel or level counts in the base dimension alone.
#ifndef HOTLINE_TOTALS_H
#define HOTLINE_TOTALS_H

#include "civil.h"
#include "counters.h"
#include "error.h"
#include "names.h"
#include "text.h"

enum {
	MONTH_DAYS_MAX = 31,
	DERIVED_COUNT = 1 + (CHANNEL_COUNT - 1) + (LEVEL_COUNT - 1),  // number 0 is the base dimension itself
};

// What was read of a month: by day and sub. Large (some 100 KiB); the caller reuses it.
struct totals {
	int32_t day_count;
	struct counters day[MONTH_DAYS_MAX][SUB_COUNT];
};
void totals_clear(struct totals *totals, int32_t month);
// Adds one field of a shard's partial hash: "05" and what partial_pack_sub wrote. FATAL broken_state.
MUST_USE enum status totals_add(struct totals *totals, struct text field, struct text value, struct error *error);

// A dimension's month, whole and by day (from 0).
struct sums {
	struct counters month;
	struct counters day[MONTH_DAYS_MAX];
};
// derived is below derived_count of the dimension's kind.
void totals_derive(const struct totals *totals, uint32_t derived, struct sums *ret_sums);

uint32_t derived_count(enum name_kind kind);
// "unit/U/channel/phone"; returns its length.
size_t derived_name(struct text dimension, uint32_t derived, char ret_name[DIMENSION_BYTES_MAX]);

// "05" for day 4 of a month, as hashes by day name their fields.
void day_field(uint32_t day, char ret_field[2]);
int32_t day_of_field(struct text field);  // -1 when it is none

#endif
