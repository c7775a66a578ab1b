// The ladder of supervision: a ticket that passes on in spite of a confirmed responsibility, or that is overdue, climbs a level each so many working days until it
// is resolved. Each level comes once a ticket, counts `escalated`, and takes points off the unit that holds it then. About the level.
//
// Readings. A return, of an assisting unit none, starts the ladder when the latest dispatch before it that says anything about it, of whatever role, says that
// responsibility is confirmed, and some unit has had the ticket as its lead. A leg that passes its due time starts it at the instant after, also when the due time
// is moved later, but never before the leg was dispatched; where the ticket was resolved then, it starts when it is so no longer and the leg still counts as
// overdue. The first level comes at the start, the next ones at the same time of day so many working days later, on which no extension, return or dispatch has a
// say. A resolution at the very instant of a level stops it; one that is taken back at its own instant never was. A later start, after the resolution was taken
// back, goes on with the next level. While nobody holds the ticket the points are those of the unit that held it last. An alert fires until the ticket is resolved
// after it.
#include <assert.h>

#include "civil.h"
#include "rule.h"

enum { LEVELS = 4, POINTS_E4 = 10000 };
enum { STARTED, RESOLVED, HELD_BY, POINTS };  // evidence

static const char *about_name(uint32_t number)
{
	static const char *const name[LEVELS + 1] = { "", "level-1", "level-2", "level-3", "level-4" };
	return number <= LEVELS ? name[number] : NULL;
}

// The first instant from at_ms on at which the ticket was not resolved.
static int64_t unresolved_from(const struct facts *facts, int64_t at_ms)
{
	for (const struct resolution *r = facts->resolution; r < facts->resolution + facts->resolution_count; r++)
		if (r->event->at_ms <= at_ms && at_ms < r->until_ms)
			at_ms = r->until_ms;
	return at_ms;
}

static int64_t resolved_from(const struct facts *facts, int64_t at_ms)
{
	for (const struct resolution *r = facts->resolution; r < facts->resolution + facts->resolution_count; r++)
		if (r->event->at_ms >= at_ms && r->until_ms > r->event->at_ms)
			return r->event->at_ms;
	return NEVER_MS;
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

// Whoever holds the ticket at that instant, or held it last.
static const struct leg *holder_at(const struct facts *facts, int64_t at_ms)
{
	const struct leg *holder = NULL;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count && leg->dispatched_at_ms <= at_ms; leg++)
		if (!leg->is_assist)
			holder = leg;
	return holder;
}

// What the latest dispatch before the event that says anything about it says.
static bool is_confirmed_before(const struct facts *facts, const struct event *event)
{
	while (event-- > facts->ticket->event)
		if (event->type == EVENT_DISPATCHED && !event->is_void && event->confirmed)
			return event->confirmed == ANSWER_YES;
	return false;
}

// The first return from from_ms on that came in spite of a confirmed responsibility.
static int64_t returned_from(const struct facts *facts, int64_t from_ms)
{
	enum { NEEDS = HAS_RETURN | HAS_CONFIRMED };
	if ((facts->has & NEEDS) != NEEDS)
		return NEVER_MS;
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++) {
		int64_t at_ms = back->event->at_ms;
		if (at_ms < from_ms || (back->leg && back->leg->is_assist) || unresolved_from(facts, at_ms) != at_ms || !holder_at(facts, at_ms))
			continue;
		if (is_confirmed_before(facts, back->event))
			return at_ms;
	}
	return NEVER_MS;
}

// When a leg that was due then started the ladder, from from_ms on: at once, but not before it was dispatched, nor while the ticket was resolved.
static int64_t late_from(const struct facts *facts, const struct leg *leg, int64_t at_ms, int64_t from_ms)
{
	int64_t started_at_ms = unresolved_from(facts, at_ms > leg->dispatched_at_ms ? at_ms : leg->dispatched_at_ms);
	return started_at_ms >= from_ms ? started_at_ms : NEVER_MS;
}

// The first instant from from_ms on at which a lead leg passes a due time, be it in the future.
static int64_t overdue_from(const struct facts *facts, int64_t from_ms)
{
	int64_t at_ms = NEVER_MS;
	if (!facts->version->escalation_on_overdue)
		return NEVER_MS;
	for (const struct lateness *late = facts->late; late < facts->late + facts->late_count; late++)
		at_ms = earlier(at_ms, late_from(facts, late->leg, late->from_ms, from_ms));
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++)
		if (!leg->is_assist && leg->due_at_ms < leg->ended_at_ms)
			at_ms = earlier(at_ms, late_from(facts, leg, leg->due_at_ms + 1, from_ms));
	return at_ms;
}

