// replay.h - what the user asked of a replay.
#ifndef HOTLINE_REPLAY_H
#define HOTLINE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "event_output.h"

enum { REPLAY_FILES_MAX = 4096, REPLAY_SPEED_MAX = 1000000 };

struct replay_options {
	struct kafka_config kafka;
	struct event_output_topics topics;
	uint32_t file_count;
	const char *const *file;
	const char *mapping;       // path or name; NULL for JSON Lines
	int32_t zone_ms;           // the city's
	double speed;              // of event time against the clock; 0 is as fast as it goes
	bool is_shuffled;
	uint64_t seed;
	bool is_dry_run, has_marks, is_strict, is_quiet, is_json;
	bool is_check;             // only the configuration is to be checked
	int64_t clock_to_ms;       // clock marks say at least this; 0 when not asked
	uint32_t list_max;
};

#endif
