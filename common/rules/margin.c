// So few more dissatisfied ratings would take a unit's month below the floor of satisfaction, in whole tickets. About the month and the rate; a notice, while
// the month runs.
//
// k is the least number of dissatisfied ratings, beside those that are there, at which the floor is watched (from so many cases on) and missed: 19 of 20 is
// 95.00 % and not below, one more makes it 19 of 21, so k is 1. Readings: only satisfaction has a margin that tickets to come can take up (on time is 100 %, and
// what is open past its due time can still be completed); who is below already has no margin, that is floors; who was not rated yet has nothing to lose; after the end of
// the month nothing can come.
#include "civil.h"
#include "rule.h"

enum { SATISFACTION = 1 };                     // about.number: stored, never changes
enum { MARGIN, SATISFIED, DISSATISFIED, LIMIT };  // evidence

static const char *about_name(uint32_t number)
{
	return number == SATISFACTION ? "satisfaction" : NULL;
}

static bool is_running(const struct month_facts *month)
{
	return month->clock_ms <= civil_day_end_ms(civil_month_first_day(month->month + 1) - 1, month->policy->zone_ms);
}

// 0 when the month is below already, or nobody has rated.
static uint64_t margin_of(const struct counters *total, struct floor floor)
{
	uint64_t satisfied = total->n[COUNTER_SATISFIED], cases = satisfied + total->n[COUNTER_DISSATISFIED];
	uint64_t cases_borne = satisfied * 10000 / floor.limit_e4;  // so many at most for the rate not to be below
	if (!cases || (cases > cases_borne && cases >= floor.cases_min))
		return 0;
	uint64_t margin = cases_borne >= cases ? cases_borne - cases + 1 : 1;
	uint64_t to_be_watched = floor.cases_min > cases ? floor.cases_min - cases : 0;
	return margin > to_be_watched ? margin : to_be_watched;
}

static void judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome)
{
	struct floor floor = month->version->satisfaction;
	if (names_kind(month->names, month->dimension) != NAME_UNIT || !floor.limit_e4 || !is_running(month))
		return;
	uint64_t margin = margin_of(month->total, floor);
	if (!margin || margin > month->version->margin_tickets)
		return;
	struct alert alert = {
		.rule = rule,
		.about = { .number = SATISFACTION },
		.state = ALERT_FIRING,
		.severity = rule->severity,
		.holder = month->dimension,
		.at_ms = month->clock_ms,
		.evidence = { [MARGIN] = (int64_t)margin, [SATISFIED] = (int64_t)month->total->n[COUNTER_SATISFIED],
			[DISSATISFIED] = (int64_t)month->total->n[COUNTER_DISSATISFIED], [LIMIT] = floor.limit_e4 },
	};
	outcome_alert(outcome, &alert);
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)facts;
	char text[24], name[CIVIL_MONTH_BYTES];
	int64_t cases = alert->evidence[SATISFIED] + alert->evidence[DISSATISFIED];
	civil_format_month(month->month, name);
	evidence_add_text(ret_evidence, "month", text_of(name));
	evidence_add_number(ret_evidence, "margin", alert->evidence[MARGIN]);
	rate_format((struct rate){ (uint64_t)alert->evidence[SATISFIED], (uint64_t)cases }, true, text);
	evidence_add_text(ret_evidence, "satisfaction", text_of(text));
	evidence_add(ret_evidence, "cases", "%lld of %lld", (long long)alert->evidence[SATISFIED], (long long)cases);
	rate_format((struct rate){ (uint64_t)alert->evidence[LIMIT], 10000 }, true, text);
	evidence_add_text(ret_evidence, "floor", text_of(text));
	evidence_set_next(ret_evidence, "%lld more dissatisfied and the month is below the floor", (long long)alert->evidence[MARGIN]);
}

const struct rule rule_margin = {
	.id = "margin",
	.article = "单月满意率、办结率、及时办结率（按时反馈率）分别不低于 95%、95%、100%",
	.seed = "S2",
	.severity = SEVERITY_NOTICE,
	.judge_month = judge_month,
	.about_name = about_name,
	.describe = describe,
};
