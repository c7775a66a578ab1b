#include "assess.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "rule.h"

void outcome_count(struct outcome *outcome, enum counter counter, enum scope scope, name_id name, int32_t day, uint32_t amount)
{
	if (!amount)
		return;
	assert(outcome->contribution_count < OUTCOME_CONTRIBUTIONS_MAX);
	outcome->contribution[outcome->contribution_count++] =
		(struct contribution){ .counter = (uint8_t)counter, .scope = (uint8_t)scope, .day = day, .name = name, .amount = amount };
}

void outcome_count_entry(struct outcome *outcome, const struct policy *policy, enum counter counter, name_id unit, const struct roster_unit *entry, int32_t day,
	uint32_t amount)
{
	if (!amount)
		return;
	outcome_count(outcome, counter, SCOPE_UNIT, unit, day, amount);
	if (entry)
		outcome->contribution[outcome->contribution_count - 1].roster = (uint32_t)(entry - policy->roster) + 1;
}

void outcome_count_unit(struct outcome *outcome, const struct policy *policy, enum counter counter, name_id unit, int32_t roster_day, int32_t day, uint32_t amount)
{
	outcome_count_entry(outcome, policy, counter, unit, unit ? policy_unit(policy, unit, roster_day) : NULL, day, amount);
}

static bool is_same_alert(const struct alert *a, const struct alert *b)
{
	return a->rule == b->rule && a->about.at_ms == b->about.at_ms && a->about.unit == b->about.unit && a->about.number == b->about.number;
}

uint32_t outcome_alert(struct outcome *outcome, const struct alert *alert)
{
	for (uint32_t i = outcome->alert_count; i--;)
		if (is_same_alert(&outcome->alert[i], alert)) {
			if (alert->state < outcome->alert[i].state)
				outcome->alert[i] = *alert;
			return i + 1;
		}
	assert(outcome->alert_count < OUTCOME_ALERTS_MAX);
	outcome->alert[outcome->alert_count++] = *alert;
	return outcome->alert_count;
}

void outcome_list(struct outcome *outcome, enum worklist list, name_id unit, int32_t day, uint32_t alert)
{
	int32_t month = civil_month_of_day(day);
	if (!unit)
		return;
	for (uint32_t i = outcome->entry_count; i--;)
		if (outcome->entry[i].list == list && outcome->entry[i].unit == unit && outcome->entry[i].month == month)
			return;
	assert(outcome->entry_count < OUTCOME_ENTRIES_MAX);
	outcome->entry[outcome->entry_count++] = (struct worklist_entry){ .list = (uint8_t)list, .unit = unit, .month = month, .day = day, .alert = alert };
}

static const char *const worklist_names[] = {
#define X(upper, name) name,
	LISTS(X)
#undef X
};

const char *worklist_name(enum worklist list)
{
	assert(list < LIST_COUNT);
	return worklist_names[list];
}

bool worklist_of(struct text name, enum worklist *ret_worklist)
{
	for (unsigned i = 0; i < LIST_COUNT; i++)
		if (text_equal(name, text_of(worklist_names[i]))) {
			*ret_worklist = (enum worklist)i;
			return true;
		}
	return false;
}

bool outcome_reached_by(struct outcome *outcome, int64_t clock_ms, int64_t at_ms)
{
	if (at_ms == NEVER_MS)
		return false;
	outcome->uses_clock = true;
	if (clock_ms >= at_ms)
		return true;
	if (at_ms < outcome->next_look_ms)
		outcome->next_look_ms = at_ms;
	return false;
}

bool outcome_reached(struct outcome *outcome, const struct facts *facts, int64_t at_ms)
{
	return outcome_reached_by(outcome, facts->clock_ms, at_ms);
}

void outcome_clear(struct outcome *outcome)
{
	outcome->sub = 0;
	outcome->district = 0;
	outcome->category = (struct names_category){ 0, 0 };
	outcome->contribution_count = outcome->alert_count = outcome->entry_count = 0;
	outcome->next_look_ms = NEVER_MS;
	outcome->uses_clock = false;
}

static int32_t day_of(const struct facts *facts, int64_t at_ms)
{
	return civil_day_of(at_ms, facts->policy->zone_ms);
}

static void count_leg(struct outcome *outcome, const struct facts *facts, enum counter counter, const struct leg *leg, int64_t at_ms)
{
	outcome_count_entry(outcome, facts->policy, counter, leg->unit, leg->roster, day_of(facts, at_ms), 1);
}

// For whoever resolved the ticket; for the city alone when nobody did.
static void count_resolver(struct outcome *outcome, const struct facts *facts, enum counter counter, const struct resolution *resolution, int64_t at_ms)
{
	int32_t day = day_of(facts, at_ms);
	if (resolution && resolution->leg && resolution->leg->unit == resolution->unit)
		count_leg(outcome, facts, counter, resolution->leg, at_ms);
	else if (resolution && resolution->unit)
		outcome_count_unit(outcome, facts->policy, counter, resolution->unit, day, day, 1);
	else
		outcome_count(outcome, counter, SCOPE_CITY, 0, day, 1);
}

