// policy_test.c - look-ups in a policy, and the policy of the bulletins.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "civil.h"
#include "policy.h"

static int32_t day_of(const char *string)
{
	int32_t day = 0;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

static void check_term(const struct policy_version *version, uint8_t kind, uint8_t level, const char *rule)
{
	const struct term *term = policy_term(version, kind, level, 0);
	if (rule)
		assert_string_equal(term ? term->rule : "none", rule);
	else
		assert_null(term);
}

// Every kind at every level. Source: rules.md, due-province, due-city, due-enquiry.
static void test_default_terms(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	for (uint8_t kind = KIND_NONE; kind < KIND_COUNT; kind++) {
		bool is_enquiry = kind == KIND_ENQUIRY || kind == KIND_SUGGESTION;
		const char *other = is_enquiry ? "due-enquiry" : "due-city";
		check_term(policy.version, kind, LEVEL_NONE, NULL);
		check_term(policy.version, kind, LEVEL_PROVINCE, kind == KIND_COMPLAINT ? "due-province" : other);
		check_term(policy.version, kind, LEVEL_CITY, other);
		check_term(policy.version, kind, LEVEL_DISTRICT, other);
	}
	policy_done(&policy);
	policy_done(NULL);
}

static void check_count(const struct count *count, int32_t number, enum count_unit unit)
{
	assert_int_equal(count->number, number);
	assert_int_equal(count->unit, unit);
	assert_int_equal(count->mode, COUNT_CIVIL);
	assert_true(count->roll);
	assert_int_equal(count->close_ms, 0);
}

// Source: rules.md, by the field's rule.
static void test_default_numbers(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	const struct policy_version *version = policy_version_at(&policy, 0);
	check_count(&policy_term(version, KIND_COMPLAINT, LEVEL_PROVINCE, 0)->count, 10, COUNT_CALENDAR_DAYS);
	check_count(&policy_term(version, KIND_COMPLAINT, LEVEL_CITY, 0)->count, 5, COUNT_WORKING_DAYS);
	check_count(&policy_term(version, KIND_ENQUIRY, LEVEL_CITY, 0)->count, 3, COUNT_WORKING_DAYS);
	assert_int_equal(policy.zone_ms, 8 * HOUR_MS);
	assert_ptr_equal(policy.calendar, calendar_cn());
	assert_int_equal(version->satisfaction.limit_e4, 9500);
	assert_int_equal(version->satisfaction.cases_min, 20);
	assert_int_equal(version->completion.limit_e4, 9500);
	assert_int_equal(version->completion.cases_min, 20);
	assert_int_equal(version->on_time.limit_e4, 10000);
	assert_int_equal(version->on_time.cases_min, 1);
	assert_int_equal(version->return_within_ms, 24 * HOUR_MS);
	assert_int_equal(version->low_stars, 3);
	assert_false(version->redispatch_continues);
	assert_false(version->reopen_continues);
	assert_int_equal(version->default_level, LEVEL_NONE);
	assert_true(version->rules_off == 0);
	assert_int_equal(strlen(policy.edition), 16);
	policy_done(&policy);
}

static void test_default_level(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	policy.version[0].default_level = LEVEL_PROVINCE;
	check_term(policy.version, KIND_COMPLAINT, LEVEL_NONE, "due-province");
	check_term(policy.version, KIND_COMPLAINT, LEVEL_CITY, "due-city");
	policy_done(&policy);
}

static void test_districts(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	policy.version[0].term_count = 1;
	policy.version[0].term[0].district = 7;
	assert_non_null(policy_term(policy.version, KIND_COMPLAINT, LEVEL_PROVINCE, 7));
	assert_null(policy_term(policy.version, KIND_COMPLAINT, LEVEL_PROVINCE, 8));
	assert_null(policy_term(policy.version, KIND_COMPLAINT, LEVEL_PROVINCE, 0));
	policy_done(&policy);
}

static void test_versions(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	policy.version_count = 3;
	policy.version[0].from_day = day_of("2020-01-01");
	policy.version[1].from_day = day_of("2024-01-01");
	policy.version[2].from_day = day_of("2024-01-02");
	assert_ptr_equal(policy_version_at(&policy, 0), &policy.version[0]);  // the first one holds for all days before it as well
	assert_ptr_equal(policy_version_at(&policy, day_of("2020-01-01")), &policy.version[0]);
	assert_ptr_equal(policy_version_at(&policy, day_of("2023-12-31")), &policy.version[0]);
	assert_ptr_equal(policy_version_at(&policy, day_of("2024-01-01")), &policy.version[1]);
	assert_ptr_equal(policy_version_at(&policy, day_of("2024-01-02")), &policy.version[2]);
	assert_ptr_equal(policy_version_at(&policy, day_of("2199-12-31")), &policy.version[2]);
	policy_done(&policy);
}

// Unit 3 twice with a gap between, unit 5 once, unit 4 never.
static void test_roster(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	policy.roster_count = 3;
	policy.roster = calloc(3, sizeof *policy.roster);
	assert_non_null(policy.roster);
	policy.roster[0] = (struct roster_unit){ .unit = 3, .from_day = 10, .to_day = 19 };
	policy.roster[1] = (struct roster_unit){ .unit = 3, .from_day = 30, .to_day = 39 };
	policy.roster[2] = (struct roster_unit){ .unit = 5, .from_day = 0, .to_day = 100 };
	policy.roster_index_count = 6;
	policy.roster_index = calloc(6, sizeof *policy.roster_index);
	assert_non_null(policy.roster_index);
	policy.roster_index[3] = 1;
	policy.roster_index[5] = 3;
	assert_null(policy_unit(&policy, 3, 9));
	assert_ptr_equal(policy_unit(&policy, 3, 10), &policy.roster[0]);
	assert_ptr_equal(policy_unit(&policy, 3, 19), &policy.roster[0]);
	assert_null(policy_unit(&policy, 3, 20));
	assert_null(policy_unit(&policy, 3, 29));
	assert_ptr_equal(policy_unit(&policy, 3, 30), &policy.roster[1]);
	assert_ptr_equal(policy_unit(&policy, 3, 39), &policy.roster[1]);
	assert_null(policy_unit(&policy, 3, 40));
	assert_ptr_equal(policy_unit(&policy, 5, 100), &policy.roster[2]);
	assert_null(policy_unit(&policy, 5, 101));
	assert_null(policy_unit(&policy, 4, 10));
	assert_null(policy_unit(&policy, 0, 10));
	assert_null(policy_unit(&policy, 6, 10));  // a name that came after the policy
	policy_done(&policy);
	assert_null(policy_unit(&policy, 3, 10));
	policy_done(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_terms), cmocka_unit_test(test_default_numbers), cmocka_unit_test(test_default_level), cmocka_unit_test(test_districts),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_roster),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
