// counters.h - what is counted, and the rates made of it.
//
// To add a counter: one line in COUNTERS, one contribution in facts.c or in a rule, one scenario in tests/cases. Numbers are stored: append only.
// Source: design.md, Counters.
#ifndef HOTLINE_COUNTERS_H
#define HOTLINE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "text.h"

#define COUNTERS(X) \
	X(RECEIVED, received) X(VALID, valid) X(ANSWERED_DIRECTLY, answered_directly) \
	X(DISPATCHED, dispatched) X(COMPLETED, completed) X(ASSISTED, assisted) \
	X(RETURNED, returned) X(RETURNED_LATE, returned_late) X(RESOLVED, resolved) X(SAME_DAY, same_day) \
	X(RESOLVED_ON_TIME, resolved_on_time) X(OVERDUE, overdue) \
	X(RATED, rated) X(SATISFIED, satisfied) X(DISSATISFIED, dissatisfied) \
	X(STARS_0, stars_0) X(STARS_1, stars_1) X(STARS_2, stars_2) X(STARS_3, stars_3) X(STARS_4, stars_4) X(STARS_5, stars_5) \
	X(PRAISED, praised) X(REVISITED, revisited) X(REVISITED_EFFECTIVE, revisited_effective) X(REOPENED, reopened) \
	X(SHIRKED, shirked) X(ESCALATED, escalated) X(REPEATED, repeated) \
	X(CALLS_OFFERED, calls_offered) X(CALLS_ANSWERED, calls_answered) X(KNOWLEDGE_UPDATES, knowledge_updates) \
	X(POINTS_ADDED, points_added) X(POINTS_TAKEN, points_taken) X(DUTY_MISSED, duty_missed) X(OPEN_OVERDUE, open_overdue)

enum counter {
#define X(upper, lower) COUNTER_##upper,
	COUNTERS(X)
#undef X
	COUNTER_COUNT,
};
_Static_assert(COUNTER_COUNT < 64, "the packed form has a mask of 64 bits");

// Points are ten-thousandths: 0.02 points are 200. Everything else counts ones.
struct counters {
	uint64_t n[COUNTER_COUNT];
};

const char *counter_name(enum counter counter);         // "resolved_on_time"
bool counter_of(struct text name, enum counter *ret_counter);
bool counter_is_points(enum counter counter);           // printed as a decimal with four digits cut of their zeros
void counter_format(enum counter counter, uint64_t value, char ret_string[24]);

void counters_add(struct counters *restrict sum, const struct counters *restrict more);  // two that are not one
bool counters_is_zero(const struct counters *counters);

// A rate as two whole numbers, to be compared exactly: value = numerator / denominator, absent when the denominator is 0.
struct rate {
	uint64_t numerator, denominator;
};
enum rate_id { RATE_COMPLETION, RATE_ON_TIME, RATE_SATISFACTION, RATE_EXCELLENT, RATE_STARS, RATE_EFFECTIVE_REVISIT, RATE_DIRECT, RATE_CONNECT, RATE_COUNT };
struct rate rate_of(const struct counters *counters, enum rate_id id, int excellent_from_stars);
const char *rate_name(enum rate_id id);                 // "on_time"
bool rate_is_percent(enum rate_id id);                  // all but stars, which is a mean
// Half up, two decimals: "95.00" (percent) or "4.32" (stars); "" when absent.
void rate_format(struct rate rate, bool is_percent, char ret_string[24]);
// numerator / denominator < limit_e4 / 10000 (95 % is 9500), in whole numbers. False when absent.
bool rate_is_below(struct rate rate, uint32_t limit_e4);

// Packed: a mask of what is not zero, then each as a varint. At most COUNTERS_PACKED_BYTES_MAX; 0 bytes for nothing at all.
enum { COUNTERS_PACKED_BYTES_MAX = 10 + 10 * COUNTER_COUNT };
size_t counters_pack(const struct counters *counters, uint8_t ret_bytes[COUNTERS_PACKED_BYTES_MAX]);
// The same of some counters: a value for each bit of the mask, in order.
size_t counters_pack_some(uint64_t mask, const uint64_t *value, uint8_t ret_bytes[COUNTERS_PACKED_BYTES_MAX]);
// How many bytes were read, 0 when they are broken.
size_t counters_unpack(const uint8_t *bytes, size_t size, struct counters *ret_counters);

// A dimension is counted apart by channel and level. A sub is one such pair; the dimension is the sum of its subs.
enum { SUB_COUNT = CHANNEL_COUNT * LEVEL_COUNT };
static inline uint8_t sub_of(uint8_t channel, uint8_t level) { return (uint8_t)(channel * LEVEL_COUNT + level); }
static inline uint8_t sub_channel(uint8_t sub) { return sub / LEVEL_COUNT; }
static inline uint8_t sub_level(uint8_t sub) { return sub % LEVEL_COUNT; }

#endif
