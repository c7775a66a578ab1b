// simulate.h - what the user asked of a simulation.
#ifndef HOTLINE_SIMULATE_H
#define HOTLINE_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "event_output.h"

enum { SIMULATE_TICKETS_MAX = 1000000000, SIMULATE_RATE_MAX = 200 };

struct simulate_options {
	struct kafka_config kafka;
	struct event_output_topics topics;
	uint64_t seed, ticket_count;
	uint32_t unit_count, day_count;
	int32_t from_day;          // -1: so that the last day was yesterday
	double live_rate;          // tickets a second from now on; 0 is none
	uint32_t direct_e4, swap_e4, duplicate_e4;
	bool is_to_stdout, has_marks, is_quiet, is_check;
	const char *roster_file, *truth_file;  // NULL when not wanted
};

// Returns -1 to go on, or the code to exit with. Strings live as long as the process.
int simulate_options_read(int argc, char **argv, struct simulate_options *ret_options);

#endif
