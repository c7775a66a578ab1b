// city.h - what a list of events amounts to, found out in memory by the way that the consumers go: tickets as stored bytes, merge, judged before and after,
// differences into partial counters, sums of these, floors of months. Nobody is judged again but for an event or because the time for a look has come.
#ifndef HOTLINE_TEST_CITY_H
#define HOTLINE_TEST_CITY_H

#include <stdint.h>

#include "error.h"
#include "event.h"
#include "lines.h"
#include "policy.h"

struct city;

// Names and policy belong to the caller and outlive the city.
struct city *city_new(const struct policy *policy, struct names *names);
void city_free(struct city *city);

// Takes an event in. The clock is the newest event time seen. The ticket id is empty for an event of a unit. REJECT too_many_events; FATAL broken_state.
MUST_USE enum status city_add(struct city *city, struct text ticket_id, const struct event *event, struct error *error);
// Moves the clock on, never back, and judges whoever is due for a look.
MUST_USE enum status city_move_clock(struct city *city, int64_t clock_ms, struct error *error);
int64_t city_clock_ms(const struct city *city);

// Adds what is true now, sorted:
//     alert ID STATE SEVERITY AT HOLDER   firing or resolved, since when in Unix milliseconds, and who holds it; of a month's without the last two
//     counter DIMENSION DAY NAME VALUE    without those that are 0
//     worklist NAME UNIT MONTH TICKET
// FATAL broken_state when a counter is below zero.
MUST_USE enum status city_lines(struct city *city, struct lines *lines, struct error *error);

#endif
