#include "assess.h"

#include "civil.h"

static int32_t day_of(const struct facts *facts, int64_t at_ms)
{
	return civil_day_of(at_ms, facts->policy->zone_ms);
}

// Of several `received` the last present value of each field wins; the first one's day counts.
static void take_received(struct facts *facts, const struct event *event)
{
	if (!facts->is_received) {
		facts->is_received = true;
		facts->received_at_ms = event->at_ms;
	}
	if (event->kind)
		facts->kind = event->kind;
	if (event->level)
		facts->level = event->level;
	if (event->channel)
		facts->channel = event->channel;
	if (event->district)
		facts->district = event->district;
	if (event->category)
		facts->category = event->category;
	if (event->caller.size)
		facts->caller = event->caller;
	if (event->place.size)
		facts->place = event->place;
	if (event->title.size)
		facts->title = event->title;
	if (event->amount)
		facts->amount = event->amount;
	if (event->valid)
		facts->is_valid = event->valid == ANSWER_YES;
	if (event->answered_directly)
		facts->is_answered_directly = event->answered_directly == ANSWER_YES;
}

static void take_fields(struct facts *facts)
{
	facts->is_valid = true;
	for (uint32_t i = 0; i < facts->ticket->count; i++) {
		const struct event *event = &facts->ticket->event[i];
		if (event->type == EVENT_LINKED)
			facts->has |= HAS_LINKED;
		if (event->is_void || event->type == EVENT_LINKED)
			continue;
		if (!facts->received_at_ms)
			facts->received_at_ms = event->at_ms;
		if (event->type == EVENT_RECEIVED)
			take_received(facts, event);
	}
	facts->received_day = day_of(facts, facts->received_at_ms);
	facts->version = policy_version_at(facts->policy, facts->received_day);
}

// Gives the leg the policy's term from the given instant; none when the policy has none for this ticket.
static void set_term(struct facts *facts, struct leg *leg, int64_t from_ms)
{
	leg->term_from_ms = from_ms;
	leg->is_due_given = false;
	leg->is_due_covered = true;
	leg->term = policy_term(facts->version, facts->kind, facts->level, facts->district);
	leg->due_at_ms = NEVER_MS;
	if (leg->term)
		leg->due_at_ms = calendar_due_at_ms(facts->policy->calendar, &leg->term->count, from_ms, facts->policy->zone_ms, &leg->is_due_covered);
}

static void set_due(struct leg *leg, int64_t due_at_ms)
{
	leg->due_at_ms = due_at_ms;
	leg->is_due_given = true;
	leg->is_due_covered = true;
	leg->term = NULL;
}

// Before a due time is moved: had it passed by then?
static void note_late(struct facts *facts, struct leg *leg, int64_t at_ms)
{
	if (leg->due_at_ms == NEVER_MS || at_ms <= leg->due_at_ms)
		return;
	int64_t from_ms = leg->due_at_ms + 1;
	facts->late[facts->late_count++] = (struct lateness){ .leg = leg, .from_ms = from_ms };
	if (!leg->late_from_ms)
		leg->late_from_ms = from_ms;
}

static const struct leg *first_lead(const struct facts *facts)
{
	for (uint32_t i = 0; i < facts->leg_count; i++)
		if (!facts->leg[i].is_assist)
			return &facts->leg[i];
	return NULL;
}

static void end_leg(struct leg *leg, enum leg_end end, const struct event *event)
{
	leg->end = end;
	leg->ended_at_ms = event->at_ms;
	leg->ended = event;
	if (leg->held_until_ms == NEVER_MS)
		leg->held_until_ms = event->at_ms;
}

static struct leg *new_leg(struct facts *facts, const struct event *event, bool is_assist)
{
	struct leg *leg = &facts->leg[facts->leg_count++];
	int32_t day = day_of(facts, event->at_ms);
	*leg = (struct leg){
		.unit = event->unit,
		.is_assist = is_assist,
		.dispatched_at_ms = event->at_ms,
		.due_at_ms = NEVER_MS,
		.ended_at_ms = NEVER_MS,
		.held_until_ms = NEVER_MS,
		.is_due_covered = true,
		.dispatched = event,
		.dispatched_day = day,
		.roster = policy_unit(facts->policy, event->unit, day),
	};
	return leg;
}

static void take_leg_fields(struct leg *leg, const struct event *event)
{
	if (event->accepted_at_ms)
		leg->accepted_at_ms = event->accepted_at_ms;
	if (event->confirmed)
		leg->confirmed = event->confirmed;
}

