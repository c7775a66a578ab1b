#include "ticket_json.h"

#include <stdlib.h>
#include <string.h>

#include "alert_list.h"
#include "civil.h"
#include "event_json.h"
#include "explain.h"
#include "memory.h"

enum { DAYS_SHOWN_MAX = 400 };  // of one term; a longer one is told by its ends

json_t *ticket_event_json(const struct store_ticket *ticket, const struct event *event, const struct names *names)
{
	char *line = memory_new(EVENT_LINE_WRITE_BYTES_MAX);
	size_t size = event_json_write(ticket->id, event, names, ticket->policy->zone_ms, line, EVENT_LINE_WRITE_BYTES_MAX);
	json_t *object = size ? json_loadb(line, size, 0, NULL) : NULL;
	free(line);
	return object;
}

bool leg_is_overdue(const struct leg *leg, int64_t clock_ms)
{
	if (leg->is_assist || leg->due_at_ms == NEVER_MS)
		return false;
	return (leg->end == LEG_OPEN ? clock_ms : leg->ended_at_ms) > leg->due_at_ms;
}

const char *leg_end_name(const struct leg *leg)
{
	return leg->end == LEG_OPEN ? NULL : words_leg_end(LANGUAGE_ENGLISH, leg->end);
}

static json_t *days_json(const struct explain *explain)
{
	static const char *const why[] = { "the first day is not counted", "counted", "counted, a make-up workday", "weekend", "holiday", "the first working day after the term" };
	json_t *days = json_array();
	for (int32_t day = explain->from_day; day <= explain->last_day && day - explain->from_day < DAYS_SHOWN_MAX; day++) {
		int32_t number;
		enum explain_mark mark = explain_day(explain, day, &number);
		json_t *object = json_object();
		json_object_set_new(object, "day", json_day(day));
		json_object_set_new(object, "counted", number ? json_integer(number) : json_null());
		json_object_set_new(object, "why", json_string(why[mark]));
		json_array_append_new(days, object);
	}
	return days;
}

static json_t *count_json(const struct explain *explain)
{
	static const char *const kinds[] = { NULL, "given by the source", "kept from the first leg", "working days", "calendar days", "hours" };
	json_t *object = json_object();
	if (explain->kind == EXPLAIN_NONE) {
		json_decref(object);
		return json_null();
	}
	json_object_set_new(object, "by", json_string(kinds[explain->kind]));
	if (explain->term) {
		json_object_set_new(object, "rule", json_string(explain->term->rule));
		json_object_set_new(object, "number", json_integer(explain->term->count.number));
	}
	if (explain->kind == EXPLAIN_WORKING || explain->kind == EXPLAIN_CALENDAR)
		json_object_set_new(object, "days", days_json(explain));
	return object;
}

static json_t *leg_json(const struct store_ticket *ticket, const struct leg *leg, const struct names *names)
{
	int32_t zone_ms = ticket->policy->zone_ms;
	struct explain explain;
	json_t *object = json_object();
	const char *end = leg_end_name(leg);
	explain_leg(ticket->facts, leg, &explain);
	json_object_set_new(object, "unit", leg->unit ? json_text(names_text(names, leg->unit)) : json_null());
	json_object_set_new(object, "role", json_string(leg->is_assist ? "assist" : "lead"));
	json_object_set_new(object, "dispatched_at", json_instant(leg->dispatched_at_ms, zone_ms));
	if (leg->accepted_at_ms)
		json_object_set_new(object, "accepted_at", json_instant(leg->accepted_at_ms, zone_ms));
	json_object_set_new(object, "due_at", json_instant(leg->due_at_ms, zone_ms));
	json_object_set_new(object, "ended_at", json_instant(leg->ended_at_ms, zone_ms));
	json_object_set_new(object, "ended_by", end ? json_string(end) : json_null());
	json_object_set_new(object, "overdue", json_boolean(leg_is_overdue(leg, ticket->facts->clock_ms)));
	json_object_set_new(object, "due_counted", count_json(&explain));
	if (!leg->is_due_covered)
		json_object_set_new(object, "calendar_ends", json_true());
	return object;
}