// Each wider dimension counts a ticket once, on the day it was first dispatched into it.
static void count_first_dispatch(struct outcome *outcome, const struct facts *facts, enum scope scope, name_id name, int32_t day)
{
	outcome_count(outcome, COUNTER_DISPATCHED, scope, name, day, 1);
	if (facts->standing)
		outcome_count(outcome, COUNTER_COMPLETED, scope, name, day, 1);
}

static bool was_in(const struct facts *facts, const struct leg *until, name_id district, name_id group)
{
	for (const struct leg *leg = facts->leg; leg < until; leg++) {
		const struct roster_unit *entry = leg->is_assist ? NULL : leg->roster;
		if (entry && ((district && entry->district == district) || (group && entry->group == group)))
			return true;
	}
	return false;
}

static void count_dispatches(struct outcome *outcome, const struct facts *facts)
{
	bool is_first = true;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++) {
		if (leg->is_assist)
			continue;
		int32_t day = leg->dispatched_day;
		if (is_first)
			count_first_dispatch(outcome, facts, SCOPE_CITY, 0, day);
		is_first = false;
		const struct roster_unit *entry = leg->roster;
		if (entry && entry->district && !was_in(facts, leg, entry->district, 0))
			count_first_dispatch(outcome, facts, SCOPE_DISTRICT, entry->district, day);
		if (entry && entry->group && !was_in(facts, leg, 0, entry->group))
			count_first_dispatch(outcome, facts, SCOPE_GROUP, entry->group, day);
	}
}

static void count_resolved_leg(struct outcome *outcome, const struct facts *facts, const struct leg *leg)
{
	int32_t day = leg->dispatched_day;
	outcome_count(outcome, COUNTER_COMPLETED, SCOPE_UNIT_ALONE, leg->unit, day, 1);
	if (day_of(facts, leg->ended_at_ms) == day)
		count_leg(outcome, facts, COUNTER_SAME_DAY, leg, leg->ended_at_ms);
	if (leg->due_at_ms != NEVER_MS && leg->ended_at_ms <= leg->due_at_ms)
		count_leg(outcome, facts, COUNTER_RESOLVED_ON_TIME, leg, leg->ended_at_ms);
	if (facts_shirked(facts, leg))
		count_leg(outcome, facts, COUNTER_SHIRKED, leg, leg->ended_at_ms);
}

static void count_lead(struct outcome *outcome, const struct facts *facts, const struct leg *leg)
{
	if (leg->end == LEG_OPEN || leg->end == LEG_RESOLVED)
		outcome_count(outcome, COUNTER_DISPATCHED, SCOPE_UNIT_ALONE, leg->unit, leg->dispatched_day, 1);
	if (leg->end == LEG_RESOLVED)
		count_resolved_leg(outcome, facts, leg);
	if (leg->due_at_ms == NEVER_MS)
		return;
	bool is_late = leg->end == LEG_OPEN ? outcome_reached(outcome, facts, leg->due_at_ms + 1) : leg->ended_at_ms > leg->due_at_ms;
	if (is_late)
		count_leg(outcome, facts, COUNTER_OVERDUE, leg, leg->due_at_ms);
	if (is_late && leg->end == LEG_OPEN)  // beside `completed`, of what was dispatched on that day
		count_leg(outcome, facts, COUNTER_OPEN_OVERDUE, leg, leg->dispatched_at_ms);
}

static void count_legs(struct outcome *outcome, const struct facts *facts)
{
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count; leg++) {
		if (leg->is_assist)
			count_leg(outcome, facts, COUNTER_ASSISTED, leg, leg->dispatched_at_ms);
		else
			count_lead(outcome, facts, leg);
	}
}

static void count_resolutions(struct outcome *outcome, const struct facts *facts)
{
	for (const struct resolution *r = facts->resolution; r < facts->resolution + facts->resolution_count; r++)
		if (r->stands)
			count_resolver(outcome, facts, COUNTER_RESOLVED, r, r->event->at_ms);
}

static void count_returns(struct outcome *outcome, const struct facts *facts)
{
	for (const struct giving_back *back = facts->giving_back; back < facts->giving_back + facts->giving_back_count; back++) {
		const struct leg *leg = back->leg;
		int32_t day = day_of(facts, back->event->at_ms);
		if (leg && leg->is_assist)
			continue;
		outcome_count_unit(outcome, facts->policy, COUNTER_RETURNED, back->event->unit, leg ? leg->dispatched_day : day, day, 1);
		if (leg && back->event->at_ms > facts_return_until_ms(facts, leg))
			count_leg(outcome, facts, COUNTER_RETURNED_LATE, leg, back->event->at_ms);
	}
}

