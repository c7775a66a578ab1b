#include "stored.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sample.h"

struct stored_city *stored_city(void)
{
	static struct stored_city city;
	if (city.names)
		return &city;
	city.names = names_new();
	city.dictionary = dictionary_new();
	sample_policy(city.names, &city.policy);
	static const char *const dimension[] = { "unit/u1", "unit/u2", "unit/u3", "unit/stranger", "district/east", "district/west", "category/a", "category/a/b/c" };
	for (size_t i = 0; i < sizeof dimension / sizeof *dimension; i++)
		(void)dictionary_add(city.dictionary, names_intern_dimension(city.names, text_of(dimension[i])));
	return &city;
}

// A name is of a kind that the field may hold: what comes in is interned by the field's kind.
static bool has_sound_names(const struct event *event, const struct names *names)
{
	return (!event->unit || names_kind(names, event->unit) == NAME_UNIT) && (!event->district || names_kind(names, event->district) == NAME_DISTRICT) &&
	       (!event->category || names_kind(names, event->category) == NAME_CATEGORY);
}

bool stored_events(const uint8_t *bytes, size_t size, bool is_of_unit, struct ticket *ret_ticket, struct event ret_event[STORED_EVENTS_MAX])
{
	struct stored_city *city = stored_city();
	struct event event[STORED_EVENTS_MAX];
	struct ticket stored = { .event = event, .capacity = STORED_EVENTS_MAX };
	struct error error = { .reason = NULL };
	enum status status = ticket_decode(bytes, size, city->dictionary, &stored, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
	if (status != OK)
		return false;
	*ret_ticket = (struct ticket){ .event = ret_event, .capacity = STORED_EVENTS_MAX, .clock_ms = stored.clock_ms, .edition = stored.edition };
	for (uint32_t i = 0; i < stored.count; i++) {
		struct event checked = event[i];
		if (event_is_of_unit(&checked) == is_of_unit && has_sound_names(&checked, city->names) && event_check(&checked, &error) == OK)
			(void)ticket_merge(ret_ticket, &checked, city->names);
	}
	return true;
}

static size_t write_down(const struct ticket *ticket, uint8_t *ret_bytes)
{
	size_t size = ticket_encode(ticket, stored_city()->dictionary, ret_bytes, TICKET_BYTES_MAX);
	assert(size);
	return size;
}

static void check_back(const uint8_t *bytes, size_t size, const struct ticket *ticket)
{
	const struct stored_city *city = stored_city();
	struct event event[STORED_EVENTS_MAX];
	struct ticket back = { .event = event, .capacity = STORED_EVENTS_MAX };
	struct error error;
	assert(ticket_decode(bytes, size, city->dictionary, &back, &error) == OK);
	assert(back.count == ticket->count && back.edition == ticket->edition && back.clock_ms == ticket->clock_ms);
	for (uint32_t i = 0; i < back.count; i++)
		assert(sample_equal(&back.event[i], &ticket->event[i], city->names));
}

void stored_check_order(const struct ticket *ticket)
{
	static uint8_t bytes[TICKET_BYTES_MAX], others[TICKET_BYTES_MAX];
	const struct stored_city *city = stored_city();
	struct event event[STORED_EVENTS_MAX];
	struct ticket other = { .event = event, .capacity = STORED_EVENTS_MAX, .clock_ms = ticket->clock_ms, .edition = ticket->edition };
	for (uint32_t i = ticket->count; i--;) {
		(void)ticket_merge(&other, &ticket->event[i], city->names);
		assert(ticket_merge(&other, &ticket->event[i], city->names) == MERGE_DUPLICATE);
	}
	size_t size = write_down(ticket, bytes);
	assert(write_down(&other, others) == size && memcmp(bytes, others, size) == 0);
	check_back(bytes, size, ticket);
}

void stored_assert_equal(const struct outcome *a, const struct outcome *b)
{
	assert(a->contribution_count == b->contribution_count && a->alert_count == b->alert_count && a->entry_count == b->entry_count);
	assert(!a->contribution_count || memcmp(a->contribution, b->contribution, a->contribution_count * sizeof *a->contribution) == 0);
	for (uint32_t i = 0; i < a->alert_count; i++) {
		const struct alert *x = &a->alert[i], *y = &b->alert[i];
		assert(x->rule == y->rule && x->about.at_ms == y->about.at_ms && x->about.unit == y->about.unit && x->about.number == y->about.number);
		assert(x->state == y->state && x->severity == y->severity && x->holder == y->holder && x->at_ms == y->at_ms);
		assert(memcmp(x->evidence, y->evidence, sizeof x->evidence) == 0);
	}
	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct worklist_entry *x = &a->entry[i], *y = &b->entry[i];
		assert(x->list == y->list && x->unit == y->unit && x->month == y->month && x->day == y->day && x->alert == y->alert);
	}
}
