// stored.h - what the fuzzers of stored tickets and of stored months of units share: any set of good events, from bytes.
#ifndef HOTLINE_TEST_STORED_H
#define HOTLINE_TEST_STORED_H

#include "assess.h"
#include "policy.h"

enum { STORED_EVENTS_MAX = 64 };

// The city that the bytes speak of: a policy with all rules, a few names of each kind, and a dictionary that has them. Made once.
struct stored_city {
	struct names *names;
	struct policy policy;
	struct dictionary *dictionary;
};
struct stored_city *stored_city(void);

// The events that the bytes hold and that could have come in; false when the bytes are no stored ticket. The clock is taken over. Texts point into bytes.
bool stored_events(const uint8_t *bytes, size_t size, bool is_of_unit, struct ticket *ret_ticket, struct event ret_event[STORED_EVENTS_MAX]);

// Merging in any order, and more than once, ends in one stored form, which reads as what was written.
void stored_check_order(const struct ticket *ticket);

// Two outcomes of the same events are the same but for the next look.
void stored_assert_equal(const struct outcome *a, const struct outcome *b);

#endif
