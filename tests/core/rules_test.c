// rules_test.c - what all rules about a ticket share: limits that hold for the longest tickets, evidence in whole characters, ids of their own.
#include "check.h"

#include <stdio.h>

#include "civil.h"
#include "rule.h"
#include "sample.h"

static struct names *names;
static struct policy policy;
static struct facts facts, other_facts;
static struct outcome outcome, other;
static struct event event[TICKET_EVENTS_MAX];

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	sample_policy(names, &policy);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	policy_done(&policy);
	names_free(names);
	return 0;
}

static void fill(struct ticket *ticket, struct chance *chance, uint32_t count, bool is_any)
{
	*ticket = (struct ticket){ .event = event, .capacity = TICKET_EVENTS_MAX };
	for (uint32_t tries = 0; ticket->count < count && tries < 20 * count; tries++) {
		struct event drawn = is_any ? sample_any(chance, names, (enum event_type)(EVENT_RECEIVED + chance_below(chance, 6))) : sample_common(chance, names);
		if (event_is_of_unit(&drawn))
			continue;
		drawn.is_void = false;
		ticket_merge(ticket, &drawn, names);
	}
}

static void check_texts(const struct evidence *evidence)
{
	assert_in_range(evidence->count, 1, RULE_EVIDENCE_MAX);
	for (uint32_t i = 0; i < evidence->count; i++) {
		assert_true(text_is_utf8(text_of(evidence->item[i].value)));
		assert_true(evidence->item[i].value[0]);
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(evidence->item[i].name, evidence->item[k].name);
	}
	assert_true(text_is_utf8(text_of(evidence->next_step)));
}

// An alert is described by the ticket as it is now, also one that is taken back because the ticket is another now.
static void check_alert(const struct alert *alert, const struct facts *now)
{
	struct evidence evidence = { .count = 0 };
	alert->rule->describe(alert, now, NULL, &evidence);
	check_texts(&evidence);
}

static void check_outcome(void)
{
	char id[ALERT_ID_BYTES_MAX];
	for (uint32_t i = 0; i < outcome.alert_count; i++) {
		const struct alert *alert = &outcome.alert[i];
		assert_true(alert_id(alert, TEXT("t"), &policy, names, id) > 0);
		assert_in_range(alert->state, ALERT_FIRING, ALERT_RESOLVED);
		assert_in_range(alert->severity, SEVERITY_NOTICE, SEVERITY_CRITICAL);
		check_alert(alert, &facts);
		check_alert(alert, &other_facts);
	}
	for (uint32_t i = 0; i < outcome.entry_count; i++) {
		const struct worklist_entry *entry = &outcome.entry[i];
		assert_true(entry->unit && entry->alert <= outcome.alert_count);
		assert_int_equal(entry->month, civil_month_of_day(entry->day));
	}
}

static void judge(const struct ticket *ticket, int64_t clock_ms)
{
	struct ticket shorter = *ticket;
	shorter.count /= 2;
	assess(TEXT("t"), &shorter, &policy, clock_ms, names, &other_facts, &other);
	assess(TEXT("t"), ticket, &policy, clock_ms, names, &facts, &outcome);
	check_outcome();
}

static void every_ticket_stays_within_the_limits(void **state)
{
	(void)state;
	enum { SEEDS = 200 };
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct chance chance = chance_of(seed);
		struct ticket ticket;
		fill(&ticket, &chance, (uint32_t)(1 + chance_below(&chance, TICKET_EVENTS_MAX)), seed % 2);
		judge(&ticket, SAMPLE_AT_MS + (int64_t)chance_below(&chance, 400) * DAY_MS);
		judge(&ticket, INSTANT_MAX_MS);
	}
}

// As many legs as there is room for, each with all its warnings, given back late and without a slip, to and fro.
static void the_longest_chain(void **state)
{
	(void)state;
	struct ticket ticket = { .event = event, .capacity = TICKET_EVENTS_MAX };
	for (uint32_t i = 0; i < TICKET_EVENTS_MAX; i++) {
		struct event leg = event_of(i % 2 ? EVENT_RETURNED : EVENT_DISPATCHED, SAMPLE_AT_MS + i * 5 * DAY_MS);
		leg.unit = names_intern(names, NAME_UNIT, i / 2 % 2 ? TEXT("u1") : TEXT("u2"));
		if (leg.type == EVENT_DISPATCHED)
			leg.due_at_ms = leg.at_ms + 2 * DAY_MS;
		assert_int_equal(ticket_merge(&ticket, &leg, names), MERGE_ADDED);
	}
	judge(&ticket, INSTANT_MAX_MS);
	assert_true(outcome.alert_count > 4 * TICKET_EVENTS_MAX / 2);
}

// Month after month on the list, for as long as there are instants.
static void open_for_centuries(void **state)
{
	(void)state;
	struct ticket ticket = { .event = event, .capacity = TICKET_EVENTS_MAX };
	struct event leg = event_of(EVENT_DISPATCHED, 1);
	leg.unit = names_intern(names, NAME_UNIT, TEXT("u1"));
	assert_int_equal(ticket_merge(&ticket, &leg, names), MERGE_ADDED);
	judge(&ticket, INSTANT_MAX_MS);
	enum { YEARS = 2199 - 1970 + 1 };
	assert_in_range(outcome.entry_count, YEARS * 12 - 1, YEARS * 12);
}

