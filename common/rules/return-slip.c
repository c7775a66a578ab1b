// A return without the signed slip, or one whose reason cites a law without saying which article of it. About the return.
//
// Readings: a return of which nobody says that it has a slip has none. A law is cited by its title in 《》; any text as `statute` is the article. The alert fires
// until the ticket is resolved. Returns of assisting units are their own affair.
#include <string.h>

#include "rule.h"

enum { MISSING };                             // evidence
enum { MISSING_SLIP = 1, MISSING_STATUTE = 2 };  // what is missing, as a mask

static bool cites_law(struct text reason)
{
	static const char open[] = "《", close[] = "》";
	const char *title = reason.size ? memmem(reason.at, reason.size, open, sizeof open - 1) : NULL;
	return title && memmem(title, reason.size - (size_t)(title - reason.at), close, sizeof close - 1);
}

static int64_t missing_of(const struct event *back)
{
	int64_t missing = back->slip == ANSWER_YES ? 0 : MISSING_SLIP;
	return missing | (!back->statute.size && cites_law(back->reason) ? MISSING_STATUTE : 0);
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++) {
		int64_t missing = back->leg && back->leg->is_assist ? 0 : missing_of(back->event);
		if (!missing)
			continue;
		struct about about = { .at_ms = back->event->at_ms, .unit = back->event->unit };
		struct alert alert = rule_alert(rule, facts, about, back->event->at_ms, !facts->standing);
		alert.evidence[MISSING] = missing;
		outcome_alert(outcome, &alert);
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int64_t missing = alert->evidence[MISSING];
	evidence_add_unit(ret_evidence, "returned_by", facts->names, alert->about.unit);
	evidence_add_instant(ret_evidence, "returned_at", alert->about.at_ms, facts->policy->zone_ms);
	evidence_add(ret_evidence, "missing", "%s%s%s", missing & MISSING_SLIP ? "slip" : "", missing == (MISSING_SLIP | MISSING_STATUTE) ? ", " : "",
		missing & MISSING_STATUTE ? "statute" : "");
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++)
		if (back->event->at_ms == alert->about.at_ms && back->event->unit == alert->about.unit && back->event->reason.size) {
			evidence_add_text(ret_evidence, "reason", back->event->reason);
			break;
		}
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("the unit hands in what is missing, or the return is refused"));
}

const struct rule rule_return_slip = {
	.id = "return-slip",
	.article = "承办单位需提交“退件单”并由主要领导签字；提及的法律、法规要向区级平台承办人提供该法律、法规的具体条款、条例",
	.seed = "S0",
	.needs = HAS_RETURN,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.describe = describe,
};
