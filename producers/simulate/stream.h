// stream.h - the events of the whole city in the order in which they happen.
//
// Memory is bounded by the tickets that are open and the receipts of one day: a life is made again for each of its events.
#ifndef HOTLINE_STREAM_H
#define HOTLINE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "life.h"
#include "rhythm.h"

// What to make up.
struct stream_plan {
	int32_t from_day;
	uint32_t day_count;        // days of the rhythm; at most RHYTHM_DAYS_MAX
	uint64_t ticket_count;     // over these days
	double live_rate;          // tickets a second after these days, without end; 0 ends there
	int64_t live_from_ms;      // the first live ticket is not before this
	int64_t horizon_ms;        // events after this have not happened; INT64_MAX when all are wanted
	struct life_shape shape;
};

struct stream;

// The city must live as long.
struct stream *stream_new(const struct city *city, const struct stream_plan *plan);
void stream_free(struct stream *stream);  // NULL is taken

// The next event; false at the end. The ticket id is empty for an event of a unit. Texts live until the next call.
bool stream_next(struct stream *stream, struct text *ret_ticket_id, struct event *ret_event);

// How many tickets come on a day of the plan.
uint32_t stream_day_tickets(const struct stream *stream, int32_t day);

#endif
