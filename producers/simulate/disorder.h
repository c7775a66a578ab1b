// disorder.h - what networks do to events: some come late, some come twice.
#ifndef HOTLINE_DISORDER_H
#define HOTLINE_DISORDER_H

#include "chance.h"
#include "event_output.h"

enum { DISORDER_HELD_MAX = 16384, DISORDER_SWAP_MAX = 50, DISORDER_DUPLICATE_MAX = 5000 };  // the latter two in events of the whole stream

struct disorder;

struct disorder *disorder_new(uint64_t seed, uint32_t swap_e4, uint32_t duplicate_e4, struct event_output *output);
void disorder_free(struct disorder *disorder);  // NULL is taken

// Passes the record on: now, or up to DISORDER_SWAP_MAX events later; perhaps once more up to DISORDER_DUPLICATE_MAX events later.
MUST_USE enum status disorder_put(struct disorder *disorder, const struct event_record *record, struct error *error);
MUST_USE enum status disorder_flush(struct disorder *disorder, struct error *error);  // what is still held
uint64_t disorder_count(const struct disorder *disorder);  // records that went to the output

#endif