static struct leg *open_assist(struct facts *facts, name_id unit)
{
	for (uint32_t i = facts->leg_count; i--;)
		if (facts->leg[i].is_assist && facts->leg[i].unit == unit && facts->leg[i].end == LEG_OPEN)
			return &facts->leg[i];
	return NULL;
}

// The ticket is resolved no longer.
static void unsettle(struct facts *facts, int64_t at_ms)
{
	if (facts->standing)
		facts->standing->until_ms = at_ms;
	facts->standing = NULL;
}

static void take_dispatched(struct facts *facts, const struct event *event)
{
	if (event->confirmed == ANSWER_YES)
		facts->has |= HAS_CONFIRMED;
	if (event->role == ROLE_ASSIST) {
		if (!open_assist(facts, event->unit))
			new_leg(facts, event, true);
		return;
	}
	struct leg *holder = facts->holder;
	if (holder && holder->unit == event->unit) {  // an extension
		take_leg_fields(holder, event);
		if (event->due_at_ms) {
			note_late(facts, holder, event->at_ms);
			set_due(holder, event->due_at_ms);
		}
		return;
	}
	if (holder)
		end_leg(holder, LEG_MOVED, event);
	const struct leg *first = first_lead(facts);
	struct leg *leg = new_leg(facts, event, false);
	take_leg_fields(leg, event);
	set_term(facts, leg, event->at_ms);
	if (event->due_at_ms)
		set_due(leg, event->due_at_ms);
	else if (first && facts->version->redispatch_continues)
		leg->due_at_ms = first->due_at_ms;
	facts->holder = leg;
	unsettle(facts, event->at_ms);
	facts->has |= HAS_LEAD;
}

static void take_back(struct facts *facts, const struct leg *leg, int64_t at_ms)
{
	for (uint32_t i = 0; i < facts->resolution_count; i++)
		if (facts->resolution[i].leg == leg)
			facts->resolution[i].stands = false;
	if (facts->standing && facts->standing->leg == leg)
		unsettle(facts, at_ms);
}

// Ends the unit's latest leg not yet returned, resolved or not.
static void take_returned(struct facts *facts, const struct event *event)
{
	struct giving_back *back = &facts->giving_back[facts->giving_back_count++];
	*back = (struct giving_back){ .event = event };
	facts->has |= HAS_RETURN;
	for (uint32_t i = facts->leg_count; i-- && !back->leg;)
		if (facts->leg[i].unit == event->unit && facts->leg[i].end != LEG_RETURNED && facts->leg[i].end != LEG_MOVED)
			back->leg = &facts->leg[i];
	if (!back->leg)
		return;
	take_back(facts, back->leg, event->at_ms);
	end_leg(back->leg, LEG_RETURNED, event);
	if (facts->holder == back->leg)
		facts->holder = NULL;
}

static void take_resolved(struct facts *facts, const struct event *event)
{
	struct leg *holder = facts->holder;
	if (event->unit && !(holder && holder->unit == event->unit)) {
		struct leg *assist = open_assist(facts, event->unit);
		if (assist) {
			end_leg(assist, LEG_RESOLVED, event);
			return;
		}
	}
	if (!holder && facts->standing)
		return;  // resolved already: the first one stands
	facts->standing = &facts->resolution[facts->resolution_count++];
	*facts->standing = (struct resolution){
		.event = event,
		.unit = event->unit ? event->unit : holder ? holder->unit : 0,
		.leg = holder,
		.stands = true,
		.until_ms = NEVER_MS,
	};
	facts->has |= HAS_RESOLUTION;
	if (holder)
		end_leg(holder, LEG_RESOLVED, event);
	facts->holder = NULL;
}

// For each of the three its latest given value holds.
static void take_rated(struct facts *facts, const struct event *event)
{
	facts->has |= HAS_RATING;
	facts->rated = event;
	if (event->satisfied)
		facts->satisfied = event;
	if (event->stars != STARS_NONE)
		facts->stars = event;
	if (event->praised)
		facts->praised = event;
}

static void take_revisited(struct facts *facts, const struct event *event)
{
	facts->has |= HAS_REVISIT;
	if (event->reopen != ANSWER_YES || !facts->standing)
		return;
	struct leg *leg = facts->standing->leg;
	facts->standing->stands = false;
	unsettle(facts, event->at_ms);
	if (!leg)
		return;
	note_late(facts, leg, leg->ended_at_ms);
	if (!facts->version->reopen_continues)
		set_term(facts, leg, event->at_ms);
	leg->end = LEG_OPEN;
	leg->ended_at_ms = leg->held_until_ms = NEVER_MS;
	leg->ended = NULL;
	facts->holder = leg;
}

