// ticket_json.h - a ticket as an object: events, legs with how their due times were counted, the counters it adds to, alerts, the next look.
#ifndef TICKET_JSON_H
#define TICKET_JSON_H

#include <jansson.h>

#include "cells.h"
#include "store_tickets.h"

json_t *ticket_json(const struct store_ticket *ticket, const struct names *names);

// One event as the object of its JSON line. NULL when it does not fit a line.
json_t *ticket_event_json(const struct store_ticket *ticket, const struct event *event, const struct names *names);

bool leg_is_overdue(const struct leg *leg, int64_t clock_ms);
const char *leg_end_name(const struct leg *leg);  // "returned"; NULL while open

// Calls `take` for every counter that the ticket adds to: dimensions in no order, days ascend.
void ticket_each_counter(const struct store_ticket *ticket, struct names *names,
	void (*take)(void *self, struct text dimension, int32_t day, enum counter counter, uint64_t amount), void *self);

#endif
