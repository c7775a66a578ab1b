// A candidate for the bulletin's good cases: many stars, and resolved fast. About the rating, and the unit that resolved the ticket.
//
// Readings: "top" are the stars that the policy calls excellent; "fast" is counted from the receipt, as the citizen waits, to the resolution that was rated and
// still stands. Who gave stars and is not satisfied is no candidate, nor is what nobody knows who resolved. It fires as long as that is so: it asks nobody for anything.
#include "rule.h"

enum { STARS, RECEIVED, RESOLVED };  // evidence

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct event *rating = facts->stars;
	if (!rating || rating->stars < (int32_t)facts->version->excellent_stars || !facts->is_received)
		return;
	if (facts->satisfied && facts->satisfied->satisfied == ANSWER_NO)
		return;
	const struct resolution *resolution = facts_resolution_for(facts, rating);
	if (!resolution || !resolution->stands || !resolution->unit)
		return;
	int64_t resolved_at_ms = resolution->event->at_ms;
	if (resolved_at_ms - facts->received_at_ms > facts->version->praise_within_ms)
		return;
	struct about about = { .at_ms = rating->at_ms, .unit = resolution->unit };
	struct alert alert = rule_alert(rule, facts, about, rating->at_ms > resolved_at_ms ? rating->at_ms : resolved_at_ms, true);
	alert.evidence[STARS] = rating->stars;
	alert.evidence[RECEIVED] = facts->received_at_ms;
	alert.evidence[RESOLVED] = resolved_at_ms;
	outcome_alert(outcome, &alert);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	evidence_add_number(ret_evidence, "stars", alert->evidence[STARS]);
	evidence_add_instant(ret_evidence, "received_at", alert->evidence[RECEIVED], zone_ms);
	evidence_add_instant(ret_evidence, "resolved_at", alert->evidence[RESOLVED], zone_ms);
	evidence_add_duration(ret_evidence, "within", alert->evidence[RESOLVED] - alert->evidence[RECEIVED]);
	evidence_add_unit(ret_evidence, "resolved_by", facts->names, alert->about.unit);
	evidence_set_next_text(ret_evidence, TEXT("the editors of the bulletin choose among the candidates"));
}

const struct rule rule_praise = {
	.id = "praise",
	.article = "联网单位好评典型案例；群众好评典型件",
	.seed = "S0, S1",
	.needs = HAS_RATING | HAS_RESOLUTION,
	.severity = SEVERITY_NOTICE,
	.judge = judge,
	.describe = describe,
};
