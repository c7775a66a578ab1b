// policy_text_test.c - the canonical text: loaded again it is the same policy, and what does not matter does not show in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "civil.h"
#include "policy_file.h"
#include "policy_text.h"
#include "rule.h"

static void load(const char *text, struct names *names, struct policy *ret_policy)
{
	struct error error = { 0 };
	if (policy_load_text(text_of(text), "p.yaml", names, ret_policy, &error) != OK)
		fail_msg("%s in %s", error.text, text);
}

#define ALL \
	"zone: \"-03:30\"\n" \
	"calendar: {base: cn, years: {2027: {holidays: [2027-01-01], workdays: [2027-02-20]}}}\n" \
	"versions:\n" \
	"  - default_level: district\n" \
	"    redispatch: continue\n" \
	"    reopen: continue\n" \
	"    return_within: 1d1h1m\n" \
	"    low_stars: 1\n" \
	"    excellent_stars: 2\n" \
	"    due_warnings: [0.01 %, 99.99 %, 90m]\n" \
	"    working_hours: {from: \"00:00\", to: \"24:00\"}\n" \
	"    floors: {satisfaction: {limit: 1 %, from_cases: 2}, completion: {limit: 3 %, from_cases: 4}, on_time: {limit: 5 %, from_cases: 6}}\n" \
	"    terms:\n" \
	"      - {rule: a, kinds: [praise, other], levels: district, district: \"兴隆台区\", within: 1 working day, count: clock}\n" \
	"      - {rule: b, within: 48 hours}\n" \
	"      - {rule: c, within: 3 calendar days, roll: false, close_of_business: \"17:30\"}\n" \
	"  - {from: 2024-02-29, due_warnings: [], terms: [], rules: {overdue: off}}\n" \
	"roster:\n" \
	"  - {id: b, name: \"a \\\"quoted\\\" \\\\ name: # 住建局 \\u2028\\uFEFF\\u0085\", district: 兴隆台区, group: 基层, duty: yes, to: 2023-12-31}\n" \
	"  - {id: a, from: 2024-01-01}\n"

// There and back: the same text, and so the same edition, also with other numbers for the names.
static void test_round_trip(void **state)
{
	(void)state;
	struct names *names = names_new(), *others = names_new();
	struct policy policy, again;
	size_t size, size_again;
	load(ALL, names, &policy);
	char *text = policy_canonical(&policy, names, &size);
	assert_int_equal(size, strlen(text));
	names_intern(others, NAME_UNIT, TEXT("z"));
	names_intern(others, NAME_UNIT, TEXT("b"));
	load(text, others, &again);
	char *text_again = policy_canonical(&again, others, &size_again);
	assert_string_equal(text, text_again);
	assert_string_equal(policy.edition, again.edition);

	assert_int_equal(again.zone_ms, -12600000);
	assert_int_equal(again.version_count, 2);
	assert_int_equal(again.version[0].return_within_ms, 25 * HOUR_MS + MINUTE_MS);
	assert_int_equal(again.version[0].warning_e4[0], 1);
	assert_int_equal(again.version[0].term[0].count.mode, COUNT_CLOCK);
	assert_int_equal(again.version[0].term[2].count.close_ms, 17 * HOUR_MS + 30 * MINUTE_MS);
	assert_int_equal(again.version[1].term_count, 0);
	assert_int_equal(again.version[1].warning_count, 0);
	assert_true(again.version[1].rules_off >> rule_number(&rule_overdue) & 1);
	assert_true(calendar_hash(again.calendar) == calendar_hash(policy.calendar));
	const struct roster_unit *unit = policy_unit(&again, names_find(others, NAME_UNIT, TEXT("b")), 0);
	assert_string_equal(unit->name, "a \"quoted\" \\ name: # 住建局 \u2028\uFEFF\xc2\x85");
	assert_true(unit->has_duty);
	free(text);
	free(text_again);
	policy_done(&policy);
	policy_done(&again);
	names_free(names);
	names_free(others);
}

// The text names its own days: a program whose table of holidays has grown judges by it as before.
static void test_calendar_is_written_out(void **state)
{
	(void)state;
	struct policy policy, again;
	size_t size;
	struct names *names = names_new();
	policy_init_default(&policy);
	char *text = policy_canonical(&policy, NULL, &size);
	assert_null(strstr(text, "base: cn"));
	assert_non_null(strstr(text, "2022-01-29, 2022-01-30"));
	load(text, names, &again);
	assert_non_null(again.own_calendar);
	assert_true(calendar_hash(again.calendar) == calendar_hash(calendar_cn()));
	assert_string_equal(again.edition, policy.edition);
	free(text);
	policy_done(&again);
	policy_done(&policy);
	names_free(names);
}

// A rule that came after an edition was written is off in it.
static void test_unknown_rules_are_off(void **state)
{
	(void)state;
	struct policy policy;
	struct names *names = names_new();
	load("other_rules: off\nversions:\n  - from: 1970-01-01\n    rules:\n      overdue:\n        on: true\n", names, &policy);
	assert_false(policy.version[0].rules_off >> rule_number(&rule_overdue) & 1);
	assert_true(policy.version[0].rules_off >> rule_number(&rule_floors) & 1);
	policy_done(&policy);
	names_free(names);
}

static void check_edition(const char *a, const char *b, bool is_same)
{
	struct names *names = names_new();
	struct policy one, other;
	load(a, names, &one);
	load(b, names, &other);
	if ((strcmp(one.edition, other.edition) == 0) != is_same)
		fail_msg("%s and %s should have %s edition", a, b, is_same ? "one" : "more than one");
	policy_done(&one);
	policy_done(&other);
	names_free(names);
}

static void test_editions(void **state)
{
	(void)state;
	check_edition("zone: Z\n", "# a comment\nzone: \"+00:00\"\n", true);
	check_edition("roster: [{id: a}, {id: b}]\n", "roster: [{id: b}, {id: a}]\n", true);
	check_edition("calendar: cn\n", "calendar: {base: cn}\n", true);
	check_edition("versions: [{return_within: 24h}]\n", "versions: [{return_within: 1d}]\n", true);
	check_edition("zone: Z\n", "zone: \"+08:00\"\n", false);
	check_edition("roster: [{id: a}]\n", "roster: [{id: a, duty: true}]\n", false);
	check_edition("roster: [{id: a}]\n", "roster: [{id: a, group: 基层}]\n", false);
	check_edition("calendar: cn\n", "calendar: {base: cn, years: {2027: {}}}\n", false);
	check_edition("versions: [{rules: {overdue: on}}]\n", "versions: [{rules: {overdue: off}}]\n", false);
	check_edition("versions: [{}]\n", "versions: [{}, {from: 2024-01-01}]\n", false);
}

static void test_stamp(void **state)
{
	(void)state;
	struct policy policy;
	policy_init_default(&policy);
	char before[POLICY_EDITION_BYTES];
	memcpy(before, policy.edition, sizeof before);
	policy.version[0].low_stars = 2;
	policy_stamp(&policy, NULL);
	assert_string_not_equal(policy.edition, before);
	policy.version[0].low_stars = 3;
	policy_stamp(&policy, NULL);
	assert_string_equal(policy.edition, before);
	policy_done(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_calendar_is_written_out), cmocka_unit_test(test_unknown_rules_are_off),
		cmocka_unit_test(test_editions), cmocka_unit_test(test_stamp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
