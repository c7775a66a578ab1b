#include "rating.h"

#include "civil.h"

struct alert rating_alert(const struct rule *rule, const struct facts *facts, const struct event *rating, int64_t at_ms)
{
	const struct resolution *resolution = facts_resolution_for(facts, rating);
	const struct event *revisit = facts_revisit_after(facts, rating);
	struct about about = { .at_ms = rating->at_ms, .unit = resolution ? resolution->unit : 0 };
	struct alert alert = rule_alert(rule, facts, about, at_ms, !revisit);
	alert.evidence[RATING_AT] = rating->at_ms;
	alert.evidence[RATING_STARS] = rating->stars;
	alert.evidence[RATING_RESOLVED_AT] = resolution ? resolution->event->at_ms : NEVER_MS;
	alert.evidence[RATING_REVISITED_AT] = revisit ? revisit->at_ms : NEVER_MS;
	return alert;
}

name_id rating_unit(const struct alert *alert)
{
	return alert->about.unit;
}

int64_t rating_look_back_until_ms(const struct facts *facts, int64_t rated_at_ms)
{
	const struct policy *policy = facts->policy;
	int32_t day = civil_day_of(rated_at_ms, policy->zone_ms);
	return civil_day_end_ms(calendar_add_working(policy->calendar, day, (int32_t)facts->version->look_back_days), policy->zone_ms);
}

void rating_describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	evidence_add_instant(ret_evidence, "rated_at", alert->evidence[RATING_AT], zone_ms);
	if (alert->evidence[RATING_STARS] != STARS_NONE)
		evidence_add_number(ret_evidence, "stars", alert->evidence[RATING_STARS]);
	if (alert->evidence[RATING_RESOLVED_AT] != NEVER_MS)
		evidence_add_instant(ret_evidence, "resolved_at", alert->evidence[RATING_RESOLVED_AT], zone_ms);
	evidence_add_unit(ret_evidence, "resolved_by", facts->names, alert->about.unit);
	if (alert->evidence[RATING_REVISITED_AT] != NEVER_MS) {
		evidence_add_instant(ret_evidence, "revisited_at", alert->evidence[RATING_REVISITED_AT], zone_ms);
		return;
	}
	char until[CIVIL_INSTANT_BYTES];
	civil_format_instant(rating_look_back_until_ms(facts, alert->evidence[RATING_AT]), zone_ms, until);
	evidence_set_next(ret_evidence, "a revisit by %s, else look-back", until);
}