static void add_level(const struct rule *rule, const struct facts *facts, struct outcome *outcome, uint32_t level, int64_t at_ms, int64_t started_at_ms, int64_t resolved_at_ms)
{
	const struct policy *policy = facts->policy;
	const struct leg *holder = holder_at(facts, at_ms);
	assert(holder);  // what starts the ladder is a leg's, and a ticket that was dispatched is always held
	uint32_t points_e4 = facts->version->escalation_points * POINTS_E4;
	struct alert alert = rule_alert(rule, facts, (struct about){ .number = level }, at_ms, resolved_at_ms == NEVER_MS);
	alert.evidence[STARTED] = started_at_ms;
	alert.evidence[RESOLVED] = resolved_at_ms;
	alert.evidence[HELD_BY] = holder->unit;
	alert.evidence[POINTS] = facts->version->escalation_points;
	outcome_alert(outcome, &alert);
	int32_t day = civil_day_of(at_ms, policy->zone_ms), roster_day = civil_day_of(holder->dispatched_at_ms, policy->zone_ms);
	outcome_count_unit(outcome, policy, COUNTER_ESCALATED, holder->unit, roster_day, day, 1);
	outcome_count_unit(outcome, policy, COUNTER_POINTS_TAKEN, holder->unit, roster_day, day, points_e4);
}

// What lies before a resolution has come for certain: such a ticket needs no clock.
static bool has_come(const struct facts *facts, struct outcome *outcome, int64_t at_ms, int64_t resolved_at_ms)
{
	return at_ms < resolved_at_ms && (resolved_at_ms != NEVER_MS || outcome_reached(outcome, facts, at_ms));
}

static int64_t next_level_ms(const struct facts *facts, int64_t at_ms)
{
	const struct policy *policy = facts->policy;
	int32_t day = civil_day_of(at_ms, policy->zone_ms);
	return at_ms + (calendar_add_working(policy->calendar, day, (int32_t)facts->version->escalation_days) - day) * DAY_MS;
}

static void judge(const struct rule *rule, const struct facts *facts, struct outcome *outcome)
{
	int64_t from_ms = INSTANT_MIN_MS;
	for (uint32_t level = 0; level < LEVELS;) {
		int64_t started_at_ms = earlier(returned_from(facts, from_ms), overdue_from(facts, from_ms));
		int64_t resolved_at_ms = resolved_from(facts, started_at_ms);
		for (int64_t at_ms = started_at_ms; level < LEVELS && has_come(facts, outcome, at_ms, resolved_at_ms); at_ms = next_level_ms(facts, at_ms))
			add_level(rule, facts, outcome, ++level, at_ms, started_at_ms, resolved_at_ms);
		if (resolved_at_ms == NEVER_MS)
			return;
		from_ms = resolved_at_ms + 1;
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	static const char *const supervisor[LEVELS + 1] = { "", "区营商局相关部门负责人", "分管领导", "主要领导", "分管副区长" };
	(void)month;
	int32_t zone_ms = facts->policy->zone_ms;
	uint32_t level = alert->about.number;
	char next[CIVIL_INSTANT_BYTES];
	evidence_add(ret_evidence, "level", "%u (%s)", level, supervisor[level]);
	evidence_add_instant(ret_evidence, "started_at", alert->evidence[STARTED], zone_ms);
	evidence_add_duration(ret_evidence, "open_for", alert->at_ms - alert->evidence[STARTED]);
	evidence_add_unit(ret_evidence, "held_by", facts->names, (name_id)alert->evidence[HELD_BY]);
	evidence_add_number(ret_evidence, "points_taken", alert->evidence[POINTS]);
	if (alert->evidence[RESOLVED] != NEVER_MS) {
		evidence_add_instant(ret_evidence, "resolved_at", alert->evidence[RESOLVED], zone_ms);
		return;
	}
	civil_format_instant(next_level_ms(facts, alert->at_ms), zone_ms, next);
	if (level < LEVELS)
		evidence_set_next(ret_evidence, "level %u (%s) at %s, unless it is resolved before", level + 1, supervisor[level + 1], next);
	else
		evidence_set_next_text(ret_evidence, TEXT("this is the last level"));
}

const struct rule rule_escalation = {
	.id = "escalation",
	.article = "对于已初步确责但仍相互推诿导致无法解决的诉求事项，由区营商局相关部门负责人、分管领导、主要领导、分管副区长逐级进行督办，"
		   "每升级督办推动一次，履职尽责不到位的承办单位和部门应扣减一次绩效考核分数(按照百分制赋分，每次扣减2分)",
	.seed = "S3",
	.needs = HAS_LEAD,
	.severity = SEVERITY_CRITICAL,
	.judge = judge,
	.about_name = about_name,
	.describe = describe,
};
