// cells.h - the partial counters of a shard that are held in memory: (base dimension, day) by channel and level.
//
// Counting comes before loading: what is added to a month that is not loaded yet waits there, and loading adds what is stored. Valid as long as the
// shard's head is, as pages.h.
#ifndef HOTLINE_CELLS_H
#define HOTLINE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assess.h"
#include "error.h"
#include "names.h"
#include "partial.h"

struct cell;

// A base dimension's month: what is loaded and evicted as one.
struct cell_month {
	struct cell_month *next_dirty;
	name_id dimension;
	int32_t month;
	bool is_loaded;
	uint32_t dirty_days;     // bit 0 is the first of the month: what was changed in this step
	uint64_t used_at;
	struct cell *day[31];
};

struct cells;
struct cells *cells_new(void);
void cells_free(struct cells *cells);
void cells_clear(struct cells *cells);

void cells_add(struct cells *cells, name_id dimension, int32_t day, uint8_t sub, enum counter counter, int32_t amount);

// Adds an outcome, or takes one away (sign -1).
void cells_add_outcome(struct cells *cells, const struct outcome *outcome, const struct policy *policy, name_id city, int sign);
// The difference of two outcomes that were judged by one policy; touches nothing where they agree.
void cells_add_difference(struct cells *cells, const struct outcome *before, const struct outcome *after, const struct policy *policy, name_id city);

struct cell_month *cells_dirty(const struct cells *cells);  // the first month that was changed in this step; follow next_dirty
// Adds what Redis has for one day of a month. After all days, set is_loaded.
MUST_USE enum status cells_load_day(struct cells *cells, struct cell_month *month, unsigned day_of_month, struct text value, struct error *error);
// Packs one day; 0 when everything is zero. FATAL broken_state when a counter would be below zero.
MUST_USE enum status cell_pack(const struct cell *cell, uint8_t ret_bytes[PARTIAL_BYTES_MAX], size_t *ret_size, struct error *error);

void cells_end_step(struct cells *cells);
size_t cells_bytes(const struct cells *cells);
void cells_trim(struct cells *cells, size_t limit_bytes);  // only between steps

#endif
