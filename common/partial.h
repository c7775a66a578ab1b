// partial.h - the counters of one base dimension and day in one shard, by channel and level, as they are stored.
//
// Form: for each sub that is not zero its number (1 byte) and its packed counters.
#ifndef HOTLINE_PARTIAL_H
#define HOTLINE_PARTIAL_H

#include "counters.h"
#include "error.h"
#include "text.h"

enum { PARTIAL_BYTES_MAX = SUB_COUNT * (1 + COUNTERS_PACKED_BYTES_MAX) };

// Appends one sub; nothing when it is zero. Returns the bytes written; room for 1 + COUNTERS_PACKED_BYTES_MAX is needed.
size_t partial_pack_sub(uint8_t sub, const struct counters *counters, uint8_t *ret_bytes);
size_t partial_pack_some(uint8_t sub, uint64_t mask, const uint64_t *value, uint8_t *ret_bytes);  // as counters_pack_some

// Takes the first sub off what is stored, which must not be empty. FATAL broken_state.
MUST_USE enum status partial_take(struct text *value, uint8_t *ret_sub, struct counters *ret_counters, struct error *error);
// Adds what is stored to the sums; the empty text adds nothing. FATAL broken_state, with the sums untouched for the broken sub and what follows.
MUST_USE enum status partial_add(struct text value, struct counters sum[SUB_COUNT], struct error *error);

#endif
