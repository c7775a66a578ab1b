// totals_test.c - months as sums of partials, and what derives from them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "partial.h"
#include "totals.h"

enum { MARCH = 2024 * 12 + 2, FEBRUARY = MARCH - 1 };

static struct totals *totals;
static struct sums *sums;

static int set_up(void **state)
{
	(void)state;
	totals = memory_new(sizeof *totals);
	sums = memory_new(sizeof *sums);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(totals);
	free(sums);
	return 0;
}

static void add(const char *day, uint8_t channel, uint8_t level, enum counter counter, uint64_t value)
{
	uint8_t bytes[1 + COUNTERS_PACKED_BYTES_MAX];
	struct counters counters = { { 0 } };
	counters.n[counter] = value;
	size_t size = partial_pack_sub(sub_of(channel, level), &counters, bytes);
	struct error error;
	assert_int_equal(totals_add(totals, text_of(day), (struct text){ (char *)bytes, (uint32_t)size }, &error), OK);
}

static uint64_t month_of(uint32_t derived, enum counter counter)
{
	totals_derive(totals, derived, sums);
	return sums->month.n[counter];
}

static void the_month_is_the_sum_of_all_shards_days_and_subs(void **state)
{
	(void)state;
	totals_clear(totals, MARCH);
	add("01", CHANNEL_PHONE, LEVEL_CITY, COUNTER_DISPATCHED, 3);
	add("01", CHANNEL_PHONE, LEVEL_CITY, COUNTER_DISPATCHED, 4);  // another shard
	add("31", CHANNEL_NETWORK, LEVEL_PROVINCE, COUNTER_DISPATCHED, 5);
	add("31", CHANNEL_NONE, LEVEL_NONE, COUNTER_DISPATCHED, 6);
	assert_int_equal(month_of(0, COUNTER_DISPATCHED), 18);
	assert_int_equal(sums->day[0].n[COUNTER_DISPATCHED], 7);
	assert_int_equal(sums->day[30].n[COUNTER_DISPATCHED], 11);
	assert_int_equal(sums->day[1].n[COUNTER_DISPATCHED], 0);
}

static void channels_and_levels_count_apart_and_what_says_neither_counts_in_the_base_alone(void **state)
{
	(void)state;
	totals_clear(totals, MARCH);
	for (uint8_t channel = 0; channel < CHANNEL_COUNT; channel++)
		for (uint8_t level = 0; level < LEVEL_COUNT; level++)
			add("05", channel, level, COUNTER_RESOLVED, (uint64_t)1 << (4 * channel + level));
	assert_int_equal(month_of(0, COUNTER_RESOLVED), 0xfff);
	assert_int_equal(month_of(1, COUNTER_RESOLVED), 0x0f0);  // phone
	assert_int_equal(month_of(2, COUNTER_RESOLVED), 0xf00);  // network
	assert_int_equal(month_of(3, COUNTER_RESOLVED), 0x222);  // province
	assert_int_equal(month_of(4, COUNTER_RESOLVED), 0x444);  // city
	assert_int_equal(month_of(5, COUNTER_RESOLVED), 0x888);  // district
}

static void derived_dimensions_have_names_and_categories_have_none(void **state)
{
	(void)state;
	static const char *const want[DERIVED_COUNT] = { "unit/U", "unit/U/channel/phone", "unit/U/channel/network", "unit/U/level/province", "unit/U/level/city",
		"unit/U/level/district" };
	char name[DIMENSION_BYTES_MAX];
	for (uint32_t i = 0; i < DERIVED_COUNT; i++) {
		assert_int_equal(derived_name(TEXT("unit/U"), i, name), strlen(want[i]));
		assert_string_equal(name, want[i]);
	}
	assert_int_equal(derived_count(NAME_UNIT), 6);
	assert_int_equal(derived_count(NAME_CITY), 6);
	assert_int_equal(derived_count(NAME_CATEGORY), 1);
}

static void a_day_outside_the_month_and_broken_bytes_are_refused(void **state)
{
	(void)state;
	struct error error;
	totals_clear(totals, FEBRUARY);
	assert_int_equal(totals_add(totals, TEXT("29"), TEXT(""), &error), OK);  // 2024 is a leap year
	static const char *const bad[] = { "30", "00", "32", "5", "005", "a1", "1a", "" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(totals_add(totals, text_of(bad[i]), TEXT(""), &error), FATAL);
	assert_int_equal(totals_add(totals, TEXT("01"), TEXT("\x7f\x01\x01"), &error), FATAL);
	assert_int_equal(totals_add(totals, TEXT("01"), TEXT("\x01"), &error), FATAL);
	assert_string_equal(error.reason, "broken_state");
}

static void a_day_field_is_two_digits_from_01(void **state)
{
	(void)state;
	char field[2];
	day_field(0, field);
	assert_memory_equal(field, "01", 2);
	day_field(30, field);
	assert_memory_equal(field, "31", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_month_is_the_sum_of_all_shards_days_and_subs),
		cmocka_unit_test(channels_and_levels_count_apart_and_what_says_neither_counts_in_the_base_alone),
		cmocka_unit_test(derived_dimensions_have_names_and_categories_have_none),
		cmocka_unit_test(a_day_outside_the_month_and_broken_bytes_are_refused),
		cmocka_unit_test(a_day_field_is_two_digits_from_01),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
