// policy_file_test.c - policy files: what they say, and for each fault the place and the sentence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "civil.h"
#include "policy_file.h"
#include "policy_text.h"
#include "rule.h"
#include "yaml_tree.h"

static struct policy policy;
static struct names *names;
static char folder[] = "/tmp/policy_file_test.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	policy_done(&policy);
	names_free(names);
	return 0;
}

static void load(const char *text)
{
	struct error error = { 0 };
	policy_done(&policy);
	if (policy_load_text(text_of(text), "p.yaml", names, &policy, &error) != OK)
		fail_msg("%s", error.text);
}

static void check_refused(const char *text, const char *sentence)
{
	struct error error = { 0 };
	struct policy untouched = { .zone_ms = 7 };
	assert_int_equal(policy_load_text(text_of(text), "p.yaml", names, &untouched, &error), FATAL);
	assert_string_equal(error.reason, "bad_config");
	assert_string_equal(error.text, sentence);
	assert_int_equal(untouched.zone_ms, 7);
}

static int32_t day_of(const char *string)
{
	int32_t day = 0;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

static void check_same_version(const struct policy_version *a, const struct policy_version *b)
{
	assert_int_equal(a->term_count, b->term_count);
	for (uint32_t i = 0; i < a->term_count; i++) {
		assert_string_equal(a->term[i].rule, b->term[i].rule);
		assert_int_equal(a->term[i].kinds, b->term[i].kinds);
		assert_int_equal(a->term[i].levels, b->term[i].levels);
		assert_int_equal(a->term[i].count.number, b->term[i].count.number);
		assert_int_equal(a->term[i].count.unit, b->term[i].count.unit);
		assert_int_equal(a->term[i].count.mode, b->term[i].count.mode);
		assert_int_equal(a->term[i].count.roll, b->term[i].count.roll);
		assert_int_equal(a->term[i].count.close_ms, b->term[i].count.close_ms);
	}
}

// The shipped policy is the default, to the last setting: the edition is a hash of everything.
static void test_default_file(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct policy from_file;
	policy_init_default(&policy);
	if (policy_load_file("deploy/policy/default.yaml", names, &from_file, &error) != OK)
		fail_msg("%s", error.text);
	check_same_version(&from_file.version[0], &policy.version[0]);
	assert_string_equal(from_file.edition, policy.edition);
	policy_done(&from_file);
}

// Every rule and every setting stands in the shipped policy, so that nobody has to look anywhere else for what can be said.
static void test_default_file_is_whole(void **state)
{
	(void)state;
	size_t size;
	struct yaml *yaml = NULL, *whole = NULL;
	policy_init_default(&policy);
	char *text = policy_canonical(&policy, NULL, &size);
	assert_int_equal(yaml_load_text((struct text){ text, (uint32_t)size }, "canonical", &whole, NULL), OK);
	assert_int_equal(yaml_load_file("deploy/policy/default.yaml", &yaml, NULL), OK);
	const struct yaml_node *ours = yaml_first(yaml_get(yaml_root(yaml), "versions")), *all = yaml_first(yaml_get(yaml_root(whole), "versions"));
	for (const struct yaml_node *node = yaml_first(all); node; node = yaml_next(node)) {
		const struct yaml_node *there = yaml_get(ours, yaml_key(node).at);
		if (!there)
			fail_msg("deploy/policy/default.yaml does not mention %s", yaml_key(node).at);
		for (const struct yaml_node *inner = yaml_is_mapping(node) ? yaml_first(node) : NULL; inner; inner = yaml_next(inner)) {
			const struct yaml_node *inner_there = yaml_get(there, yaml_key(inner).at);
			if (!inner_there)
				fail_msg("deploy/policy/default.yaml does not mention %s in %s", yaml_key(inner).at, yaml_key(node).at);
			for (const struct yaml_node *leaf = yaml_first(inner); leaf && yaml_is_mapping(inner); leaf = yaml_next(leaf))
				if (!text_equal(yaml_key(leaf), TEXT("on")) && !yaml_get(inner_there, yaml_key(leaf).at))
					fail_msg("deploy/policy/default.yaml does not mention %s of %s", yaml_key(leaf).at, yaml_key(inner).at);
		}
	}
	yaml_unload(whole);
	yaml_unload(yaml);
	free(text);
}

static void test_silent_file(void **state)
{
	(void)state;
	struct policy standard;
	policy_init_default(&standard);
	load("zone: \"+08:00\"\n");
	assert_string_equal(policy.edition, standard.edition);
	load("versions:\n  - low_stars: 3\n");
	assert_string_equal(policy.edition, standard.edition);
	load("versions:\n  - low_stars: 2\n");
	assert_string_not_equal(policy.edition, standard.edition);
	policy_done(&standard);
}

static void test_every_setting(void **state)
{
	(void)state;
	load("zone: \"+05:30\"\n"
		"versions:\n"
		"  - from: 2020-01-01\n"
		"    default_level: city\n"
		"    redispatch: continue\n"
		"    reopen: continue\n"
		"    return_within: 48h\n"
		"    low_stars: 2\n"
		"    excellent_stars: 4\n"
		"    due_warnings: [30 %, 1h30m]\n"
		"    working_hours: {from: \"09:00\", to: \"18:00\"}\n"
		"    floors:\n"
		"      satisfaction: {limit: 90.5 %, from_cases: 5}\n"
		"      completion: {limit: 0 %}\n"
		"      on_time: {from_cases: 3}\n"
		"    rules: {overdue: off, floors: {on: no}}\n");
	const struct policy_version *version = &policy.version[0];
	assert_int_equal(policy.zone_ms, 19800000);
	assert_int_equal(policy.version_count, 1);
	assert_int_equal(version->from_day, day_of("2020-01-01"));
	assert_int_equal(version->default_level, LEVEL_CITY);
	assert_true(version->redispatch_continues);
	assert_true(version->reopen_continues);
	assert_int_equal(version->return_within_ms, 48 * HOUR_MS);
	assert_int_equal(version->low_stars, 2);
	assert_int_equal(version->excellent_stars, 4);
	assert_int_equal(version->warning_count, 1);
	assert_int_equal(version->warning_e4[0], 3000);
	assert_int_equal(version->warning_before_ms, 90 * MINUTE_MS);
	assert_int_equal(version->office_from_ms, 9 * HOUR_MS);
	assert_int_equal(version->office_to_ms, 18 * HOUR_MS);
	assert_int_equal(version->satisfaction.limit_e4, 9050);
	assert_int_equal(version->satisfaction.cases_min, 5);
	assert_int_equal(version->completion.limit_e4, 0);
	assert_int_equal(version->completion.cases_min, 20);
	assert_int_equal(version->on_time.limit_e4, 10000);
	assert_int_equal(version->on_time.cases_min, 3);
	assert_true(version->rules_off == (UINT64_C(1) << rule_number(&rule_overdue) | UINT64_C(1) << rule_number(&rule_floors)));
}

static void test_terms(void **state)
{
	(void)state;
	load("versions:\n"
		"  - count: clock\n"
		"    roll: no\n"
		"    close_of_business: \"17:30\"\n"
		"    terms:\n"
		"      - {rule: a, kinds: praise, levels: [city, district], district: 兴隆台区, within: 1 working day}\n"
		"      - {rule: b-2, within: 48 hours, count: civil, roll: true, close_of_business: \"24:00\"}\n"
		"      - {rule: c, kinds: [complaint, request], within: 10000 calendar days}\n");
	const struct term *term = policy.version[0].term;
	assert_int_equal(policy.version[0].term_count, 3);
	assert_string_equal(term[0].rule, "a");
	assert_int_equal(term[0].kinds, 1 << KIND_PRAISE);
	assert_int_equal(term[0].levels, 1 << LEVEL_CITY | 1 << LEVEL_DISTRICT);
	assert_int_equal(term[0].district, names_find(names, NAME_DISTRICT, TEXT("兴隆台区")));
	assert_true(term[0].district != 0);
	assert_int_equal(term[0].count.number, 1);
	assert_int_equal(term[0].count.unit, COUNT_WORKING_DAYS);
	assert_int_equal(term[0].count.mode, COUNT_CLOCK);
	assert_false(term[0].count.roll);
	assert_int_equal(term[0].count.close_ms, 17 * HOUR_MS + 30 * MINUTE_MS);
	assert_int_equal(term[1].count.unit, COUNT_HOURS);
	assert_int_equal(term[1].count.mode, COUNT_CIVIL);
	assert_true(term[1].count.roll);
	assert_int_equal(term[1].count.close_ms, 0);
	assert_int_equal(term[2].count.number, 10000);
	assert_int_equal(term[2].count.unit, COUNT_CALENDAR_DAYS);
	assert_int_equal(term[2].count.mode, COUNT_CLOCK);
}

// A version starts from the one before: one changed number is two lines.
static void test_versions(void **state)
{
	(void)state;
	load("versions:\n"
		"  - terms: [{rule: a, within: 2 working days}, {rule: b, within: 3 working days, count: clock}]\n"
		"    rules: {overdue: off}\n"
		"  - from: 2024-01-01\n"
		"    close_of_business: \"17:00\"\n"
		"    low_stars: 1\n"
		"  - from: 2024-07-01\n"
		"    count: clock\n"
		"    rules: {overdue: on, floors: off}\n");
	uint64_t overdue = UINT64_C(1) << rule_number(&rule_overdue), floors = UINT64_C(1) << rule_number(&rule_floors);
	assert_int_equal(policy.version_count, 3);
	const struct policy_version *a = policy_version_at(&policy, day_of("2023-12-31")), *b = policy_version_at(&policy, day_of("2024-01-01")),
		*c = policy_version_at(&policy, day_of("2024-07-01"));
	assert_int_equal(a->low_stars, 3);
	assert_int_equal(b->low_stars, 1);
	assert_int_equal(c->low_stars, 1);
	assert_int_equal(c->term_count, 2);
	assert_int_equal(a->term[0].count.close_ms, 0);
	assert_int_equal(b->term[0].count.close_ms, 17 * HOUR_MS);
	assert_int_equal(c->term[0].count.close_ms, 17 * HOUR_MS);
	assert_int_equal(b->term[0].count.mode, COUNT_CIVIL);
	assert_int_equal(b->term[1].count.mode, COUNT_CLOCK);
	assert_int_equal(c->term[0].count.mode, COUNT_CLOCK);
	assert_true(a->rules_off == overdue);
	assert_true(b->rules_off == overdue);
	assert_true(c->rules_off == floors);
}

static void test_other_rules(void **state)
{
	(void)state;
	load("other_rules: off\nversions:\n  - rules: {floors: on}\n");
	assert_true(policy.version[0].rules_off == ~(UINT64_C(1) << rule_number(&rule_floors)));
}

static void test_calendar(void **state)
{
	(void)state;
	load("calendar: cn\n");
	assert_ptr_equal(policy.calendar, calendar_cn());
	load("calendar:\n  base: cn\n  years:\n    2027: {holidays: [2027-01-01, 2027-02-08], workdays: [2027-02-20]}\n    2026: {holidays: [2026-01-01]}\n");
	assert_int_equal(calendar_first_day(policy.calendar), day_of("2019-01-01"));
	assert_int_equal(calendar_last_day(policy.calendar), day_of("2027-12-31"));
	assert_false(calendar_is_working(policy.calendar, day_of("2027-02-08")));
	assert_true(calendar_is_working(policy.calendar, day_of("2027-02-20")));
	assert_false(calendar_is_working(policy.calendar, day_of("2026-01-01")));
	assert_true(calendar_is_working(policy.calendar, day_of("2026-01-02")));  // the whole year is replaced
	assert_false(calendar_is_working(policy.calendar, day_of("2025-10-01")));
	load("calendar: {base: none, years: {2024: {}}}\n");
	assert_int_equal(calendar_first_day(policy.calendar), day_of("2024-01-01"));
	assert_int_equal(calendar_last_day(policy.calendar), day_of("2024-12-31"));
	assert_true(calendar_is_working(policy.calendar, day_of("2024-02-12")));
}

static void check_roster(void)
{
	name_id unit = names_find(names, NAME_UNIT, TEXT("xlt-zhujian"));
	const struct roster_unit *before = policy_unit(&policy, unit, day_of("2023-12-31")), *after = policy_unit(&policy, unit, day_of("2024-01-01"));
	assert_int_equal(policy.roster_count, 3);
	assert_non_null(before);
	assert_non_null(after);
	assert_string_equal(before->name, "住建局");
	assert_string_equal(after->name, "住房和城乡建设局");
	assert_true(before->has_duty);
	assert_false(after->has_duty);
	assert_int_equal(before->district, names_find(names, NAME_DISTRICT, TEXT("兴隆台区")));
	assert_int_equal(before->group, names_find(names, NAME_GROUP, TEXT("基层")));
	assert_int_equal(after->group, 0);
	const struct roster_unit *other = policy_unit(&policy, names_find(names, NAME_UNIT, TEXT("a")), day_of("2199-12-31"));
	assert_string_equal(other->name, "a");
}

#define ROSTER \
	"- {id: xlt-zhujian, name: 住房和城乡建设局, district: 兴隆台区, from: 2024-01-01}\n" \
	"- {id: a}\n" \
	"- {id: xlt-zhujian, name: 住建局, district: 兴隆台区, group: 基层, duty: true, from: 2020-01-01, to: 2023-12-31}\n"

static void test_roster(void **state)
{
	(void)state;
	load("roster:\n" ROSTER);
	check_roster();
	load("roster: []\n");
	assert_int_equal(policy.roster_count, 0);
}

static void write_file(const char *name, const char *text, char ret_path[256])
{
	snprintf(ret_path, 256, "%s/%s", folder, name);
	FILE *file = fopen(ret_path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_roster_file(void **state)
{
	(void)state;
	char units[256], path[256], sentence[1024];
	struct error error = { 0 };
	assert_non_null(mkdtemp(folder));
	write_file("units.yaml", ROSTER, units);
	write_file("p.yaml", "roster: units.yaml\n", path);
	if (policy_load_file(path, names, &policy, &error) != OK)
		fail_msg("%s", error.text);
	check_roster();
	policy_done(&policy);

	snprintf(sentence, sizeof sentence, "roster: %s\n", units);
	write_file("p.yaml", sentence, path);
	assert_int_equal(policy_load_file(path, names, &policy, &error), OK);
	check_roster();

	write_file("units.yaml", "- {id: a}\n- {id: b, distric: x}\n", units);
	assert_int_equal(policy_load_file(path, names, &policy, &error), FATAL);
	snprintf(sentence, sizeof sentence, "%s:2:11: unknown key distric; did you mean district?", units);
	assert_string_equal(error.text, sentence);

	write_file("units.yaml", "", units);
	assert_int_equal(policy_load_file(path, names, &policy, &error), FATAL);
	snprintf(sentence, sizeof sentence, "%s:1:1: this must be a list, not empty", units);
	assert_string_equal(error.text, sentence);

	unlink(units);
	assert_int_equal(policy_load_file(path, names, &policy, &error), FATAL);
	snprintf(sentence, sizeof sentence, "%s:1:9: roster %s cannot be read: No such file or directory", path, units);
	assert_string_equal(error.text, sentence);
	unlink(path);
	rmdir(folder);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", "p.yaml:1:1: this must be a mapping, not empty" },
		{ "version: []\n", "p.yaml:1:1: unknown key version; did you mean versions?" },
		{ "zone: Asia/Shanghai\n", "p.yaml:1:7: zone must be an offset from UTC, such as \"+08:00\", not \"Asia/Shanghai\"" },
		{ "versions: {}\n", "p.yaml:1:11: versions must be a list, not a mapping" },
		{ "versions: []\n", "p.yaml:1:11: versions must not be empty" },
		{ "versions:\n", "p.yaml:1:10: versions must be a list, not empty" },
		{ "versions:\n  - 3\n", "p.yaml:2:5: this must be a mapping, not \"3\"" },
		{ "versions:\n  - {}\n  - {low_stars: 1}\n", "p.yaml:3:5: from is missing" },
		{ "versions:\n  - from: 2024-01-01\n  - from: 2024-01-01\n", "p.yaml:3:11: from must be later than that of the version before, 2024-01-01 on line 2" },
		{ "versions:\n  - {}\n  - from: 2024-01-02\n  - from: 2024-01-01\n", "p.yaml:4:11: from must be later than that of the version before, 2024-01-02 on line 3" },
		{ "versions:\n  - from: 2024-02-30\n", "p.yaml:2:11: from must be a day from 1970-01-01 to 2199-12-31, such as 2024-03-05, not \"2024-02-30\"" },
		{ "versions:\n  - low_star: 3\n", "p.yaml:2:5: unknown key low_star; did you mean low_stars?" },
		{ "versions:\n  - low_stars: 6\n", "p.yaml:2:16: low_stars must be a whole number from 0 to 5, not \"6\"" },
		{ "versions:\n  - return_within: 24\n", "p.yaml:2:20: return_within must be a duration from 1m to 366d, such as 24h, 90m or 1h30m, not \"24\"" },
		{ "versions:\n  - redispatch: restart\n", "p.yaml:2:17: redispatch must be fresh or continue, not \"restart\"" },
		{ "versions:\n  - default_level: town\n", "p.yaml:2:20: default_level must be none, province, city or district, not \"town\"" },
		{ "versions:\n  - floors: 95 %\n", "p.yaml:2:13: floors must be a mapping, not \"95 %\"" },
		{ "versions:\n  - floors: {satisfaction: 95 %}\n", "p.yaml:2:28: satisfaction must be a mapping, not \"95 %\"" },
		{ "versions:\n  - floors: {ontime: {}}\n", "p.yaml:2:14: unknown key ontime; did you mean on_time?" },
		{ "versions:\n  - floors: {on_time: {limit: 101 %}}\n",
			"p.yaml:2:31: limit must be a percentage from 0 to 100 with up to two decimals, such as 95 %, not \"101 %\"" },
		{ "versions:\n  - floors: {on_time: {cases: 3}}\n", "p.yaml:2:24: unknown key cases; known are limit or from_cases" },
		{ "versions:\n  - floors: {on_time: {from_cases: 0}}\n", "p.yaml:2:36: from_cases must be a whole number from 1 to 1000000, not \"0\"" },
		{ "versions:\n  - working_hours: {from: \"18:00\"}\n", "p.yaml:2:20: working_hours must end after they begin" },
		{ "versions:\n  - due_warnings: 50 %\n", "p.yaml:2:19: due_warnings must be a list, not \"50 %\"" },
		{ "versions:\n  - due_warnings: [50 %, 50 %]\n", "p.yaml:2:26: the shares of due_warnings must ascend and lie between 0 % and 100 %" },
		{ "versions:\n  - due_warnings: [100 %]\n", "p.yaml:2:20: the shares of due_warnings must ascend and lie between 0 % and 100 %" },
		{ "versions:\n  - due_warnings: [0 %]\n", "p.yaml:2:20: the shares of due_warnings must ascend and lie between 0 % and 100 %" },
		{ "versions:\n  - due_warnings: [1 %, 2 %, 3 %, 4 %, 5 %, 6 %, 7 %, 8 %, 9 %]\n", "p.yaml:2:60: due_warnings holds more than 8 shares" },
		{ "versions:\n  - due_warnings: [24h, 12h]\n", "p.yaml:2:25: due_warnings may hold one duration, not two" },
		{ "versions:\n  - due_warnings: [tomorrow]\n", "p.yaml:2:20: this must be a duration from 1m to 30d, such as 24h, 90m or 1h30m, not \"tomorrow\"" },
		{ "versions:\n  - rules: [overdue]\n", "p.yaml:2:12: rules must be a mapping, not a list" },
		{ "versions:\n  - rules: {over-due: on}\n", "p.yaml:2:13: there is no rule over-due; did you mean overdue?" },
		{ "versions:\n  - rules: {frequency: on}\n", "p.yaml:2:13: there is no rule frequency" },
		{ "versions:\n  - rules: {overdue: maybe}\n", "p.yaml:2:22: overdue must be true or false (also yes or no, on or off), not \"maybe\"" },
		{ "versions:\n  - rules: {overdue: {off: true}}\n", "p.yaml:2:23: unknown key off; known are on" },
		{ "versions:\n  - rules: {overdue: }\n", "p.yaml:2:22: overdue must be true or false (also yes or no, on or off), not empty" },
		{ "versions:\n  - terms: 5 working days\n", "p.yaml:2:12: terms must be a list, not \"5 working days\"" },
		{ "versions:\n  - terms: [{within: 5 working days}]\n", "p.yaml:2:13: rule is missing" },
		{ "versions:\n  - terms: [{rule: a}]\n", "p.yaml:2:13: within is missing" },
		{ "versions:\n  - terms: [{rule: A, within: 1 hour}]\n", "p.yaml:2:20: rule may hold small letters, digits and hyphens only" },
		{ "versions:\n  - terms: [{rule: abcdefghijklmnopqrstuvwx, within: 1 hour}]\n", "p.yaml:2:20: rule is longer than 23 bytes" },
		{ "versions:\n  - terms: [{rule: a, within: 5 days}]\n",
			"p.yaml:2:31: within must be 1 to 10000 working days, calendar days or hours, such as 5 working days, not \"5 days\"" },
		{ "versions:\n  - terms: [{rule: a, within: 0 hours}]\n",
			"p.yaml:2:31: within must be 1 to 10000 working days, calendar days or hours, such as 5 working days, not \"0 hours\"" },
		{ "versions:\n  - terms: [{rule: a, within: 10001 hours}]\n",
			"p.yaml:2:31: within must be 1 to 10000 working days, calendar days or hours, such as 5 working days, not \"10001 hours\"" },
		{ "versions:\n  - terms: [{rule: a, within: 5}]\n",
			"p.yaml:2:31: within must be 1 to 10000 working days, calendar days or hours, such as 5 working days, not \"5\"" },
		{ "versions:\n  - terms: [{rule: a, within: [5]}]\n",
			"p.yaml:2:31: within must be 1 to 10000 working days, calendar days or hours, such as 5 working days, not a list" },
		{ "versions:\n  - terms: [{rule: a, kinds: [compliant], within: 1 hour}]\n",
			"p.yaml:2:31: this must be complaint, request, enquiry, suggestion, praise or other, not \"compliant\"" },
		{ "versions:\n  - terms: [{rule: a, levels: none, within: 1 hour}]\n", "p.yaml:2:31: levels must be province, city or district, not \"none\"" },
		{ "versions:\n  - terms: [{rule: a, levels: [], within: 1 hour}]\n", "p.yaml:2:31: levels must not be empty; leave it out where the term fits all" },
		{ "versions:\n  - terms: [{rule: a, district: a/b, within: 1 hour}]\n", "p.yaml:2:33: district holds a slash" },
		{ "versions:\n  - terms: [{rule: a, days: 3, within: 1 hour}]\n", "p.yaml:2:23: unknown key days; known are rule, kinds, levels, district, within, count, roll or close_of_business" },
		{ "versions:\n  - close_of_business: \"00:00\"\n", "p.yaml:2:24: close_of_business must be later than 00:00; 24:00 is the end of the day" },
		{ "versions:\n  - count: business\n", "p.yaml:2:12: count must be civil or clock, not \"business\"" },
		{ "calendar: us\n", "p.yaml:1:11: calendar must be cn, not \"us\"" },
		{ "calendar: []\n", "p.yaml:1:11: calendar must be a mapping, not a list" },
		{ "calendar: {base: none}\n", "p.yaml:1:11: a calendar without a base needs years" },
		{ "calendar: {years: {2029: {}}}\n", "p.yaml:1:11: the years of the calendar must follow on one another: 2027 is missing" },
		{ "calendar: {years: {27: {}}}\n", "p.yaml:1:20: a year must be 1970 to 2199, not \"27\"" },
		{ "calendar: {years: {2200: {}}}\n", "p.yaml:1:20: a year must be 1970 to 2199, not \"2200\"" },
		{ "calendar: {years: {2027: {holidays: [2026-12-31]}}}\n", "p.yaml:1:38: the day must lie in 2027" },
		{ "calendar: {years: {2027: {holidays: [2027-01-01], workdays: [2027-01-01]}}}\n", "p.yaml:1:62: the day is here twice" },
		{ "calendar: {years: {2027: {holiday: []}}}\n", "p.yaml:1:27: unknown key holiday; did you mean holidays?" },
		{ "roster: units.yaml\n", "p.yaml:1:9: roster must be a list here: a text in memory cannot name a file" },
		{ "roster: {a: 1}\n", "p.yaml:1:9: roster must be a list, not a mapping" },
		{ "roster:\n  - a\n", "p.yaml:2:5: this must be a mapping, not \"a\"" },
		{ "roster:\n  - name: a\n", "p.yaml:2:5: id is missing" },
		{ "roster:\n  - id: a{b\n", "p.yaml:2:9: unit holds a brace" },
		{ "roster:\n  - {id: a, duty: sometimes}\n", "p.yaml:2:19: duty must be true or false (also yes or no, on or off), not \"sometimes\"" },
		{ "roster:\n  - {id: a, from: 2024-01-02, to: 2024-01-01}\n", "p.yaml:2:35: to must not be before from" },
		{ "roster:\n  - id: a\n  - id: b\n  - id: a\n", "p.yaml:4:5: unit a is here twice on 1970-01-01: also on line 2" },
		{ "roster:\n  - {id: a, from: 2024-01-01}\n  - {id: a, to: 2024-01-01}\n", "p.yaml:3:5: unit a is here twice on 2024-01-01: also on line 2" },
		{ "other_rules: some\n", "p.yaml:1:14: other_rules must be true or false (also yes or no, on or off), not \"some\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_refused(cases[i].text, cases[i].sentence);
}

static void test_limits(void **state)
{
	(void)state;
	enum { BYTES = 1 << 14 };
	char *text = test_malloc(BYTES);
	int size = snprintf(text, BYTES, "versions: [{}");
	for (int i = 0; i < POLICY_VERSIONS_MAX; i++)
		size += snprintf(text + size, (size_t)(BYTES - size), ", {from: 20%02d-01-02}", i);
	snprintf(text + size, (size_t)(BYTES - size), "]");
	check_refused(text, "p.yaml:1:11: versions holds 33 items, at most 32");
	size = snprintf(text, BYTES, "versions:\n  - terms: [");
	for (int i = 0; i <= POLICY_TERMS_MAX; i++)
		size += snprintf(text + size, (size_t)(BYTES - size), "%s{rule: a, within: 1 hour}", i ? ", " : "");
	snprintf(text + size, (size_t)(BYTES - size), "]");
	check_refused(text, "p.yaml:2:12: terms holds 33 items, at most 32");
	test_free(text);
}

// Every prefix of the shipped file: taken or refused with a place.
static void test_cut(void **state)
{
	(void)state;
	static char text[16384];
	FILE *file = fopen("deploy/policy/default.yaml", "r");
	assert_non_null(file);
	size_t size = fread(text, 1, sizeof text, file);
	fclose(file);
	for (size_t cut = 0; cut < size; cut += 3) {
		struct error error = { 0 };
		struct policy cut_policy;
		if (policy_load_text((struct text){ text, (uint32_t)cut }, "p.yaml", names, &cut_policy, &error) == OK)
			policy_done(&cut_policy);
		else
			assert_memory_equal(error.text, "p.yaml:", 7);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_default_file), CASE(test_default_file_is_whole), CASE(test_silent_file), CASE(test_every_setting), CASE(test_terms), CASE(test_versions),
		CASE(test_other_rules), CASE(test_calendar), CASE(test_roster), CASE(test_roster_file), CASE(test_refused), CASE(test_limits), CASE(test_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