void facts_derive(struct facts *ret_facts, struct text ticket_id, const struct ticket *ticket, const struct policy *policy, int64_t clock_ms,
	const struct names *names)
{
	struct facts *facts = ret_facts;
	facts->ticket_id = ticket_id;
	facts->policy = policy;
	facts->names = names;
	facts->clock_ms = clock_ms;
	facts->ticket = ticket;
	facts->is_received = facts->is_answered_directly = false;
	facts->kind = facts->level = facts->channel = 0;
	facts->district = facts->category = 0;
	facts->caller = facts->place = facts->title = (struct text){ NULL, 0 };
	facts->amount = facts->received_at_ms = 0;
	facts->leg_count = facts->resolution_count = facts->giving_back_count = facts->late_count = 0;
	facts->holder = NULL;
	facts->standing = NULL;
	facts->has = 0;
	facts->rated = facts->satisfied = facts->stars = facts->praised = NULL;
	take_fields(facts);
	for (uint32_t i = 0; i < ticket->count; i++) {
		const struct event *event = &ticket->event[i];
		if (event->is_void)
			continue;
		switch (event->type) {
		case EVENT_DISPATCHED:
			take_dispatched(facts, event);
			break;
		case EVENT_RETURNED:
			take_returned(facts, event);
			break;
		case EVENT_RESOLVED:
			take_resolved(facts, event);
			break;
		case EVENT_RATED:
			take_rated(facts, event);
			break;
		case EVENT_REVISITED:
			take_revisited(facts, event);
			break;
		}
	}
}

const struct resolution *facts_resolution_for(const struct facts *facts, const struct event *event)
{
	const struct resolution *found = NULL;
	for (uint32_t i = 0; i < facts->resolution_count; i++) {
		if (facts->resolution[i].event > event)  // events lie in their order
			return found ? found : &facts->resolution[i];
		found = &facts->resolution[i];
	}
	return found;
}

const struct event *facts_revisit_after(const struct facts *facts, const struct event *event)
{
	if (!(facts->has & HAS_REVISIT))
		return NULL;
	for (const struct event *later = event + 1; later < facts->ticket->event + facts->ticket->count; later++)
		if (later->type == EVENT_REVISITED && !later->is_void)
			return later;
	return NULL;
}

bool facts_precedence(const struct facts *facts, enum link_kind kind, struct precedence *ret_precedence)
{
	if (!(facts->has & HAS_LINKED))
		return false;
	const struct links links = {
		.is_there = facts->is_received && facts->is_valid,
		.caller = facts->caller,
		.place = facts->place,
		.category = names_text(facts->names, facts->category),
	};
	char key[LINK_KEY_BYTES_MAX];
	size_t size = link_key(&links, kind, key);
	uint32_t check = size ? link_check(link_hash((struct text){ key, (uint32_t)size }), link_period(facts->received_at_ms)) : 0;
	for (uint32_t i = 0; size && i < facts->ticket->count; i++) {
		const struct event *event = &facts->ticket->event[i];
		if (event->type == EVENT_LINKED && event->kind == kind && event->answered == check)
			return event->reason.size && precedence_unpack(event->reason, ret_precedence);
	}
	return false;
}

bool facts_is_open(const struct facts *facts)
{
	return !facts->standing && !(facts->is_answered_directly && !(facts->has & HAS_LEAD));
}

bool facts_is_resolved_at(const struct facts *facts, int64_t at_ms)
{
	for (const struct resolution *r = facts->resolution; r < facts->resolution + facts->resolution_count; r++)
		if (r->event->at_ms <= at_ms && at_ms < r->until_ms)
			return true;
	return false;
}

int64_t facts_return_until_ms(const struct facts *facts, const struct leg *leg)
{
	return (leg->accepted_at_ms ? leg->accepted_at_ms : leg->dispatched_at_ms) + facts->version->return_within_ms;
}

const struct leg *facts_shirked(const struct facts *facts, const struct leg *leg)
{
	if (!(facts->has & HAS_RETURN))
		return NULL;
	for (const struct leg *earlier = facts->leg; earlier < leg; earlier++)
		if (!earlier->is_assist && earlier->unit == leg->unit && earlier->end == LEG_RETURNED)
			return earlier;
	return NULL;
}
