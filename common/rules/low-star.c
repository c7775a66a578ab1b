// A rating of few stars. About the rating, and the unit that resolved the ticket; worklist of the rating's month.
//
// Low is a number of the policy. S0's dissatisfied ticket had 3 stars of 5, so neither stars nor satisfaction says anything about the other.
#include "civil.h"
#include "rating.h"

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct event *rating = facts->stars;
	if (!rating || rating->stars > (int32_t)facts->version->low_stars)
		return;
	struct alert alert = rating_alert(rule, facts, rating, rating->at_ms);
	uint32_t place = outcome_alert(outcome, &alert);
	outcome_list(outcome, LIST_LOW_STAR, rating_unit(&alert), civil_day_of(rating->at_ms, facts->policy->zone_ms), place);
}

const struct rule rule_low_star = {
	.id = "low-star",
	.article = "每月对不满意件、低星件、超期件、推诿件进行全区范围内通报",
	.seed = "S0",
	.needs = HAS_RATING,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = rating_describe,
};
