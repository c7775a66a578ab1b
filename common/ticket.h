// ticket.h - a ticket is the set of its events. Add one, write it down, read it back.
//
// The same form serves a unit's month, which is the set of the unit's events. Pure: no clock, no I/O, and no memory of its own but the tables of names.
#ifndef HOTLINE_TICKET_H
#define HOTLINE_TICKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "event.h"

enum {
	TICKET_EVENTS_MAX = 256,       // a ticket with more is a fault of the source (the longest real one seen has 60)
	UNIT_MONTH_EVENTS_MAX = 4096,  // a report of calls every ten minutes is 4 464 a month
	TICKET_BYTES_MAX = 64 * 1024,  // encoded; more is refused
};

// The events are in their order (event_compare) and hold no two equal. A voided event stays as a tombstone, so that order of arrival does not matter.
struct ticket {
	int64_t clock_ms;   // the clock it was last judged by; 0 when never
	uint32_t edition;   // the shard's number of the policy edition it was last judged by; 0 when never
	uint32_t count, capacity;
	struct event *event;  // memory of the caller
};

enum merge {
	MERGE_ADDED,      // a new event
	MERGE_VOIDED,     // an event that is there was taken out
	MERGE_REPLACED,   // the same as MERGE_ADDED, and an older one of its kind is gone: what a link says
	MERGE_DUPLICATE,  // nothing changed
	MERGE_FULL,       // no room; nothing changed. The caller rejects the event (too_many_events)
};
// Adds one event to the set. Any order and any number of calls with the same events end in the same set.
enum merge ticket_merge(struct ticket *ticket, const struct event *event, const struct names *names);

// A shard's own numbers for names, in the order in which they were first stored, from 1. What is stored holds these and no others.
struct dictionary;
struct dictionary *dictionary_new(void);
void dictionary_free(struct dictionary *dictionary);
uint32_t dictionary_count(const struct dictionary *dictionary);
uint32_t dictionary_add(struct dictionary *dictionary, name_id name);         // its number; a new one is dictionary_count() after the call
name_id dictionary_name(const struct dictionary *dictionary, uint32_t local); // 0 for a number that is none
void dictionary_cut(struct dictionary *dictionary, uint32_t count);           // forgets the numbers above: a step that failed

// Appends the encoded ticket to the buffer and returns its size, 0 when it would not fit. New names are added to the dictionary.
size_t ticket_encode(const struct ticket *ticket, struct dictionary *dictionary, uint8_t *ret_bytes, size_t capacity);
// The texts of the events point into `bytes`. FATAL "broken_state" when the bytes are not what ticket_encode wrote.
MUST_USE enum status ticket_decode(const uint8_t *bytes, size_t size, const struct dictionary *dictionary, struct ticket *ticket, struct error *error);

#endif
