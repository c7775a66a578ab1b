// policy_words_test.c - a policy in plain words, and what is doubtful in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "civil.h"
#include "policy_file.h"
#include "policy_words.h"

static int32_t day_of(const char *string)
{
	int32_t day = 0;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

static char *words_of(const char *policy_text, enum language language)
{
	struct names *names = names_new();
	struct policy policy;
	struct error error = { 0 };
	char *words = NULL;
	size_t size;
	if (policy_load_text(text_of(policy_text), "p.yaml", names, &policy, &error) != OK)
		fail_msg("%s", error.text);
	FILE *file = open_memstream(&words, &size);
	policy_print_words(file, &policy, names, language);
	fclose(file);
	policy_done(&policy);
	names_free(names);
	return words;
}

static void check_words(const char *policy_text, enum language language, const char *const *lines, size_t count)
{
	char *words = words_of(policy_text, language);
	for (size_t i = 0; i < count; i++)
		if (!strstr(words, lines[i]))
			fail_msg("no \"%s\" in:\n%s", lines[i], words);
	assert_null(strstr(words, "(null)"));
	assert_null(strstr(words, "%s"));
	free(words);
}

static void test_english(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"time zone +08:00.\n",
		"Holidays and make-up workdays are known from 2019-01-01 to 20",
		"The roster has 1 entries.\n",
		"From the beginning:\n",
		"  - complaint of level province: 10 calendar days, not counting the first day, until 24:00 of the last, or of the first working day after it (due-province)\n",
		"  - enquiry, suggestion of level any: 3 working days, not counting the first day, until 24:00 of the last (due-enquiry)\n",
		"  - any kind of level any: 5 working days",
		"  - warnings before a ticket is due: at 50 % of the time, at 75 % of the time, at 90 % of the time, 24 hours before\n",
		"  - satisfaction of a unit's month not below 95 %\n",
		"  - a unit may return a ticket within 24 hours of its dispatch\n",
		"  - the term of a dispatch after a return starts afresh\n",
		"  - rule overdue is on: ",
		"For tickets received from 2024-03-01 on:\n",
		"  - any kind of level any of district 兴隆台区: 48 hours (a)\n",
		"  - any kind of level any: 2 working days, at the same time of day (b)\n",
		"  - warnings before a ticket is due: none\n",
		"  - the term of a ticket that a revisit reopens goes on as it was\n",
		"  - a unit may return a ticket within 1 hour 30 minutes of its dispatch\n",
		"  - rule overdue is off: ",
	};
	check_words("roster: [{id: a}]\nversions:\n  - {}\n  - from: 2024-03-01\n    count: clock\n    due_warnings: []\n    reopen: continue\n    return_within: 90m\n    rules: {overdue: off}\n"
		"    terms: [{rule: a, district: 兴隆台区, within: 48 hours}, {rule: b, within: 2 working days}]\n",
		LANGUAGE_ENGLISH, lines, sizeof lines / sizeof *lines);
}

static void test_chinese(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"时区 +08:00。\n", "自始：\n", "  - 投诉，省级：10 个自然日，当日不计，至末日 24:00，末日非工作日的顺延（due-province）\n",
		"  - 咨询、建议，各层级：3 个工作日", "  - 各类，各层级：5 个工作日", "  - 单月满意率不低于 95 %\n", "用时达 50 %、用时达 75 %", "规则 overdue 启用：",
		"（本规则自带）", "  - 接件后 24 小时内可申请退件\n", "  - 没有层级的诉求件不设办理时限\n", "  - 到期预警：用时达",
	};
	check_words("calendar: {base: cn, years: {2027: {}}}\n", LANGUAGE_CHINESE, lines, sizeof lines / sizeof *lines);
}

// Each policy with the doubts that it raises on a day, in order.
static void test_doubts(void **state)
{
	(void)state;
	static const struct {
		const char *policy, *today;
		const char *doubts[3];
	} cases[] = {
		{ "zone: Z\n", "2024-01-01", { NULL } },
		{ "calendar: {base: none, years: {2024: {}}}\n", "2024-11-01", { NULL } },
		{ "calendar: {base: none, years: {2024: {}}}\n", "2024-11-02", { "the calendar ends on 2024-12-31: add the next year's holidays" } },
		{ "calendar: {base: none, years: {2024: {}}}\n", "2025-01-01", { "the calendar has ended on 2024-12-31: holidays are not known, plain weekdays are counted" } },
		{ "versions: [{terms: [{rule: a, within: 1 hour}, {rule: b, kinds: praise, within: 2 hours}]}]\n", "2024-01-01",
			{ "version 1970-01-01: term b can never hold, since a before it fits the same tickets",
				"version 1970-01-01: the last warning of a would come before the dispatch", "version 1970-01-01: the last warning of b would come before the dispatch" } },
		{ "versions: [{due_warnings: [], terms: [{rule: a, kinds: [praise, other], within: 1 hour}, {rule: b, kinds: praise, levels: city, within: 2 hours}]}]\n",
			"2024-01-01", { "version 1970-01-01: term b can never hold, since a before it fits the same tickets",
				"version 1970-01-01: a complaint of level province gets no deadline, and there may be more such" } },
		{ "versions: [{due_warnings: [], terms: [{rule: a, kinds: praise, within: 1 hour}, {rule: b, within: 2 hours}]}]\n", "2024-01-01", { NULL } },
		{ "versions: [{due_warnings: [], terms: [{rule: a, district: x, within: 1 hour}, {rule: b, district: y, within: 2 hours}, {rule: c, within: 3 hours}]}]\n",
			"2024-01-01", { NULL } },
		{ "versions: [{low_stars: 3, excellent_stars: 3}]\n", "2024-01-01", { "version 1970-01-01: 3 stars are low and excellent at once" } },
		{ "versions: [{}, {from: 2024-01-01}, {from: 2025-01-01, low_stars: 1}]\n", "2024-01-01", { "version 2024-01-01 changes nothing" } },
		{ "versions: [{}, {from: 2018-12-31, low_stars: 1}]\n", "2024-01-01",
			{ "version 2018-12-31 starts on a day that the calendar does not know (it starts on 2019-01-01)" } },
		{ "roster: [{id: a, to: 2023-12-31, district: x}]\n", "2024-01-01", { "no unit of the roster holds today" } },
		{ "roster: [{id: a}]\n", "2024-01-01", { "unit a has no district: it counts for the city alone" } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static char doubts[POLICY_DOUBTS_MAX][POLICY_DOUBT_BYTES];
		struct names *names = names_new();
		struct policy policy;
		struct error error = { 0 };
		if (policy_load_text(text_of(cases[i].policy), "p.yaml", names, &policy, &error) != OK)
			fail_msg("%s", error.text);
		uint32_t count = policy_find_doubts(&policy, names, day_of(cases[i].today), LANGUAGE_ENGLISH, doubts), expected = 0;
		for (; expected < 3 && cases[i].doubts[expected]; expected++)
			assert_string_equal(expected < count ? doubts[expected] : "nothing", cases[i].doubts[expected]);
		if (count != expected)
			fail_msg("%s also raises: %s", cases[i].policy, doubts[expected]);
		assert_int_equal(policy_find_doubts(&policy, names, day_of(cases[i].today), LANGUAGE_CHINESE, doubts), count);
		policy_done(&policy);
		names_free(names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_english), cmocka_unit_test(test_chinese), cmocka_unit_test(test_doubts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
