// mapping_cases.h - what was last known of every case of a table, to compare its next row with.
#ifndef HOTLINE_MAPPING_CASES_H
#define HOTLINE_MAPPING_CASES_H

#include <stdint.h>

#include "mapping_spec.h"
#include "names.h"
#include "text.h"

struct mapping_case {
	uint32_t row_count;
	uint32_t known;  // first of its known values, one a watched column
};

struct mapping_cases;

struct mapping_cases *mapping_cases_new(uint32_t watched_count);
void mapping_cases_free(struct mapping_cases *cases);

// The case of a ticket, a new one when it was never seen. NULL when there are MAPPING_CASES_MAX. Lives until the next call.
struct mapping_case *mapping_cases_of(struct mapping_cases *cases, struct text ticket_id);

// The known value of a watched column, by the column's place among the watched; empty when nothing is known.
struct text mapping_cases_known(const struct mapping_cases *cases, const struct mapping_case *one, uint32_t watched);
// False when the value is too long to be remembered (NAME_BYTES_MAX) or there are too many different ones.
bool mapping_cases_learn(struct mapping_cases *cases, const struct mapping_case *one, uint32_t watched, struct text value);

#endif
