#include "city.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "assess.h"
#include "cells.h"
#include "civil.h"
#include "judgement.h"
#include "memory.h"
#include "shelf.h"
#include "totals.h"
#include "words.h"

enum { EDITION = 1 };

// A ticket, or a unit's month.
struct owner {
	char id[TICKET_ID_BYTES_MAX + NAME_BYTES_MAX];
	bool is_month;
	int64_t next_look_ms;
	uint8_t *bytes;
	size_t size;
};

struct city {
	const struct policy *policy;
	struct names *names;
	name_id name;
	struct dictionary *dictionary;
	struct cells *cells;
	int64_t clock_ms;
	int32_t first_month, seeded_to;  // months of units with duty that exist: from the earliest event or clock on; 0 is none
	struct owner *owner;
	size_t owner_count, owner_capacity;
	// Reused by every look.
	struct ticket ticket;
	struct event event[UNIT_MONTH_EVENTS_MAX];
	struct facts facts_before, facts;
	struct unit_facts unit_facts;
	struct outcome before, after;
	uint8_t bytes[4 * TICKET_BYTES_MAX];
	struct totals totals;
	struct counters before_days[MONTH_DAYS_MAX];
	struct sums sums;
	// What the links of the tickets come to.
	struct shelves shelves;
	int64_t link_revision;
	const struct link_change *change;  // what is being told about
	struct told *told;
	size_t told_count, told_capacity;
};

// An event that a link has for a ticket.
struct told {
	char id[TICKET_ID_BYTES_MAX + 1];
	struct event event;
	uint8_t room[PRECEDENCE_BYTES_MAX];
};

struct city *city_new(const struct policy *policy, struct names *names)
{
	struct city *city = memory_new(sizeof *city);
	city->policy = policy;
	city->names = names;
	city->name = names_intern(names, NAME_CITY, TEXT("city"));
	city->dictionary = dictionary_new();
	city->cells = cells_new();
	return city;
}

void city_free(struct city *city)
{
	if (!city)
		return;
	for (size_t i = 0; i < city->owner_count; i++)
		free(city->owner[i].bytes);
	free(city->owner);
	free(city->told);
	shelves_done(&city->shelves);
	cells_free(city->cells);
	dictionary_free(city->dictionary);
	free(city);
}

int64_t city_clock_ms(const struct city *city)
{
	return city->clock_ms;
}

static struct owner *owner_of(struct city *city, const char *id, bool is_month)
{
	for (size_t i = 0; i < city->owner_count; i++)
		if (city->owner[i].is_month == is_month && !strcmp(city->owner[i].id, id))
			return &city->owner[i];
	city->owner = memory_grow(city->owner, city->owner_count + 1, sizeof *city->owner, &city->owner_capacity);
	struct owner *owner = &city->owner[city->owner_count++];
	*owner = (struct owner){ .is_month = is_month, .next_look_ms = NEVER_MS };
	memcpy(owner->id, id, strlen(id) + 1);
	return owner;
}

static struct owner *owner_of_month(struct city *city, name_id unit, int32_t month)
{
	char id[sizeof city->owner->id];
	struct text text = names_text(city->names, unit);
	memcpy(id, text.at, text.size);
	id[text.size] = '/';
	civil_format_month(month, id + text.size + 1);
	return owner_of(city, id, true);
}

static int32_t month_at(const struct city *city, int64_t at_ms)
{
	return civil_month_of_day(civil_day_of(at_ms, city->policy->zone_ms));
}

static struct owner *owner_of_event(struct city *city, struct text ticket_id, const struct event *event)
{
	char id[sizeof city->owner->id];
	if (!event_is_of_unit(event)) {
		bool fits = text_copy(ticket_id, id, sizeof id);
		assert(fits);
		return owner_of(city, id, false);
	}
	return owner_of_month(city, event->unit, month_at(city, event->at_ms));
}

static void judge(struct city *city, const struct owner *owner, int64_t clock_ms, struct facts *facts, struct outcome *outcome)
{
	if (owner->is_month)
		assess_unit_month(text_of(owner->id), &city->ticket, city->policy, clock_ms, city->names, &city->unit_facts, outcome);
	else
		assess(text_of(owner->id), &city->ticket, city->policy, clock_ms, city->names, facts, outcome);
}