// The consumers' own way of counting, so that it cannot differ from theirs.
void ticket_each_counter(const struct store_ticket *ticket, struct names *names,
	void (*take)(void *self, struct text dimension, int32_t day, enum counter counter, uint64_t amount), void *self)
{
	struct cells *cells = cells_new();
	struct counters *sub = memory_new(SUB_COUNT * sizeof *sub);
	uint8_t *bytes = memory_new(PARTIAL_BYTES_MAX);
	cells_add_outcome(cells, ticket->outcome, ticket->policy, names_intern(names, NAME_CITY, TEXT("city")), 1);
	for (const struct cell_month *month = cells_dirty(cells); month; month = month->next_dirty)
		for (int32_t i = 0; i < 31; i++) {
			struct error error;
			size_t size;
			memset(sub, 0, SUB_COUNT * sizeof *sub);
			if (!month->day[i] || cell_pack(month->day[i], bytes, &size, &error) != OK
				|| partial_add((struct text){ (const char *)bytes, (uint32_t)size }, sub, &error) != OK)
				continue;
			for (unsigned k = 1; k < SUB_COUNT; k++)
				counters_add(&sub[0], &sub[k]);
			for (unsigned k = 0; k < COUNTER_COUNT; k++)
				if (sub[0].n[k])
					take(self, names_dimension(names, month->dimension), civil_month_first_day(month->month) + i, (enum counter)k, sub[0].n[k]);
		}
	free(bytes);
	free(sub);
	cells_free(cells);
}

static void add_counter(void *self, struct text dimension, int32_t day, enum counter counter, uint64_t amount)
{
	json_t *object = json_object();
	json_object_set_new(object, "dimension", json_text(dimension));
	json_object_set_new(object, "day", json_day(day));
	json_object_set_new(object, "counter", json_string(counter_name(counter)));
	json_object_set_new(object, "amount", json_integer((json_int_t)amount));
	json_array_append_new(self, object);
}

static json_t *events_json(const struct store_ticket *ticket, const struct names *names)
{
	json_t *events = json_array();
	for (uint32_t i = 0; i < ticket->ticket->count; i++) {
		if (ticket->ticket->event[i].type == EVENT_LINKED)
			continue;
		json_t *event = ticket_event_json(ticket, &ticket->ticket->event[i], names);
		if (event)
			json_array_append_new(events, event);
	}
	return events;
}

static json_t *legs_json(const struct store_ticket *ticket, const struct names *names)
{
	json_t *legs = json_array();
	for (uint32_t i = 0; i < ticket->facts->leg_count; i++)
		json_array_append_new(legs, leg_json(ticket, &ticket->facts->leg[i], names));
	return legs;
}

static json_t *alerts_json(const struct store_ticket *ticket, const struct names *names)
{
	json_t *alerts = json_array();
	for (uint32_t i = 0; i < ticket->outcome->alert_count; i++) {
		struct alert_memory memory;
		struct wire_alert alert = alert_of_ticket(ticket, &ticket->outcome->alert[i], names, &memory);
		json_array_append_new(alerts, alert_json(&alert, ticket->policy->zone_ms));
	}
	return alerts;
}

static void set_word(json_t *object, const char *key, const char *word)
{
	if (word)
		json_object_set_new(object, key, json_string(word));
}

json_t *ticket_json(const struct store_ticket *ticket, const struct names *names)
{
	const struct facts *facts = ticket->facts;
	int32_t zone_ms = ticket->policy->zone_ms;
	json_t *object = json_object(), *counters = json_array();
	json_object_set_new(object, "ticket_id", json_text(ticket->id));
	json_object_set_new(object, "shard", json_string(ticket->shard));
	json_object_set_new(object, "clock", facts->clock_ms ? json_instant(facts->clock_ms, zone_ms) : json_null());
	json_object_set_new(object, "policy", json_string(ticket->policy->edition));
	json_object_set_new(object, "valid", json_boolean(facts->is_valid));
	json_object_set_new(object, "answered_directly", json_boolean(facts->is_answered_directly));
	set_word(object, "kind", event_kind_name((enum kind)facts->kind));
	set_word(object, "level", event_level_name((enum level)facts->level));
	set_word(object, "channel", event_channel_name((enum channel)facts->channel));
	if (facts->district)
		json_object_set_new(object, "district", json_text(names_text(names, facts->district)));
	if (facts->category)
		json_object_set_new(object, "category", json_text(names_text(names, facts->category)));
	json_object_set_new(object, "events", events_json(ticket, names));
	json_object_set_new(object, "legs", legs_json(ticket, names));
	json_object_set_new(object, "alerts", alerts_json(ticket, names));
	ticket_each_counter(ticket, (struct names *)(uintptr_t)names, add_counter, counters);
	json_object_set_new(object, "counters", counters);
	json_object_set_new(object, "next_look", json_instant(ticket->outcome->next_look_ms, zone_ms));
	return object;
}
