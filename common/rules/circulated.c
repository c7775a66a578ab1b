// A ticket that has been with so many distinct units. About the ticket; dated by the dispatch that made it so.
//
// Only lead legs count, however they ended, with what the policy calls many: the bulletin's "2个以上" includes 2. The alert fires until the ticket is resolved.
#include "rule.h"

enum { UNITS };  // evidence

static bool was_with(const struct facts *facts, const struct leg *leg)
{
	for (const struct leg *earlier = facts->leg; earlier < leg; earlier++)
		if (!earlier->is_assist && earlier->unit == leg->unit)
			return true;
	return false;
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	uint32_t units = 0;
	int64_t at_ms = 0;
	if (facts->leg_count < facts->version->circulated_units)
		return;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++)
		if (!leg->is_assist && !was_with(facts, leg) && ++units == facts->version->circulated_units)
			at_ms = leg->dispatched_at_ms;
	if (units < facts->version->circulated_units)
		return;
	struct alert alert = rule_alert(rule, facts, (struct about){ .at_ms = 0 }, at_ms, !facts->standing);
	alert.evidence[UNITS] = units;
	outcome_alert(outcome, &alert);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_number(ret_evidence, "units", alert->evidence[UNITS]);
	evidence_add_chain(ret_evidence, facts);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("the chain and the slips go to the district's leader, who names the unit"));
}

const struct rule rule_circulated = {
	.id = "circulated",
	.article = "对同一诉求流转过2个单位以上的案件，区营商局会将该案件具体流转过程及“退件单”上传至“盘锦市兴隆台区智慧治理决策指挥系统”，由区领导拍定",
	.seed = "S0",
	.needs = HAS_LEAD,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
