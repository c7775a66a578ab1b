// A lead leg that is open past its due time. About the leg's dispatch; worklist of the month in which it was due, where it still counts as overdue.
#include "civil.h"
#include "rule.h"

enum { DUE, DISPATCHED, ENDED };  // evidence

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++) {
		if (leg->is_assist)
			continue;
		bool has_due = leg->due_at_ms != NEVER_MS;
		bool is_open_late = leg->end == LEG_OPEN && has_due && outcome_reached(outcome, facts, leg->due_at_ms + 1);
		bool is_ended_late = leg->end != LEG_OPEN && has_due && leg->ended_at_ms > leg->due_at_ms;
		if (!is_open_late && !is_ended_late && !leg->late_from_ms)
			continue;
		struct about about = { .at_ms = leg->dispatched_at_ms, .unit = leg->unit };
		int64_t at_ms = is_open_late || is_ended_late ? leg->due_at_ms + 1 : leg->late_from_ms;
		struct alert alert = rule_alert(rule, facts, about, at_ms, is_open_late);
		alert.evidence[DUE] = leg->due_at_ms;
		alert.evidence[DISPATCHED] = leg->dispatched_at_ms;
		alert.evidence[ENDED] = leg->ended_at_ms;
		uint32_t place = outcome_alert(outcome, &alert);
		if (is_open_late || is_ended_late)
			outcome_list(outcome, LIST_OVERDUE, leg->unit, civil_day_of(leg->due_at_ms, facts->policy->zone_ms), place);
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	evidence_add_instant(ret_evidence, "dispatched_at", alert->evidence[DISPATCHED], zone_ms);
	if (alert->evidence[DUE] != NEVER_MS)
		evidence_add_instant(ret_evidence, "due_at", alert->evidence[DUE], zone_ms);
	if (alert->evidence[ENDED] != NEVER_MS)
		evidence_add_instant(ret_evidence, "ended_at", alert->evidence[ENDED], zone_ms);
	if (alert->evidence[ENDED] != NEVER_MS && alert->evidence[ENDED] > alert->evidence[DUE])
		evidence_add_duration(ret_evidence, "late_by", alert->evidence[ENDED] - alert->evidence[DUE]);
	evidence_add_unit(ret_evidence, "unit", facts->names, alert->about.unit);
	if (alert->state == ALERT_FIRING)
		evidence_set_next(ret_evidence, "%s", facts->version->escalation_on_overdue ? "escalation, a level each so many working days, until it is resolved" : "the month's bulletin");
}

const struct rule rule_overdue = {
	.id = "overdue",
	.article = "每月对不满意件、低星件、超期件、推诿件进行全区范围内通报",
	.seed = "S0",
	.needs = HAS_LEAD,
	.severity = SEVERITY_CRITICAL,
	.judge = judge,
	.describe = describe,
};
