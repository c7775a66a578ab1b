// A unit resolved a ticket that it had given back. About the leg that it resolved; worklist of the resolution's month. The counter is in assess.c.
//
// The alert fires as long as that resolution stands: nothing makes up for it, it goes into the bulletin. Source: S2, table 3.
#include "civil.h"
#include "rule.h"

enum { RESOLVED, RETURNS };  // evidence

static int64_t count_returns(const struct facts *facts, const struct leg *leg)
{
	int64_t count = 0;
	for (const struct leg *earlier = facts->leg; earlier < leg; earlier++)
		count += !earlier->is_assist && earlier->unit == leg->unit && earlier->end == LEG_RETURNED;
	return count;
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++) {
		if (leg->is_assist || leg->end != LEG_RESOLVED || !facts_shirked(facts, leg))
			continue;
		struct about about = { .at_ms = leg->dispatched_at_ms, .unit = leg->unit };
		struct alert alert = rule_alert(rule, facts, about, leg->ended_at_ms, true);
		alert.evidence[RESOLVED] = leg->ended_at_ms;
		alert.evidence[RETURNS] = count_returns(facts, leg);
		uint32_t place = outcome_alert(outcome, &alert);
		outcome_list(outcome, LIST_SHIRKED, leg->unit, civil_day_of(leg->ended_at_ms, facts->policy->zone_ms), place);
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_unit(ret_evidence, "unit", facts->names, alert->about.unit);
	evidence_add_number(ret_evidence, "returns", alert->evidence[RETURNS]);
	evidence_add_instant(ret_evidence, "resolved_at", alert->evidence[RESOLVED], facts->policy->zone_ms);
	evidence_add_chain(ret_evidence, facts);
	evidence_set_next_text(ret_evidence, TEXT("the ticket is named in the month's bulletin among those shirked"));
}

const struct rule rule_shirked = {
	.id = "shirked",
	.article = "每月对不满意件、低星件、超期件、推诿件进行全区范围内通报",
	.seed = "S0, S2",
	.needs = HAS_LEAD | HAS_RETURN | HAS_RESOLUTION,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
