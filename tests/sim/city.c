#include "city.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "chance.h"
#include "civil.h"

enum { UNITS = 4, ID_BYTES = 24, TICKET_STEPS_MAX = 9 };

enum garbage { GARBAGE_NONE, GARBAGE_BYTES, GARBAGE_KEY, GARBAGE_FUTURE, GARBAGE_EMPTY };

struct planned {
	struct city *city;
	int64_t send_us;
	int64_t before_send_ms;    // the event happens so long before it is sent; for the wall clock
	int64_t due_after_ms;      // 0: none is given
	bool is_of_unit;
	enum garbage garbage;
	char id[ID_BYTES];
	struct event event;
};

struct city {
	struct city_setup setup;
	struct chance chance, details;  // two, so that what is added to the second leaves the stories of the first as they are
	struct planned planned[CITY_EVENTS_MAX];
	uint32_t count;
};

static uint64_t below(struct city *city, uint64_t limit)
{
	return chance_below(&city->chance, limit);
}

static bool hits(struct city *city, uint32_t chance_e4)
{
	return chance_of_e4(&city->chance, chance_e4);
}

static name_id unit_of(uint64_t number)
{
	static const char *const name[UNITS] = { "fire", "water", "roads", "parks" };
	return names_intern(town_names(), NAME_UNIT, text_of(name[number % UNITS]));
}

static struct planned *plan(struct city *city, const char *id, const struct event *event, int64_t send_us)
{
	if (city->count == CITY_EVENTS_MAX)
		return NULL;
	struct planned *planned = &city->planned[city->count++];
	*planned = (struct planned){ .city = city, .send_us = send_us, .event = *event };
	snprintf(planned->id, sizeof planned->id, "%s", id);
	return planned;
}

static struct event receive(struct city *city, int64_t at_ms)
{
	static const char *const district[] = { "north", "south" };
	static const char *const category[] = { "housing/repairs", "roads/lamps", "noise" };
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.kind = (uint8_t)(1 + below(city, KIND_COUNT - 1));
	event.level = (uint8_t)below(city, LEVEL_COUNT);
	event.channel = (uint8_t)below(city, CHANNEL_COUNT);
	event.district = names_intern(town_names(), NAME_DISTRICT, text_of(district[below(city, 2)]));
	event.category = names_intern(town_names(), NAME_CATEGORY, text_of(category[below(city, 3)]));
	event.valid = hits(city, 500) ? ANSWER_NO : ANSWER_NONE;
	event.answered_directly = hits(city, 1000) ? ANSWER_YES : ANSWER_NONE;
	static const char *const caller[] = { NULL, "anna", "bert", "carl", "dora", "emil", "frida", "gus" }, *const place[] = { NULL, "harbour", "hill" };
	event.caller = text_of(caller[below(city, sizeof caller / sizeof *caller)]);
	event.place = text_of(place[below(city, sizeof place / sizeof *place)]);
	return event;
}

static struct event happen(struct city *city, int64_t at_ms)
{
	static const uint8_t types[] = { EVENT_DISPATCHED, EVENT_DISPATCHED, EVENT_RETURNED, EVENT_RESOLVED, EVENT_RESOLVED, EVENT_RATED, EVENT_REVISITED };
	if (hits(city, 600))  // a correction
		return receive(city, at_ms);
	struct event event = event_of((enum event_type)types[below(city, sizeof types)], at_ms);
	event.unit = unit_of(below(city, UNITS));
	event.seq = (uint32_t)below(city, 2);
	if (event.type == EVENT_DISPATCHED && hits(city, 1000))
		event.role = ROLE_ASSIST;
	if (event.type == EVENT_DISPATCHED && hits(city, 1000))
		event.confirmed = ANSWER_YES;
	if (event.type == EVENT_RATED || event.type == EVENT_REVISITED)
		event.satisfied = hits(city, 6000) ? ANSWER_YES : ANSWER_NO;
	if (event.type == EVENT_RATED)
		event.stars = (int8_t)below(city, 6);
	if (event.type == EVENT_REVISITED)
		event.reopen = hits(city, 3000) ? ANSWER_YES : ANSWER_NONE;
	if (event.type == EVENT_RETURNED)
		event.reason = TEXT("not ours");
	return event;
}

static uint8_t draw_answer(struct city *city, uint32_t yes_e4, uint32_t no_e4)
{
	uint64_t drawn = chance_below(&city->details, 10000);
	return drawn < yes_e4 ? ANSWER_YES : drawn < yes_e4 + no_e4 ? ANSWER_NO : ANSWER_NONE;
}

// What only some rules ask for.
static void add_details(struct city *city, struct event *event)
{
	if (event->type == EVENT_RESOLVED) {
		event->outcome = (uint8_t)chance_below(&city->details, OUTCOME_COUNT);
		event->claims_satisfied = draw_answer(city, 4000, 2000);
	} else if (event->type == EVENT_RATED) {
		event->praised = draw_answer(city, 1500, 0);
	} else if (event->type == EVENT_REVISITED) {
		event->effective = draw_answer(city, 3000, 3000);
	}
}

static int64_t gap_ms(struct city *city)
{
	static const int64_t scale_ms[] = { 1, SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS, 5 * DAY_MS };
	return (int64_t)below(city, (uint64_t)scale_ms[below(city, 6)]);
}

static enum garbage draw_garbage(struct city *city)
{
	return hits(city, 250) ? (enum garbage)(1 + below(city, GARBAGE_EMPTY)) : GARBAGE_NONE;
}

