// calendar_test.c - working days and deadlines. The vectors are those of rules.md, "counting days".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "calendar.h"
#include "civil.h"

enum { CHINA_MS = 8 * 3600 * 1000, LAST_DAY = 84005 };

static int32_t day_of(const char *string)
{
	int32_t day = 0;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

static int64_t at(const char *string)
{
	int64_t at_ms = 0;
	assert_true(civil_parse_instant(text_of(string), &at_ms));
	return at_ms;
}

static void check_due(const struct calendar *calendar, struct count count, const char *from, const char *due, bool is_covered)
{
	char string[CIVIL_INSTANT_BYTES];
	bool covered = !is_covered;
	civil_format_instant(calendar_due_at_ms(calendar, &count, at(from), CHINA_MS, &covered), CHINA_MS, string);
	assert_string_equal(string, due);
	assert_int_equal(covered, is_covered);
}

static struct count working(int32_t number)
{
	return (struct count){ .number = number, .unit = COUNT_WORKING_DAYS, .mode = COUNT_CIVIL, .roll = true };
}

static struct count natural(int32_t number)
{
	return (struct count){ .number = number, .unit = COUNT_CALENDAR_DAYS, .mode = COUNT_CIVIL, .roll = true };
}

static struct count hours(int32_t number)
{
	return (struct count){ .number = number, .unit = COUNT_HOURS };
}

// Source: rules.md, "counting days".
static void test_vectors(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	check_due(cn, working(5), "2022-01-28T10:00:00+08:00", "2022-02-09T23:59:59.999+08:00", true);
	check_due(cn, natural(10), "2022-01-20T10:00:00+08:00", "2022-01-30T23:59:59.999+08:00", true);
	check_due(cn, natural(10), "2022-01-22T10:00:00+08:00", "2022-02-07T23:59:59.999+08:00", true);
	check_due(cn, natural(10), "2024-02-08T10:00:00+08:00", "2024-02-18T23:59:59.999+08:00", true);
	assert_int_equal(civil_weekday(day_of("2022-01-30")), 0);
	assert_int_equal(civil_weekday(day_of("2024-02-18")), 0);
}

// The day of dispatch is the same from its first to its last millisecond.
static void test_day_boundaries(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	check_due(cn, working(3), "2024-03-05T00:00:00+08:00", "2024-03-08T23:59:59.999+08:00", true);
	check_due(cn, working(3), "2024-03-05T23:59:59.999+08:00", "2024-03-08T23:59:59.999+08:00", true);
	check_due(cn, working(3), "2024-03-06T00:00:00+08:00", "2024-03-11T23:59:59.999+08:00", true);
	check_due(cn, working(3), "2024-03-05T15:59:59.999Z", "2024-03-08T23:59:59.999+08:00", true);
	check_due(cn, working(3), "2024-03-05T16:00:00Z", "2024-03-11T23:59:59.999+08:00", true);
	check_due(cn, working(1), "2024-03-09T12:00:00+08:00", "2024-03-11T23:59:59.999+08:00", true);  // from a Saturday
	check_due(cn, natural(1), "2024-03-07T12:00:00+08:00", "2024-03-08T23:59:59.999+08:00", true);
	check_due(cn, natural(1), "2024-03-08T12:00:00+08:00", "2024-03-11T23:59:59.999+08:00", true);  // rolls over the weekend
}

static void test_roll(void **state)
{
	(void)state;
	struct count count = natural(10);
	count.roll = false;
	check_due(calendar_cn(), count, "2022-01-22T10:00:00+08:00", "2022-02-01T23:59:59.999+08:00", true);
	count = natural(7);  // make-up Saturday 2024-02-04 was a Sunday that was worked: no roll
	check_due(calendar_cn(), count, "2024-01-28T10:00:00+08:00", "2024-02-04T23:59:59.999+08:00", true);
}

static void test_leap_day_and_year_ends(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	check_due(cn, natural(1), "2024-02-28T10:00:00+08:00", "2024-02-29T23:59:59.999+08:00", true);
	check_due(cn, natural(1), "2024-02-29T10:00:00+08:00", "2024-03-01T23:59:59.999+08:00", true);
	check_due(cn, natural(366), "2024-01-02T10:00:00+08:00", "2025-01-02T23:59:59.999+08:00", true);
	check_due(cn, working(1), "2023-12-29T10:00:00+08:00", "2024-01-02T23:59:59.999+08:00", true);  // Friday, weekend, New Year's Monday
	check_due(cn, working(1), "2024-12-31T10:00:00+08:00", "2025-01-02T23:59:59.999+08:00", true);
	check_due(cn, natural(1), "2024-12-31T10:00:00+08:00", "2025-01-02T23:59:59.999+08:00", true);
}

static void test_hours(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	check_due(cn, hours(24), "2024-02-09T10:00:00+08:00", "2024-02-10T10:00:00+08:00", true);  // holidays do not stop the clock
	check_due(cn, hours(1), "2024-12-31T23:30:00.001+08:00", "2025-01-01T00:30:00.001+08:00", true);
	check_due(cn, hours(24), "2199-01-01T00:00:00+08:00", "2199-01-02T00:00:00+08:00", true);
	check_due(cn, hours(COUNT_NUMBER_MAX), "2024-01-01T00:00:00+08:00", "2025-02-20T16:00:00+08:00", true);
}

static void test_clock(void **state)
{
	(void)state;
	struct count count = working(5);
	count.mode = COUNT_CLOCK;
	count.close_ms = (int32_t)(17 * HOUR_MS);
	check_due(calendar_cn(), count, "2022-01-28T10:15:30.123+08:00", "2022-02-09T10:15:30.123+08:00", true);
	count.unit = COUNT_CALENDAR_DAYS;
	check_due(calendar_cn(), count, "2022-01-28T23:59:59.999+08:00", "2022-02-02T23:59:59.999+08:00", true);  // a holiday: the clock does not roll
}

static void test_close_of_business(void **state)
{
	(void)state;
	struct count count = working(1);
	count.close_ms = (int32_t)(17 * HOUR_MS + 30 * MINUTE_MS);
	check_due(calendar_cn(), count, "2024-03-05T23:00:00+08:00", "2024-03-06T17:30:00+08:00", true);
	count.close_ms = (int32_t)DAY_MS;
	check_due(calendar_cn(), count, "2024-03-05T23:00:00+08:00", "2024-03-06T23:59:59.999+08:00", true);
	count = natural(4);
	count.close_ms = (int32_t)(17 * HOUR_MS);
	check_due(calendar_cn(), count, "2024-03-05T23:00:00+08:00", "2024-03-11T17:00:00+08:00", true);
}

static struct calendar *calendar_2024(void)
{
	const struct calendar_exception exception[] = {
		{ day_of("2024-02-12"), false }, { day_of("2024-02-12"), true }, { day_of("2024-02-12"), false },  // of one day the last holds
		{ day_of("2024-02-18"), true }, { day_of("2023-12-29"), false }, { day_of("2025-01-02"), false },  // the last two lie outside
	};
	struct calendar *calendar = calendar_new(2024, 2024, exception, sizeof exception / sizeof *exception);
	assert_non_null(calendar);
	return calendar;
}

// Where the table ends plain weekdays count, and whoever asks is told.
static void test_coverage(void **state)
{
	(void)state;
	struct calendar *calendar = calendar_2024();
	assert_false(calendar_covers(calendar, day_of("2023-12-31")));
	assert_true(calendar_covers(calendar, day_of("2024-01-01")));
	assert_true(calendar_covers(calendar, day_of("2024-12-31")));
	assert_false(calendar_covers(calendar, day_of("2025-01-01")));

	check_due(calendar, working(1), "2023-12-30T10:00:00+08:00", "2024-01-01T23:59:59.999+08:00", false);  // looks at Sunday the 31st
	check_due(calendar, working(1), "2023-12-31T10:00:00+08:00", "2024-01-01T23:59:59.999+08:00", true);   // and here at the 1st alone
	check_due(calendar, working(1), "2024-12-30T10:00:00+08:00", "2024-12-31T23:59:59.999+08:00", true);
	check_due(calendar, working(1), "2024-12-31T10:00:00+08:00", "2025-01-01T23:59:59.999+08:00", false);
	check_due(calendar, working(3), "2024-12-30T10:00:00+08:00", "2025-01-02T23:59:59.999+08:00", false);
	check_due(calendar, natural(1), "2024-12-30T10:00:00+08:00", "2024-12-31T23:59:59.999+08:00", true);
	check_due(calendar, natural(2), "2024-12-30T10:00:00+08:00", "2025-01-01T23:59:59.999+08:00", false);
	check_due(calendar, natural(1), "2023-12-28T10:00:00+08:00", "2023-12-29T23:59:59.999+08:00", false);
	check_due(calendar, hours(24), "2025-06-01T10:00:00+08:00", "2025-06-02T10:00:00+08:00", true);
	struct count count = natural(2);
	count.roll = false;
	check_due(calendar, count, "2024-12-30T10:00:00+08:00", "2025-01-01T23:59:59.999+08:00", true);  // looks at no day's kind
	calendar_free(calendar);
	calendar_free(NULL);
}

static void test_exceptions(void **state)
{
	(void)state;
	struct calendar *calendar = calendar_2024();
	assert_false(calendar_is_working(calendar, day_of("2024-02-12")));
	assert_true(calendar_is_working(calendar, day_of("2024-02-18")));
	assert_true(calendar_is_working(calendar, day_of("2023-12-29")));
	assert_true(calendar_is_working(calendar, day_of("2025-01-02")));
	calendar_free(calendar);
}

// Both look-ups against counting one day after the other, in, before and after the table.
static void check_by_hand(const struct calendar *calendar, int32_t from, int32_t to)
{
	int32_t working_day[4096], count = 0;
	for (int32_t day = from; day <= to + 40; day++)
		if (calendar_is_working(calendar, day))
			working_day[count++] = day;
	int32_t next = 0;
	for (int32_t day = from; day <= to; day++) {
		while (working_day[next] < day)
			next++;
		assert_int_equal(calendar_next_working(calendar, day), working_day[next]);
		int32_t after = working_day[next] == day ? next + 1 : next;
		for (int32_t number = 1; number <= 15 && after + number <= count; number++) {
			assert_int_equal(calendar_add_working(calendar, day, number), working_day[after + number - 1]);
			assert_int_equal(calendar_count_working(calendar, day, working_day[after + number - 1]), number);
			assert_int_equal(calendar_count_working(calendar, working_day[after + number - 1], day), -number);
		}
	}
}

static void test_against_counting(void **state)
{
	(void)state;
	check_by_hand(calendar_cn(), day_of("2018-06-01"), day_of("2027-06-01"));
	check_by_hand(calendar_cn(), day_of("1970-01-01"), day_of("1980-01-01"));
	check_by_hand(calendar_cn(), day_of("2190-01-01"), day_of("2199-11-01"));
	struct calendar *calendar = calendar_2024();
	check_by_hand(calendar, day_of("2023-01-01"), day_of("2025-12-31"));
	calendar_free(calendar);
}

// Outside the table a day is a working day exactly when it is a weekday, over the whole range of time.
static void test_weekdays_outside(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	for (int32_t day = -1000; day <= LAST_DAY + 1000; day++)
		if (!calendar_covers(cn, day))
			assert_int_equal(calendar_is_working(cn, day), civil_weekday(day) != 0 && civil_weekday(day) != 6);
}

static void test_long_counts(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	for (int32_t day = day_of("1975-01-01"); day < day_of("2030-01-01"); day += 97) {
		int32_t last = calendar_add_working(cn, day, COUNT_NUMBER_MAX);
		assert_true(calendar_is_working(cn, last));
		assert_int_equal(calendar_count_working(cn, day, last), COUNT_NUMBER_MAX);
	}
}

// Known days of the published table. Source: the State Council's notices.
static void test_cn(void **state)
{
	(void)state;
	const struct calendar *cn = calendar_cn();
	static const struct {
		const char *day;
		bool is_working;
	} days[] = {
		{ "2019-05-02", false }, { "2019-05-05", true }, { "2020-01-31", false }, { "2020-02-03", true }, { "2022-01-29", true }, { "2022-01-30", true },
		{ "2022-01-31", false }, { "2022-02-06", false }, { "2022-02-07", true }, { "2024-02-04", true }, { "2024-02-09", true }, { "2024-02-16", false },
		{ "2024-02-18", true }, { "2025-01-26", true }, { "2025-01-28", false }, { "2026-01-02", false }, { "2026-01-04", true },
	};
	for (size_t i = 0; i < sizeof days / sizeof *days; i++)
		if (calendar_is_working(cn, day_of(days[i].day)) != days[i].is_working)
			fail_msg("%s should be %s", days[i].day, days[i].is_working ? "a working day" : "free");
	assert_int_equal(calendar_first_day(cn), day_of("2019-01-01"));
	assert_ptr_equal(cn, calendar_cn());
}

// The hash is of what is known about days, however it was said.
static void test_hash(void **state)
{
	(void)state;
	const struct calendar_exception one[] = { { day_of("2024-02-12"), false } };
	const struct calendar_exception same[] = { { day_of("2024-02-11"), false }, { day_of("2024-02-12"), false } };  // the 11th is a Sunday
	struct calendar *a = calendar_new(2024, 2024, one, 1), *b = calendar_new(2024, 2024, same, 2), *c = calendar_new(2024, 2024, NULL, 0);
	assert_true(calendar_hash(a) == calendar_hash(b));
	assert_true(calendar_hash(a) != calendar_hash(c));
	assert_true(calendar_hash(a) != calendar_hash(calendar_cn()));
	calendar_free(a);
	calendar_free(b);
	calendar_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_day_boundaries), cmocka_unit_test(test_roll), cmocka_unit_test(test_leap_day_and_year_ends),
		cmocka_unit_test(test_hours), cmocka_unit_test(test_clock), cmocka_unit_test(test_close_of_business), cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_exceptions), cmocka_unit_test(test_against_counting), cmocka_unit_test(test_weekdays_outside),
		cmocka_unit_test(test_long_counts), cmocka_unit_test(test_cn), cmocka_unit_test(test_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
