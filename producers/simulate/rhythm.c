#include "rhythm.h"

#include <stdlib.h>

#include "civil.h"

bool rhythm_is_winter(int32_t day)
{
	int month = civil_from_day(day).month;
	return month >= 11 || month <= 3;
}

static uint32_t day_weight(const struct city *city, int32_t day)
{
	static const uint32_t weekday[7] = { 62, 112, 104, 101, 100, 98, 68 };
	uint32_t weight = weekday[civil_weekday(day)];
	if (!city_is_working(city, day) && weight > 68)
		weight = 60;  // a holiday
	struct chance chance = chance_of(city->seed ^ (uint64_t)day * UINT64_C(0x2545f4914f6cdd1d));
	uint32_t weather = 90 + (uint32_t)chance_below(&chance, 21);
	return weight * weather * (rhythm_is_winter(day) ? 112 : 100);
}

void rhythm_spread(const struct city *city, int32_t from_day, uint32_t day_count, uint64_t total, uint64_t *ret_until)
{
	uint64_t sum = 0, until = 0;
	for (uint32_t i = 0; i < day_count; i++)
		sum += day_weight(city, from_day + (int32_t)i);
	for (uint32_t i = 0; i < day_count; i++) {
		until += day_weight(city, from_day + (int32_t)i);
		ret_until[i] = (uint64_t)((double)total * ((double)until / (double)sum) + 0.5);
	}
	ret_until[day_count - 1] = total;
}

static int64_t draw_time_ms(struct chance *chance)
{
	static const uint32_t hour_weight[24] = { 7, 4, 3, 2, 3, 8, 22, 46, 86, 104, 98, 78, 52, 58, 80, 84, 78, 66, 52, 46, 42, 34, 24, 14 };
	enum { SUM = 1091 };
	uint64_t left = chance_below(chance, SUM);
	int64_t hour = 0;
	while (left >= hour_weight[hour])
		left -= hour_weight[hour++];
	return hour * HOUR_MS + (int64_t)chance_below(chance, HOUR_MS / SECOND_MS) * SECOND_MS;
}

static int compare_instants(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

void rhythm_receipts(const struct city *city, int32_t day, uint32_t count, bool is_even, int64_t *ret_at_ms)
{
	struct chance chance = chance_of(city->seed ^ (uint64_t)day * UINT64_C(0x9e6c63d0676a9a99));
	int64_t start_ms = civil_day_start_ms(day, city->policy.zone_ms);
	for (uint32_t i = 0; i < count; i++)
		ret_at_ms[i] = start_ms + (is_even ? (int64_t)chance_below(&chance, DAY_MS) : draw_time_ms(&chance));
	qsort(ret_at_ms, count, sizeof *ret_at_ms, compare_instants);
}
