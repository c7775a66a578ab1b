// A unit's satisfaction, completion and on-time rates of a month, each with its floor. About the month and the rate.
//
// Satisfaction and on-time are judged while the month runs. Completion counts what is dispatched today and not yet due, so while the month runs it is judged on
// what is due: of the legs dispatched in the month those that are resolved, against these and those that are open past their due time. When the month has ended
// it is judged on all that were dispatched.
#include "civil.h"
#include "rule.h"

enum { SATISFACTION = 1, COMPLETION = 2, ON_TIME = 3 };  // about.number: stored, never changes
enum { NUMERATOR, DENOMINATOR, LIMIT };                    // evidence

static const char *about_name(uint32_t number)
{
	static const char *const name[] = { "", "satisfaction", "completion", "on_time" };
	return number <= ON_TIME ? name[number] : NULL;
}

static void judge_rate(const struct rule *rule, const struct month_facts *month, struct outcome *outcome, uint32_t number, struct rate rate, struct floor floor)
{
	if (!floor.limit_e4 || rate.denominator < floor.cases_min || !rate_is_below(rate, floor.limit_e4))
		return;
	struct alert alert = {
		.rule = rule,
		.about = { .number = number },
		.state = ALERT_FIRING,
		.severity = SEVERITY_WARNING,
		.holder = month->dimension,
		.at_ms = month->clock_ms,
		.evidence = { [NUMERATOR] = (int64_t)rate.numerator, [DENOMINATOR] = (int64_t)rate.denominator, [LIMIT] = floor.limit_e4 },
	};
	outcome_alert(outcome, &alert);
}

static bool is_over(const struct month_facts *month)
{
	return month->clock_ms > civil_day_end_ms(civil_month_first_day(month->month + 1) - 1, month->policy->zone_ms);
}

static struct rate completion_of(const struct month_facts *month)
{
	const uint64_t *n = month->total->n;
	struct rate due = { n[COUNTER_COMPLETED], n[COUNTER_COMPLETED] + n[COUNTER_OPEN_OVERDUE] };
	return is_over(month) ? rate_of(month->total, RATE_COMPLETION, 0) : due;
}

static void judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome)
{
	const struct policy_version *version = month->version;
	if (names_kind(month->names, month->dimension) != NAME_UNIT)
		return;
	judge_rate(rule, month, outcome, SATISFACTION, rate_of(month->total, RATE_SATISFACTION, 0), version->satisfaction);
	judge_rate(rule, month, outcome, ON_TIME, rate_of(month->total, RATE_ON_TIME, 0), version->on_time);
	judge_rate(rule, month, outcome, COMPLETION, completion_of(month), version->completion);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)facts;
	char text[24], name[CIVIL_MONTH_BYTES];
	civil_format_month(month->month, name);
	evidence_add_text(ret_evidence, "month", text_of(name));
	rate_format((struct rate){ (uint64_t)alert->evidence[NUMERATOR], (uint64_t)alert->evidence[DENOMINATOR] }, true, text);
	evidence_add(ret_evidence, about_name(alert->about.number), "%s", text);
	evidence_add(ret_evidence, "cases", "%lld of %lld", (long long)alert->evidence[NUMERATOR], (long long)alert->evidence[DENOMINATOR]);
	rate_format((struct rate){ (uint64_t)alert->evidence[LIMIT], 10000 }, true, text);
	evidence_add_text(ret_evidence, "floor", text_of(text));
	if (alert->about.number == COMPLETION)
		evidence_add(ret_evidence, "counted", "%s", is_over(month) ? "all that were dispatched" : "what is resolved or past its due time");
}

const struct rule rule_floors = {
	.id = "floors",
	.article = "单月满意率、办结率、及时办结率（按时反馈率）分别不低于 95%、95%、100%",
	.seed = "S2",
	.judge_month = judge_month,
	.about_name = about_name,
	.describe = describe,
};
