// A lead leg that was given back later than the policy allows. About the leg's dispatch.
//
// The limit runs from the acceptance where one is known, else from the dispatch, by the clock; its last millisecond is in time. The alert fires until the ticket
// is resolved.
#include "rule.h"

enum { RETURNED, UNTIL };  // evidence

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++) {
		const struct leg *leg = back->leg;
		if (!leg || leg->is_assist || back->event->at_ms <= facts_return_until_ms(facts, leg))
			continue;
		struct about about = { .at_ms = leg->dispatched_at_ms, .unit = leg->unit };
		struct alert alert = rule_alert(rule, facts, about, back->event->at_ms, !facts->standing);
		alert.evidence[RETURNED] = back->event->at_ms;
		alert.evidence[UNTIL] = facts_return_until_ms(facts, leg);
		outcome_alert(outcome, &alert);
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	evidence_add_unit(ret_evidence, "returned_by", facts->names, alert->about.unit);
	evidence_add_instant(ret_evidence, "dispatched_at", alert->about.at_ms, zone_ms);
	evidence_add_instant(ret_evidence, "return_until", alert->evidence[UNTIL], zone_ms);
	evidence_add_instant(ret_evidence, "returned_at", alert->evidence[RETURNED], zone_ms);
	evidence_add_duration(ret_evidence, "late_by", alert->evidence[RETURNED] - alert->evidence[UNTIL]);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("the platform may refuse the return and leave the ticket with the unit"));
}

const struct rule rule_return_late = {
	.id = "return-late",
	.article = "对各承办单位在接件24小时内可申请退件",
	.seed = "S0",
	.needs = HAS_LEAD | HAS_RETURN,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
