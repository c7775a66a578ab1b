// A unit that has duty has not logged in by 16:00 of a working day. About the day; counter duty_missed on that day.
//
// The alert fires until the unit logs in at any later time of the month: somebody is there again. The day stays missed. A log-in stamped in time that arrives
// late retracts it. Readings: duty.h.
#include "duty.h"

enum { DAY, AT, BACK };  // evidence

// The first log-in stamped within these instants, both included; NEVER_MS.
static int64_t first_login(const struct ticket *events, int64_t from_ms, int64_t to_ms)
{
	for (const struct event *event = events->event; event < events->event + events->count && event->at_ms <= to_ms; event++)
		if (event->type == EVENT_LOGGED_IN && !event->is_void && event->at_ms >= from_ms)
			return event->at_ms;
	return NEVER_MS;
}

static bool has_duty(const struct rule *rule, const struct unit_facts *facts, int32_t day)
{
	const struct roster_unit *unit = policy_unit(facts->policy, facts->unit, day);
	return unit && unit->has_duty && calendar_is_working(facts->policy->calendar, day) && rule_is_on(rule, policy_version_at(facts->policy, day));
}

uint32_t duty_missed(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome, struct duty_day ret_missed[DUTY_DAYS_MAX])
{
	int32_t first = civil_month_first_day(facts->month), next = civil_month_first_day(facts->month + 1);
	uint32_t count = 0;
	for (int32_t day = first; day < next; day++) {
		int64_t start_ms = civil_day_start_ms(day, facts->policy->zone_ms), at_ms = start_ms + policy_version_at(facts->policy, day)->duty_by_ms;
		if (!has_duty(rule, facts, day) || first_login(facts->events, start_ms, at_ms) != NEVER_MS)
			continue;
		if (!outcome_reached_by(outcome, facts->clock_ms, at_ms))
			break;  // later days come later
		ret_missed[count++] = (struct duty_day){ day, at_ms, first_login(facts->events, at_ms + 1, INSTANT_MAX_MS) };
	}
	return count;
}

static void judge_unit(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome)
{
	struct duty_day missed[DUTY_DAYS_MAX];
	uint32_t count = duty_missed(rule, facts, outcome, missed);
	for (uint32_t i = 0; i < count; i++) {
		bool is_back = missed[i].back_at_ms != NEVER_MS;
		struct alert alert = {
			.rule = rule,
			.about = { .number = (uint32_t)civil_from_day(missed[i].day).day },
			.state = is_back ? ALERT_RESOLVED : ALERT_FIRING,
			.severity = rule->severity,
			.holder = facts->unit,
			.at_ms = missed[i].at_ms,
			.evidence = { [DAY] = missed[i].day, [AT] = missed[i].at_ms, [BACK] = missed[i].back_at_ms },
		};
		outcome_alert(outcome, &alert);
		outcome_count_unit(outcome, facts->policy, COUNTER_DUTY_MISSED, facts->unit, missed[i].day, missed[i].day, 1);
	}
}

static const char *about_name(uint32_t number)
{
	static const char *const name[] = { "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
		"21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31" };
	return number < sizeof name / sizeof *name ? name[number] : NULL;
}

static void describe_unit(const struct alert *alert, const struct unit_facts *facts, struct evidence *ret_evidence)
{
	char day[CIVIL_DAY_BYTES];
	civil_format_day((int32_t)alert->evidence[DAY], day);
	evidence_add_text(ret_evidence, "day", text_of(day));
	evidence_add_instant(ret_evidence, "no_login_by", alert->evidence[AT], facts->policy->zone_ms);
	if (alert->evidence[BACK] != NEVER_MS)
		evidence_add_instant(ret_evidence, "logged_in_at", alert->evidence[BACK], facts->policy->zone_ms);
	if (!calendar_covers(facts->policy->calendar, (int32_t)alert->evidence[DAY]))
		evidence_add(ret_evidence, "calendar", "no data for this year: plain weekdays");
	evidence_set_next(ret_evidence, "a letter when more than %u days of the month are missed",
		policy_version_at(facts->policy, (int32_t)alert->evidence[DAY])->duty_letter_over);
}

const struct rule rule_duty = {
	.id = "duty",
	.article = "于每个工作日 16:00 统计各单位登录值守情况",
	.seed = "S2",
	.severity = SEVERITY_WARNING,
	.judge_unit = judge_unit,
	.about_name = about_name,
	.describe_unit = describe_unit,
};