// Reads the owner back and judges it by the clock that it was last judged by.
static enum status load(struct city *city, const struct owner *owner, struct error *error)
{
	city->ticket = (struct ticket){ .event = city->event, .capacity = owner->is_month ? UNIT_MONTH_EVENTS_MAX : TICKET_EVENTS_MAX };
	enum status status = owner->bytes ? ticket_decode(owner->bytes, owner->size, city->dictionary, &city->ticket, error) : OK;
	if (status == OK && owner->bytes)
		judge(city, owner, city->ticket.clock_ms, &city->facts_before, &city->before);
	else
		outcome_clear(&city->before);
	return status;
}

// Judges what was loaded and changed, counts the difference, and writes it down.
static enum status store(struct city *city, struct owner *owner, struct error *error)
{
	judge(city, owner, city->clock_ms, &city->facts, &city->after);
	city->ticket.edition = EDITION;
	city->ticket.clock_ms = city->after.uses_clock ? city->clock_ms : 0;
	size_t size = ticket_encode(&city->ticket, city->dictionary, city->bytes, sizeof city->bytes);
	if (!size)
		return error_set(error, REJECT, "too_many_events", "%s is too large", owner->id);
	cells_add_difference(city->cells, &city->before, &city->after, city->policy, city->name);
	owner->next_look_ms = city->after.next_look_ms;
	free(owner->bytes);
	owner->bytes = memory_new(size);
	memcpy(owner->bytes, city->bytes, size);
	owner->size = size;
	return OK;
}

static enum status seed_month(struct city *city, int32_t month, struct error *error)
{
	enum status status = OK;
	for (uint32_t i = 0; i < city->policy->roster_count && status == OK; i++) {
		const struct roster_unit *entry = &city->policy->roster[i];
		struct owner *owner = entry->has_duty ? owner_of_month(city, entry->unit, month) : NULL;
		if (!owner || owner->bytes)
			continue;
		status = load(city, owner, error);
		if (status == OK)
			status = store(city, owner, error);
	}
	return status;
}

// Units that have duty and never send an event have months nevertheless, from the earliest instant that was ever heard of.
static enum status seed(struct city *city, int64_t at_ms, struct error *error)
{
	int32_t month = month_at(city, at_ms), last = month_at(city, city->clock_ms);
	enum status status = OK;
	if (!city->first_month || month < city->first_month)
		city->first_month = city->seeded_to = month;
	for (; city->seeded_to <= last && status == OK; city->seeded_to++)
		status = seed_month(city, city->seeded_to, error);
	return status;
}

static void hear(void *self, const struct link_fact *whose, const struct precedence *precedence)
{
	struct city *city = self;
	city->told = memory_grow(city->told, city->told_count + 1, sizeof *city->told, &city->told_capacity);
	struct told *told = &city->told[city->told_count++];
	char digits[TICKET_ID_BYTES_MAX];
	bool fits = text_copy(link_ticket_id(&whose->ticket, digits), told->id, sizeof told->id);
	assert(fits);
	told->event = link_event(city->change, whose, precedence, city->link_revision, told->room);
}

static enum status add(struct city *city, struct text ticket_id, const struct event *event, struct error *error);

// Tells everybody whom the change of a ticket's links concerns.
static enum status pass_on(struct city *city, struct text ticket_id, const struct links *before, const struct links *after, struct error *error)
{
	struct link_change change[LINK_CHANGES_MAX];
	const struct link_listener listener = { hear, city };
	uint32_t count = links_diff(before, after, ticket_id, ++city->link_revision, change);
	enum status status = OK;
	city->told_count = 0;
	for (uint32_t i = 0; i < count && status == OK; i++) {
		bool is_changed;
		city->change = &change[i];
		status = shelves_take(&city->shelves, &change[i].fact, &listener, &is_changed, error);
	}
	for (size_t i = 0; i < city->told_count && status == OK; i++) {
		struct told told = city->told[i];
		told.event.reason.at = (const char *)told.room;
		status = add(city, text_of(told.id), &told.event, error);
	}
	return status;
}

