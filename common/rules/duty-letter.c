// More than three days of a month without a log-in: a warning on the third missed day, a letter on the fourth. About the month and which of the two.
//
// Reading: "超过 3 天" excludes the three, so the letter goes out at the instant at which the fourth day is missed. It is one letter a month; that more days
// follow changes what it says, not whether it is sent. How many are too many is said by the policy of the day that is missed. Days are counted as by the rule duty
// (duty.h), which may be off. Both fire for good: a month that was missed stays so; only a log-in that arrives late takes them back.
#include <stdio.h>

#include "duty.h"

enum { WARNING = 1, LETTER = 2 };  // about.number: stored, never changes
enum { DAYS, LIMIT, LAST };        // evidence; of the days a mask, bit 1 is the first

static const char *about_name(uint32_t number)
{
	static const char *const name[] = { "", "warning", "letter" };
	return number <= LETTER ? name[number] : NULL;
}

// When the days missed so far come to the limit for the first time, by the policy of the day that does it.
static void raise(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome, const struct duty_day *missed, uint32_t count, uint32_t number)
{
	int64_t days = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t over = policy_version_at(facts->policy, missed[i].day)->duty_letter_over;
		days |= INT64_C(1) << civil_from_day(missed[i].day).day;
		if (i + 1 < (number == LETTER ? over + 1 : over) || !over)
			continue;
		struct alert alert = {
			.rule = rule,
			.about = { .number = number },
			.state = ALERT_FIRING,
			.severity = number == LETTER ? SEVERITY_CRITICAL : SEVERITY_WARNING,
			.holder = facts->unit,
			.at_ms = missed[i].at_ms,
			.evidence = { [DAYS] = days, [LIMIT] = over, [LAST] = missed[i].day },
		};
		outcome_alert(outcome, &alert);
		return;
	}
}

static void judge_unit(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome)
{
	struct duty_day missed[DUTY_DAYS_MAX];
	uint32_t count = duty_missed(rule, facts, outcome, missed);
	raise(rule, facts, outcome, missed, count, WARNING);
	raise(rule, facts, outcome, missed, count, LETTER);
}

static unsigned list_days(int64_t mask, const char *separator, char *ret_days, size_t capacity)
{
	unsigned count = 0;
	size_t size = 0;
	ret_days[0] = '\0';
	for (int day = 1; day <= DUTY_DAYS_MAX; day++)
		if (mask >> day & 1 && size < capacity)
			size += (size_t)snprintf(ret_days + size, capacity - size, "%s%d", count++ ? separator : "", day);
	return count;
}

static void describe_unit(const struct alert *alert, const struct unit_facts *facts, struct evidence *ret_evidence)
{
	char month[CIVIL_MONTH_BYTES], days[RULE_VALUE_BYTES];
	struct text unit = names_text(facts->names, facts->unit);
	const struct roster_unit *entry = policy_unit(facts->policy, facts->unit, (int32_t)alert->evidence[LAST]);
	civil_format_month(facts->month, month);
	evidence_add_text(ret_evidence, "month", text_of(month));
	unsigned count = list_days(alert->evidence[DAYS], ", ", days, sizeof days);
	evidence_add_text(ret_evidence, "missed_days", text_of(days));
	evidence_add_number(ret_evidence, "missed", count);
	evidence_add_number(ret_evidence, "limit", alert->evidence[LIMIT]);
	if (alert->about.number == WARNING) {
		evidence_set_next_text(ret_evidence, TEXT("a letter to the unit on the next missed day of the month"));
		return;
	}
	list_days(alert->evidence[DAYS], "、", days, sizeof days);
	evidence_add(ret_evidence, "letter_to", "《提示函》%s", entry ? entry->name : "");
	if (!entry)
		evidence_add_unit(ret_evidence, "unit", facts->names, facts->unit);
	evidence_add(ret_evidence, "letter", "你单位（%.*s）%s 月内 %s 日共 %u 个工作日未按时登录值守。", (int)unit.size, unit.at, month, days, count);
	evidence_add(ret_evidence, "letter_2", "请查明原因，落实专人值守，并将整改情况书面反馈。");
	evidence_set_next_text(ret_evidence, TEXT("send the letter"));
}

const struct rule rule_duty_letter = {
	.id = "duty-letter",
	.article = "每个月超过 3 天未登录的，以提示函的方式发到相关单位",
	.seed = "S2",
	.severity = SEVERITY_WARNING,
	.judge_unit = judge_unit,
	.about_name = about_name,
	.describe_unit = describe_unit,
};
