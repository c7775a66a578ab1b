// A ticket that was given back a second and a third time (numbers of the policy), about the number; or by one unit with one reason again, about that return.
// Worklist: the unit of every return from the first of these numbers on, in the return's month.
//
// Readings: returns of assisting units do not count; returns of a unit that held nothing do, as in the counters. A reason is the same when its text is, to the
// byte; no reason is not the same as no reason. The alert fires until the ticket is resolved.
#include "civil.h"
#include "rule.h"

enum { RETURNED, COUNT, UNIT };  // evidence

static bool is_counted(const struct giving_back *back)
{
	return !(back->leg && back->leg->is_assist);
}

static bool gave_reason_before(const struct facts *facts, const struct giving_back *back)
{
	if (!back->event->reason.size)
		return false;
	for (const struct giving_back *earlier = facts->giving_back; earlier < back; earlier++)
		if (is_counted(earlier) && earlier->event->unit == back->event->unit && text_equal(earlier->event->reason, back->event->reason))
			return true;
	return false;
}

static uint32_t add_alert(const struct rule *rule, const struct facts *facts, struct outcome *outcome, const struct giving_back *back, struct about about, uint32_t count)
{
	struct alert alert = rule_alert(rule, facts, about, back->event->at_ms, !facts->standing);
	alert.evidence[RETURNED] = back->event->at_ms;
	alert.evidence[COUNT] = count;
	alert.evidence[UNIT] = back->event->unit;
	return outcome_alert(outcome, &alert);
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct policy_version *version = facts->version;
	uint32_t count = 0, place = 0;
	if (facts->giving_back_count < 2)
		return;  // nothing came again
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++) {
		if (!is_counted(back))
			continue;
		count++;
		if (gave_reason_before(facts, back))
			place = add_alert(rule, facts, outcome, back, (struct about){ .at_ms = back->event->at_ms, .unit = back->event->unit }, count);
		if (count < version->returned_often_from)
			continue;
		if (count <= version->returned_often_to)
			place = add_alert(rule, facts, outcome, back, (struct about){ .number = count }, count);
		outcome_list(outcome, LIST_RETURNED_OFTEN, back->event->unit, civil_day_of(back->event->at_ms, facts->policy->zone_ms), place);
	}
}

static void add_reason(const struct alert *alert, const struct facts *facts, struct evidence *ret_evidence)
{
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++)
		if (back->event->at_ms == alert->evidence[RETURNED] && back->event->unit == alert->evidence[UNIT] && back->event->reason.size) {
			evidence_add_text(ret_evidence, "reason", back->event->reason);
			return;
		}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_number(ret_evidence, "returns", alert->evidence[COUNT]);
	evidence_add_instant(ret_evidence, "returned_at", alert->evidence[RETURNED], facts->policy->zone_ms);
	evidence_add_unit(ret_evidence, "returned_by", facts->names, (name_id)alert->evidence[UNIT]);
	add_reason(alert, facts, ret_evidence);
	evidence_add_chain(ret_evidence, facts);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("responsibility is confirmed with the next dispatch; another return escalates"));
}

const struct rule rule_returned_often = {
	.id = "returned-often",
	.article = "三次均以“请分派至住建部门”为由退件；继续加强对“多次退单件”、“不满意件”的梳理分析",
	.seed = "S2, S3",
	.needs = HAS_RETURN,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
