#include "truth.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "counters.h"
#include "memory.h"
#include "unit_day.h"

enum { DAYS_AFTER = 400, LEGS_MAX = LIFE_EVENTS_MAX };

struct truth {
	const struct city *city;
	int64_t clock_ms, horizon_ms;
	int32_t from_day;
	uint32_t day_count, unit_count, name_count;
	const struct city_unit **unit_of;   // by name_id; NULL for what is no unit of the roster
	name_id city_name;
	name_id group_of[CITY_UNITS_MAX];   // by unit
	uint32_t **count;                   // by name_id: [day][counter]; NULL until something counts
};

struct leg {
	name_id unit;
	int64_t dispatched_at_ms, due_at_ms, ended_at_ms;
	bool is_ended, is_returned;
};

// One ticket on the way through its events.
struct story {
	struct truth *truth;
	const struct event *received;
	int32_t received_day;
	struct names_category category;
	uint32_t leg_count;
	struct leg leg[LEGS_MAX];
	struct leg *open;        // the lead leg that is open
	struct leg *resolved;    // the leg of the resolution that stands
	name_id resolver;        // who resolved it last, whether that stands or not
	struct said {            // of each thing said in ratings the latest
		const struct event *event;
		name_id resolver;
	} rated, satisfied, stars, praised;
};

static int32_t day_of(const struct truth *truth, int64_t at_ms)
{
	return civil_day_of(at_ms, truth->city->policy.zone_ms);
}

static void add(struct truth *truth, name_id name, int32_t day, enum counter counter, uint32_t amount)
{
	if (!name)
		return;
	int32_t place = day - truth->from_day;
	assert(place >= 0 && (uint32_t)place < truth->day_count && name <= truth->name_count);
	if (!truth->count[name])
		truth->count[name] = memory_new(sizeof **truth->count * truth->day_count * COUNTER_COUNT);
	truth->count[name][(size_t)place * COUNTER_COUNT + counter] += amount;
}

static void add_wide(struct story *story, int32_t day, enum counter counter)
{
	add(story->truth, story->truth->city_name, day, counter, 1);
	add(story->truth, story->category.top, day, counter, 1);
	add(story->truth, story->category.sub, day, counter, 1);
}

static void add_roster(struct truth *truth, name_id unit, int32_t day, enum counter counter, uint32_t amount)
{
	const struct city_unit *entry = truth->unit_of[unit];
	add(truth, unit, day, counter, amount);
	if (!entry)
		return;
	if (entry->district != CITY_NO_DISTRICT)
		add(truth, truth->city->district[entry->district], day, counter, amount);
	add(truth, truth->group_of[entry - truth->city->unit], day, counter, amount);
}

// For a unit and everything it belongs to; for the city alone when there is none.
static void add_unit(struct story *story, name_id unit, int64_t at_ms, enum counter counter)
{
	int32_t day = day_of(story->truth, at_ms);
	if (unit)
		add_roster(story->truth, unit, day, counter, 1);
	add_wide(story, day, counter);
}

static void take_dispatched(struct story *story, const struct event *event)
{
	if (event->role == ROLE_ASSIST) {
		add_unit(story, event->unit, event->at_ms, COUNTER_ASSISTED);
		return;
	}
	if (story->open && story->open->unit == event->unit) {
		story->open->due_at_ms = event->due_at_ms;
		return;
	}
	story->open = &story->leg[story->leg_count++];
	*story->open = (struct leg){ .unit = event->unit, .dispatched_at_ms = event->at_ms };
	story->open->due_at_ms = life_due_at_ms(story->truth->city, story->received, event->at_ms);
}

static void take_returned(struct story *story, const struct event *event)
{
	struct leg *leg = story->open;
	leg->is_ended = leg->is_returned = true;
	leg->ended_at_ms = event->at_ms;
	story->open = NULL;
	add_unit(story, leg->unit, event->at_ms, COUNTER_RETURNED);
	if (event->at_ms > leg->dispatched_at_ms + DAY_MS)
		add_unit(story, leg->unit, event->at_ms, COUNTER_RETURNED_LATE);
}

static void take_resolved(struct story *story, const struct event *event)
{
	struct leg *leg = story->open;
	if (!leg || (event->unit && event->unit != leg->unit))
		return;  // an assisting unit has done its part
	leg->is_ended = true;
	leg->ended_at_ms = event->at_ms;
	story->resolved = leg;
	story->resolver = leg->unit;
	story->open = NULL;
}

static void take_rated(struct story *story, const struct event *event)
{
	struct said said = { event, story->resolver };
	story->rated = said;
	if (event->satisfied)
		story->satisfied = said;
	if (event->stars != STARS_NONE)
		story->stars = said;
	if (event->praised)
		story->praised = said;
}

static void take_revisited(struct story *story, const struct event *event)
{
	add_unit(story, story->resolver, event->at_ms, COUNTER_REVISITED);
	if (event->effective == ANSWER_YES)
		add_unit(story, story->resolver, event->at_ms, COUNTER_REVISITED_EFFECTIVE);
	if (event->reopen != ANSWER_YES)
		return;
	add_unit(story, story->resolver, event->at_ms, COUNTER_REOPENED);
	story->open = story->resolved;
	story->resolved = NULL;
	story->open->is_ended = false;
	story->open->due_at_ms = life_due_at_ms(story->truth->city, story->received, event->at_ms);
}

