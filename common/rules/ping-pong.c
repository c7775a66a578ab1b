// A ticket that goes from one unit to another and back to the first. About the leg that closes the circle.
//
// Readings: only lead legs count, whether the ticket was given back or moved between them; several legs of one unit in a row are one stay. A to B to A to B is two
// such ways. The alert fires until the ticket is resolved.
#include "rule.h"

enum { BETWEEN };  // evidence

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	name_id last = 0, before = 0;
	enum { LEGS_MIN = 3 };
	if (facts->leg_count < LEGS_MIN)
		return;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++) {
		if (leg->is_assist || leg->unit == last)
			continue;
		if (leg->unit == before) {
			struct about about = { .at_ms = leg->dispatched_at_ms, .unit = leg->unit };
			struct alert alert = rule_alert(rule, facts, about, leg->dispatched_at_ms, !facts->standing);
			alert.evidence[BETWEEN] = last;
			outcome_alert(outcome, &alert);
		}
		before = last;
		last = leg->unit;
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_unit(ret_evidence, "unit", facts->names, alert->about.unit);
	evidence_add_unit(ret_evidence, "other_unit", facts->names, (name_id)alert->evidence[BETWEEN]);
	evidence_add_chain(ret_evidence, facts);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("responsibility is confirmed with the next dispatch; another return escalates"));
}

const struct rule rule_ping_pong = {
	.id = "ping-pong",
	.article = "对一些情况比较清楚，但因部门推诿扯皮、办理不力等原因导致重复投诉的问题，要会同有关部门单位，通过一起踏勘现场、了解情况，研究提出解决方案",
	.seed = "S3",
	.needs = HAS_LEAD,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