// For each of the three its latest given value counts, once.
static void count_ratings(struct outcome *outcome, const struct facts *facts)
{
	const struct event *rated = facts->rated, *satisfied = facts->satisfied, *stars = facts->stars, *praised = facts->praised;
	if (!rated)
		return;
	count_resolver(outcome, facts, COUNTER_RATED, facts_resolution_for(facts, rated), rated->at_ms);
	if (satisfied)
		count_resolver(outcome, facts, satisfied->satisfied == ANSWER_YES ? COUNTER_SATISFIED : COUNTER_DISSATISFIED, facts_resolution_for(facts, satisfied),
			satisfied->at_ms);
	if (stars)
		count_resolver(outcome, facts, (enum counter)(COUNTER_STARS_0 + stars->stars), facts_resolution_for(facts, stars), stars->at_ms);
	if (praised && praised->praised == ANSWER_YES)
		count_resolver(outcome, facts, COUNTER_PRAISED, facts_resolution_for(facts, praised), praised->at_ms);
}

static void count_revisits(struct outcome *outcome, const struct facts *facts)
{
	if (!(facts->has & HAS_REVISIT))
		return;
	for (const struct event *event = facts->ticket->event; event < facts->ticket->event + facts->ticket->count; event++) {
		if (event->type != EVENT_REVISITED || event->is_void)
			continue;
		const struct resolution *resolution = facts_resolution_for(facts, event);
		count_resolver(outcome, facts, COUNTER_REVISITED, resolution, event->at_ms);
		if (event->effective == ANSWER_YES)
			count_resolver(outcome, facts, COUNTER_REVISITED_EFFECTIVE, resolution, event->at_ms);
		if (event->reopen == ANSWER_YES)
			count_resolver(outcome, facts, COUNTER_REOPENED, resolution, event->at_ms);
	}
}

void assess(struct text ticket_id, const struct ticket *ticket, const struct policy *policy, int64_t clock_ms, const struct names *names,
	struct facts *ret_facts, struct outcome *ret_outcome)
{
	facts_derive(ret_facts, ticket_id, ticket, policy, clock_ms, names);
	assess_facts(ret_facts, ret_outcome);
}

void assess_facts(const struct facts *facts, struct outcome *ret_outcome)
{
	struct outcome *outcome = ret_outcome;
	outcome_clear(outcome);
	outcome->sub = sub_of(facts->channel, facts->level);
	outcome->district = facts->district;
	outcome->category = names_category(facts->names, facts->category);
	if (facts->is_received)
		outcome_count(outcome, COUNTER_RECEIVED, SCOPE_TICKET, 0, facts->received_day, 1);
	if (!facts->is_valid)
		return;  // in no other count
	if (facts->is_received)
		outcome_count(outcome, COUNTER_VALID, SCOPE_TICKET, 0, facts->received_day, 1);
	if (facts->is_received && facts->is_answered_directly && !(facts->has & HAS_LEAD))
		outcome_count(outcome, COUNTER_ANSWERED_DIRECTLY, SCOPE_TICKET, 0, facts->received_day, 1);
	count_dispatches(outcome, facts);
	count_legs(outcome, facts);
	count_resolutions(outcome, facts);
	count_returns(outcome, facts);
	count_ratings(outcome, facts);
	count_revisits(outcome, facts);
	for (uint32_t i = 0; i < rule_count; i++)
		if (rules[i]->judge && !(rules[i]->needs & ~facts->has) && !(facts->version->rules_off >> i & 1))
			rules[i]->judge(rules[i], facts, outcome);
}

size_t alert_id(const struct alert *alert, struct text ticket_id, const struct policy *policy, const struct names *names, char ret_id[ALERT_ID_BYTES_MAX])
{
	struct phrase id = phrase_of(ret_id, ALERT_ID_BYTES_MAX);
	const struct about *about = &alert->about;
	phrase_add(&id, text_of(alert->rule->id));
	phrase_add_byte(&id, '/');
	phrase_add(&id, ticket_id);
	if (about->unit) {
		phrase_add_byte(&id, '/');
		phrase_add(&id, names_text(names, about->unit));
	}
	if (about->at_ms) {
		char at[CIVIL_INSTANT_BYTES];
		civil_format_instant(about->at_ms, policy->zone_ms, at);
		phrase_add_byte(&id, '/');
		phrase_add(&id, text_of(at));
	}
	if (about->number) {
		const char *name = alert->rule->about_name ? alert->rule->about_name(about->number) : NULL;
		phrase_add_byte(&id, '/');
		if (name)
			phrase_add(&id, text_of(name));
		else
			phrase_add_number(&id, about->number);
	}
	return id.is_cut ? 0 : id.size;
}
