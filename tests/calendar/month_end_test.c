// month_end_test.c - the looks of a month's end, on both sides of each day.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "civil.h"
#include "month_end.h"

static struct policy policy;

static int32_t day(int year, int month, int of_month)
{
	return civil_to_day((struct civil){ year, month, of_month });
}

static void assert_look(int year, int month, int32_t at_day, uint32_t look, uint32_t working_days)
{
	uint32_t is_days = 99;
	assert_int_equal(month_end_look(&policy, year * 12 + month - 1, at_day, &is_days), look);
	if (look)
		assert_int_equal(is_days, working_days);
}

// 2024-03-31 is a Sunday.
static void looks_begin_on_their_day(void **state)
{
	(void)state;
	assert_look(2024, 3, day(2024, 3, 23), 0, 0);
	assert_look(2024, 3, day(2024, 3, 24), 1, 5);
	assert_look(2024, 3, day(2024, 3, 25), 1, 5);
	assert_look(2024, 3, day(2024, 3, 26), 2, 3);
	assert_look(2024, 3, day(2024, 3, 28), 3, 1);
	assert_look(2024, 3, day(2024, 3, 31), 3, 1);
	assert_look(2024, 3, day(2024, 4, 1), 4, 0);
	assert_look(2024, 3, day(2025, 1, 1), 4, 0);
}

// Make-up Sunday 2024-02-18 is worked; the leap day is the last.
static void a_leap_month_ends_on_its_29th(void **state)
{
	(void)state;
	assert_look(2024, 2, day(2024, 2, 21), 0, 0);
	assert_look(2024, 2, day(2024, 2, 22), 1, 5);
	assert_look(2024, 2, day(2024, 2, 28), 3, 1);
	assert_look(2024, 2, day(2024, 2, 29), 3, 1);
	assert_look(2024, 2, day(2024, 3, 1), 4, 0);
}

static void what_the_policy_says_first_may_leave_looks_out(void **state)
{
	(void)state;
	policy.version[0].month_end_days = 2;
	assert_look(2024, 3, day(2024, 3, 26), 0, 0);
	assert_look(2024, 3, day(2024, 3, 27), 1, 2);
	assert_look(2024, 3, day(2024, 3, 28), 3, 1);
	policy.version[0].month_end_days = 5;
}

static void a_clock_that_jumps_passes_looks(void **state)
{
	(void)state;
	assert_false(month_end_is_between(&policy, day(2024, 3, 1), day(2024, 3, 23)));
	assert_true(month_end_is_between(&policy, day(2024, 3, 1), day(2024, 3, 24)));
	assert_false(month_end_is_between(&policy, day(2024, 3, 24), day(2024, 3, 25)));
	assert_true(month_end_is_between(&policy, day(2024, 3, 31), day(2024, 4, 1)));
	assert_false(month_end_is_between(&policy, day(2024, 4, 1), day(2024, 4, 2)));
	assert_true(month_end_is_between(&policy, day(2023, 3, 2), day(2024, 3, 2)));
}

static int set_up(void **state)
{
	(void)state;
	policy_init_default(&policy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_begin_on_their_day),
		cmocka_unit_test(a_leap_month_ends_on_its_29th),
		cmocka_unit_test(what_the_policy_says_first_may_leave_looks_out),
		cmocka_unit_test(a_clock_that_jumps_passes_looks),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
