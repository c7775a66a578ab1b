// A lead leg that nears its due time: at shares of the clock time from the start of its term, and so long before. About the leg's dispatch and the warning.
//
// A warning that falls outside working hours comes at their next start, or at once where the due time is not later than that. It fires from then until the leg
// ends or its due time passes (overdue takes over). Readings: a leg that ends at the very instant of a warning needs none; nor is there one before the term
// starts, where the whole term is shorter than so long before; the shares are of the term as it stands, so an extension or a reopening takes back what it makes
// untrue, and the warning comes again at its new instant; one that would have come while the ticket was resolved does not come after a reopening; a term that is over
// when it starts has none; on a day off there are no working hours. A warning before three quarters of the time are over is a notice.
#include "civil.h"
#include "rule.h"

enum { WARNED, DUE, FROM };  // evidence
enum { SHARES = 10000, BEFORE = SHARES };  // about.number: a share in ten-thousandths, or the time before

static const char *about_name(uint32_t number)
{
	return number == BEFORE ? "before" : NULL;
}

// The instant itself in working hours; else their next start.
static int64_t working_instant(const struct facts *facts, int64_t at_ms)
{
	const struct policy *policy = facts->policy;
	int32_t day = civil_day_of(at_ms, policy->zone_ms);
	int64_t of_day_ms = at_ms - civil_day_start_ms(day, policy->zone_ms);
	bool is_working = calendar_is_working(policy->calendar, day);
	if (is_working && of_day_ms >= facts->version->office_from_ms && of_day_ms < facts->version->office_to_ms)
		return at_ms;
	if (!is_working || of_day_ms >= facts->version->office_to_ms)
		day = calendar_next_working(policy->calendar, day + 1);
	return civil_day_start_ms(day, policy->zone_ms) + facts->version->office_from_ms;
}

// False when neither this warning nor a later one has come.
static bool warn(const struct rule *rule, const struct facts *facts, struct outcome *outcome, const struct leg *leg, uint32_t number, int64_t at_ms)
{
	if (at_ms >= leg->held_until_ms || at_ms < leg->term_from_ms)
		return false;
	int64_t working_ms = working_instant(facts, at_ms);
	if (working_ms < leg->due_at_ms)
		at_ms = working_ms;
	bool is_open = leg->end == LEG_OPEN;
	if (is_open ? !outcome_reached(outcome, facts, at_ms) : at_ms >= leg->held_until_ms)
		return false;
	if (facts_is_resolved_at(facts, at_ms))
		return true;  // nobody needed it then; the next one may be needed
	bool is_firing = is_open && !outcome_reached(outcome, facts, leg->due_at_ms + 1);
	struct about about = { .at_ms = leg->dispatched_at_ms, .unit = leg->unit, .number = number };
	struct alert alert = rule_alert(rule, facts, about, at_ms, is_firing);
	enum { LATE_SHARE = 7500 };
	if (number < LATE_SHARE)
		alert.severity = SEVERITY_NOTICE;
	alert.evidence[WARNED] = at_ms;
	alert.evidence[DUE] = leg->due_at_ms;
	alert.evidence[FROM] = leg->term_from_ms;
	outcome_alert(outcome, &alert);
	return true;
}

// Shares ascend, and so do the instants of their warnings: the first that has not come ends the search.
static void judge_leg(const struct rule *rule, const struct facts *facts, struct outcome *outcome, const struct leg *leg)
{
	const struct policy_version *version = facts->version;
	int64_t term_ms = leg->due_at_ms - leg->term_from_ms;
	for (uint32_t i = 0; i < version->warning_count; i++) {
		// In two parts, so that a term of centuries stays within 64 bits.
		int64_t share = version->warning_e4[i], part_ms = term_ms / SHARES * share + term_ms % SHARES * share / SHARES;
		if (!warn(rule, facts, outcome, leg, version->warning_e4[i], leg->term_from_ms + part_ms))
			break;
	}
	if (version->warning_before_ms)
		warn(rule, facts, outcome, leg, BEFORE, leg->due_at_ms - version->warning_before_ms);
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++)
		if (!leg->is_assist && leg->due_at_ms != NEVER_MS && leg->due_at_ms > leg->term_from_ms)
			judge_leg(rule, facts, outcome, leg);
}

// "50.00 %"
static void add_share(struct evidence *evidence, uint32_t share)
{
	char value[sizeof "100.00 %"];
	struct phrase phrase = phrase_of(value, sizeof value);
	phrase_add_number(&phrase, share / 100);
	phrase_add_byte(&phrase, '.');
	phrase_add_number(&phrase, share / 10 % 10);
	phrase_add_number(&phrase, share % 10);
	phrase_add(&phrase, TEXT(" %"));
	evidence_add_text(evidence, "warning", (struct text){ value, (uint32_t)phrase.size });
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	int64_t used_ms = alert->evidence[WARNED] - alert->evidence[FROM], left_ms = alert->evidence[DUE] - alert->evidence[WARNED];
	evidence_add_instant(ret_evidence, "dispatched_at", alert->about.at_ms, zone_ms);
	evidence_add_instant(ret_evidence, "due_at", alert->evidence[DUE], zone_ms);
	if (alert->about.number == BEFORE)
		evidence_add_duration(ret_evidence, "warning", facts->version->warning_before_ms);
	else
		add_share(ret_evidence, alert->about.number);
	evidence_add_duration(ret_evidence, "used", used_ms);
	evidence_add_duration(ret_evidence, "left", left_ms);
	if (alert->state == ALERT_FIRING)
		evidence_set_next_text(ret_evidence, TEXT("overdue when nothing is done by then, and escalation from then on"));
}

const struct rule rule_due_warnings = {
	.id = "due-warnings",
	.article = "强化预警，提高平台快速反应能力",
	.seed = "S1",
	.needs = HAS_LEAD,
	.severity = SEVERITY_WARNING,
	.judge = judge,
	.about_name = about_name,
	.describe = describe,
};
