// unit_day.h - what happens at units on a day and is not a ticket: log-ins, calls, knowledge, points.
#ifndef HOTLINE_UNIT_DAY_H
#define HOTLINE_UNIT_DAY_H

#include <stdint.h>

#include "city.h"

// Places of a day, each with at most one event: the hotline's first, then some of each unit.
uint32_t unit_day_place_count(const struct city *city);
// The event of a place; false when there is none that day. `calls` is how many tickets the day has, which its calls follow.
bool unit_day_event(const struct city *city, int32_t day, uint32_t place, uint32_t calls, struct event *ret_event);

#endif
