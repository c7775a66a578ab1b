// civil_test.c - instants, days and months, and their strings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "civil.h"

enum { LAST_DAY = 84005, CHINA_MS = 8 * 3600 * 1000 };  // 2199-12-31

// Every day of 1970 to 2199 against the C library, and there and back through every form.
static void test_every_day(void **state)
{
	(void)state;
	for (int32_t day = 0; day <= LAST_DAY; day++) {
		time_t seconds = (time_t)day * 86400;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		struct civil civil = civil_from_day(day);
		assert_int_equal(civil.year, tm.tm_year + 1900);
		assert_int_equal(civil.month, tm.tm_mon + 1);
		assert_int_equal(civil.day, tm.tm_mday);
		assert_int_equal(civil_weekday(day), tm.tm_wday);
		assert_true(civil_is_valid(civil));
		assert_int_equal(civil_to_day(civil), day);

		char string[CIVIL_DAY_BYTES];
		int32_t parsed = -1;
		civil_format_day(day, string);
		assert_true(civil_parse_day(text_of(string), &parsed));
		assert_int_equal(parsed, day);

		int32_t month = civil_month_of_day(day);
		assert_int_equal(civil_month_first_day(month), day - civil.day + 1);
		assert_in_range(civil.day, 1, civil_month_day_count(month));
		assert_int_equal(civil_month_last_day(day), civil_month_first_day(month + 1) - 1);
		assert_int_equal(civil_day_of(civil_day_start_ms(day, CHINA_MS), CHINA_MS), day);
		assert_int_equal(civil_day_of(civil_day_end_ms(day, CHINA_MS), CHINA_MS), day);
		assert_int_equal(civil_day_of(civil_day_end_ms(day, CHINA_MS) + 1, CHINA_MS), day + 1);
	}
	assert_int_equal(INSTANT_MAX_MS, civil_day_end_ms(LAST_DAY, 0));
}

static void test_months(void **state)
{
	(void)state;
	for (int32_t month = 1970 * 12; month < 2200 * 12; month++) {
		char string[CIVIL_MONTH_BYTES];
		int32_t parsed = 0;
		civil_format_month(month, string);
		assert_true(civil_parse_month(text_of(string), &parsed));
		assert_int_equal(parsed, month);
	}
	assert_int_equal(civil_month_day_count(2024 * 12 + 1), 29);
	assert_int_equal(civil_month_day_count(2023 * 12 + 1), 28);
	assert_int_equal(civil_month_day_count(2000 * 12 + 1), 29);
	assert_int_equal(civil_month_day_count(2100 * 12 + 1), 28);
}

static void test_before_1970(void **state)
{
	(void)state;
	assert_int_equal(civil_day_of(-1, 0), -1);
	assert_int_equal(civil_weekday(-1), 3);
	assert_int_equal(civil_weekday(-4), 0);
	assert_int_equal(civil_from_day(-1).year, 1969);
	assert_int_equal(civil_from_day(-1).day, 31);
	assert_int_equal(civil_to_day((struct civil){ 1969, 12, 31 }), -1);
	assert_int_equal(civil_to_day((struct civil){ 0, 3, 1 }), -719468);
}

