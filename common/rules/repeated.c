// The same caller, or the same place and category, again. Counter `repeated`; the second and the third (numbers of the policy) raise an alert on the later ticket.
//
// The rule, in full. A ticket has up to two links: its caller; and its place together with its category (the whole path; both must be given). It has none if it is
// invalid or was never received. Callers, places and categories are the same when their bytes are. Tickets of a link are ordered by (instant of receipt, ticket id by
// its bytes). By each of its links a ticket has the number 1 + how many tickets of that link come before it and were received at most `within` (30 days) before it,
// the last millisecond included. By the policy of the day on which this ticket was received:
//   - a ticket with the number 2 or more by either link counts `repeated`, once, on the day of its receipt: for the city, its own district and its categories, and for
//     the unit of its latest lead leg, while that leg is open or resolved;
//   - if either number lies in `from` to `to`, there is an alert about the ticket, dated by its receipt. It fires until the ticket is resolved, or was answered directly.
#include "civil.h"
#include "rule.h"

enum { BY_CALLER, BY_PLACE };  // evidence: the number by each link

static uint32_t number_by(const struct facts *facts, enum link_kind kind)
{
	struct precedence precedence;
	uint32_t number = 1;
	if (!facts_precedence(facts, kind, &precedence))
		return number;
	for (uint32_t i = 0; i < precedence.earlier_count; i++)
		number += precedence.earlier_ms[i] <= facts->version->repeated_within_ms;
	return number;
}

static const struct leg *latest_lead(const struct facts *facts)
{
	for (uint32_t i = facts->leg_count; i--;)
		if (!facts->leg[i].is_assist)
			return &facts->leg[i];
	return NULL;
}

static void count(const struct facts *facts, struct outcome *outcome)
{
	const struct leg *leg = latest_lead(facts);
	outcome_count(outcome, COUNTER_REPEATED, SCOPE_TICKET, 0, facts->received_day, 1);
	if (leg && (leg->end == LEG_OPEN || leg->end == LEG_RESOLVED))
		outcome_count(outcome, COUNTER_REPEATED, SCOPE_UNIT_ALONE, leg->unit, facts->received_day, 1);
}

static bool is_told(const struct policy_version *version, uint32_t number)
{
	return number >= version->repeated_from && number <= version->repeated_to;
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	uint32_t by_caller = number_by(facts, LINK_CALLER), by_place = number_by(facts, LINK_PLACE);
	if (by_caller < 2 && by_place < 2)
		return;
	count(facts, outcome);
	if (!is_told(facts->version, by_caller) && !is_told(facts->version, by_place))
		return;
	struct alert alert = rule_alert(rule, facts, (struct about){ .at_ms = 0 }, facts->received_at_ms, facts_is_open(facts));
	alert.evidence[BY_CALLER] = by_caller;
	alert.evidence[BY_PLACE] = by_place;
	outcome_alert(outcome, &alert);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	if (alert->evidence[BY_CALLER] > 1)
		evidence_add_number(ret_evidence, "number_by_caller", alert->evidence[BY_CALLER]);
	if (alert->evidence[BY_PLACE] > 1)
		evidence_add_number(ret_evidence, "number_by_place", alert->evidence[BY_PLACE]);
	evidence_add_instant(ret_evidence, "received_at", facts->received_at_ms, facts->policy->zone_ms);
	if (facts->place.size)
		evidence_add_text(ret_evidence, "place", facts->place);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("whoever holds the ticket looks at the earlier ones before it is dispatched again"));
}

const struct rule rule_repeated = {
	.id = "repeated",
	.article = "因部门推诿扯皮、办理不力等原因导致重复投诉的问题，要会同有关部门单位……研究提出解决方案",
	.seed = "S3",
	.needs = HAS_LINKED,
	.severity = SEVERITY_WARNING,
	.uses_links = true,
	.judge = judge,
	.describe = describe,
};
