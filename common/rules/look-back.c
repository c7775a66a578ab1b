// A dissatisfied or low-star ticket that has seen no revisit within some working days. About the rating, and the unit that resolved the ticket; worklist of the
// rating's month.
//
// Readings: the day of the rating is not counted and the last day counts to its end, as with every term in days. Any revisit that comes after the rating will do.
// A later one ends the alert; the ticket stays on the list, for it was late. Two bad ratings, one of satisfaction and one of stars, are looked at each by itself.
#include "civil.h"
#include "rating.h"

static void judge_rating(const struct rule *rule, const struct facts *facts, struct outcome *outcome, const struct event *rating)
{
	const struct event *revisit = facts_revisit_after(facts, rating);
	int64_t until_ms = rating_look_back_until_ms(facts, rating->at_ms);
	bool is_late = revisit ? revisit->at_ms > until_ms : outcome_reached(outcome, facts, until_ms + 1);
	if (!is_late)
		return;
	struct alert alert = rating_alert(rule, facts, rating, until_ms + 1);
	uint32_t place = outcome_alert(outcome, &alert);
	outcome_list(outcome, LIST_LOOK_BACK, rating_unit(&alert), civil_day_of(rating->at_ms, facts->policy->zone_ms), place);
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct event *satisfied = facts->satisfied, *stars = facts->stars;
	if (satisfied && satisfied->satisfied == ANSWER_NO)
		judge_rating(rule, facts, outcome, satisfied);
	if (stars && stars->stars <= (int32_t)facts->version->low_stars)
		judge_rating(rule, facts, outcome, stars);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	int64_t until_ms = rating_look_back_until_ms(facts, alert->evidence[RATING_AT]), revisited_at_ms = alert->evidence[RATING_REVISITED_AT];
	rating_describe(alert, facts, month, ret_evidence);
	evidence_add_instant(ret_evidence, "revisit_until", until_ms, facts->policy->zone_ms);
	if (revisited_at_ms != NEVER_MS)
		evidence_add_duration(ret_evidence, "late_by", revisited_at_ms - until_ms);
	else
		evidence_set_next_text(ret_evidence, TEXT("the unit looks into the ticket again, and the ticket goes into the month's bulletin"));
}

const struct rule rule_look_back = {
	.id = "look-back",
	.article = "要定期展开“回头看”工作，对低星件和不满意件要认真排查，深度分析产生的原因，对合理的诉求问题进一步跟踪办理、限时解决",
	.seed = "S0",
	.needs = HAS_RATING,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
