// loop.h - hotline-units as it runs: change messages in, passes over Redis, alerts and counters out, offsets last.
#ifndef HOTLINE_UNITS_LOOP_H
#define HOTLINE_UNITS_LOOP_H

#include <stdint.h>

#include "error.h"
#include "kafka.h"
#include "names.h"
#include "policies.h"

enum {
	LOOP_PASS_LIVE_MS = 100,       // a pass at most so often
	LOOP_PASS_BEHIND_MS = 1000,    // and so often while something is catching up: what is waited for is coalesced
	LOOP_LOOK_MS = 1000,           // without changes the clock is looked at so often
	LOOP_REDIS_ANSWER_MS = 5000,   // then the connection is given up
	LOOP_BACKOFF_MS = 100,         // doubled up to
	LOOP_BACKOFF_MAX_MS = 1000,
	LOOP_LATE_LOOK_MS = 60 * 1000, // after what was published was read back, until it is once more
	LOOP_TELL_MS = 200,            // readiness and gauges are told so often
	LOOP_STOP_MS = 1000,           // a pass that is under way may still end
};

struct loop_config {
	struct kafka_config kafka;
	const char *redis, *group, *instance_id;  // instance_id NULL: no static membership
	const char *ticket_topic, *unit_topic, *changes_topic, *counters_topic, *alerts_topic, *dead_letters_topic;
	const char *admin, *admin_token_file;
	int64_t settle_ms;
	const struct policy *policy;              // as long as the heads have none
	struct policies *policies;                // where the heads' own are loaded to; NULL: they are not followed
	struct names *names;
	int stop_fd;                              // readable when the program shall stop
};

// Runs until stop_fd is readable (OK) or something is wrong for good (FATAL).
MUST_USE enum status loop_run(const struct loop_config *config, struct error *error);

#endif
