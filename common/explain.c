#include "explain.h"

#include "civil.h"

static bool is_weekend(int32_t day)
{
	int weekday = civil_weekday(day);
	return weekday == 0 || weekday == 6;
}

static enum explain_kind kind_of(const struct facts *facts, const struct leg *leg)
{
	bool is_covered;
	if (leg->due_at_ms == NEVER_MS)
		return EXPLAIN_NONE;
	if (leg->is_due_given)
		return EXPLAIN_GIVEN;
	if (!leg->term || calendar_due_at_ms(facts->policy->calendar, &leg->term->count, leg->term_from_ms, facts->policy->zone_ms, &is_covered) != leg->due_at_ms)
		return EXPLAIN_KEPT;
	switch (leg->term->count.unit) {
	case COUNT_WORKING_DAYS:
		return EXPLAIN_WORKING;
	case COUNT_CALENDAR_DAYS:
		return EXPLAIN_CALENDAR;
	case COUNT_HOURS:
		break;
	}
	return EXPLAIN_HOURS;
}

void explain_leg(const struct facts *facts, const struct leg *leg, struct explain *ret_explain)
{
	struct explain explain = { .kind = kind_of(facts, leg), .calendar = facts->policy->calendar };
	if (explain.kind != EXPLAIN_NONE && explain.kind != EXPLAIN_GIVEN)
		explain.term = leg->term;
	if (explain.kind == EXPLAIN_WORKING || explain.kind == EXPLAIN_CALENDAR) {
		explain.from_day = civil_day_of(leg->term_from_ms, facts->policy->zone_ms);
		explain.last_day = explain.counted_day = civil_day_of(leg->due_at_ms, facts->policy->zone_ms);
	}
	if (explain.kind == EXPLAIN_CALENDAR)
		explain.counted_day = explain.from_day + leg->term->count.number;
	*ret_explain = explain;
}

enum explain_mark explain_day(const struct explain *explain, int32_t day, int32_t *ret_number)
{
	bool is_working = calendar_is_working(explain->calendar, day);
	*ret_number = 0;
	if (day == explain->from_day)
		return EXPLAIN_FIRST;
	if (explain->kind == EXPLAIN_CALENDAR && day <= explain->counted_day) {
		*ret_number = day - explain->from_day;
		return EXPLAIN_COUNTED;
	}
	if (!is_working)
		return is_weekend(day) ? EXPLAIN_WEEKEND : EXPLAIN_HOLIDAY;
	if (explain->kind == EXPLAIN_CALENDAR)
		return EXPLAIN_ROLLED;
	*ret_number = calendar_count_working(explain->calendar, explain->from_day, day);
	return is_weekend(day) ? EXPLAIN_MAKE_UP : EXPLAIN_COUNTED;
}
