// The citizen is not satisfied. About the rating, and the unit that resolved the ticket; worklist of the rating's month.
//
// Only the rating that gave the latest answer holds, as in the counters, and stars say nothing about it.
#include "civil.h"
#include "rating.h"

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct event *rating = facts->satisfied;
	if (!rating || rating->satisfied != ANSWER_NO)
		return;
	struct alert alert = rating_alert(rule, facts, rating, rating->at_ms);
	uint32_t place = outcome_alert(outcome, &alert);
	outcome_list(outcome, LIST_DISSATISFIED, rating_unit(&alert), civil_day_of(rating->at_ms, facts->policy->zone_ms), place);
}

const struct rule rule_dissatisfied = {
	.id = "dissatisfied",
	.article = "每月对不满意件、低星件、超期件、推诿件进行全区范围内通报",
	.seed = "S0",
	.needs = HAS_RATING,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = rating_describe,
};
