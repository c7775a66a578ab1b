// clock_mark.h - "nothing older than this comes any more": how a replay lets an event clock reach the end of its recording everywhere.
//
// A clock mark is a record without a key, with an empty value, and with the header `hotline-clock-mark`, whose value is the clock as decimal Unix milliseconds.
// It is sent to every partition of every input topic by number. It is no event: a consumer moves the shard's clock to the mark if it is later, and passes it by.
// Consumers that do not know it drop it as an empty message.
#ifndef HOTLINE_CLOCK_MARK_H
#define HOTLINE_CLOCK_MARK_H

#include <stdint.h>

#include "error.h"
#include "text.h"

#define CLOCK_MARK_HEADER "hotline-clock-mark"
enum { CLOCK_MARK_BYTES = 24 };

// The header's value, with a NUL.
struct text clock_mark_format(int64_t clock_ms, char ret_value[CLOCK_MARK_BYTES]);
// Reads the header of a record that has it. REJECT bad_field when the record has a key or a value, or the clock is no instant.
MUST_USE enum status clock_mark_parse(struct text key, struct text value, struct text header, int64_t *ret_clock_ms, struct error *error);

#endif