enum status city_add(struct city *city, struct text ticket_id, const struct event *event, struct error *error)
{
	if (event->type != EVENT_RECEIVED)
		return add(city, ticket_id, event, error);
	enum status status = load(city, owner_of_event(city, ticket_id, event), error);
	if (status != OK)
		return status;
	struct links before = links_of(&city->ticket, city->names), after;
	char caller[PERSON_BYTES_MAX + 1], place[PLACE_BYTES_MAX + 1];  // what they were, once the ticket is stored anew
	bool fits = text_copy(before.caller, caller, sizeof caller) && text_copy(before.place, place, sizeof place);
	assert(fits);
	before.caller.at = caller;
	before.place.at = place;
	status = add(city, ticket_id, event, error);
	if (status == OK)
		status = load(city, owner_of_event(city, ticket_id, event), error);
	after = links_of(&city->ticket, city->names);
	return status == OK ? pass_on(city, ticket_id, &before, &after, error) : status;
}

static enum status add(struct city *city, struct text ticket_id, const struct event *event, struct error *error)
{
	struct owner *owner = owner_of_event(city, ticket_id, event);
	enum status status = load(city, owner, error);
	if (status != OK)
		return status;
	if (event->at_ms > city->clock_ms)
		city->clock_ms = event->at_ms;
	enum merge merge = ticket_merge(&city->ticket, event, city->names);
	if (merge == MERGE_FULL)
		return error_set(error, REJECT, "too_many_events", "%s may have %u events", owner->id, city->ticket.capacity);
	status = merge == MERGE_DUPLICATE ? OK : store(city, owner, error);
	return status == OK ? seed(city, event->at_ms, error) : status;
}

enum status city_move_clock(struct city *city, int64_t clock_ms, struct error *error)
{
	if (clock_ms > city->clock_ms)
		city->clock_ms = clock_ms;
	enum status seeded = seed(city, clock_ms, error);
	if (seeded != OK)
		return seeded;
	for (size_t i = 0; i < city->owner_count; i++) {
		struct owner *owner = &city->owner[i];
		if (owner->next_look_ms > city->clock_ms)
			continue;
		enum status status = load(city, owner, error);
		if (status == OK)
			status = store(city, owner, error);
		if (status != OK)
			return status;
		assert(owner->next_look_ms > city->clock_ms);  // or it would be looked at for ever
	}
	return OK;
}

static void add_counters(struct lines *lines, const char *dimension, int32_t day, const struct counters *counters)
{
	char day_name[CIVIL_DAY_BYTES], value[24];
	civil_format_day(day, day_name);
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		if (!counters->n[i])
			continue;
		counter_format((enum counter)i, counters->n[i], value);
		lines_add(lines, "counter %s %s %s %s", dimension, day_name, counter_name((enum counter)i), value);
	}
}

static void add_dimension(struct city *city, struct lines *lines, name_id dimension, int32_t month)
{
	int32_t first_day = civil_month_first_day(month);
	for (uint32_t derived = 0; derived < derived_count(names_kind(city->names, dimension)); derived++) {
		char name[DIMENSION_BYTES_MAX];
		derived_name(names_dimension(city->names, dimension), derived, name);
		totals_derive(&city->totals, derived, &city->sums);
		for (int32_t i = 0; i < city->totals.day_count; i++)
			add_counters(lines, name, first_day + i, &city->sums.day[i]);
	}
}

// A month's rules over the sums.
static void add_month_alerts(struct city *city, struct lines *lines, name_id dimension, int32_t month)
{
	static struct judgement_change change[JUDGEMENT_CHANGES_MAX];
	totals_derive(&city->totals, 0, &city->sums);
	struct month_facts facts = {
		.policy = city->policy,
		.version = policy_version_at(city->policy, civil_month_first_day(month)),
		.names = city->names,
		.dimension = dimension,
		.month = month,
		.clock_ms = city->clock_ms,
		.total = &city->sums.month,
		.day = city->sums.day,
		.before = city->before_days,
	};
	judgement_judge(&facts, &city->after);
	size_t count = judgement_diff(NULL, 0, NULL, 0, &facts, &city->after, change);
	for (size_t i = 0; i < count; i++) {
		char id[ALERT_ID_BYTES_MAX];
		size_t size = judgement_id(names_dimension(city->names, dimension), change[i].now.field, id);
		lines_add(lines, "alert %.*s firing %s", (int)size, id, words_severity(LANGUAGE_ENGLISH, (enum severity)change[i].now.severity));
	}
}

