#include "totals.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "partial.h"

void totals_clear(struct totals *totals, int32_t month)
{
	memset(totals, 0, sizeof *totals);
	totals->day_count = civil_month_day_count(month);
}

void day_field(uint32_t day, char ret_field[2])
{
	ret_field[0] = (char)('0' + (day + 1) / 10);
	ret_field[1] = (char)('0' + (day + 1) % 10);
}

int32_t day_of_field(struct text field)
{
	if (field.size != 2 || field.at[0] < '0' || field.at[0] > '3' || field.at[1] < '0' || field.at[1] > '9')
		return -1;
	return (field.at[0] - '0') * 10 + (field.at[1] - '0') - 1;
}

enum status totals_add(struct totals *totals, struct text field, struct text value, struct error *error)
{
	int32_t day = day_of_field(field);
	if (day < 0 || day >= totals->day_count)
		return error_set(error, FATAL, "broken_state", "partial counters of a day \"%.*s\" that the month does not have", (int)(field.size < 8 ? field.size : 8), field.at);
	return partial_add(value, totals->day[day], error);
}

// The channels come first, then the levels; of both, number 0 is "not said" and derives nothing.
static bool is_of(uint32_t derived, uint8_t sub)
{
	if (!derived)
		return true;
	if (derived < CHANNEL_COUNT)
		return sub_channel(sub) == derived;
	return sub_level(sub) == derived - (CHANNEL_COUNT - 1);
}

void totals_derive(const struct totals *totals, uint32_t derived, struct sums *ret_sums)
{
	assert(derived < DERIVED_COUNT);
	memset(ret_sums, 0, sizeof *ret_sums);
	for (int32_t day = 0; day < totals->day_count; day++) {
		for (uint8_t sub = 0; sub < SUB_COUNT; sub++)
			if (is_of(derived, sub))
				counters_add(&ret_sums->day[day], &totals->day[day][sub]);
		counters_add(&ret_sums->month, &ret_sums->day[day]);
	}
}

uint32_t derived_count(enum name_kind kind)
{
	return kind == NAME_CATEGORY ? 1 : DERIVED_COUNT;
}

size_t derived_name(struct text dimension, uint32_t derived, char ret_name[DIMENSION_BYTES_MAX])
{
	int size;
	if (!derived)
		size = snprintf(ret_name, DIMENSION_BYTES_MAX, "%.*s", (int)dimension.size, dimension.at);
	else if (derived < CHANNEL_COUNT)
		size = snprintf(ret_name, DIMENSION_BYTES_MAX, "%.*s/channel/%s", (int)dimension.size, dimension.at, event_channel_name((enum channel)derived));
	else
		size = snprintf(ret_name, DIMENSION_BYTES_MAX, "%.*s/level/%s", (int)dimension.size, dimension.at, event_level_name((enum level)(derived - (CHANNEL_COUNT - 1))));
	assert(size > 0 && size < DIMENSION_BYTES_MAX);
	return (size_t)size;
}
