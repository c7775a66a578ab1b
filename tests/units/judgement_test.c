// judgement_test.c - the floors of a unit's month, and what is said of them when they are judged again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "judgement.h"
#include "memory.h"

enum { MARCH = 2024 * 12 + 2 };
#define MARCH_10_MS INT64_C(1710000000000)
#define APRIL_1_MS INT64_C(1711900800000)  // 2024-04-01T00:00:00+08:00
#define SATISFACTION "floors/2024-03/satisfaction"

static struct policy policy;
static struct names *names;
static struct outcome *outcome;
static struct judgement_change change[JUDGEMENT_CHANGES_MAX];

static int set_up(void **state)
{
	(void)state;
	policy_init_default(&policy);
	for (uint32_t i = 0; i < rule_count; i++)  // the floors alone
		if (rules[i] != &rule_floors)
			policy.version[0].rules_off |= UINT64_C(1) << i;
	names = names_new();
	outcome = memory_new(sizeof *outcome);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(outcome);
	names_free(names);
	policy_done(&policy);
	return 0;
}

static struct month_facts facts_of(const char *dimension, const struct counters *total, int64_t clock_ms)
{
	return (struct month_facts){
		.policy = &policy,
		.version = policy_version_at(&policy, civil_month_first_day(MARCH)),
		.names = names,
		.dimension = names_intern_dimension(names, text_of(dimension)),
		.month = MARCH,
		.clock_ms = clock_ms,
		.total = total,
	};
}

static size_t diff(const struct counters *total, int64_t clock_ms, const struct judgement *stored, size_t stored_count, const struct judgement *published,
	size_t published_count)
{
	struct month_facts facts = facts_of("unit/U", total, clock_ms);
	judgement_judge(&facts, outcome);
	return judgement_diff(stored, stored_count, published, published_count, &facts, outcome, change);
}

static struct counters rated(uint64_t satisfied, uint64_t dissatisfied)
{
	struct counters counters = { { 0 } };
	counters.n[COUNTER_SATISFIED] = satisfied;
	counters.n[COUNTER_DISSATISFIED] = dissatisfied;
	return counters;
}

static struct judgement judgement(const char *field, enum alert_state state, int64_t at_ms)
{
	struct judgement j = { .state = (uint8_t)state, .severity = SEVERITY_WARNING, .at_ms = at_ms, .revision = 7 };
	memcpy(j.field, field, strlen(field) + 1);
	return j;
}