static bool was_returned_by(const struct story *story, const struct leg *until)
{
	for (const struct leg *leg = story->leg; leg < until; leg++)
		if (leg->unit == until->unit && leg->is_returned)
			return true;
	return false;
}

static void count_leg(struct story *story, const struct leg *leg)
{
	int32_t day = day_of(story->truth, leg->dispatched_at_ms);
	bool is_resolved = leg->is_ended && !leg->is_returned;
	if (!leg->is_returned)
		add(story->truth, leg->unit, day, COUNTER_DISPATCHED, 1);
	if (is_resolved) {
		add(story->truth, leg->unit, day, COUNTER_COMPLETED, 1);
		add_unit(story, leg->unit, leg->ended_at_ms, COUNTER_RESOLVED);
		if (day_of(story->truth, leg->ended_at_ms) == day)
			add_unit(story, leg->unit, leg->ended_at_ms, COUNTER_SAME_DAY);
		if (was_returned_by(story, leg))
			add_unit(story, leg->unit, leg->ended_at_ms, COUNTER_SHIRKED);
	}
	if (!leg->is_ended && story->truth->clock_ms > leg->due_at_ms)
		add_unit(story, leg->unit, leg->dispatched_at_ms, COUNTER_OPEN_OVERDUE);
	int64_t until_ms = leg->is_ended ? leg->ended_at_ms : story->truth->clock_ms;
	if (until_ms > leg->due_at_ms)
		add_unit(story, leg->unit, leg->due_at_ms, COUNTER_OVERDUE);
	else if (is_resolved)
		add_unit(story, leg->unit, leg->ended_at_ms, COUNTER_RESOLVED_ON_TIME);
}

// The city, a district and a group count a ticket once, on the day it first came to them.
static void count_first(struct story *story, const struct leg *leg)
{
	struct truth *truth = story->truth;
	const struct city_unit *entry = truth->unit_of[leg->unit];
	int32_t day = day_of(truth, leg->dispatched_at_ms);
	bool is_new_district = entry->district != CITY_NO_DISTRICT, is_new_group = true;
	for (const struct leg *before = story->leg; before < leg; before++) {
		const struct city_unit *earlier = truth->unit_of[before->unit];
		is_new_district = is_new_district && earlier->district != entry->district;
		is_new_group = is_new_group && truth->group_of[earlier - truth->city->unit] != truth->group_of[entry - truth->city->unit];
	}
	for (int completed = 0; completed <= (story->resolved != NULL); completed++) {
		enum counter counter = completed ? COUNTER_COMPLETED : COUNTER_DISPATCHED;
		if (leg == story->leg)
			add_wide(story, day, counter);
		if (is_new_district)
			add(truth, truth->city->district[entry->district], day, counter, 1);
		if (is_new_group)
			add(truth, truth->group_of[entry - truth->city->unit], day, counter, 1);
	}
}

static void count_said(struct story *story, const struct said *said, enum counter counter)
{
	add_unit(story, said->resolver, said->event->at_ms, counter);
}

static void count_ratings(struct story *story)
{
	if (story->rated.event)
		count_said(story, &story->rated, COUNTER_RATED);
	if (story->satisfied.event)
		count_said(story, &story->satisfied, story->satisfied.event->satisfied == ANSWER_YES ? COUNTER_SATISFIED : COUNTER_DISSATISFIED);
	if (story->stars.event)
		count_said(story, &story->stars, (enum counter)(COUNTER_STARS_0 + story->stars.event->stars));
	if (story->praised.event && story->praised.event->praised == ANSWER_YES)
		count_said(story, &story->praised, COUNTER_PRAISED);
}

static void count_received(struct story *story, enum counter counter)
{
	add(story->truth, story->received->district, story->received_day, counter, 1);
	add_wide(story, story->received_day, counter);
}

static void take_event(struct story *story, const struct event *event)
{
	switch (event->type) {
	case EVENT_DISPATCHED: take_dispatched(story, event); break;
	case EVENT_RETURNED: take_returned(story, event); break;
	case EVENT_RESOLVED: take_resolved(story, event); break;
	case EVENT_RATED: take_rated(story, event); break;
	case EVENT_REVISITED: take_revisited(story, event); break;
	}
}

static void count_ticket(struct truth *truth, const struct life *life)
{
	struct story story = { .truth = truth, .received = &life->event[0] };
	uint32_t count = 0;
	while (count < life->count && life->event[count].at_ms <= truth->horizon_ms)
		count++;
	if (!count)
		return;
	story.received_day = day_of(truth, story.received->at_ms);
	story.category = names_category(truth->city->names, story.received->category);
	count_received(&story, COUNTER_RECEIVED);
	if (count > 1 && life->event[1].type == EVENT_RECEIVED)
		return;  // it was none
	count_received(&story, COUNTER_VALID);
	if (story.received->answered_directly == ANSWER_YES)
		count_received(&story, COUNTER_ANSWERED_DIRECTLY);
	for (uint32_t i = 1; i < count; i++)
		take_event(&story, &life->event[i]);
	for (const struct leg *leg = story.leg; leg < story.leg + story.leg_count; leg++) {
		count_leg(&story, leg);
		count_first(&story, leg);
	}
	count_ratings(&story);
}

