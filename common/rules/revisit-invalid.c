// A revisit that was not effective. About the revisit, and the unit that resolved the ticket; worklist of the revisit's month.
//
// Reading: a revisit of which nobody says whether it was effective is not invalid. The next effective revisit ends the alert.
#include "civil.h"
#include "rule.h"

enum { REVISITED, EFFECTIVE };  // evidence

static const struct event *next_effective(const struct facts *facts, const struct event *event)
{
	do
		event = facts_revisit_after(facts, event);
	while (event && event->effective != ANSWER_YES);
	return event;
}

static void judge_revisit(const struct rule *rule, const struct facts *facts, struct outcome *outcome, const struct event *revisit)
{
	const struct resolution *resolution = facts_resolution_for(facts, revisit);
	const struct event *effective = next_effective(facts, revisit);
	struct about about = { .at_ms = revisit->at_ms, .unit = resolution ? resolution->unit : 0 };
	struct alert alert = rule_alert(rule, facts, about, revisit->at_ms, !effective);
	alert.evidence[REVISITED] = revisit->at_ms;
	alert.evidence[EFFECTIVE] = effective ? effective->at_ms : NEVER_MS;
	uint32_t place = outcome_alert(outcome, &alert);
	outcome_list(outcome, LIST_REVISIT_INVALID, about.unit, civil_day_of(revisit->at_ms, facts->policy->zone_ms), place);
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct event *event = facts->ticket->event; event < facts->ticket->event + facts->ticket->count; event++)
		if (event->type == EVENT_REVISITED && !event->is_void && event->effective == ANSWER_NO)
			judge_revisit(rule, facts, outcome, event);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_instant(ret_evidence, "revisited_at", alert->evidence[REVISITED], facts->policy->zone_ms);
	evidence_add_unit(ret_evidence, "resolved_by", facts->names, alert->about.unit);
	if (alert->evidence[EFFECTIVE] != NEVER_MS)
		evidence_add_instant(ret_evidence, "effective_at", alert->evidence[EFFECTIVE], facts->policy->zone_ms);
	else
		evidence_set_next_text(ret_evidence, TEXT("an effective revisit clears it"));
}

const struct rule rule_revisit_invalid = {
	.id = "revisit-invalid",
	.article = "确保有效回访率提升，请各承办单位进一步规范回访工作，提高回访质量，并对“无效回访”投诉件进行清理",
	.seed = "S0",
	.needs = HAS_REVISIT,
	.severity = SEVERITY_NOTICE,
	.judge = judge,
	.describe = describe,
};
