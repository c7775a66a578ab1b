// explain_test.c - how a due time is told is how it was counted. Source: rules.md, "counting days".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "explain.h"
#include "memory.h"

static struct policy policy;
static struct names *names;
static struct facts *facts;
static struct outcome *outcome;
static struct event event[8];

static int set_up(void **state)
{
	(void)state;
	policy_init_default(&policy);
	names = names_new();
	facts = memory_new(sizeof *facts);
	outcome = memory_new(sizeof *outcome);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(outcome);
	free(facts);
	names_free(names);
	policy_done(&policy);
	return 0;
}

static int64_t instant(const char *string)
{
	int64_t at_ms;
	assert_true(civil_parse_instant(text_of(string), &at_ms));
	return at_ms;
}

static int32_t day(const char *string)
{
	int32_t day;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

// A ticket received and dispatched; `more` events that are in event[2] and after come behind.
static void judge(enum kind kind, enum level level, const char *dispatched, uint32_t more)
{
	struct ticket ticket = { .count = 2 + more, .capacity = 8, .event = event };
	event[0] = event_of(EVENT_RECEIVED, instant(dispatched) - 1000);
	event[0].kind = (uint8_t)kind;
	event[0].level = (uint8_t)level;
	if (!event[1].type || event[1].type != EVENT_DISPATCHED)
		event[1] = event_of(EVENT_DISPATCHED, 0);
	event[1].at_ms = instant(dispatched);
	event[1].unit = names_intern(names, NAME_UNIT, TEXT("a"));
	assess(TEXT("1"), &ticket, &policy, instant("2024-12-31T00:00:00+08:00"), names, facts, outcome);
}

struct vector {
	const char *day;
	enum explain_mark mark;
	int32_t number;
};

static void check(const struct explain *explain, const struct vector *vector, size_t count)
{
	assert_int_equal(explain->last_day - explain->from_day + 1, count);
	for (size_t i = 0; i < count; i++) {
		int32_t number;
		enum explain_mark mark = explain_day(explain, day(vector[i].day), &number);
		if (mark != vector[i].mark || number != vector[i].number)
			fail_msg("%s: wanted mark %d number %d, got mark %d number %d", vector[i].day, vector[i].mark, vector[i].number, mark, number);
	}
}

// 5 working days from 2022-01-28 end on 2022-02-09: two make-up weekend days, the week of the Spring Festival.
static void test_working_days_over_the_spring_festival(void **state)
{
	static const struct vector vector[] = {
		{ "2022-01-28", EXPLAIN_FIRST, 0 },   { "2022-01-29", EXPLAIN_MAKE_UP, 1 }, { "2022-01-30", EXPLAIN_MAKE_UP, 2 }, { "2022-01-31", EXPLAIN_HOLIDAY, 0 },
		{ "2022-02-01", EXPLAIN_HOLIDAY, 0 }, { "2022-02-02", EXPLAIN_HOLIDAY, 0 }, { "2022-02-03", EXPLAIN_HOLIDAY, 0 }, { "2022-02-04", EXPLAIN_HOLIDAY, 0 },
		{ "2022-02-05", EXPLAIN_WEEKEND, 0 }, { "2022-02-06", EXPLAIN_WEEKEND, 0 }, { "2022-02-07", EXPLAIN_COUNTED, 3 }, { "2022-02-08", EXPLAIN_COUNTED, 4 },
		{ "2022-02-09", EXPLAIN_COUNTED, 5 },
	};
	struct explain explain;
	(void)state;
	judge(KIND_COMPLAINT, LEVEL_CITY, "2022-01-28T09:00:00+08:00", 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_WORKING);
	assert_string_equal(explain.term->rule, "due-city");
	check(&explain, vector, sizeof vector / sizeof *vector);
}

// 10 calendar days from 2022-01-22 end in the holiday and roll to 02-07.
static void test_calendar_days_that_roll(void **state)
{
	struct explain explain;
	int32_t number;
	(void)state;
	judge(KIND_COMPLAINT, LEVEL_PROVINCE, "2022-01-22T09:00:00+08:00", 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_CALENDAR);
	assert_int_equal(explain.counted_day, day("2022-02-01"));
	assert_int_equal(explain.last_day, day("2022-02-07"));
	assert_int_equal(explain_day(&explain, day("2022-01-29"), &number), EXPLAIN_COUNTED);
	assert_int_equal(number, 7);
	assert_int_equal(explain_day(&explain, day("2022-02-01"), &number), EXPLAIN_COUNTED);
	assert_int_equal(number, 10);
	assert_int_equal(explain_day(&explain, day("2022-02-02"), &number), EXPLAIN_HOLIDAY);
	assert_int_equal(explain_day(&explain, day("2022-02-05"), &number), EXPLAIN_WEEKEND);
	assert_int_equal(explain_day(&explain, day("2022-02-07"), &number), EXPLAIN_ROLLED);
	assert_int_equal(number, 0);
}

static void test_calendar_days_that_end_on_a_make_up_workday(void **state)
{
	struct explain explain;
	(void)state;
	judge(KIND_COMPLAINT, LEVEL_PROVINCE, "2022-01-20T09:00:00+08:00", 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.counted_day, explain.last_day);
	assert_int_equal(explain.last_day, day("2022-01-30"));
}

static void test_hours(void **state)
{
	struct explain explain;
	(void)state;
	policy.version[0].term[2].count = (struct count){ .number = 8, .unit = COUNT_HOURS };
	judge(KIND_COMPLAINT, LEVEL_CITY, "2024-03-05T09:00:00+08:00", 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_HOURS);
	assert_int_equal(explain.term->count.number, 8);
}

static void test_no_level_no_due_time(void **state)
{
	struct explain explain;
	(void)state;
	judge(KIND_COMPLAINT, LEVEL_NONE, "2024-03-05T09:00:00+08:00", 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_NONE);
	assert_null(explain.term);
}

static void test_given_by_the_source(void **state)
{
	struct explain explain;
	(void)state;
	event[1] = event_of(EVENT_DISPATCHED, 0);
	event[1].due_at_ms = instant("2024-03-06T12:00:00+08:00");
	judge(KIND_COMPLAINT, LEVEL_CITY, "2024-03-05T09:00:00+08:00", 0);
	event[1] = event_of(EVENT_RECEIVED, 0);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_GIVEN);
}

static void test_kept_from_the_first_leg(void **state)
{
	struct explain explain;
	(void)state;
	policy.version[0].redispatch_continues = true;
	event[2] = event_of(EVENT_RETURNED, instant("2024-03-06T09:00:00+08:00"));
	event[2].unit = names_intern(names, NAME_UNIT, TEXT("a"));
	event[3] = event_of(EVENT_DISPATCHED, instant("2024-03-07T09:00:00+08:00"));
	event[3].unit = names_intern(names, NAME_UNIT, TEXT("b"));
	judge(KIND_COMPLAINT, LEVEL_CITY, "2024-03-05T09:00:00+08:00", 2);
	explain_leg(facts, &facts->leg[0], &explain);
	assert_int_equal(explain.kind, EXPLAIN_WORKING);
	explain_leg(facts, &facts->leg[1], &explain);
	assert_int_equal(explain.kind, EXPLAIN_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_working_days_over_the_spring_festival, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_calendar_days_that_roll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_calendar_days_that_end_on_a_make_up_workday, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_level_no_due_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_by_the_source, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept_from_the_first_leg, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