static void count_unit_event(struct truth *truth, int32_t day, const struct event *event)
{
	if (event->type == EVENT_KNOWLEDGE_UPDATED) {
		add_roster(truth, event->unit, day, COUNTER_KNOWLEDGE_UPDATES, (uint32_t)event->amount);
		add(truth, truth->city_name, day, COUNTER_KNOWLEDGE_UPDATES, (uint32_t)event->amount);
	}
	if (event->type == EVENT_POINTS) {
		enum counter counter = event->amount < 0 ? COUNTER_POINTS_TAKEN : COUNTER_POINTS_ADDED;
		uint32_t amount = (uint32_t)(event->amount < 0 ? -event->amount : event->amount);
		add_roster(truth, event->unit, day, counter, amount);
		add(truth, truth->city_name, day, counter, amount);
	}
}

// The latest report of a day's calls replaces the ones before.
static void count_unit_day(struct truth *truth, int32_t day, uint32_t tickets)
{
	struct event event, calls = { 0 };
	for (uint32_t place = 0; place < unit_day_place_count(truth->city); place++) {
		if (!unit_day_event(truth->city, day, place, tickets, &event) || event.at_ms > truth->horizon_ms)
			continue;
		if (event.type == EVENT_CALLS)
			calls = event;
		else
			count_unit_event(truth, day, &event);
	}
	if (!calls.type)
		return;
	const name_id names[] = { calls.unit, truth->city_name };
	for (int i = 0; i < 2; i++) {
		add(truth, names[i], day, COUNTER_CALLS_OFFERED, (uint32_t)calls.amount);
		add(truth, names[i], day, COUNTER_CALLS_ANSWERED, (uint32_t)calls.answered);
	}
}

static void count_days(struct truth *truth, const struct stream_plan *plan)
{
	struct stream *stream = stream_new(truth->city, plan);
	static struct life life;
	int64_t *receipt = NULL;
	size_t capacity = 0;
	for (int32_t day = plan->from_day; day < plan->from_day + (int32_t)plan->day_count; day++) {
		uint32_t count = stream_day_tickets(stream, day);
		receipt = memory_grow(receipt, count + 1, sizeof *receipt, &capacity);
		rhythm_receipts(truth->city, day, count, false, receipt);
		for (uint32_t i = 0; i < count; i++) {
			life_make(truth->city, &plan->shape, &(struct life_key){ day, i + 1, receipt[i] }, &life);
			count_ticket(truth, &life);
		}
		count_unit_day(truth, day, count);
	}
	free(receipt);
	stream_free(stream);
}

static void print(const struct truth *truth, FILE *file)
{
	char day[CIVIL_DAY_BYTES];
	for (name_id name = 1; name <= truth->name_count; name++) {
		struct text dimension = names_dimension(truth->city->names, name);
		for (uint32_t i = 0; truth->count[name] && i < truth->day_count * COUNTER_COUNT; i++) {
			if (!truth->count[name][i])
				continue;
			civil_format_day(truth->from_day + (int32_t)(i / COUNTER_COUNT), day);
			fprintf(file, "%.*s %s %s %" PRIu32 "\n", (int)dimension.size, dimension.at, day, counter_name((enum counter)(i % COUNTER_COUNT)), truth->count[name][i]);
		}
	}
}

static void init(struct truth *truth, const struct city *city, const struct stream_plan *plan, int64_t clock_ms)
{
	truth->city = city;
	truth->clock_ms = clock_ms;
	truth->horizon_ms = plan->horizon_ms;
	truth->from_day = plan->from_day;
	truth->day_count = plan->day_count + DAYS_AFTER;
	truth->city_name = names_intern(city->names, NAME_CITY, TEXT("city"));
	for (uint32_t i = 0; i < city->unit_count; i++)
		truth->group_of[i] = names_intern(city->names, NAME_GROUP, text_of(city->unit[i].group));
	truth->name_count = names_count(city->names);
	truth->count = memory_new(sizeof *truth->count * (truth->name_count + 1));
	truth->unit_of = memory_new(sizeof *truth->unit_of * (truth->name_count + 1));
	for (uint32_t i = 0; i < city->unit_count; i++)
		truth->unit_of[city->unit[i].unit] = &city->unit[i];
}

void truth_write(const struct city *city, const struct stream_plan *plan, int64_t clock_ms, FILE *file)
{
	static struct truth truth;
	init(&truth, city, plan, clock_ms);
	count_days(&truth, plan);
	print(&truth, file);
	for (name_id name = 0; name <= truth.name_count; name++)
		free(truth.count[name]);
	free(truth.count);
	free(truth.unit_of);
}
