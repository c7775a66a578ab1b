// The unit wrote that the citizen is satisfied, and the citizen says not. About the rating, and the unit that resolved the ticket.
//
// Reading: the claim is that of the resolution which the rating is about. A unit that owns up to a citizen who is not satisfied is in no conflict, whatever the
// rating says. Source: S0, table 3.
#include "rating.h"

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct event *rating = facts->satisfied;
	if (!rating || rating->satisfied != ANSWER_NO)
		return;
	const struct resolution *resolution = facts_resolution_for(facts, rating);
	if (!resolution || resolution->event->claims_satisfied != ANSWER_YES)
		return;
	int64_t claimed_at_ms = resolution->event->at_ms;
	struct alert alert = rating_alert(rule, facts, rating, rating->at_ms > claimed_at_ms ? rating->at_ms : claimed_at_ms);
	outcome_alert(outcome, &alert);
}

const struct rule rule_claim_conflict = {
	.id = "claim-conflict",
	.article = "办理情况：现诉求人对于处理结果及工作人员工作态度表示满意；满意度：不满意",
	.seed = "S0",
	.needs = HAS_RATING | HAS_RESOLUTION,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = rating_describe,
};