// Of an entry on a month's end list there is no alert: the rule tells about the leg that was open then.
static struct evidence described_month_end(int64_t end_ms)
{
	struct alert entry = { .rule = &rule_month_end, .about = { .unit = names_intern(names, NAME_UNIT, TEXT("u1")) }, .at_ms = end_ms };
	struct evidence evidence = { .count = 0 };
	entry.rule->describe(&entry, &facts, NULL, &evidence);
	return evidence;
}

static const char *value_of(const struct evidence *evidence, const char *name)
{
	for (uint32_t i = 0; i < evidence->count; i++)
		if (!strcmp(evidence->item[i].name, name))
			return evidence->item[i].value;
	return "";
}

static void an_entry_of_a_month_s_end_tells_of_its_leg(void **state)
{
	(void)state;
	enum { DAY = 19789 };  // 2024-03-07
	int64_t noon_ms = civil_day_start_ms(DAY, policy.zone_ms) + 12 * HOUR_MS, end_ms = civil_day_end_ms(DAY + 24, policy.zone_ms);
	struct ticket ticket = { .event = event, .capacity = TICKET_EVENTS_MAX };
	struct event dispatched = event_of(EVENT_DISPATCHED, noon_ms), resolved = event_of(EVENT_RESOLVED, noon_ms + 30 * DAY_MS);
	dispatched.unit = names_intern(names, NAME_UNIT, TEXT("u1"));
	dispatched.due_at_ms = noon_ms + 5 * DAY_MS;
	ticket_merge(&ticket, &dispatched, names);
	judge(&ticket, end_ms + 1);
	struct evidence open = described_month_end(end_ms);
	assert_string_equal(value_of(&open, "dispatched_at"), "2024-03-07T12:00:00+08:00");
	assert_string_equal(value_of(&open, "due_at"), "2024-03-12T12:00:00+08:00");
	assert_string_equal(value_of(&open, "ended_at"), "");
	assert_string_equal(open.next_step, "it is left over in the next month, too, until it ends");
	assert_int_equal(described_month_end(noon_ms - 1).count, 0);  // it had no leg yet
	ticket_merge(&ticket, &resolved, names);
	judge(&ticket, noon_ms + 40 * DAY_MS);
	struct evidence over = described_month_end(end_ms);
	assert_string_equal(value_of(&over, "dispatched_at"), "2024-03-07T12:00:00+08:00");
	assert_string_equal(value_of(&over, "ended_at"), "2024-04-06T12:00:00+08:00");
	assert_string_equal(over.next_step, "");
}

static void durations_in_words(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *words;
	} duration[] = {
		{ 0, "0 ms" }, { 1, "1 ms" }, { 999, "999 ms" }, { 1000, "1 s" }, { 1001, "1 s 1 ms" }, { 59999, "59 s 999 ms" }, { 60000, "1 min" }, { 61000, "1 min 1 s" },
		{ 25 * HOUR_MS, "1 d 1 h" }, { 24 * HOUR_MS + 59 * MINUTE_MS, "1 d" }, { 3 * HOUR_MS + 5 * MINUTE_MS + 7, "3 h 5 min" },
	};
	for (size_t i = 0; i < COUNT_OF(duration); i++) {
		struct evidence evidence = { .count = 0 };
		evidence_add_duration(&evidence, "late_by", duration[i].ms);
		assert_string_equal(evidence.item[0].value, duration[i].words);
		assert_int_equal(evidence.item[0].size, strlen(duration[i].words));
	}
}

// What is too long ends between two characters, with a mark; what just fits is whole.
static void long_values_are_cut_between_characters(void **state)
{
	(void)state;
	char text[3 * 400 + 1] = "";
	for (size_t i = 0; i < 400; i++)
		memcpy(text + 3 * i, "退", 4);
	for (size_t front = 0; front < 4; front++) {
		struct evidence evidence = { .count = 0 };
		evidence_add(&evidence, "reason", "%.*s%s", (int)front, "abc", text);
		struct text value = text_of(evidence.item[0].value);
		assert_int_equal(evidence.item[0].size, value.size);
		assert_true(text_is_utf8(value));
		assert_in_range(value.size, RULE_VALUE_BYTES - 6, RULE_VALUE_BYTES - 1);
		assert_memory_equal(value.at + value.size - 3, "…", 3);
	}
	struct evidence evidence = { .count = 0 };
	evidence_add(&evidence, "reason", "%.*s", RULE_VALUE_BYTES / 3 * 3, text);
	assert_int_equal(text_of(evidence.item[0].value).size, RULE_VALUE_BYTES / 3 * 3);
	assert_int_equal(evidence.item[0].size, RULE_VALUE_BYTES / 3 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ticket_stays_within_the_limits), cmocka_unit_test(the_longest_chain), cmocka_unit_test(open_for_centuries),
		cmocka_unit_test(an_entry_of_a_month_s_end_tells_of_its_leg), cmocka_unit_test(durations_in_words), cmocka_unit_test(long_values_are_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
