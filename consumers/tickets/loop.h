// loop.h - hotline-tickets: polls Kafka, Redis and the clock, and runs the shards that this process owns.
#ifndef HOTLINE_TICKETS_LOOP_H
#define HOTLINE_TICKETS_LOOP_H

#include <signal.h>

#include "options.h"
#include "shard.h"

enum {
	LOOP_SHARDS_MAX = 1024,        // partitions of all topics together
	LOOP_CACHE_LIVE_PART = 8,      // of --cache, so much is used when live
	LOOP_REST_AFTER_MS = 5000,     // after becoming live the memory of catching up goes back to the system
	LOOP_TRIM_MS = 30000,          // and so often, what is free, without rest: it was 240 of 290 MiB after ten minutes of 5 000 events a second
	LOOP_WAITING_MAX = 180000,     // events that wait in all shards together; above it Kafka is asked for no more. Three of the largest steps
	LOOP_WAITING_BYTES = 48 * 1024 * 1024, // the same of their bytes, which text makes large: of 180 000 events without text they are some 15 MiB
	LOOP_ASK_MS = 1000,            // but at least so often: it wants to see that we live, and tells of a rebalance in the same way
	LOOP_STOP_MS = 4000,           // how long a stop waits for what is under way
	LOOP_BACKOFF_MIN_MS = 100,     // between two tries to reach Redis; doubled, with jitter
	LOOP_BACKOFF_MAX_MS = 1500,    // below the 2 s within which work goes on after Redis is back
	LOOP_READ_BACK_GATHER_MS = 300,  // alerts are read back so long after a shard first wants to: others follow
	LOOP_TELL_MS = 100,            // how often /readyz and /metrics are told
	LOOP_COMMIT_MS = 1000,         // how often Kafka is told the offsets, for lag tools
};

struct tickets_options {
	struct options_common common;
	const char *unit_topic, *links_topic, *changes_topic, *alerts_topic, *dead_letters_topic, *instance_id;
	int clock;                     // CLOCK_WALL, CLOCK_EVENT
	int64_t settle_ms, cache_mib;
	bool rebuild, policy_takeover;
};
enum { CLOCK_WALL_INDEX, CLOCK_EVENT_INDEX };

// What a run begins with, and how it is spoken to.
struct loop_start {
	struct names *names;
	struct policies *policies;
	const struct known_policy *own_policy;
	int64_t policy_told_at_ms;       // when the process was told to put its own policy in force; 0 when it was not
	const volatile sig_atomic_t *is_asked_to_stop;
	volatile sig_atomic_t *is_asked_to_reload;  // the policy file is read again and put in force; NULL when nobody asks
};

// Runs until *is_asked_to_stop. OK: stopped as asked. FATAL: the error says why.
MUST_USE enum status loop_run(const struct tickets_options *options, const struct loop_start *start, struct error *error);

#endif
