// A unit's satisfaction, completion and on-time rates of a month, each with its floor. About the month and the rate.
//
// Satisfaction and on-time are judged while the month runs. Completion counts what is dispatched today and not yet due, so it is judged when the month has ended.
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

static void judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome)
{
	const struct policy_version *version = month->version;
	if (names_kind(month->names, month->dimension) != NAME_UNIT)
		return;
	judge_rate(rule, month, outcome, SATISFACTION, rate_of(month->total, RATE_SATISFACTION, 0), version->satisfaction);
	judge_rate(rule, month, outcome, ON_TIME, rate_of(month->total, RATE_ON_TIME, 0), version->on_time);
	int32_t last_day = civil_month_first_day(month->month) + civil_month_day_count(month->month) - 1;
	if (month->clock_ms > civil_day_end_ms(last_day, month->policy->zone_ms))
		judge_rate(rule, month, outcome, COMPLETION, rate_of(month->total, RATE_COMPLETION, 0), version->completion);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)facts;
	char text[24], name[CIVIL_MONTH_BYTES];
	civil_format_month(month->month, name);
	evidence_add(ret_evidence, "month", "%s", name);
	rate_format((struct rate){ (uint64_t)alert->evidence[NUMERATOR], (uint64_t)alert->evidence[DENOMINATOR] }, true, text);
	evidence_add(ret_evidence, about_name(alert->about.number), "%s", text);
	evidence_add(ret_evidence, "cases", "%lld of %lld", (long long)alert->evidence[NUMERATOR], (long long)alert->evidence[DENOMINATOR]);
	rate_format((struct rate){ (uint64_t)alert->evidence[LIMIT], 10000 }, true, text);
	evidence_add(ret_evidence, "floor", "%s", text);
}

const struct rule rule_floors = {
	.id = "floors",
	.article = "单月满意率、办结率、及时办结率（按时反馈率）分别不低于 95%、95%、100%",
	.seed = "S2",
	.judge_month = judge_month,
	.about_name = about_name,
	.describe = describe,
};
