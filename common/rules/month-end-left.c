// Open tickets of a unit, 5, 3 and 1 working days before the end of a month and at its end. About the month and the look.
//
// Open is what was dispatched less what was completed of it, of this month and the one before: "当月及上月结存". Readings: the first number of days is the
// policy's, of the worklist month-end, and of 3 and 1 those hold that are fewer; a look begins with its day and gives way to the next one, so that one alert at a
// time fires; it is over when nothing is left. After the end what is still open stays left until it is resolved, whenever that is. Only what is left at the end is
// a warning, the looks before it are notices.
#include "month-end.h"

#include "civil.h"
#include "month_end.h"

enum { THIS_MONTH, MONTH_BEFORE, WORKING_DAYS };  // evidence

static int64_t open_of(const struct counters *counters)
{
	return (int64_t)(counters->n[COUNTER_DISPATCHED] - counters->n[COUNTER_COMPLETED]);
}

static int64_t open_before(const struct month_facts *month)
{
	int64_t open = 0;
	for (int32_t day = 0; month->before && day < civil_month_day_count(month->month - 1); day++)
		open += open_of(&month->before[day]);
	return open;
}

void month_end_judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome)
{
	if (names_kind(month->names, month->dimension) != NAME_UNIT)
		return;
	uint32_t working_days = 0;
	uint32_t look = month_end_look(month->policy, month->month, civil_day_of(month->clock_ms, month->policy->zone_ms), &working_days);
	int64_t open = open_of(month->total), before = open_before(month);
	if (!look || open + before <= 0)
		return;
	struct alert alert = {
		.rule = rule,
		.about = { .number = look },
		.state = ALERT_FIRING,
		.severity = look == MONTH_END_LOOKS ? SEVERITY_WARNING : SEVERITY_NOTICE,
		.holder = month->dimension,
		.at_ms = month->clock_ms,
		.evidence = { [THIS_MONTH] = open, [MONTH_BEFORE] = before, [WORKING_DAYS] = working_days },
	};
	outcome_alert(outcome, &alert);
}

const char *month_end_about_name(uint32_t number)
{
	static const char *const name[] = { "", "first", "three", "one", "end" };
	return number <= MONTH_END_LOOKS ? name[number] : NULL;
}

void month_end_describe_month(const struct alert *alert, const struct month_facts *month, struct evidence *ret_evidence)
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month->month, name);
	evidence_add_text(ret_evidence, "month", text_of(name));
	evidence_add_number(ret_evidence, "open", alert->evidence[THIS_MONTH] + alert->evidence[MONTH_BEFORE]);
	evidence_add_number(ret_evidence, "of_this_month", alert->evidence[THIS_MONTH]);
	evidence_add_number(ret_evidence, "of_the_month_before", alert->evidence[MONTH_BEFORE]);
	evidence_add_number(ret_evidence, "working_days_left", alert->evidence[WORKING_DAYS]);
	evidence_set_next(ret_evidence, alert->evidence[WORKING_DAYS] ? "resolve them before the month ends; the list is month-end" : "they are left; the list is month-end");
}
