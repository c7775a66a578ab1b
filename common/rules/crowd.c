// Many callers about one thing, or much money: the unit is told before it grows.
//
// The rule, in full. Callers: of the tickets of one place and category (a link as in repeated.c, with its order) the crowd of a ticket is the number of distinct callers
// among the ticket itself and those before it that were received at most `within` (24 hours) before it, the last millisecond included; a ticket without a caller adds
// none. The ticket whose crowd reaches `callers` (5), while that of the ticket just before it in the link does not, raises an alert about it, by the policy of the day
// on which it was received. A ticket that has no other before it raises none. Amount: a ticket whose amount is `amount` yuan or more raises one; 0 is off, and the
// default. Both are dated by the receipt, and fire until the ticket is resolved, or was answered directly.
#include <stddef.h>

#include "civil.h"
#include "rule.h"

enum { CALLERS = 1, AMOUNT = 2 };  // about.number
enum { REACHED };                  // evidence

static void add_alert(const struct rule *rule, const struct facts *facts, struct outcome *outcome, uint32_t number, int64_t reached)
{
	struct alert alert = rule_alert(rule, facts, (struct about){ .number = number }, facts->received_at_ms, facts_is_open(facts));
	alert.evidence[REACHED] = reached;
	outcome_alert(outcome, &alert);
}

// Of the callers before it, leaving out the ticket's own, who is counted once.
static uint32_t crowd_of(const struct facts *facts, const struct precedence *precedence)
{
	uint32_t callers = facts->caller.size != 0;
	for (uint32_t i = 0; i < precedence->caller_count; i++)
		callers += !precedence->is_own[i] && precedence->caller_ms[i] <= facts->version->crowd_within_ms;
	return callers;
}

// Everybody who came before the ticket came up to the one before it, that one included.
static uint32_t crowd_before(const struct facts *facts, const struct precedence *precedence)
{
	uint32_t callers = 0;
	for (uint32_t i = 0; i < precedence->caller_count; i++)
		callers += precedence->caller_ms[i] - precedence->earlier_ms[0] <= facts->version->crowd_within_ms;
	return callers;
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	const struct policy_version *version = facts->version;
	struct precedence precedence;
	if (version->crowd_amount && facts->amount >= version->crowd_amount)
		add_alert(rule, facts, outcome, AMOUNT, facts->amount);
	if (!facts_precedence(facts, LINK_PLACE, &precedence))
		return;
	uint32_t callers = crowd_of(facts, &precedence);
	if (callers >= version->crowd_callers && crowd_before(facts, &precedence) < version->crowd_callers)
		add_alert(rule, facts, outcome, CALLERS, callers);
}

static const char *about_name(uint32_t number)
{
	return number == CALLERS ? "callers" : number == AMOUNT ? "amount" : NULL;
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	evidence_add_number(ret_evidence, alert->about.number == CALLERS ? "callers" : "amount", alert->evidence[REACHED]);
	evidence_add_instant(ret_evidence, "received_at", facts->received_at_ms, facts->policy->zone_ms);
	if (facts->place.size)
		evidence_add_text(ret_evidence, "place", facts->place);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("the unit is warned in advance; every ticket about the place goes to it together"));
}

const struct rule rule_crowd = {
	.id = "crowd",
	.article = "针对投诉人数较多、数额较大的案件……提前告知预警承办单位",
	.seed = "S3",
	.severity = SEVERITY_WARNING,
	.uses_links = true,
	.judge = judge,
	.about_name = about_name,
	.describe = describe,
};