static void test_format_instant(void **state)
{
	(void)state;
	static const struct {
		int64_t at_ms;
		int32_t zone_ms;
		const char *string;
	} cases[] = {
		{ 0, 0, "1970-01-01T00:00:00+00:00" },
		{ 0, CHINA_MS, "1970-01-01T08:00:00+08:00" },
		{ 0, -CHINA_MS - 1800000, "1969-12-31T15:30:00-08:30" },
		{ 1, 0, "1970-01-01T00:00:00.001+00:00" },
		{ 1709601120000, CHINA_MS, "2024-03-05T09:12:00+08:00" },
		{ 1709601120999, CHINA_MS, "2024-03-05T09:12:00.999+08:00" },
		{ INSTANT_MAX_MS, 0, "2199-12-31T23:59:59.999+00:00" },
		{ INSTANT_MAX_MS, 23 * 3600000 + 59 * 60000, "2200-01-01T23:58:59.999+23:59" },
		{ NEVER_MS, CHINA_MS, "never" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char string[CIVIL_INSTANT_BYTES];
		civil_format_instant(cases[i].at_ms, cases[i].zone_ms, string);
		assert_string_equal(string, cases[i].string);
	}
}

static void test_parse_instant(void **state)
{
	(void)state;
	static const struct {
		const char *string;
		int64_t at_ms;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T08:00:00+08:00", 0 },
		{ "1969-12-31T16:00:00-08:00", 0 },
		{ "1969-12-31T15:59:59.999-08:00", -1 },
		{ "2024-03-05T09:12:00+08:00", 1709601120000 },
		{ "2024-03-05T01:12:00Z", 1709601120000 },
		{ "2024-03-05T01:12:00-00:00", 1709601120000 },
		{ "2024-03-05T01:12:00.5Z", 1709601120500 },
		{ "2024-03-05T01:12:00.12Z", 1709601120120 },
		{ "2024-03-05T01:12:00.9999Z", 1709601120999 },
		{ "2024-03-05T01:12:00.000999999Z", 1709601120000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2199-12-31T23:59:59.999Z", INSTANT_MAX_MS },
		{ "2200-01-01T07:59:59.999+08:00", INSTANT_MAX_MS },
		{ "2200-01-01T08:00:00+08:00", -1 },
		{ "0000-01-01T00:00:00Z", -1 },
		{ "9999-12-31T23:59:59Z", -1 },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t at_ms = -7;
		bool is_good = good[i].at_ms >= 0;
		assert_int_equal(civil_parse_instant(text_of(good[i].string), &at_ms), is_good);
		assert_int_equal(at_ms, is_good ? good[i].at_ms : -7);
	}
}

static void test_refuse_instant(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "2024", "2024-03-05", "2024-03-05T09:12:00", "2024-03-05 09:12:00Z", "2024-03-05t09:12:00Z", "2024-03-05T09:12:00z",
		"2024-03-05T09:12Z", "2024-3-5T09:12:00Z", "2024-13-05T09:12:00Z", "2024-00-05T09:12:00Z", "2024-03-00T09:12:00Z",
		"2024-03-32T09:12:00Z", "2023-02-29T09:12:00Z", "2100-02-29T09:12:00Z", "2024-04-31T09:12:00Z", "2024-03-05T24:00:00Z",
		"2024-03-05T09:60:00Z", "2024-03-05T09:12:60Z", "2024-03-05T09:12:00.Z", "2024-03-05T09:12:00.1234567890Z", "2024-03-05T09:12:00,5Z",
		"2024-03-05T09:12:00+8:00", "2024-03-05T09:12:00+0800", "2024-03-05T09:12:00+08", "2024-03-05T09:12:00+24:00", "2024-03-05T09:12:00+08:60",
		"2024-03-05T09:12:00Zx", " 2024-03-05T09:12:00Z", "2024-03-05T09:12:00Z ", "+024-03-05T09:12:00Z", "2024-03-05T-9:12:00Z",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2200-01-01T00:00:00Z", "2199-12-31T23:59:59.999-00:01", "２024-03-05T09:12:00Z",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t at_ms = -7;
		if (civil_parse_instant(text_of(bad[i]), &at_ms))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(at_ms, -7);
	}
}

// Every prefix of a good string is refused, and no byte behind it is looked at.
static void test_cut_instant(void **state)
{
	(void)state;
	static const char whole[] = "2024-03-05T09:12:00.123+08:00";
	for (uint32_t size = 0; size < sizeof whole - 1; size++) {
		char *exact = test_malloc(size + 1);
		int64_t at_ms;
		memcpy(exact, whole, size);
		assert_false(civil_parse_instant((struct text){ exact, size }, &at_ms));
		test_free(exact);
	}
}

static void test_refuse_days_months_zones(void **state)
{
	(void)state;
	static const char *const bad_days[] = { "", "2024-3-05", "2024-03-5", "2024-02-30", "2023-02-29", "1969-12-31", "2200-01-01", "2024-03-05 ", "2024/03/05", "20240305" };
	static const char *const bad_months[] = { "", "2024", "2024-13", "2024-00", "1969-12", "2200-01", "2024-3", "2024-03-05", "2024-03 " };
	static const char *const bad_zones[] = { "", "8", "+8", "+08", "+0800", "08:00", "+24:00", "+08:60", "+08:00 ", "z", "UTC" };
	int32_t unused;
	for (size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++)
		assert_false(civil_parse_day(text_of(bad_days[i]), &unused));
	for (size_t i = 0; i < sizeof bad_months / sizeof *bad_months; i++)
		assert_false(civil_parse_month(text_of(bad_months[i]), &unused));
	for (size_t i = 0; i < sizeof bad_zones / sizeof *bad_zones; i++)
		assert_false(civil_parse_zone(text_of(bad_zones[i]), &unused));
}

static void test_zones(void **state)
{
	(void)state;
	int32_t zone_ms = 1;
	assert_true(civil_parse_zone(TEXT("Z"), &zone_ms));
	assert_int_equal(zone_ms, 0);
	assert_true(civil_parse_zone(TEXT("+08:00"), &zone_ms));
	assert_int_equal(zone_ms, CHINA_MS);
	assert_true(civil_parse_zone(TEXT("-03:30"), &zone_ms));
	assert_int_equal(zone_ms, -12600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day), cmocka_unit_test(test_months), cmocka_unit_test(test_before_1970), cmocka_unit_test(test_format_instant),
		cmocka_unit_test(test_parse_instant), cmocka_unit_test(test_refuse_instant), cmocka_unit_test(test_cut_instant),
		cmocka_unit_test(test_refuse_days_months_zones), cmocka_unit_test(test_zones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