static const struct cell_month *find_month(const struct city *city, name_id dimension, int32_t number)
{
	const struct cell_month *month = cells_dirty(city->cells);
	while (month && (month->dimension != dimension || month->month != number))
		month = month->next_dirty;
	return month;
}

// Into city->totals; a month that was never counted in is zero.
static enum status read_month(struct city *city, name_id dimension, int32_t number, struct error *error)
{
	const struct cell_month *month = find_month(city, dimension, number);
	totals_clear(&city->totals, number);
	for (uint32_t i = 0; month && i < MONTH_DAYS_MAX; i++) {
		uint8_t bytes[PARTIAL_BYTES_MAX];
		size_t size;
		char field[2];
		if (!month->day[i])
			continue;
		enum status status = cell_pack(month->day[i], bytes, &size, error);
		day_field(i, field);
		if (status == OK)
			status = totals_add(&city->totals, (struct text){ field, sizeof field }, (struct text){ (const char *)bytes, (uint32_t)size }, error);
		if (status != OK)
			return status;
	}
	return OK;
}

static enum status judge_month(struct city *city, struct lines *lines, name_id dimension, int32_t month, struct error *error)
{
	enum status status = read_month(city, dimension, month - 1, error);
	if (status != OK)
		return status;
	totals_derive(&city->totals, 0, &city->sums);
	memcpy(city->before_days, city->sums.day, sizeof city->before_days);
	status = read_month(city, dimension, month, error);
	if (status == OK)
		add_month_alerts(city, lines, dimension, month);
	return status;
}

static enum status add_month(struct city *city, struct lines *lines, const struct cell_month *month, struct error *error)
{
	enum status status = read_month(city, month->dimension, month->month, error);
	if (status != OK)
		return status;
	add_dimension(city, lines, month->dimension, month->month);
	status = judge_month(city, lines, month->dimension, month->month, error);
	// The one after it is judged by it, too.
	if (status == OK && month->month < month_at(city, city->clock_ms) && !find_month(city, month->dimension, month->month + 1))
		status = judge_month(city, lines, month->dimension, month->month + 1, error);
	return status;
}

static void add_worklists(const struct city *city, struct lines *lines, const struct owner *owner)
{
	for (uint32_t i = 0; i < city->before.entry_count; i++) {
		const struct worklist_entry *entry = &city->before.entry[i];
		struct text unit = names_text(city->names, entry->unit);
		char month[CIVIL_MONTH_BYTES];
		civil_format_month(entry->month, month);
		lines_add(lines, "worklist %s %.*s %s %s", worklist_name((enum worklist)entry->list), (int)unit.size, unit.at, month, owner->id);
	}
}

static enum status add_alerts(struct city *city, struct lines *lines, const struct owner *owner, struct error *error)
{
	enum status status = load(city, owner, error);
	if (status == OK)
		add_worklists(city, lines, owner);
	for (uint32_t i = 0; status == OK && i < city->before.alert_count; i++) {
		const struct alert *alert = &city->before.alert[i];
		char id[ALERT_ID_BYTES_MAX];
		size_t size = alert_id(alert, text_of(owner->id), city->policy, city->names, id);
		struct text holder = alert->holder ? names_text(city->names, alert->holder) : TEXT("");
		lines_add(lines, "alert %.*s %s %s %lld%s%.*s", (int)size, id, alert->state == ALERT_FIRING ? "firing" : "resolved",
			words_severity(LANGUAGE_ENGLISH, (enum severity)alert->severity), (long long)alert->at_ms, holder.size ? " " : "", (int)holder.size, holder.at);
	}
	return status;
}

enum status city_lines(struct city *city, struct lines *lines, struct error *error)
{
	enum status status = city_move_clock(city, city->clock_ms, error);  // an event may have moved it past somebody's look
	for (size_t i = 0; status == OK && i < city->owner_count; i++)
		status = add_alerts(city, lines, &city->owner[i], error);
	// No step was ever ended, so every month that was counted in is still among the changed ones.
	for (const struct cell_month *month = cells_dirty(city->cells); status == OK && month; month = month->next_dirty)
		status = add_month(city, lines, month, error);
	lines_sort(lines);
	return status;
}