static void satisfaction_fires_below_95_percent_from_20_cases_on(void **state)
{
	(void)state;
	static const struct {
		uint64_t satisfied, dissatisfied;
		size_t fires;
	} cases[] = {
		{ 19, 1, 0 },    // 95.00 % is not below
		{ 18, 2, 1 },    // 90.00 %
		{ 37, 2, 1 },    // 94.87 %
		{ 38, 2, 0 },    // 95.00 %
		{ 0, 19, 0 },    // 19 cases are too few
		{ 0, 20, 1 },
		{ 18, 1, 0 },
		{ 949999, 50001, 1 },
		{ 950000, 50000, 0 },
		{ 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct counters total = rated(cases[i].satisfied, cases[i].dissatisfied);
		assert_int_equal(diff(&total, MARCH_10_MS, NULL, 0, NULL, 0), cases[i].fires);
		if (cases[i].fires)
			assert_string_equal(change[0].now.field, SATISFACTION);
	}
}

static void on_time_fires_from_the_first_overdue(void **state)
{
	(void)state;
	struct counters total = { { 0 } };
	total.n[COUNTER_RESOLVED_ON_TIME] = 100;
	assert_int_equal(diff(&total, MARCH_10_MS, NULL, 0, NULL, 0), 0);
	total.n[COUNTER_OVERDUE] = 1;
	assert_int_equal(diff(&total, MARCH_10_MS, NULL, 0, NULL, 0), 1);
	assert_string_equal(change[0].now.field, "floors/2024-03/on_time");
}

static void completion_is_judged_when_the_month_is_over(void **state)
{
	(void)state;
	struct counters total = { { 0 } };
	total.n[COUNTER_DISPATCHED] = 20;
	total.n[COUNTER_COMPLETED] = 18;
	assert_int_equal(diff(&total, APRIL_1_MS - 1, NULL, 0, NULL, 0), 0);
	assert_int_equal(diff(&total, APRIL_1_MS, NULL, 0, NULL, 0), 1);
	assert_string_equal(change[0].now.field, "floors/2024-03/completion");
	total.n[COUNTER_COMPLETED] = 19;
	assert_int_equal(diff(&total, APRIL_1_MS, NULL, 0, NULL, 0), 0);
}

static void completion_is_judged_on_what_is_due_while_the_month_runs(void **state)
{
	(void)state;
	static const struct {
		uint64_t completed, open_overdue;
		bool fires;
	} cases[] = { { 19, 0, false }, { 20, 0, false }, { 18, 1, false }, { 19, 1, false }, { 18, 2, true }, { 38, 2, false }, { 37, 2, true }, { 0, 19, false }, { 0, 20, true } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct counters total = { { 0 } };
		total.n[COUNTER_DISPATCHED] = 1000;  // the others are not due
		total.n[COUNTER_COMPLETED] = cases[i].completed;
		total.n[COUNTER_OPEN_OVERDUE] = cases[i].open_overdue;
		assert_int_equal(diff(&total, MARCH_10_MS, NULL, 0, NULL, 0), cases[i].fires);
		if (cases[i].fires)
			assert_string_equal(change[0].now.field, "floors/2024-03/completion");
	}
}

static void a_rule_that_is_off_says_nothing_and_resolves_what_fired(void **state)
{
	(void)state;
	struct counters total = rated(10, 10);
	struct judgement stored = judgement(SATISFACTION, ALERT_FIRING, 5);
	policy.version[0].rules_off |= UINT64_C(1) << rule_number(&rule_floors);
	assert_int_equal(diff(&total, MARCH_10_MS, NULL, 0, NULL, 0), 0);
	assert_int_equal(diff(&total, MARCH_10_MS, &stored, 1, NULL, 0), 1);
	assert_int_equal(change[0].now.state, ALERT_RESOLVED);
	policy.version[0].rules_off &= ~(UINT64_C(1) << rule_number(&rule_floors));
}

static void only_units_have_floors(void **state)
{
	(void)state;
	struct counters total = rated(0, 20);
	struct month_facts facts = facts_of("district/D", &total, MARCH_10_MS);
	judgement_judge(&facts, outcome);
	assert_int_equal(outcome->alert_count, 0);
}

static void what_is_as_before_is_no_change(void **state)
{
	(void)state;
	struct counters below = rated(10, 10), above = rated(20, 0);
	struct judgement firing = judgement(SATISFACTION, ALERT_FIRING, 5), resolved = judgement(SATISFACTION, ALERT_RESOLVED, 5);
	assert_int_equal(diff(&below, MARCH_10_MS, &firing, 1, NULL, 0), 0);
	assert_int_equal(diff(&above, MARCH_10_MS, &resolved, 1, NULL, 0), 0);
	assert_int_equal(diff(&above, MARCH_10_MS, NULL, 0, NULL, 0), 0);
}

static void a_crossing_is_told_with_its_instant_and_recovery_keeps_it(void **state)
{
	(void)state;
	struct counters below = rated(10, 10), above = rated(20, 0);
	struct judgement firing = judgement(SATISFACTION, ALERT_FIRING, 5), resolved = judgement(SATISFACTION, ALERT_RESOLVED, 5);
	assert_int_equal(diff(&below, MARCH_10_MS, NULL, 0, NULL, 0), 1);
	assert_int_equal(change[0].now.state, ALERT_FIRING);
	assert_int_equal(change[0].now.at_ms, MARCH_10_MS);
	assert_non_null(change[0].alert);
	assert_int_equal(diff(&above, MARCH_10_MS, &firing, 1, NULL, 0), 1);
	assert_int_equal(change[0].now.state, ALERT_RESOLVED);
	assert_int_equal(change[0].now.at_ms, 5);
	assert_int_equal(diff(&below, MARCH_10_MS, &resolved, 1, NULL, 0), 1);
	assert_int_equal(change[0].now.state, ALERT_FIRING);
	assert_int_equal(change[0].now.at_ms, MARCH_10_MS);
}

static void other_months_and_unknown_rules_are_left_alone(void **state)
{
	(void)state;
	struct counters above = rated(20, 0);
	struct judgement stored[] = {
		judgement("floors/2024-02/satisfaction", ALERT_FIRING, 5),
		judgement("of-a-newer-version/2024-03", ALERT_FIRING, 5),
		judgement("overdue/2024-03/x", ALERT_FIRING, 5),
	};
	assert_int_equal(diff(&above, MARCH_10_MS, stored, 3, stored, 3), 0);
}

static void what_readers_believe_is_set_right(void **state)
{
	(void)state;
	struct counters below = rated(10, 10), above = rated(20, 0);
	struct judgement firing = judgement(SATISFACTION, ALERT_FIRING, 5), resolved = judgement(SATISFACTION, ALERT_RESOLVED, 5),
		retracted = judgement(SATISFACTION, ALERT_RETRACTED, 5);
	assert_int_equal(diff(&above, MARCH_10_MS, NULL, 0, &firing, 1), 1);  // the store forgot it, and it does not fire
	assert_int_equal(change[0].now.state, ALERT_RETRACTED);
	assert_int_equal(diff(&below, MARCH_10_MS, NULL, 0, &firing, 1), 1);  // the store forgot it, and it fires
	assert_int_equal(change[0].now.state, ALERT_FIRING);
	assert_int_equal(change[0].now.at_ms, 5);
	assert_int_equal(diff(&below, MARCH_10_MS, NULL, 0, &resolved, 1), 1);  // and it fires anew, since now
	assert_int_equal(change[0].now.at_ms, MARCH_10_MS);
	assert_int_equal(diff(&above, MARCH_10_MS, &resolved, 1, &firing, 1), 1);
	assert_int_equal(change[0].now.state, ALERT_RESOLVED);
	assert_int_equal(diff(&below, MARCH_10_MS, &firing, 1, &resolved, 1), 1);
	assert_int_equal(change[0].now.state, ALERT_FIRING);
	assert_non_null(change[0].alert);
	assert_int_equal(diff(&above, MARCH_10_MS, &firing, 1, &firing, 1), 1);  // changes now anyway, once
	assert_int_equal(change[0].now.state, ALERT_RESOLVED);
	assert_int_equal(diff(&above, MARCH_10_MS, &resolved, 1, &resolved, 1), 0);
	assert_int_equal(diff(&above, MARCH_10_MS, NULL, 0, &retracted, 1), 0);
	assert_int_equal(diff(&below, MARCH_10_MS, &firing, 1, &firing, 1), 0);
}

static void a_judgement_is_stored_and_read(void **state)
{
	(void)state;
	struct error error;
	struct judgement in = judgement(SATISFACTION, ALERT_FIRING, 1709600000000), out;
	char value[JUDGEMENT_VALUE_BYTES];
	in.revision = 1709600000000123;
	judgement_format(&in, value);
	assert_string_equal(value, "state=firing severity=warning at=1709600000000 revision=1709600000000123");
	assert_int_equal(judgement_parse(TEXT(SATISFACTION), text_of(value), &out, &error), OK);
	assert_int_equal(out.state, ALERT_FIRING);
	assert_int_equal(out.at_ms, in.at_ms);
	assert_int_equal(out.revision, in.revision);
	static const char *const bad[] = { "", "state=firing", "state=fired severity=warning at=1 revision=1", "state=firing severity=none at=1 revision=1",
		"state=firing severity=warning at=x revision=1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(judgement_parse(TEXT(SATISFACTION), text_of(bad[i]), &out, &error), FATAL);
}

static void an_id_names_the_dimension_and_gives_the_field_back(void **state)
{
	(void)state;
	char id[ALERT_ID_BYTES_MAX], field[JUDGEMENT_FIELD_BYTES];
	int32_t month;
	assert_int_not_equal(judgement_id(TEXT("unit/U"), SATISFACTION, id), 0);
	assert_string_equal(id, "floors/unit/U/2024-03/satisfaction");
	assert_true(judgement_field_of_id(text_of(id), TEXT("unit/U"), field));
	assert_string_equal(field, SATISFACTION);
	assert_true(judgement_month(text_of(field), &month));
	assert_int_equal(month, MARCH);
	assert_false(judgement_field_of_id(text_of(id), TEXT("unit/V"), field));
	assert_false(judgement_field_of_id(TEXT("floors/unit/U"), TEXT("unit/U"), field));
	assert_false(judgement_field_of_id(TEXT("overdue/8213631/U/2024-03-05T16:00:00+08:00"), TEXT(""), field));
	static const char *const bad[] = { "", "floors", "floors/", "floors/2024-13/x", "floors/2024-031", "floors/satisfaction" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(judgement_month(text_of(bad[i]), &month));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(satisfaction_fires_below_95_percent_from_20_cases_on),
		cmocka_unit_test(on_time_fires_from_the_first_overdue),
		cmocka_unit_test(completion_is_judged_when_the_month_is_over),
		cmocka_unit_test(completion_is_judged_on_what_is_due_while_the_month_runs),
		cmocka_unit_test(a_rule_that_is_off_says_nothing_and_resolves_what_fired),
		cmocka_unit_test(only_units_have_floors),
		cmocka_unit_test(what_is_as_before_is_no_change),
		cmocka_unit_test(a_crossing_is_told_with_its_instant_and_recovery_keeps_it),
		cmocka_unit_test(other_months_and_unknown_rules_are_left_alone),
		cmocka_unit_test(what_readers_believe_is_set_right),
		cmocka_unit_test(a_judgement_is_stored_and_read),
		cmocka_unit_test(an_id_names_the_dimension_and_gives_the_field_back),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
