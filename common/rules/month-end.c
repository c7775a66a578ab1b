// A lead leg that is open when a month nears its end: worklist of the unit and that month, from the start of the day that so many working days of the month
// follow. What is open at the end of the month stays on that month's list for good; what ends before goes off it.
//
// Readings: a leg of which the ticket was resolved at the end of the month is not left then, also when it was reopened later. A leg of last month is on the list
// of this month, too ("当月及上月结存"), and so on until it ends. What is left of a unit in numbers, so many working days before the end and at the end, is a
// matter of the unit's month and not of a ticket: month-end-left.c.
#include "month-end.h"

#include "civil.h"
#include "month_end.h"

static void judge_leg(const struct facts *facts, struct outcome *outcome, const struct leg *leg)
{
	int32_t zone_ms = facts->policy->zone_ms;
	int32_t last_day = civil_month_last_day(leg->dispatched_day);
	for (;; last_day = civil_month_last_day(last_day + 1)) {
		int64_t end_ms = civil_day_end_ms(last_day, zone_ms);
		if (leg->held_until_ms <= end_ms)
			return;
		bool is_open = leg->end == LEG_OPEN;
		if (is_open && !outcome_reached(outcome, facts, civil_day_start_ms(month_end_day(facts->policy->calendar, last_day, facts->version->month_end_days), zone_ms)))
			return;
		if (!facts_is_resolved_at(facts, end_ms))
			outcome_list(outcome, LIST_MONTH_END, leg->unit, last_day, 0);
		if (is_open && !outcome_reached(outcome, facts, end_ms + 1))
			return;
	}
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	(void)rule;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++)
		if (!leg->is_assist)
			judge_leg(facts, outcome, leg);
}

// Of a ticket the alert is none of outcome's: it stands for an entry of the list, dated the end of the month.
static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	if (month) {
		month_end_describe_month(alert, month, ret_evidence);
		return;
	}
	const struct leg *open = NULL;
	int32_t zone_ms = facts->policy->zone_ms;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++)
		if (!leg->is_assist && leg->unit == alert->about.unit && leg->dispatched_at_ms <= alert->at_ms)
			open = leg;
	if (!open)
		return;
	evidence_add_instant(ret_evidence, "dispatched_at", open->dispatched_at_ms, zone_ms);
	if (open->due_at_ms != NEVER_MS)
		evidence_add_instant(ret_evidence, "due_at", open->due_at_ms, zone_ms);
	if (open->ended_at_ms != NEVER_MS)
		evidence_add_instant(ret_evidence, "ended_at", open->ended_at_ms, zone_ms);
	else
		evidence_set_next_text(ret_evidence, TEXT("it is left over in the next month, too, until it ends"));
}

const struct rule rule_month_end = {
	.id = "month-end",
	.article = "各承办单位每月月底把当月及上月结存的诉求案件全部清零",
	.seed = "S0",
	.needs = HAS_LEAD,
	.severity = SEVERITY_NOTICE,
	.judge = judge,
	.judge_month = month_end_judge_month,
	.about_name = month_end_about_name,
	.describe = describe,
};
