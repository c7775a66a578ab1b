// city.h - the events of a made-up city, drawn from a seed: life cycles of tickets, late ones, doubled ones, taken-back ones, and messages that nobody can read.
#ifndef HOTLINE_SIM_CITY_H
#define HOTLINE_SIM_CITY_H

#include <stdbool.h>
#include <stdint.h>

#include "town.h"

enum { CITY_EVENTS_MAX = 1024 };

struct city_setup {
	uint64_t seed;
	bool is_event_clock;    // the events lie weeks back; else they happen as they are sent
	int64_t feed_us;        // within what time they are sent
	uint32_t events_min;    // so many are sent, or some more
};

struct city;
struct city *city_new(const struct city_setup *setup);
void city_free(struct city *city);
uint32_t city_count(const struct city *city);
// Files every event with the world's clock, but for those that `is_left_out` tells of.
void city_send(struct city *city, const bool *is_left_out);

#endif