// Said once more, or taken back, somewhat later.
static void repeat(struct city *city, const struct planned *planned)
{
	struct planned again = *planned;
	bool is_void = hits(city, 3000);
	again.event.is_void = is_void;
	again.garbage = GARBAGE_NONE;
	struct planned *more = plan(city, again.id, &again.event, 0);
	if (!more)
		return;
	*more = again;
	more->send_us = hits(city, 5000) ? again.send_us : (int64_t)below(city, (uint64_t)city->setup.feed_us);
	more->before_send_ms += (more->send_us - again.send_us) / 1000;  // the same instant
	if (more->before_send_ms < 0)
		more->before_send_ms = 0;
	sim_hit[is_void ? SIM_void_events : SIM_duplicate_events]++;
}

// Numbers side by side share a page.
static void name_ticket(struct city *city, uint32_t number, char ret_id[ID_BYTES])
{
	if (hits(city, 8000))
		snprintf(ret_id, ID_BYTES, "%u", 821300 + number);
	else
		snprintf(ret_id, ID_BYTES, "T-%u", number);
}

static void plan_ticket(struct city *city, uint32_t number)
{
	char id[ID_BYTES];
	int64_t at_ms = SIM_WALL_MS - 45 * DAY_MS + (int64_t)below(city, 30 * DAY_MS);
	int64_t send_us = (int64_t)below(city, (uint64_t)city->setup.feed_us);
	uint64_t steps = 1 + below(city, TICKET_STEPS_MAX);
	name_ticket(city, number, id);
	for (uint64_t i = 0; i < steps; i++) {
		struct event event = i ? happen(city, at_ms) : receive(city, at_ms);
		add_details(city, &event);
		struct planned *planned = plan(city, id, &event, send_us);
		if (!planned)
			return;
		planned->before_send_ms = (int64_t)below(city, 3000);
		planned->due_after_ms = event.type == EVENT_DISPATCHED && (!city->setup.is_event_clock || hits(city, 2000)) ? 500 + (int64_t)below(city, 60000) : 0;
		planned->garbage = draw_garbage(city);
		sim_hit[SIM_bad_messages] += planned->garbage != GARBAGE_NONE;
		if (hits(city, 1500)) {
			planned->send_us = (int64_t)below(city, (uint64_t)city->setup.feed_us);
			sim_hit[SIM_late_events]++;
		}
		if (hits(city, 1500))
			repeat(city, planned);
		at_ms += gap_ms(city);
		if (at_ms > SIM_WALL_MS)
			at_ms = SIM_WALL_MS;
		send_us += (int64_t)below(city, (uint64_t)((city->setup.feed_us - send_us) / 2 + 1));
	}
}

static void plan_unit_event(struct city *city)
{
	static const uint8_t types[] = { EVENT_LOGGED_IN, EVENT_CALLS, EVENT_KNOWLEDGE_UPDATED, EVENT_POINTS };
	struct event event = event_of((enum event_type)types[below(city, 4)], SIM_WALL_MS - 45 * DAY_MS + (int64_t)below(city, 40 * DAY_MS));
	event.unit = unit_of(below(city, UNITS));
	if (event.type != EVENT_LOGGED_IN)
		event.amount = (int64_t)below(city, 100) + 1;
	if (event.type == EVENT_CALLS)
		event.answered = (int64_t)below(city, (uint64_t)event.amount);
	struct planned *planned = plan(city, "", &event, (int64_t)below(city, (uint64_t)city->setup.feed_us));
	if (!planned)
		return;
	planned->is_of_unit = true;
	planned->before_send_ms = (int64_t)below(city, 3000);
	if (hits(city, 1500))
		repeat(city, planned);
}

struct city *city_new(const struct city_setup *setup)
{
	struct city *city = sim_new(sizeof *city);
	city->setup = *setup;
	city->chance = chance_of(setup->seed ^ UINT64_C(0xc17e0f51a1a70123));
	city->details = chance_of(setup->seed ^ UINT64_C(0x5de7a115de7a1100));
	uint64_t unit_events = below(city, 30);
	for (uint32_t i = 0; city->count < setup->events_min; i++)
		plan_ticket(city, i);
	for (uint64_t i = 0; i < unit_events; i++)
		plan_unit_event(city);
	return city;
}

void city_free(struct city *city)
{
	sim_free(city);
}

uint32_t city_count(const struct city *city)
{
	return city->count;
}

static void send_garbage(const struct planned *planned)
{
	struct event future = event_of(EVENT_RATED, sim_wall_us() / 1000 + HOUR_MS);
	future.satisfied = ANSWER_YES;
	switch (planned->garbage) {
	case GARBAGE_BYTES: town_send_bytes(TOWN_TICKETS, text_of(planned->id), TEXT("\xff\xff\xff no protobuf")); break;
	case GARBAGE_KEY: town_send_bytes(TOWN_TICKETS, TEXT("{}"), TEXT("")); break;
	case GARBAGE_EMPTY: town_send_bytes(TOWN_TICKETS, text_of(planned->id), TEXT("")); break;
	case GARBAGE_FUTURE: town_send_ticket_event(planned->id, &future, town_names()); break;
	case GARBAGE_NONE: break;
	}
}

static void act_send(void *self, uint64_t number)
{
	struct planned *planned = self;
	struct event event = planned->event;
	(void)number;
	if (!planned->city->setup.is_event_clock)
		event.at_ms = sim_wall_us() / 1000 - planned->before_send_ms;
	if (planned->due_after_ms)
		event.due_at_ms = event.at_ms + planned->due_after_ms;
	if (planned->garbage != GARBAGE_NONE)
		send_garbage(planned);
	if (planned->is_of_unit)
		town_send_unit_event(&event, town_names());
	else
		town_send_ticket_event(planned->id, &event, town_names());
}

void city_send(struct city *city, const bool *is_left_out)
{
	for (uint32_t i = 0; i < city->count; i++)
		if (!is_left_out[i])
			sim_at(city->planned[i].send_us, act_send, &city->planned[i], i);
}
