// life.h - the whole life of a made-up ticket, all its events in their order.
//
// A life follows from the city, the ticket's number and its receipt alone, so that nobody has to keep it: whoever needs an event of it makes the life again.
#ifndef HOTLINE_LIFE_H
#define HOTLINE_LIFE_H

#include <stdint.h>

#include "city.h"
#include "text.h"

enum {
	LIFE_EVENTS_MAX = 32,
	LIFE_ID_BYTES = 24,
	LIFE_TICKETS_A_DAY_MAX = 9999999,  // digits of a running number
};

struct life_key {
	int32_t day;       // of the receipt
	uint32_t number;   // running, from 1 each day
	int64_t received_at_ms;
};

// Texts of the events point into the life itself: it must not be moved.
struct life {
	char id[LIFE_ID_BYTES];  // YYYYMMDD and the running number: ascending by receipt, so that neighbours share a page
	uint32_t count;
	struct event event[LIFE_EVENTS_MAX];
	char caller[32], place[64], signed_by[32];
};

struct life_shape {
	uint32_t direct_e4;  // answered by the hotline itself
	uint32_t people;     // who live in the city
};

// So many that each of them calls once in some three years, as in the cities of the bulletins: then every sixth ticket is about what somebody called about within 30 days.
uint32_t life_people(uint64_t tickets, uint32_t days);

void life_make(const struct city *city, const struct life_shape *shape, const struct life_key *key, struct life *ret_life);
struct text life_id(const struct life *life);

// When a term that starts at from_ms is over for a ticket that was received so, by the policy of the bulletins.
int64_t life_due_at_ms(const struct city *city, const struct event *received, int64_t from_ms);

#endif
