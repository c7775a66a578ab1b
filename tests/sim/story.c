#include "story.h"

#include <stdio.h>

#include "civil.h"

const struct town_setup story_setup = { .ticket_partitions = 1, .unit_partitions = 1, .change_partitions = 1, .is_event_clock = true, .settle_ms = 600000,
	.cache_mib = 1 };

int64_t story_due_after_ms;

void story_open(void)
{
	story_due_after_ms = 0;
	town_open(1, &story_setup);
}

void story_send_ticket(const char *id, enum event_type type, int64_t at_ms, const char *unit)
{
	struct event event = event_of(type, at_ms);
	event.unit = unit ? names_intern(town_names(), NAME_UNIT, text_of(unit)) : 0;
	if (type == EVENT_RECEIVED) {
		event.kind = KIND_COMPLAINT;
		event.level = LEVEL_CITY;
		event.channel = CHANNEL_PHONE;
		event.district = names_intern(town_names(), NAME_DISTRICT, TEXT("north"));
	}
	if (type == EVENT_DISPATCHED && story_due_after_ms)
		event.due_at_ms = at_ms + story_due_after_ms;
	if (type == EVENT_RATED)
		event.satisfied = ANSWER_NO;
	town_send_ticket_event(id, &event, town_names());
}

void story_send_tickets(const char *prefix, int count, int64_t at_ms)
{
	for (int i = 0; i < count; i++) {
		char id[STORY_ID_BYTES];
		snprintf(id, sizeof id, "%s%d-x", prefix, i);
		story_send_ticket(id, EVENT_RECEIVED, at_ms + i, NULL);
		story_send_ticket(id, EVENT_DISPATCHED, at_ms + i + SECOND_MS, "fire");
	}
}

void story_rate_tickets(const char *prefix, int count, int64_t at_ms)
{
	for (int i = 0; i < count; i++) {
		char id[STORY_ID_BYTES];
		snprintf(id, sizeof id, "%s%d-x", prefix, i);
		story_send_ticket(id, EVENT_RESOLVED, at_ms + i, "fire");
		story_send_ticket(id, EVENT_RATED, at_ms + i + SECOND_MS, NULL);
	}
}
