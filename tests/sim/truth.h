// truth.h - what must be in the end, computed from the input logs in one go, and what is.
#ifndef HOTLINE_TRUTH_H
#define HOTLINE_TRUTH_H

#include "counters.h"
#include "head.h"
#include "lines.h"
#include "names.h"
#include "policy.h"
#include "ticket.h"

// The heads' clocks are taken from the store: what a ticket counts is judged by the clock that its shard has come to.
void truth_expect(struct lines *lines);
void truth_read(struct lines *lines);

extern uint64_t *truth_fired;  // by rule_number, POLICY_RULES_MAX of them: published alerts that fire, since the program started; may be put into shared memory

// Shared by both sides.

void truth_add_counters(struct lines *lines, const char *what, struct text dimension, int32_t day, int sub, const struct counters *counters);
void truth_add_ticket(struct lines *lines, const char *id, const struct ticket *ticket, const struct names *names);
bool truth_head(const char *topic, int32_t partition, struct head *ret_head);
int64_t truth_clock(const char *topic, int32_t partition);  // of a shard's head; 0 when it has none

#endif
