// run.h - the simulation itself: from the city to the output.
#ifndef HOTLINE_SIMULATE_RUN_H
#define HOTLINE_SIMULATE_RUN_H

#include "city.h"
#include "disorder.h"
#include "simulate.h"
#include "stream.h"

struct simulation {
	const struct simulate_options *options;
	struct city city;
	struct stream_plan plan;
	struct stream *stream;
	struct event_output *output;
	struct disorder *disorder;
	uint64_t event_count, ticket_count;
	int64_t newest_at_ms;
	uint32_t mark_count;
	const volatile bool *is_asked_to_stop;
	struct event_encoding encoding;
};

// The days and the horizon that the options mean at this moment.
struct stream_plan simulation_plan(const struct simulate_options *options, int32_t zone_ms, int64_t now_ms);

// Sends everything and waits for it. RETRY when asked to stop.
MUST_USE enum status simulation_run(struct simulation *simulation, struct error *error);

#endif
